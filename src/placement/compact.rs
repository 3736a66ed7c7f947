//! Placement of the compact variant: every doubling of the size has a cursor of its own. It says where the *last* block of
//! a run of that many free blocks is at the lowest:
//!
//! ```text
//!    heap        h h . h . h h . . h h h . . . .
//!    1 block         2                             a free block: at or behind this
//!    2 blocks                    8                 two in a row end at or behind this
//!    4 blocks                                  15
//! ```
//!
//! A block that becomes free can make a run of any length, but none that ends before it: so a free lowers every cursor
//! that lies above it to it, without a look at the table. An allocation raises the cursor of its size, because it has
//! just seen what is there. A collection forgets all cursors.

use super::index::first_index;
use super::{Place, Placement};
use crate::config::{SPLIT_HEAP, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::invariant::Broken;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::compact::CompactAtb;
use crate::layout::borrowed::CursorWords;
use crate::layout::field::Field;
use crate::layout::memory::{Loops, Memory};

/// Cursors for runs of 1, 2, 4 and 8 blocks.
const CURSORS: usize = 4;

/// Cursors, and the search for free runs.
#[derive(Clone, Copy)]
pub struct CompactPlacement<H: Host> {
    context: Context<H>,
}

impl<H: Host> Placement<H> for CompactPlacement<H> {
    const SHORTCUTS: bool = false;

    fn over(context: Context<H>) -> Self {
        Self { context }
    }

    #[inline(never)]
    fn reset(self) {
        // SAFETY: I1: CURSORS words from the first cursor on.
        unsafe { Loops::clear(self.cursor(0).address().cast(), CURSORS * WORD_BYTES) };
    }

    fn take(self, n: usize) -> Option<Place> {
        let i = Self::cursor_for(n);
        let (cursor, size) = (self.cursor(i), 1 << i);
        let from = (cursor.get() + 1).saturating_sub(size);
        // Mostly a block is free where the last one was.
        let area = self.context.state().first_area();
        if n == 1 && from < area.blocks() && area.atb::<CompactAtb>().take_one(from) {
            cursor.set(from + 1);
            return Some(Place { area, block: from });
        }
        // Of the cursor's own size first: the cursor may go as far as that run, and behind it if it is taken.
        let (first, mut found) = self.search(from, size, size == n);
        let mut passed = first;
        if found.is_some() {
            let mut index = first;
            if size != n {
                (index, found) = self.search(first, n, true);
            }
            if index == first {
                passed += n;
            }
        }
        cursor.set(passed + size - 1);
        found
    }

    #[inline(never)]
    fn note_free(self, area: Area, block: usize, _n: usize) {
        let index = block + first_index(self.context.state(), area);
        // Not a loop: that would take twice the time, and no less code.
        self.lower(0, index);
        self.lower(1, index);
        self.lower(2, index);
        self.lower(3, index);
        const { assert!(CURSORS == 4) };
    }

    fn note_use(self, _area: Area, _block: usize, _n: usize) {
        // A cursor stays true when free blocks come into use.
    }

    /// I7: no run of a cursor's size ends before the cursor.
    fn check(self) -> Result<(), Broken> {
        for i in 0..CURSORS {
            if let (index, Some(_)) = self.search(0, 1 << i, false) {
                if index + (1 << i) <= self.cursor(i).get() {
                    return Err(("I7: a free run that ends before the cursor of its size; its index", index));
                }
            }
        }
        Ok(())
    }
}

impl<H: Host> CompactPlacement<H> {
    fn cursor(self, i: usize) -> Field<usize> {
        CursorWords(self.context.state()).cursor(i)
    }

    fn lower(self, i: usize, index: usize) {
        let cursor = self.cursor(i);
        if index < cursor.get() {
            cursor.set(index);
        }
    }

    /// The largest cursor whose size is at most `n`.
    #[inline(always)]
    fn cursor_for(n: usize) -> usize {
        let mut i = 0;
        while i + 1 < CURSORS && n >> i > 1 {
            i += 1;
        }
        i
    }

    /// The lowest heap index from `from` on with `n` free blocks in a row, and its place; or the heap's end. If the place is
    /// to be taken, the blocks become an object.
    fn search(self, from: usize, n: usize, take: bool) -> (usize, Option<Place>) {
        let state = self.context.state();
        if !SPLIT_HEAP {
            self.context.host().hook(from);
            let area = state.first_area();
            let block = area.atb::<CompactAtb>().find_run(from, n, take);
            return (block, if block < area.blocks() { Some(Place { area, block }) } else { None });
        }
        let mut first = 0;
        for area in state.areas() {
            let atb: CompactAtb = area.atb();
            let start = from.saturating_sub(first);
            if start < atb.blocks() {
                self.context.host().hook(start);
                let block = atb.find_run(start, n, take);
                if block < atb.blocks() {
                    return (first + block, Some(Place { area, block }));
                }
            }
            first += atb.blocks() + 1;
        }
        (first, None)
    }
}

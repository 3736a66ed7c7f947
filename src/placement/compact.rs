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
//! that lies above it to it, without a look at the table: the first one at once, the others before the next search. An
//! allocation raises the cursor of its size, because it has just seen what is there. A collection forgets all cursors.

use super::index::first_index;
use super::{Place, Placement};
use crate::config::{SPLIT_HEAP, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::invariant::Broken;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::compact::CompactAtb;
use crate::layout::block::Kind;
use crate::layout::borrowed::CursorWords;
use crate::layout::field::Field;
use crate::layout::memory::{Loops, Memory};

/// Cursors for runs of 1, 2, 4 and 8 blocks.
const CURSORS: usize = 4;

/// Behind them, a number that is a cursor, too: the lowest block that has become free since the last search. None of the
/// cursors but the first have been lowered to it.
const FREED: usize = CURSORS;

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
        // SAFETY: I1: so many words from the first cursor on.
        unsafe { Loops::clear(self.cursor(0).address().cast(), (CURSORS + 1) * WORD_BYTES) };
    }

    /// One block where the last one was: mostly it is free.
    #[inline(always)]
    fn take_quickly(self, n: usize) -> Option<Place> {
        let (cursor, area) = (self.cursor(0), self.context.state().first_area());
        let block = cursor.get();
        if n != 1 || block >= area.blocks() || !area.atb::<CompactAtb>().take_one(block) {
            return None;
        }
        cursor.set(block + 1);
        Some(Place { area, block })
    }

    /// Not inlined: what it computes first would be computed for every allocation.
    #[inline(never)]
    fn take(self, n: usize) -> Option<Place> {
        // Frees lower the other cursors only here, together. Not a loop: that would take twice the time, and no less code.
        let freed = self.cursor(FREED).get();
        self.lower(1, freed);
        self.lower(2, freed);
        self.lower(3, freed);
        self.cursor(FREED).set(usize::MAX);
        // The sizes that `take_run` knows.
        const { assert!(CURSORS == 4) };
        let i = Self::cursor_for(n);
        let (cursor, size) = (self.cursor(i), 1 << i);
        let (passed, found) = self.search((cursor.get() + 1).saturating_sub(size), size, n);
        cursor.set(passed + size - 1);
        found
    }

    #[inline(always)]
    fn note_free(self, area: Area, block: usize, _n: usize) {
        let index = block + first_index(self.context.state(), area);
        self.lower(0, index);
        self.lower(FREED, index);
    }

    fn note_use(self, _area: Area, _block: usize, _n: usize) {
        // A cursor stays true when free blocks come into use.
    }

    /// I7: no run of a cursor's size ends before the cursor.
    fn check(self) -> Result<(), Broken> {
        let mut index = 0;
        for area in self.context.state().areas() {
            let mut run = 0;
            for block in 0..area.blocks() {
                run = if area.atb::<CompactAtb>().kind(block) == Kind::Free { run + 1 } else { 0 };
                let cursor =
                    |i| if i == 0 { self.cursor(i).get() } else { self.cursor(i).get().min(self.cursor(FREED).get()) };
                if (0..CURSORS).any(|i| run >= 1 << i && index < cursor(i)) {
                    return Err(("I7: a free run that ends before the cursor of its size; its last index", index));
                }
                index += 1;
            }
            index += 1;
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
        if cfg!(gcheap_counts_zeros) {
            return (usize::BITS - 1 - n.leading_zeros()).min(CURSORS as u32 - 1) as usize;
        }
        (n > 1) as usize + (n > 3) as usize + (n > 7) as usize
    }

    /// Makes an object of the lowest `n` free blocks in a row from heap index `from` on. Returns how far the cursor of runs
    /// of `size` blocks, at most `n`, may go: to the index at which the lowest of them starts now; or the heap's end.
    fn search(self, from: usize, size: usize, n: usize) -> (usize, Option<Place>) {
        let state = self.context.state();
        if !SPLIT_HEAP {
            self.context.host().hook(from);
            let area = state.first_area();
            let (passed, block) = area.atb::<CompactAtb>().take_run(from, size, n);
            return (passed, if block < area.blocks() { Some(Place { area, block }) } else { None });
        }
        let (mut first, mut lowest) = (0, usize::MAX);
        for area in state.areas() {
            let atb: CompactAtb = area.atb();
            let start = from.saturating_sub(first);
            if start < atb.blocks() {
                self.context.host().hook(start);
                let (passed, block) = atb.take_run(start, size, n);
                if passed < atb.blocks() || block < atb.blocks() {
                    lowest = lowest.min(first + passed);
                }
                if block < atb.blocks() {
                    return (lowest, Some(Place { area, block }));
                }
            }
            first += atb.blocks() + 1;
        }
        (lowest.min(first), None)
    }
}

//! Placement, where flash is scarce: the lowest run of free blocks that is long enough, first area first. Exactly gc.c's
//! first fit.
//!
//! gc.c keeps one cursor below which nothing is free, and walks from there. Here every doubling of the size has a cursor
//! of its own. It says where the *last* block of a run of that many free blocks is at the lowest:
//!
//! ```text
//!    heap        h h . h . h h . . h h h . . . .
//!    1 block         0                             a free block: at or behind this
//!    2 blocks                    1                 two in a row end at or behind this
//!    4 blocks                                  2
//! ```
//!
//! A block that becomes free can make a run of any length, but none that ends before it: so a free lowers every cursor
//! that lies above it to it, without a look at the table. An allocation raises the cursor of its size, because it has
//! just seen what is there. A collection forgets all cursors. They live in the storage of gc.c's mark stack, which is
//! idle between collections.

use super::atb::Kind;
use super::check::Broken;
use super::state::{Area, Field};
use super::{Heap, mem};
use crate::config::{SPLIT_HEAP, WORD_BYTES};
use crate::port::Port;

/// Cursors for runs of 1, 2, 4 and 8 blocks.
const CURSORS: usize = 4;

/// A block of an area.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub area: Area,
    pub block: usize,
}

impl<P: Port> Heap<P> {
    /// Forgets all cursors.
    pub(crate) fn reset_bounds(&self) {
        // SAFETY: I1: CURSORS words from the first cursor on.
        unsafe { mem::clear(self.cursor(0).address().cast(), CURSORS * WORD_BYTES) };
    }

    #[inline(always)]
    fn cursor(&self, i: usize) -> Field<usize> {
        self.state().scratch(i)
    }

    /// I7: no run of a cursor's size ends before the cursor.
    pub(super) fn check_bounds(&self) -> Result<(), Broken> {
        for i in 0..CURSORS {
            if let (number, Some(_)) = self.search(0, 1 << i) {
                if number + (1 << i) <= self.cursor(i).get() {
                    return Err(("I7: a free run that ends before the cursor of its size; its number", number));
                }
            }
        }
        Ok(())
    }

    /// Nothing: the cursors' storage is not taken away.
    #[inline(always)]
    pub(crate) fn forget_bounds(&self) {}

    /// The lowest place with `n` free blocks in a row, which the caller takes at once.
    pub(crate) fn place(&self, n: usize) -> Option<Place> {
        // The largest cursor whose size is at most n.
        let (mut i, mut size) = (0, 1);
        while i + 1 < CURSORS && 2 * size <= n {
            (i, size) = (i + 1, 2 * size);
        }
        let cursor = self.cursor(i);
        let mut from = (cursor.get() + 1).saturating_sub(size);
        // Mostly a block is free where the last one was.
        let area = self.state().first_area();
        if n == 1 && from < area.blocks() && area.atb().kind(from) == Kind::Free {
            cursor.set(from + 1);
            return Some(Place { area, block: from });
        }
        // Of the cursor's own size first: if n is larger, that is as far as the cursor may go.
        let mut wanted = size;
        loop {
            let (number, place) = self.search(from, wanted);
            let done = wanted == n || place.is_none();
            if wanted == size {
                // What is found is taken, unless it is only where the search for n goes on.
                let next = if done && place.is_some() { number + n } else { number };
                cursor.set(next + size - 1);
            }
            if done {
                return place;
            }
            (wanted, from) = (n, number);
        }
    }

    /// The lowest number from `from` on with `n` free blocks in a row, and its place; or the heap's end.
    ///
    /// Blocks are numbered through all areas, in list order; a number is left out between two areas.
    #[inline(always)]
    pub(super) fn search(&self, from: usize, n: usize) -> (usize, Option<Place>) {
        if !SPLIT_HEAP {
            self.port().hook(from);
            let area = self.state().first_area();
            return match area.atb().find_run(from, n) {
                Some(block) => (block, Some(Place { area, block })),
                None => (area.blocks(), None),
            };
        }
        let mut first = 0;
        for area in self.state().areas() {
            let atb = area.atb();
            let start = from.saturating_sub(first);
            if start < atb.blocks() {
                self.port().hook(start);
                if let Some(block) = atb.find_run(start, n) {
                    return (first + block, Some(Place { area, block }));
                }
            }
            first += atb.blocks() + 1;
        }
        (first, None)
    }

    /// Takes note that the blocks from `block` on of `area` have just become free.
    #[inline(always)]
    pub(crate) fn note_free(&self, area: Area, block: usize, _: usize) {
        let number = block + self.number_before(area);
        // Not a loop: that would take twice the time, and no less code.
        self.lower(0, number);
        self.lower(1, number);
        self.lower(2, number);
        self.lower(3, number);
        const { assert!(CURSORS == 4) };
    }

    #[inline(always)]
    fn lower(&self, i: usize, number: usize) {
        let cursor = self.cursor(i);
        cursor.set(cursor.get().min(number));
    }

    #[inline(always)]
    fn number_before(&self, area: Area) -> usize {
        let mut first = 0;
        if SPLIT_HEAP {
            for other in self.state().areas().take_while(|&other| other != area) {
                first += other.blocks() + 1;
            }
        }
        first
    }

    /// Nothing to note: a cursor is no less true if free blocks come into use.
    #[inline(always)]
    pub(crate) fn note_use(&self, _: Area, _: usize, _: usize) {}
}

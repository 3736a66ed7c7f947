//! Placement: the lowest run of free blocks that is long enough, first area first. Exactly gc.c's first fit.
//!
//! gc.c keeps one cursor below which nothing is free, and walks from there. Once a few one-block holes lie low in the
//! heap the cursor stays with them, and every larger allocation walks over the whole heap again. Here every *size class*
//! has a *bound* of its own: no run of `class_size` free blocks starts below it (invariant I7). A bound only skips what
//! is known to be useless, so the block found is the same.
//!
//! ```text
//!    heap       hh.h.h==.h....h..................
//!    bound of     │     │
//!      1 block ───┘     │       lowest free block
//!      2 blocks ────────┘       wrong by a lot, but never too high: the search goes on from here
//!      3 blocks ────────────┘
//! ```
//!
//! * An allocation raises the bound of its class to the end of what it took: it has just seen that nothing before fits.
//! * A free lowers bounds to the start of the free run that it made, but only those of the classes that this run can
//!   serve and the free run just before could not.
//! * A collection resets all bounds to the start of the heap. They live in the storage of gc.c's mark stack, which is
//!   idle between collections: `scratch[0]` has a bit for each class whose bound is not 0 ("raised"), `scratch[1..]` are
//!   the bounds, in blocks of the area in `scratch_area[1..]`.

use super::Heap;
use super::atb::{Atb, BLOCKS_PER_WORD, frees, lanes_from, run_at_bottom, run_at_top, run_starts};
use super::state::{Area, SCRATCH_WORDS};
use crate::config::SPLIT_HEAP;
use crate::port::Port;

/// Which classes have a bound other than 0; also what says, during a collection, that none has.
const RAISED: usize = 0;
const FIRST_BOUND: usize = 1;

/// How many classes there are: 63 with the usual 64 words, 32 on a 32-bit machine.
const CLASSES: usize = {
    let bounds = SCRATCH_WORDS - FIRST_BOUND;
    if bounds < usize::BITS as usize { bounds } else { usize::BITS as usize }
};

/// Sizes below this have a class each; above, there are four classes to a doubling.
const EXACT: usize = 16;

/// The largest class whose size is at most `n` blocks (n >= 1).
///
/// ```text
///    n       1 2 … 15 16..20 20..24 24..28 28..32 32..40 40..48 …
///    class   0 1 … 14   15     16     17     18     19     20
/// ```
#[inline(always)]
const fn class_of(n: usize) -> usize {
    let class = if n < EXACT {
        n - 1
    } else {
        let log = n.ilog2() as usize;
        EXACT - 1 + (log - 4) * 4 + ((n >> (log - 2)) & 3)
    };
    if class < CLASSES { class } else { CLASSES - 1 }
}

/// The smallest number of blocks in a class.
#[inline(always)]
const fn class_size(class: usize) -> usize {
    if class < EXACT - 1 {
        class + 1
    } else {
        let step = class - (EXACT - 1);
        (4 + step % 4) << (step / 4 + 2)
    }
}

const LARGEST_CLASS: usize = class_size(CLASSES - 1);

/// A block of an area.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub area: Area,
    pub block: usize,
}

impl Atb {
    /// The lowest block from `from` on, in its word of the table, at which `n` free blocks in a row start. A bound is
    /// good enough for this to be most searches' end.
    #[inline(always)]
    fn find_run_in_word(&self, from: usize, n: usize) -> Option<usize> {
        let slot = self.slot(from);
        let (i, lane) = (slot / BLOCKS_PER_WORD, slot % BLOCKS_PER_WORD);
        if i >= self.len() || n > BLOCKS_PER_WORD {
            return None;
        }
        let starts = run_starts(frees(self.load(i)) & lanes_from(lane), n);
        if starts == 0 { None } else { Some(self.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2)) }
    }

    /// The lowest block from `from` on at which `n` free blocks in a row start.
    fn find_run(&self, from: usize, n: usize) -> Option<usize> {
        let slot = self.slot(from);
        let mut i = slot / BLOCKS_PER_WORD;
        let mut wanted = lanes_from(slot % BLOCKS_PER_WORD);
        // Free lanes in a row at the end of the words before word i.
        let mut run = 0;
        while i < self.len() {
            let free = frees(self.load(i)) & wanted;
            wanted = usize::MAX;
            let bottom = run_at_bottom(free);
            if run + bottom >= n {
                return Some(self.block(i * BLOCKS_PER_WORD - run));
            }
            if bottom == BLOCKS_PER_WORD {
                run += BLOCKS_PER_WORD;
            } else {
                if n <= BLOCKS_PER_WORD && free != 0 {
                    let starts = run_starts(free, n);
                    if starts != 0 {
                        return Some(self.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2));
                    }
                }
                run = run_at_top(free);
            }
            i += 1;
        }
        None
    }
}

impl<P: Port> Heap<P> {
    /// Takes all bounds back to the start of the heap.
    pub(crate) fn reset_bounds(&self) {
        self.state().scratch(RAISED).set(0);
    }

    /// Every class's size and bound.
    pub(super) fn bounds(&self) -> impl Iterator<Item = (usize, Place)> {
        (0..CLASSES).map(|class| (class_size(class), self.bound(class)))
    }

    #[inline(always)]
    fn bound(&self, class: usize) -> Place {
        let state = self.state();
        if state.scratch(RAISED).get() >> class & 1 == 0 {
            return Place { area: state.first_area(), block: 0 };
        }
        let block = state.scratch(FIRST_BOUND + class).get();
        let first = state.first_area();
        let area = if SPLIT_HEAP { state.scratch_area(FIRST_BOUND + class).get().unwrap_or(first) } else { first };
        Place { area, block }
    }

    #[inline(always)]
    fn set_bound(&self, class: usize, place: Place) {
        let state = self.state();
        let raised = state.scratch(RAISED);
        raised.set(raised.get() | 1 << class);
        state.scratch(FIRST_BOUND + class).set(place.block);
        if SPLIT_HEAP {
            state.scratch_area(FIRST_BOUND + class).set(Some(place.area));
        }
    }

    /// The lowest place with `n` free blocks in a row, which the caller takes at once.
    #[inline(always)]
    pub(crate) fn place(&self, n: usize) -> Option<Place> {
        if n < EXACT && n <= CLASSES {
            let bound = self.bound(n - 1);
            if let Some(block) = bound.area.atb().find_run_in_word(bound.block, n) {
                self.set_bound(n - 1, Place { block: block + n, ..bound });
                return Some(Place { block, ..bound });
            }
        }
        self.place_by_search(n)
    }

    #[inline(never)]
    fn place_by_search(&self, n: usize) -> Option<Place> {
        let class = class_of(n);
        let size = class_size(class);
        let first = match self.search(self.bound(class), size) {
            Ok(place) => place,
            Err(end) => {
                self.set_bound(class, end);
                return None;
            }
        };
        // `first` is the lowest run of the class's own size. If n is more than that, the run may be too short.
        let found = if size == n { Some(first) } else { self.search(first, n).ok() };
        let bound = if found == Some(first) { Place { block: first.block + n, ..first } } else { first };
        self.set_bound(class, bound);
        found
    }

    /// The lowest place from `from` on with `n` free blocks in a row, or the heap's end.
    pub(super) fn search(&self, from: Place, n: usize) -> Result<Place, Place> {
        let Place { mut area, mut block } = from;
        loop {
            self.port().hook(block);
            let atb = area.atb();
            if let Some(block) = atb.find_run(block, n) {
                return Ok(Place { area, block });
            }
            match area.next() {
                Some(next) => (area, block) = (next, 0),
                None => return Err(Place { area, block: atb.blocks() }),
            }
        }
    }

    /// Lowers the bounds for the blocks `block..block + n` of `area`, which have just become free.
    #[inline(always)]
    pub(crate) fn lower_bounds(&self, area: Area, block: usize, n: usize) {
        let raised = self.state().scratch(RAISED).get();
        if raised == 0 {
            return;
        }
        let atb = area.atb();
        let before = atb.frees_before(block, LARGEST_CLASS);
        if before >= LARGEST_CLASS {
            return;
        }
        // Classes that the run before could serve have a bound at or below its start already (I7).
        let mut lower = if before == 0 { raised } else { raised & !classes_up_to(before) };
        // A run that ends within its last block's word serves only classes up to its length; others are taken to be
        // endless, which lowers bounds more than needed and is never wrong.
        if let Some(after) = atb.frees_after_in_word(block + n - 1) {
            lower &= classes_up_to(before + n + after);
        }
        let start = Place { area, block: block - before };
        while lower != 0 {
            let class = lower.trailing_zeros() as usize;
            lower &= lower - 1;
            if self.precedes(start, self.bound(class)) {
                self.set_bound(class, start);
            }
        }
    }

    #[inline(always)]
    pub(super) fn precedes(&self, a: Place, b: Place) -> bool {
        if a.area == b.area { a.block < b.block } else { a.area.comes_before(b.area) }
    }
}

/// The classes of size `n` and less, a bit each.
#[inline(always)]
const fn classes_up_to(n: usize) -> usize {
    usize::MAX >> (usize::BITS as usize - 1 - class_of(n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_in_order_and_hold_their_sizes() {
        for class in 0..CLASSES {
            assert_eq!(class_of(class_size(class)), class);
            assert_eq!(class_of(class_size(class + 1) - 1), class);
        }
        for n in 1..=LARGEST_CLASS * 2 {
            assert!(class_size(class_of(n)) <= n);
            assert_eq!(classes_up_to(n).count_ones() as usize, class_of(n) + 1);
        }
    }
}

//! Placement: the lowest run of free blocks that is long enough, first area first. Exactly gc.c's first fit.
//!
//! gc.c keeps one cursor below which nothing is free, and walks from there. Once a few one-block holes lie low in the
//! heap the cursor stays with them, and every larger allocation walks over the whole heap again. Here every *size class*
//! has a *bound* of its own: no run of `class_size` free blocks starts below it, but for the few that are remembered one
//! by one as *holes* ([`super::holes`]; invariant I7). Both only skip what is known to be useless, so the block found is
//! the same.
//!
//! ```text
//!    heap       hh.h.h==.h....h..................
//!    bounds       │       │              1 block: the lowest free block
//!                 └───────│──            3 blocks: too low, which is harmless; a search will raise it
//!                         └──            4 blocks: nothing before this fits
//! ```
//!
//! * An allocation raises the bound of its class to the end of what it took: it has just seen that nothing before fits.
//!   What is true of a size is true of every larger one, so a search starts at the higher bound of its size and the next
//!   smaller one, and raises that of the next larger one.
//! * A free makes a free run. Bounds that lie in this run are lowered to its start. If others lie further up, and the run
//!   could serve their classes, it becomes a hole.
//! * A collection forgets all bounds. They live in the storage of gc.c's mark stack, which is idle between collections:
//!   `scratch[KNOWN]` says how many classes have a bound; behind it come the bounds, as block numbers of 32 bits.

use super::Heap;
use super::atb::Atb;
use super::holes::{COUNT, FIRST_BOUND, Hole};
use super::lanes::{BLOCKS_PER_WORD, Word, frees, lanes_from, run_at_bottom, run_at_top, run_starts};
use super::state::{Area, Field, SCRATCH_WORDS};
use crate::config::SPLIT_HEAP;
use crate::port::Port;

/// The scratch word that says how many classes, from the smallest on, have a bound; 0 during a collection.
const KNOWN: usize = 0;

/// How many classes there are: 31 with the usual 64 scratch words. The rest of the storage is for holes.
pub(super) const CLASSES: usize = {
    let half = (SCRATCH_WORDS - COUNT - 1) / 2;
    if half < 32 { half } else { 32 }
};

/// The bound of a small class that has none yet.
const UNKNOWN: usize = u32::MAX as usize;

/// A class's bound, as a block number. Numbers that need more than 32 bits (in a heap of 128 GiB) lose their upper ones:
/// what is true of a bound is true of any smaller number.
struct Bound(Field<u32>);

impl Bound {
    #[inline(always)]
    fn get(&self) -> usize {
        self.0.get() as usize
    }

    #[inline(always)]
    fn set(&self, number: usize) {
        self.0.set(number as u32);
    }
}

/// Sizes below this have a class each; above, there are two classes to a doubling.
const EXACT: usize = 16;

/// The largest size with a class of its own.
pub(super) const SMALL: usize = if CLASSES < EXACT { CLASSES } else { EXACT - 1 };

/// The largest class whose size is at most `n` blocks (n >= 1).
///
/// ```text
///    n       1 2 … 15 16..24 24..32 32..48 48..64 64..96 …
///    class   0 1 … 14   15     16     17     18     19
/// ```
#[inline(always)]
const fn class_of(n: usize) -> usize {
    let class = if n < EXACT {
        n - 1
    } else {
        let log = n.ilog2() as usize;
        EXACT - 1 + (log - 4) * 2 + ((n >> (log - 1)) & 1)
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
        (2 + step % 2) << (step / 2 + 3)
    }
}

/// A block of an area.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub area: Area,
    pub block: usize,
}

impl Atb {
    /// The lowest block from `from` on at which `n` free blocks in a row start.
    #[inline(always)]
    fn find_run(&self, from: usize, n: usize) -> Option<usize> {
        let slot = self.slot(from);
        let mut i = slot / BLOCKS_PER_WORD;
        if i >= self.len() {
            return None;
        }
        let mut free = frees(self.load(i)) & lanes_from(slot % BLOCKS_PER_WORD);
        // Free lanes in a row at the end of the words before word i.
        let mut run = 0;
        // In most words no two free lanes are neighbours: they are passed quickly.
        let (small, neighbour) = (n <= BLOCKS_PER_WORD, if n > 1 { 2 } else { 0 });
        loop {
            if run != 0 {
                let bottom = run_at_bottom(free);
                if run + bottom >= n {
                    return Some(self.block(i * BLOCKS_PER_WORD - run));
                }
                run = if bottom == BLOCKS_PER_WORD { run + bottom } else { 0 };
            }
            if run == 0 {
                if small && free & free >> neighbour != 0 {
                    let starts = run_starts(free, n);
                    if starts != 0 {
                        return Some(self.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2));
                    }
                }
                // In most words nothing reaches the end.
                if free >> (Word::BITS - 2) != 0 {
                    run = run_at_top(free);
                }
            }
            i += 1;
            if i >= self.len() {
                return None;
            }
            free = frees(self.load_behind_first(i));
        }
    }
}

/// The number of a block. Blocks are numbered through all areas, in list order; a number is left out between two areas,
/// so that no run of numbers reaches from one into the other.
#[inline(always)]
fn number<P: Port>(heap: &Heap<P>, area: Area, block: usize) -> usize {
    let mut first = 0;
    for other in heap.state().areas() {
        if other == area {
            break;
        }
        first += other.blocks() + 1;
    }
    first + block
}

impl<P: Port> Heap<P> {
    /// Forgets all bounds and holes. This and what follows is for a collection, which takes their storage away and then
    /// gives it back.
    pub(crate) fn forget_bounds(&self) {
        self.state().scratch(KNOWN).set(0);
        self.state().scratch(COUNT).set(0);
    }

    /// No bounds and no holes; `take_at_a_glance` can tell.
    pub(crate) fn reset_bounds(&self) {
        self.forget_bounds();
        // Where there is a block with the number `UNKNOWN`, bounds at the bottom must do.
        let vast = self.state().first_area().blocks() > UNKNOWN;
        for class in 0..SMALL {
            self.bound(class).set(if vast { 0 } else { UNKNOWN });
        }
        self.state().scratch(KNOWN).set(if vast { SMALL } else { 0 });
        self.set_no_hole();
    }

    /// How many classes have a bound.
    #[inline(always)]
    fn known(&self) -> usize {
        self.state().scratch(KNOWN).get()
    }

    #[inline(always)]
    fn bound(&self, class: usize) -> Bound {
        Bound(self.state().scratch_u32(FIRST_BOUND + class * size_of::<u32>()))
    }

    /// Every class's size and bound, of those that have one.
    pub(super) fn bounds(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.known()).map(|class| (class_size(class), self.bound(class).get()))
    }

    /// Raises the bound of a class, and with it that of the next larger one.
    #[inline(always)]
    fn raise_bound(&self, class: usize, number: usize) {
        self.bound(class).set(number);
        if class + 1 < self.known() {
            let larger = self.bound(class + 1);
            larger.set(larger.get().max(number));
        }
    }

    /// Makes an object of the lowest `n` (1..=SMALL) free blocks in a row, if they can be had at a glance. Mostly they can.
    ///
    /// ```text
    ///    all holes far above the bound     what is in the bound's word of the table comes first
    ///    the first hole below or at it     the hole comes first, if it is long enough
    ///    otherwise                         `place` must look more closely
    /// ```
    #[inline(always)]
    pub(crate) fn take_at_a_glance(&self, n: usize) -> Option<Place> {
        let area = self.state().first_area();
        let (bound, hole) = (self.bound(n - 1), self.first_hole());
        if bound.get().wrapping_add(BLOCKS_PER_WORD) <= hole {
            let block = area.atb().take_run_in_word(bound.get(), n)?;
            bound.set(block + n);
            return Some(Place { area, block });
        }
        if hole > bound.get() || n > self.hole(0).len || n > self.known() || !area.atb().take_in_word(hole, n) {
            return None;
        }
        self.shorten_first_hole(n);
        bound.set(bound.get().max(hole + n));
        Some(Place { area, block: hole })
    }

    /// The lowest place with `n` free blocks in a row, which the caller takes at once.
    pub(crate) fn place(&self, n: usize) -> Option<Place> {
        let class = class_of(n);
        if class >= self.known() {
            self.find_bounds_up_to(class);
        }
        let bound = self.bound_to_search_from(class);
        if let Some(number) = self.take_from_hole(n, bound) {
            return Some(self.at_number(number));
        }
        let size = class_size(class);
        let first = match self.search(bound, size) {
            Ok(number) => number,
            Err(end) => {
                self.raise_bound(class, end);
                return None;
            }
        };
        // `first` is the lowest run of the class's own size. If n is more than that, the run may be too short.
        let found = if size == n { Some(first) } else { self.search(first, n).ok() };
        self.raise_bound(class, if found == Some(first) { first + n } else { first });
        let found = found?;
        if self.first_hole() < found + n {
            self.cut_holes(found, found + n);
        }
        Some(self.at_number(found))
    }

    /// Makes an object of the lowest `n` (1..=SMALL) free blocks in a row. `place` in short: the class has no other size.
    /// None also if it has no bound yet.
    #[inline(never)]
    pub(crate) fn take_small(&self, n: usize) -> Option<Place> {
        let class = n - 1;
        if class >= self.known() {
            return None;
        }
        let bound = self.bound_to_search_from(class);
        let number = match self.take_from_hole(n, bound) {
            Some(number) => number,
            None => {
                let found = self.search_here(bound, n);
                let (Ok(end) | Err(end)) = found.map(|number| number + n);
                self.raise_bound(class, end);
                let number = found.ok()?;
                if self.first_hole() < end {
                    self.cut_holes(number, end);
                }
                number
            }
        };
        let place = self.at_number(number);
        place.area.atb().free_to_object(place.block, n);
        Some(place)
    }

    /// The higher one of a class's bound and the next smaller one's: what holds for a smaller size holds for a larger one.
    #[inline(always)]
    fn bound_to_search_from(&self, class: usize) -> usize {
        let bound = self.bound(class).get();
        if class > 0 { bound.max(self.bound(class - 1).get()) } else { bound }
    }

    /// Gives every class up to this one a bound. All of them together take one walk over the heap: each search goes on
    /// where that for the next smaller size has ended.
    #[cold]
    fn find_bounds_up_to(&self, class: usize) {
        let known = self.known();
        let mut at = if known == 0 { 0 } else { self.bound(known - 1).get() };
        for next in known..=class {
            let (Ok(found) | Err(found)) = self.search(at, class_size(next));
            at = found;
            self.bound(next).set(at);
        }
        self.state().scratch(KNOWN).set(class + 1);
    }

    /// The block with a number; the end of an area counts as one.
    fn at_number(&self, number: usize) -> Place {
        let mut area = self.state().first_area();
        if !SPLIT_HEAP {
            return Place { area, block: number };
        }
        let mut block = number;
        while block > area.blocks() {
            let Some(next) = area.next() else { break };
            block -= area.blocks() + 1;
            area = next;
        }
        Place { area, block }
    }

    /// The lowest number from `from` on with `n` free blocks in a row, or the heap's end.
    #[inline(never)]
    pub(super) fn search(&self, from: usize, n: usize) -> Result<usize, usize> {
        self.search_here(from, n)
    }

    /// The same, inlined.
    #[inline(always)]
    fn search_here(&self, from: usize, n: usize) -> Result<usize, usize> {
        if !SPLIT_HEAP {
            self.port().hook(from);
            let atb = self.state().first_area().atb();
            return atb.find_run(from, n).ok_or(atb.blocks());
        }
        let Place { mut area, mut block } = self.at_number(from);
        let mut first = from - block;
        loop {
            self.port().hook(block);
            let atb = area.atb();
            if let Some(block) = atb.find_run(block, n) {
                return Ok(first + block);
            }
            let Some(next) = area.next() else { return Err(first + atb.blocks()) };
            first += atb.blocks() + 1;
            (area, block) = (next, 0);
        }
    }

    /// Takes note that the blocks `block..block + n` of `area` have just become free.
    pub(crate) fn note_free(&self, area: Area, block: usize, n: usize) {
        let known = self.known();
        if known == 0 {
            return;
        }
        let atb = area.atb();
        // A run longer than any class with a bound need not be known in full.
        let enough = class_size(known - 1);
        let before = atb.frees_before(block, enough);
        let after = atb.frees_after(block + n - 1, enough);
        let start = number(self, area, block) - before;
        self.note_free_run(start, start + before + n + after);
    }

    /// Takes note that the free run with the numbers `start..end` has become longer.
    #[inline(always)]
    pub(super) fn note_free_run(&self, start: usize, end: usize) {
        let mut run = Hole { start, len: end - start };
        if self.first_hole() <= end {
            run = self.merge_holes(run);
        }
        if self.lower_bounds(run, run.end()) {
            self.add_hole(run);
        }
    }

    /// Lowers the bounds between the start of a free run and `limit` to its start, for the classes that it can serve.
    /// Says whether others lie above the limit; then the run must become a hole, and no bound need be lowered.
    #[inline(always)]
    fn lower_bounds(&self, run: Hole, limit: usize) -> bool {
        let mut class = self.known().min(class_of(run.len) + 1);
        // Larger ones first: mostly, theirs are higher.
        while class > 0 {
            class -= 1;
            let bound = self.bound(class);
            if bound.get() > limit {
                return true;
            }
            if bound.get() > run.start {
                bound.set(run.start);
            }
        }
        false
    }

    /// Takes note that the free blocks `block..block + n` of `area` have come into use otherwise than by `place`.
    #[inline(always)]
    pub(crate) fn note_use(&self, area: Area, block: usize, n: usize) {
        let start = number(self, area, block);
        if self.first_hole() < start + n {
            self.cut_holes(start, start + n);
        }
    }

    /// Lowers the bounds so that the hole need not be remembered.
    pub(super) fn forget(&self, hole: Hole) {
        self.lower_bounds(hole, usize::MAX);
    }
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
        for n in 1..=class_size(CLASSES) * 2 {
            assert!(class_size(class_of(n)) <= n);
        }
    }
}

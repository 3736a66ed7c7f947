//! Placement of the fast variant: every *size class* has a *bound*, below which no run of its size starts ([`bounds`]),
//! but for those that are known one by one as *holes* ([`holes`]; I7).
//!
//! An allocation takes the lowest hole that is long enough, or searches the table from its bound on; what the search
//! leaves of the run that it found becomes a hole. A free makes a free run. If bounds of classes that it could serve lie
//! above it, it becomes a hole; if they lie in it, they are lowered to its start.

mod bounds;
mod classes;
mod holes;
mod search;
mod tree;

use super::index::{first_index, place_at};
use super::{Place, Placement, Run};
use crate::context::Context;
use crate::host::Host;
use crate::invariant::Broken;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::{CLASSES, PlacementWords};
use crate::layout::lanes::BLOCKS_PER_WORD;
use bounds::Bounds;
use classes::{SMALL, class_of, class_size};
use holes::Holes;

/// How far the free run around a freed object is measured at most, in blocks, unless the sizes in use are larger.
const FAR: usize = 1024;

/// Bounds, holes and the search for free runs.
#[derive(Clone, Copy)]
pub struct FastPlacement<H: Host> {
    context: Context<H>,
}

impl<H: Host> Placement<H> for FastPlacement<H> {
    const SHORTCUTS: bool = true;

    fn over(context: Context<H>) -> Self {
        Self { context }
    }

    fn reset(self) {
        self.bounds().forget();
        self.holes().forget();
    }

    fn place(self, n: usize) -> Option<Place> {
        let index = self.find(n)?;
        Some(place_at(self.context.state(), index))
    }

    #[inline(never)]
    fn note_free(self, area: Area, block: usize, n: usize) {
        let first = first_index(self.context.state(), area);
        let known = self.bounds().known();
        if known == 0 && self.holes().lowest().len == 0 {
            return;
        }
        let atb: FastAtb = area.atb();
        // A run longer than any class that is in use need not be known in full.
        let enough = class_size(known.max(1) - 1).max(FAR);
        let before = atb.frees_before(block, enough);
        let end = block + n;
        let (after, whole) = atb.frees_from(end, area.last_used().get(), enough);
        let run = Run { start: first + block - before, len: before + n + after };
        if whole {
            return self.holes().note_free_run(run);
        }
        match self.holes().hole_at(first + end) {
            Some(hole) => self.holes().note_free_run(run.union(hole)),
            None => self.holes().note_vast_run(run),
        }
    }

    #[inline(always)]
    fn note_use(self, area: Area, block: usize, n: usize) {
        let start = first_index(self.context.state(), area) + block;
        self.holes().cut(start, start + n);
    }

    /// I7: below a class's bound, runs of its size lie in holes only; holes are free, in order, and end where a free run ends.
    fn check(self) -> Result<(), Broken> {
        let mut end = 0;
        for hole in self.holes().all() {
            if hole.start <= end && end != 0 {
                return Err(("I7: a hole that overlaps or touches the one before it, from index", hole.start));
            }
            end = hole.end();
            if self.search(hole.start, hole.len) != Ok(hole.start) || self.search(end, 1) == Ok(end) {
                return Err(("I7: a hole that is not free, or does not end with its free run, from index", hole.start));
            }
        }
        for class in 0..CLASSES {
            let (size, bound) = (class_size(class), self.holes().best_bound(class));
            let mut from = 0;
            while let Ok(run) = self.search(from, size) {
                if run >= bound {
                    break;
                }
                if !self.holes().all().any(|hole| hole.start <= run && run + size <= hole.end()) {
                    return Err(("I7: a free run below the bound of its size, and no hole; blocks", size));
                }
                from = run + 1;
            }
        }
        Ok(())
    }

    /// Where the lowest run must be, judged by the lowest hole and the bound of the size:
    ///
    /// ```text
    ///    long enough, and nothing below it     the lowest hole
    ///    far above the bound                   what is in the bound's word of the table comes first
    ///    otherwise                             not known: `place` searches
    /// ```
    #[inline(always)]
    fn take_within_word(self, n: usize) -> Option<Place> {
        if n > SMALL {
            return None;
        }
        let holes = self.holes();
        let area = self.context.state().first_area();
        let lowest = holes.lowest();
        if n <= lowest.len && n > holes.reach() {
            if !area.atb::<FastAtb>().cell(lowest.start)?.take(n) {
                return None;
            }
            holes.shorten_lowest(n);
            return Some(Place { area, block: lowest.start });
        }
        let bounds = self.bounds();
        let bound = bounds.get(n - 1);
        if n > bounds.known() || bound + BLOCKS_PER_WORD > lowest.start {
            return None;
        }
        let (skip, rest) = area.atb::<FastAtb>().cell(bound)?.take_run(n)?;
        let block = bound + skip;
        bounds.set(n - 1, block + n);
        if rest && lowest.len == 0 {
            self.keep_rest(block + n, n);
        }
        Some(Place { area, block })
    }

    /// `place` for classes that have one size only.
    #[inline(always)]
    fn take_small(self, n: usize) -> Option<Place> {
        if n > SMALL { None } else { self.take_of_its_class(n) }
    }

    #[inline(always)]
    fn lowest_hole(self) -> usize {
        self.holes().lowest().start
    }

    #[inline(always)]
    fn note_newest(self, n: usize) {
        self.holes().extend_lowest(n);
    }

    fn note_free_run(self, run: Run) {
        self.holes().note_free_run(run);
    }
}

impl<H: Host> FastPlacement<H> {
    fn bounds(self) -> Bounds {
        Bounds(PlacementWords(self.context.state()))
    }

    fn holes(self) -> Holes<H> {
        Holes(self.context)
    }

    #[inline(never)]
    fn take_of_its_class(self, n: usize) -> Option<Place> {
        let place = self.place(n)?;
        place.area.atb::<FastAtb>().free_to_object(place.block, n);
        Some(place)
    }

    /// The index of the lowest `n` free blocks in a row, which the caller takes.
    #[inline(always)]
    fn find(self, n: usize) -> Option<usize> {
        let (bounds, holes) = (self.bounds(), self.holes());
        let class = class_of(n);
        if let Some(start) = holes.take(n, holes.near_bound(class)) {
            if bounds.get(class) == start {
                bounds.raise(class, start + n);
            }
            return Some(start);
        }
        self.find_by_search(n)
    }

    /// The same if the nearest bound does not show that a hole comes first.
    #[inline(never)]
    fn find_by_search(self, n: usize) -> Option<usize> {
        let (bounds, holes) = (self.bounds(), self.holes());
        let class = class_of(n);
        let bound = holes.best_bound(class);
        bounds.raise(class, bound);
        if let Some(start) = holes.take(n, bound) {
            return Some(start);
        }
        let size = class_size(class);
        let first = match self.search(bound, size) {
            Ok(index) => index,
            Err(end) => {
                bounds.raise(class, end);
                return None;
            }
        };
        // `first` is the lowest run of the class's own size. If n is more than that, the run may be too short.
        let found = if size == n { Some(first) } else { self.search(first, n).ok() };
        if found == Some(first) {
            bounds.raise(class, first + n);
            holes.note_first(class, first);
        } else {
            bounds.raise(class, first);
        }
        let found = found?;
        holes.cut(found, found + n);
        self.keep_rest(found + n, n);
        Some(found)
    }

    /// Makes a hole of the free run that starts at an index, if the next object of `n` blocks has room there, and no hole
    /// lies above.
    #[inline(never)]
    fn keep_rest(self, index: usize, n: usize) {
        if !self.holes().may_add_rest(index) {
            return;
        }
        let Place { area, block } = place_at(self.context.state(), index);
        // The last used block does not know of the object yet; but nothing above that is in use.
        let (len, _) = area.atb::<FastAtb>().frees_from(block, area.last_used().get(), usize::MAX);
        if len >= n {
            self.holes().add_rest(Run { start: index, len });
        }
    }

    #[inline(never)]
    fn search(self, from: usize, n: usize) -> Result<usize, usize> {
        search::search(self.context, from, n)
    }
}

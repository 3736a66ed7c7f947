//! Placement of the fast variant: every *size class* has a *bound*, below which no run of its size starts ([`bounds`]),
//! but for the few that are remembered one by one as *holes* ([`holes`]; I7).
//!
//! A free makes a free run. Bounds that lie in this run are lowered to its start. If others lie further up, and the run
//! could serve their classes, it becomes a hole.

mod bounds;
mod classes;
mod holes;
mod search;

use super::index::{first_index, place_at};
use super::{Place, Placement, Run};
use crate::context::Context;
use crate::host::Host;
use crate::invariant::Broken;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::PlacementWords;
use crate::layout::lanes::BLOCKS_PER_WORD;
use bounds::Bounds;
use classes::{SMALL, class_of, class_size};
use holes::Holes;

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
        self.bounds().reset(self.context.state().first_area().blocks());
        self.holes().reset();
    }

    fn suspend(self) {
        self.bounds().set_known(0);
        self.holes().suspend();
    }

    fn take(self, n: usize) -> Option<Place> {
        let place = self.place(n)?;
        place.area.atb::<FastAtb>().free_to_object(place.block, n);
        Some(place)
    }

    fn note_free(self, area: Area, block: usize, n: usize) {
        let known = self.bounds().known();
        if known == 0 {
            return;
        }
        let atb: FastAtb = area.atb();
        // A run longer than any class with a bound need not be known in full.
        let enough = class_size(known - 1);
        let before = atb.frees_before(block, enough);
        let after = atb.frees_after(block + n - 1, enough);
        let start = first_index(self.context.state(), area) + block - before;
        self.note_free_run(Run { start, len: before + n + after });
    }

    #[inline(always)]
    fn note_free_run(self, mut run: Run) {
        let holes = self.holes();
        if holes.first().start <= run.end() {
            run = holes.merge(run);
        }
        if self.bounds().lower(run, run.end()) {
            holes.add(run);
        }
    }

    #[inline(always)]
    fn note_use(self, area: Area, block: usize, n: usize) {
        let start = first_index(self.context.state(), area) + block;
        if self.holes().first().start < start + n {
            self.holes().cut(start, start + n);
        }
    }

    /// I7: below a class's bound, runs of its size start in holes only; and holes are free.
    fn check(self) -> Result<(), Broken> {
        for hole in self.holes().all() {
            if self.search(hole.start, hole.len) != Ok(hole.start) {
                return Err(("I7: a hole that is not free, from index", hole.start));
            }
        }
        for (size, bound) in self.bounds().all() {
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

    /// Where the lowest run must be, judged by the bound of the size and the first hole:
    ///
    /// ```text
    ///    all holes far above the bound     what is in the bound's word of the table comes first
    ///    the first hole below or at it     the hole comes first, if it is long enough
    ///    otherwise                         not known: `place` searches
    /// ```
    #[inline(always)]
    fn take_within_word(self, n: usize) -> Option<Place> {
        if n > SMALL {
            return None;
        }
        let (bounds, holes) = (self.bounds(), self.holes());
        let area = self.context.state().first_area();
        let (bound, hole) = (bounds.get(n - 1), holes.first().start);
        if bound.wrapping_add(BLOCKS_PER_WORD) <= hole {
            let block = bound + area.atb::<FastAtb>().cell(bound)?.take_run(n)?;
            bounds.set(n - 1, block + n);
            return Some(Place { area, block });
        }
        if hole > bound || n > holes.first().len || n > bounds.known() {
            return None;
        }
        if !area.atb::<FastAtb>().cell(hole)?.take(n) {
            return None;
        }
        holes.shorten_first(n);
        // The bound is read again: so it need not stay in a register during the call.
        bounds.set(n - 1, bounds.get(n - 1).max(hole + n));
        Some(Place { area, block: hole })
    }

    /// `place` for classes that have one size only. None, too, if the class has no bound yet.
    #[inline(always)]
    fn take_small(self, n: usize) -> Option<Place> {
        if n > SMALL { None } else { self.take_of_its_class(n) }
    }
}

impl<H: Host> FastPlacement<H> {
    fn bounds(self) -> Bounds {
        Bounds(PlacementWords(self.context.state()))
    }

    fn holes(self) -> Holes {
        Holes(PlacementWords(self.context.state()))
    }

    /// The lowest place with `n` free blocks in a row, which the caller takes at once.
    fn place(self, n: usize) -> Option<Place> {
        let (bounds, holes) = (self.bounds(), self.holes());
        let class = class_of(n);
        if class >= bounds.known() {
            self.find_bounds_up_to(class);
        }
        let bound = bounds.to_search_from(class);
        if let Some(index) = holes.take(n, bound) {
            return Some(place_at(self.context.state(), index));
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
        bounds.raise(class, if found == Some(first) { first + n } else { first });
        let found = found?;
        if holes.first().start < found + n {
            holes.cut(found, found + n);
        }
        Some(place_at(self.context.state(), found))
    }

    #[inline(never)]
    fn take_of_its_class(self, n: usize) -> Option<Place> {
        let (bounds, holes) = (self.bounds(), self.holes());
        let class = n - 1;
        if class >= bounds.known() {
            return None;
        }
        let bound = bounds.to_search_from(class);
        let index = match holes.take(n, bound) {
            Some(index) => index,
            None => {
                let found = search::search(self.context, bound, n);
                let (Ok(end) | Err(end)) = found.map(|index| index + n);
                bounds.raise(class, end);
                let index = found.ok()?;
                if holes.first().start < end {
                    holes.cut(index, end);
                }
                index
            }
        };
        let place = place_at(self.context.state(), index);
        place.area.atb::<FastAtb>().free_to_object(place.block, n);
        Some(place)
    }

    /// Gives every class up to this one a bound. All of them together take one walk over the heap: each search goes on
    /// where that for the next smaller size has ended.
    #[cold]
    fn find_bounds_up_to(self, class: usize) {
        let bounds = self.bounds();
        let known = bounds.known();
        let mut at = if known == 0 { 0 } else { bounds.get(known - 1) };
        for next in known..=class {
            let (Ok(found) | Err(found)) = self.search(at, class_size(next));
            at = found;
            bounds.set(next, at);
        }
        bounds.set_known(class + 1);
    }

    #[inline(never)]
    fn search(self, from: usize, n: usize) -> Result<usize, usize> {
        search::search(self.context, from, n)
    }
}

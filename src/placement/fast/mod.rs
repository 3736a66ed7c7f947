//! Placement of the fast variant: every *size class* has a *bound*, below which no run of its size starts ([`bounds`]),
//! but for those that are known one by one as *holes* ([`holes`]; I7).
//!
//! An allocation takes the lowest hole that is long enough, or searches the table from its bound on; what the search
//! leaves of the run that it found becomes a hole. A free makes a free run. If bounds of classes that it could serve lie
//! above it, it becomes a hole; if they lie in it, they are lowered to its start.

mod bounds;
mod classes;
mod holes;
mod list;
mod search;
mod segments;
mod zone;

use super::index::{first_index, place_at};
use super::{Place, Placement, Run};
use crate::config::SPLIT_HEAP;
use crate::context::Context;
use crate::host::Host;
use crate::invariant::Broken;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::{CLASSES, HAS_PLACES, HAS_SEGMENTS, PlacementWords};
use crate::layout::lanes::BLOCKS_PER_WORD;
use bounds::Bounds;
use classes::{SMALL, class_of, class_size};
use holes::Holes;
use list::LONG;
use segments::Segments;
use zone::NEAR;

/// So many blocks are searched before a search gets impatient.
const PATIENCE: usize = 4 * BLOCKS_PER_WORD;

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
        Segments(self.context).forget();
    }

    fn take(self, n: usize) -> Option<Place> {
        self.take_by_class(n)
    }

    #[inline(never)]
    fn note_free(self, area: Area, block: usize, n: usize) {
        let known = self.bounds().known();
        if known == 0 && self.holes().lowest_len() == 0 {
            return;
        }
        let atb: FastAtb = area.atb();
        // A run need not be known in full if all classes in use have room in what is known.
        let enough = class_size(known.max(1) - 1).max(LONG);
        let before = atb.frees_before(block, enough);
        let after = atb.frees_from(block + n, area.last_used().get(), enough);
        let index = first_index(self.context.state(), area) + block;
        let run = Run { start: index - before, len: before + n + after };
        if before < enough {
            self.holes().note_free_run(run);
        } else {
            self.holes().note_far_run(run, index);
        }
    }

    #[inline(always)]
    fn note_use(self, area: Area, block: usize, n: usize) {
        let start = first_index(self.context.state(), area) + block;
        self.holes().cut(start, start + n);
    }

    /// I7: holes are whole free runs, in order; below a class's bound, and in segments that have no room
    /// for it, runs of its size lie in holes only.
    fn check(self) -> Result<(), Broken> {
        let mut end = 0;
        for hole in self.holes().all() {
            if hole.start < end {
                return Err(("I7: a hole that overlaps the one before it, from index", hole.start));
            }
            end = hole.end();
            if hole.len != 0 && self.search(hole.start, hole.len) != Ok(hole.start) {
                return Err(("I7: a hole that is not free, from index", hole.start));
            }
            let before = hole.start.saturating_sub(1);
            if self.search(end, 1) == Ok(end) || (before < hole.start && self.search(before, 1) == Ok(before)) {
                return Err(("I7: a hole that is not a whole free run, from index", hole.start));
            }
        }
        for class in 0..CLASSES {
            let (size, bound) = (class_size(class), self.holes().best_bound(class));
            let mut from = 0;
            while let Ok(run) = self.search(from, size) {
                let below = run < bound;
                if !below && !HAS_SEGMENTS {
                    break;
                }
                let in_zone = self.holes().zone_start() <= run && run < self.holes().lowest_start();
                let denied = !Segments(self.context).may_have(run, size) && !in_zone;
                let in_hole = || self.holes().all().any(|hole| hole.start <= run && run + size <= hole.end());
                if (below || denied) && !in_hole() {
                    return Err(("I7: a free run below the bound of its size, or denied by its segment; blocks", size));
                }
                from = run + 1;
            }
        }
        Ok(())
    }

    /// The lowest hole, if nothing below it is free that is as long, and something is left of it.
    #[inline(always)]
    fn take_quickly(self, n: usize) -> Option<Place> {
        let holes = self.holes();
        if n > SMALL || n <= holes.reach() || n >= holes.lowest_len() {
            return None;
        }
        if holes.zone() != 0 {
            return self.take_in_word_of_zone(n);
        }
        let (area, block) = (self.context.state().first_area(), holes.lowest_start());
        if !area.atb::<FastAtb>().cell(block)?.take(n) {
            return None;
        }
        holes.shorten_long(n);
        Some(Place { area, block })
    }

    /// Where the lowest run must be, judged by the lowest hole and the bound of the size:
    ///
    /// ```text
    ///    long enough, and nothing below it     the lowest hole
    ///    not below the bound                   what is in the bound's word of the table comes first
    ///    otherwise                             not known: `place` searches
    /// ```
    #[inline(always)]
    fn take_within_word(self, n: usize) -> Option<Place> {
        if n > SMALL {
            return None;
        }
        let holes = self.holes();
        let area = self.context.state().first_area();
        let lowest = holes.lowest_start();
        if holes.zone() != 0 {
            return self.take_in_zone(n);
        }
        if n <= holes.lowest_len() && n > holes.reach() {
            if !area.atb::<FastAtb>().cell(lowest)?.take(n) {
                return None;
            }
            holes.shorten_lowest(n);
            return Some(Place { area, block: lowest });
        }
        let bounds = self.bounds();
        let bound = bounds.get(n - 1);
        if n > bounds.known() || bound > lowest {
            return None;
        }
        let cell = area.atb::<FastAtb>().cell(bound)?;
        let (skip, more) = cell.find_run(n)?;
        let block = bound + skip;
        if block == lowest {
            cell.take_up(skip, n);
            bounds.set(n - 1, block + n);
            holes.note_first(n - 1, block);
            holes.shorten_lowest(n);
        } else if block + n <= lowest {
            cell.take_up(skip, n);
            bounds.set(n - 1, block + n);
            if more && holes.lowest_len() == 0 {
                self.keep_rest(block + n, n);
            }
        } else {
            return None; // it lies between holes, or in one
        }
        Some(Place { area, block })
    }

    #[inline(always)]
    fn is_too_much(self, n: usize) -> bool {
        let area = self.context.state().first_area();
        !SPLIT_HEAP && n > area.blocks() - area.used().get()
    }

    #[inline(always)]
    fn is_small(self, n: usize) -> bool {
        n <= SMALL
    }

    /// `place` for classes that have one size only.
    #[inline(always)]
    fn take_small(self, n: usize) -> Option<Place> {
        if n > SMALL { None } else { self.take_by_class(n) }
    }

    #[inline(always)]
    fn near(self, block: usize) -> Option<(usize, bool)> {
        self.holes().near(block)
    }

    #[inline(always)]
    fn note_near(self, n: usize, distance: usize) {
        if n == distance {
            self.holes().extend_lowest(n);
        } else {
            self.holes().widen_zone(distance);
        }
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
    fn take_by_class(self, n: usize) -> Option<Place> {
        let index = self.find(n)?;
        let place = place_at(self.context.state(), index);
        place.area.atb::<FastAtb>().free_to_object(place.block, n);
        Some(place)
    }

    /// Makes an object of the lowest `n` (up to SMALL) free blocks in a row, if they lie in the zone's first word.
    #[inline(always)]
    fn take_in_word_of_zone(self, n: usize) -> Option<Place> {
        let (holes, area) = (self.holes(), self.context.state().first_area());
        let (start, lowest) = (holes.zone_start(), holes.lowest_start());
        let cell = area.atb::<FastAtb>().cell(start)?;
        let (first, _) = cell.find_run(1)?;
        let (skip, _) = if n == 1 { (first, false) } else { cell.find_run(n)? };
        let block = start + skip;
        if block + n > lowest {
            return None;
        }
        cell.take_up(skip, n);
        holes.narrow_zone(if skip == first { block + n } else { start + first });
        Some(Place { area, block })
    }

    /// Makes an object of the lowest `n` free blocks in a row, if they lie in the zone, or the lowest hole has room for them.
    #[inline(never)]
    fn take_in_zone(self, n: usize) -> Option<Place> {
        let (holes, area) = (self.holes(), self.context.state().first_area());
        let (atb, lowest) = (area.atb::<FastAtb>(), holes.lowest_start());
        let Some(first) = search::find_run_in::<H>(&atb, holes.zone_start(), 1, lowest) else {
            holes.narrow_zone(lowest);
            return self.take_within_word(n);
        };
        holes.narrow_zone(first);
        match if n == 1 { Some(first) } else { search::find_run_in::<H>(&atb, first, n, lowest) } {
            Some(block) if block + n <= lowest => {
                atb.free_to_object(block, n);
                if block == first {
                    holes.narrow_zone(first + n);
                }
                Some(Place { area, block })
            }
            None if n <= holes.lowest_len() && holes.zone() < NEAR && atb.cell(lowest)?.take(n) => {
                holes.shorten_lowest(n);
                Some(Place { area, block: lowest })
            }
            _ => None,
        }
    }

    /// The index of the lowest `n` free blocks in a row, which the caller takes.
    #[inline(always)]
    fn find(self, n: usize) -> Option<usize> {
        let (bounds, holes) = (self.bounds(), self.holes());
        let class = class_of(n);
        let bound = holes.near_bound(class);
        let Some(hole) = holes.fitting(n, bound) else {
            // Above the last block there is nothing to search.
            let searched = !SPLIT_HEAP && bound >= self.context.state().first_area().blocks();
            return if searched { None } else { self.find_by_search(n) };
        };
        let start = holes.list().start(hole);
        if bounds.get(class) == start {
            bounds.raise(class, start + n);
        }
        holes.shorten(hole, n);
        Some(start)
    }

    /// The same if the nearest bound does not show that a hole comes first.
    #[inline(never)]
    fn find_by_search(self, n: usize) -> Option<usize> {
        let (bounds, holes) = (self.bounds(), self.holes());
        holes.close_zone();
        let (class, mut from) = (class_of(n), holes.best_bound(class_of(n)));
        // What lies between the bound and the first hole that fits comes first.
        let hole = holes.fitting(n, usize::MAX);
        let limit = hole.map_or(usize::MAX, |hole| holes.list().start(hole));
        let size = class_size(class);
        if size < n && from < limit {
            // The bound is that of the class's smallest size, where other runs may be too short.
            let (Ok(first) | Err(first)) = search::search(self.context, from, size, limit);
            bounds.raise(class, first);
            holes.note_raised(first);
            from = first;
        }
        let (found, exact) = self.find_below(class, from, n, limit);
        let (Ok(index) | Err(index)) = found;
        let is_first = exact && (size == n || index == from);
        if is_first {
            holes.note_first(class, index);
        }
        match (found, hole) {
            (Ok(_), _) => holes.cut(index, index + n),
            (Err(_), Some(hole)) => holes.shorten(hole, n),
            (Err(end), None) => {
                if is_first {
                    bounds.raise(class, end);
                    holes.note_raised(end);
                }
                return None;
            }
        }
        if is_first {
            bounds.raise(class, index + n);
            holes.note_raised(index + n);
        }
        if hole.is_none() {
            self.keep_rest(index + n, n);
        }
        Some(index)
    }

    /// The lowest `n` free blocks in a row from an index on, but below a limit; or where the search has ended. And whether they
    /// are the lowest indeed.
    ///
    /// Where no other heap's addresses are wanted, the search need not be exact. Programs that free objects by hand lower
    /// bounds again and again, and most of what lies between is searched in vain each time. So there a few words are searched
    /// from the bound on; then a hole will do, at the limit, or what follows the object of this size that was found last, and all
    /// is searched only in the end.
    fn find_below(self, class: usize, from: usize, n: usize, limit: usize) -> (Result<usize, usize>, bool) {
        let search = |from, limit| if from < limit { search::search(self.context, from, n, limit) } else { Err(limit) };
        let words = self.holes().words();
        if !HAS_PLACES || words.lowered().get() == 0 || from.saturating_add(PATIENCE) >= limit {
            return (search(from, limit), true);
        }
        let place = words.place(class);
        let near = from + PATIENCE;
        if search(from, near).is_err() {
            if class_size(class) == n {
                self.bounds().raise(class, near);
                self.holes().note_raised(near);
            }
            if limit != usize::MAX {
                return (Err(limit), false);
            }
            if place.get() as usize > near {
                let found = search(place.get() as usize, limit);
                if let Ok(index) = found {
                    place.set((index + n) as u32);
                    return (found, false);
                }
            }
        }
        let found = search(from, limit);
        place.set(found.map_or(0, |index| index + n) as u32);
        (found, true)
    }

    /// Makes a hole of the free run that starts at an index, if the next object of `n` blocks has room there, and no hole
    /// lies above.
    #[inline(never)]
    fn keep_rest(self, index: usize, n: usize) {
        let Place { area, block } = place_at(self.context.state(), index);
        self.holes().add_rest(area, block, index, n);
    }

    /// For `check`.
    fn search(self, from: usize, n: usize) -> Result<usize, usize> {
        search::search_plainly(self.context, from, n)
    }
}

//! Holes: the free runs that are known one by one, sorted by address. The lowest is the last of the list: there most of them
//! come and go.
//!
//! When a program frees an object far below the bounds ([`super::bounds`]), lowering the bounds to it would forget that
//! nothing between it and the old bound is of use, and the allocation after the next one would search all of that again.
//! So the run is remembered as a hole. And so is what a search leaves of the run that it has found: the next allocation
//! takes its blocks from there without a search, and an object that is freed soon is put back just as quickly.
//!
//! ```text
//!    heap     hhh==h..h=h.hhh====h....h==h........
//!    start               11          20      28
//!    length              1           4       8
//!    reach    2 blocks: nothing below the lowest hole has room for two blocks or more; so the lowest room for two is in a
//!             hole, but one block may be free further down, where no search has been yet
//! ```
//!
//! What becomes free just below the lowest hole makes no hole at once, since most of it is soon in use again: see
//! [`super::zone`].
//!
//! A hole is a whole free run. If its end is far away, it is not measured: the table says how long a `LONG` hole is. When
//! the list is full, one of the shortest is forgotten, and bounds are lowered for it after all; and so are holes whose
//! indexes need more than 32 bits (in a heap of 128 GiB).

use super::super::Run;
use super::super::index::place_at;
use super::bounds::Bounds;
use super::list::{LONG, List, NO_HOLE};
use super::segments::Segments;
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::{CLASSES, HAS_PLACES, PlacementWords};

/// The holes: the list of them, and what is known of the blocks below the lowest.
#[derive(Clone, Copy)]
pub(super) struct Holes<H: Host>(pub Context<H>);

impl<H: Host> Holes<H> {
    pub fn words(self) -> PlacementWords {
        PlacementWords(self.0.state())
    }

    pub fn bounds(self) -> Bounds {
        Bounds(self.words())
    }

    #[inline(always)]
    pub fn list(self) -> List {
        List(self.words())
    }

    /// Where the lowest hole starts; above all blocks if there is none.
    #[inline(always)]
    pub fn lowest_start(self) -> usize {
        self.list().start(self.list().last())
    }

    /// How many blocks the lowest hole has, or `LONG`; 0 if there is none.
    #[inline(always)]
    pub fn lowest_len(self) -> usize {
        self.list().len(self.list().last())
    }

    /// Forgets all holes.
    pub fn forget(self) {
        self.list().clear();
        self.words().reach().set(CLASSES as u8);
        self.words().may_have_zone().set(0);
        self.set_zone(0);
    }

    /// All holes, lowest first; LONG ones as long as the table says.
    pub fn all(self) -> impl Iterator<Item = Run> {
        (1..=self.list().last())
            .rev()
            .map(move |i| Run { start: self.list().start(i), len: self.real_len(i, usize::MAX) })
    }

    /// How many blocks a hole has, counted no further than needed to know that there are `enough` (at least 1).
    fn real_len(self, i: usize, enough: usize) -> usize {
        if self.list().len(i) < LONG {
            return self.list().len(i);
        }
        let place = place_at(self.0.state(), self.list().start(i));
        place.area.atb::<FastAtb>().frees_from(place.block, place.area.last_used().get(), enough)
    }

    /// Takes `n` blocks, at most all, from the start of a hole.
    #[inline(always)]
    pub fn shorten(self, i: usize, n: usize) {
        if i == self.list().last() && self.zone() != 0 {
            self.move_zone(n);
        }
        self.list().set_start(i, self.list().start(i) + n);
        let len = self.list().len(i);
        if len < LONG {
            self.list().set_len(i, len - n);
            if len == n {
                self.remove(i);
            }
        }
    }

    /// Takes `n` blocks, at most all, from the start of the lowest hole.
    #[inline(always)]
    pub fn shorten_lowest(self, n: usize) {
        self.shorten(self.list().last(), n);
    }

    /// The same if something is left of it, and there is no zone.
    #[inline(always)]
    pub fn shorten_long(self, n: usize) {
        let last = self.list().last();
        self.list().set_start(last, self.list().start(last) + n);
        let len = self.list().len(last);
        if len < LONG {
            self.list().set_len(last, len - n);
        }
    }

    /// Lets the `n` blocks before the lowest hole, which have just become free, be part of it.
    #[inline(always)]
    pub fn extend_lowest(self, n: usize) {
        let last = self.list().last();
        self.list().set_start(last, self.list().start(last) - n);
        let len = self.list().len(last);
        if len < LONG {
            self.list().set_len(last, len + n);
        }
        let zone = self.zone();
        if zone != 0 {
            self.set_zone(zone.saturating_sub(n));
        }
    }

    /// Removes a hole.
    #[inline(never)]
    fn remove(self, i: usize) {
        let is_lowest = i == self.list().last();
        if is_lowest {
            self.close_zone();
            self.keep_reach();
        }
        self.list().remove(i);
        if is_lowest {
            self.find_reach();
        }
    }

    /// The lowest hole that has `n` blocks, if it does not start above `bound`. One that starts at the bound is as good as
    /// one below it: nothing lies between.
    #[inline(always)]
    pub fn fitting(self, n: usize, bound: usize) -> Option<usize> {
        if self.lowest_start() > bound {
            return None;
        }
        let mut from = self.list().last();
        loop {
            let i = self.list().last_of(n.min(LONG), from)?;
            if self.list().start(i) > bound {
                return None;
            }
            if self.list().len(i) < LONG || self.is_as_long(i, n) {
                return Some(i);
            }
            from = i - 1;
        }
    }

    /// Whether a LONG hole has `n` blocks. If it is not LONG any more, it is not from now on.
    #[inline(never)]
    fn is_as_long(self, i: usize, n: usize) -> bool {
        let len = self.real_len(i, n.max(LONG));
        if len == 0 {
            self.remove(i);
        } else {
            self.list().set_len(i, len);
        }
        len >= n
    }

    /// Removes the blocks `start..end`, which are in use from now on, from the holes. They are the first blocks of a free
    /// run.
    #[inline(always)]
    pub fn cut(self, start: usize, end: usize) {
        let lowest = self.lowest_start();
        if lowest == start && end - start <= self.lowest_len() {
            self.shorten_lowest(end - start);
        } else if lowest < end {
            self.cut_holes(start, end);
        }
    }

    #[inline(never)]
    fn cut_holes(self, start: usize, end: usize) {
        if HAS_PLACES {
            self.cut_below(start);
        }
        loop {
            let i = self.list().above(start);
            if i == 0 || self.list().start(i) >= end {
                return;
            }
            let n = end - self.list().start(i);
            if self.list().len(i) <= n && self.list().len(i) < LONG {
                self.remove(i);
            } else {
                self.shorten(i, n);
            }
        }
    }

    /// Lets a hole that starts below `start` end there. Where a search may go on anywhere, it may find blocks in the middle of
    /// a free run, and of a hole.
    fn cut_below(self, start: usize) {
        let i = self.list().above(start) + 1;
        if i > self.list().last() {
            return;
        }
        let most = start - self.list().start(i);
        if self.list().len(i) > most || self.list().len(i) == LONG {
            let len = self.real_len(i, LONG).min(most);
            if len == 0 { self.remove(i) } else { self.list().set_len(i, len) }
        }
    }

    /// Makes a hole of what a search has left of the run that it found, if all holes lie below it.
    #[inline(always)]
    pub fn add_rest(self, area: Area, block: usize, start: usize, n: usize) {
        if (self.list().last() != 0 && self.list().start(1) >= start) || self.list().is_full() {
            return;
        }
        // The last used block does not know of the object yet; but nothing above that is in use.
        let len = area.atb::<FastAtb>().frees_from(block, area.last_used().get(), LONG);
        let rest = Run { start, len };
        if len >= n && !self.may_end_beyond(rest) {
            self.insert(1, rest);
        }
    }

    /// Whether a run may have indexes that the list cannot hold.
    fn may_end_beyond(self, run: Run) -> bool {
        if run.len < LONG {
            return run.end() >= NO_HOLE;
        }
        // It may go on to the end of its area.
        let place = place_at(self.0.state(), run.start);
        run.start - place.block + place.area.blocks() >= NO_HOLE
    }

    /// Takes note of a free run that has become longer. It is known as far as any class in use reaches, but may be longer.
    #[inline(never)]
    pub fn note_free_run(self, run: Run) {
        self.note_freed(run, run.start);
    }

    /// The same for one that has become longer from `freed` on, and may start further down than is known.
    #[inline(never)]
    pub fn note_far_run(self, run: Run, freed: usize) {
        self.note_freed(run, freed);
    }

    #[inline(always)]
    fn note_freed(self, run: Run, freed: usize) {
        if self.may_end_beyond(run) {
            return self.forget_run(run);
        }
        let i = self.list().above(run.start);
        let touches = i != 0 && self.list().start(i) <= run.end();
        if freed > run.start && !(touches && self.list().start(i) < freed) {
            // If the run is below a bound, it belongs to the hole below, which is LONG; otherwise it need not be a hole, and
            // neither need the one behind it.
            if touches {
                self.forget_hole(i);
            }
            return Segments(self.0).note_free(run);
        }
        if touches {
            if i == self.list().last() {
                self.set_zone(self.zone().saturating_sub(self.list().start(i) - run.start));
            }
            self.list().set_start(i, run.start);
            self.list().set_len(i, run.len);
            // It may have closed the gap between two.
            if i > 1 && self.list().start(i - 1) <= run.end() {
                self.remove(i - 1);
            }
        } else if let Some((distance, true)) = self.near(run.start) {
            self.widen_zone(distance);
        } else if (i == self.list().last() && Bounds::served(run.len) >= self.reach())
            || self.bounds().lower(run, run.end())
        {
            self.insert(i + 1, run);
        } else {
            Segments(self.0).note_free(run);
        }
    }

    /// Makes a hole entry `i` of the list.
    #[inline(never)]
    fn insert(self, mut i: usize, hole: Run) {
        let mut last = self.list().last();
        if self.list().is_full() {
            // Most allocations look for the lowest hole: there, one of equal length gives way, too.
            let shorter = hole.len + (i > last) as usize;
            let Some(victim) = self.victim(shorter) else { return self.forget_run(hole) };
            let run = Run { start: self.list().start(victim), len: self.list().len(victim) };
            self.remove(victim);
            self.forget_run(run);
            i -= (victim < i) as usize;
            last -= 1;
        }
        let is_lowest = i > last;
        if is_lowest {
            self.close_zone();
            self.keep_reach();
        }
        self.list().insert(i, hole.start, hole.len);
        if is_lowest {
            self.find_reach();
        }
    }

    /// Removes a hole to which no bound need be lowered.
    fn forget_hole(self, i: usize) {
        if self.list().len(i) < LONG {
            Segments(self.0).note_free(Run { start: self.list().start(i), len: self.list().len(i) });
        } else {
            Segments(self.0).forget();
        }
        self.remove(i);
    }

    /// The hole of a full list that gives way: one of the shortest, if it has fewer than `len` blocks. The highest of them,
    /// so that as little as possible is forgotten.
    fn victim(self, len: usize) -> Option<usize> {
        let mut n = 2;
        while n <= len.min(LONG) {
            let victim = self.list().first_below(n);
            if victim.is_some() {
                return victim;
            }
            n *= 2;
        }
        None
    }

    /// Lowers the bounds so that a free run need not be a hole.
    #[inline(never)]
    fn forget_run(self, run: Run) {
        if run.len < LONG {
            Segments(self.0).note_free(run);
        } else {
            // How far it goes is not known.
            Segments(self.0).forget();
        }
        if run.start >= self.lowest_start() {
            self.bounds().lower(run, usize::MAX);
            return;
        }
        self.close_zone();
        self.keep_reach();
        self.bounds().lower(run, usize::MAX);
        self.find_reach();
    }
}

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
//! What becomes free just below the lowest hole makes no hole at once, since most of it is soon in use again. It belongs to
//! the *zone*, a few words of the table that are looked through before the lowest hole is taken:
//!
//! ```text
//!    heap     hhh==hhhh.h.hhh....       zone: 8 blocks, since two of them were freed; empty again when they are in use
//!                      └─zone─┘└ lowest hole
//! ```
//!
//! A hole is a whole free run. If its end is far away, it is not measured: the table says how long a `LONG` hole is. When the list is full, one of the shortest is forgotten, and bounds
//! are lowered for it after all; and so are holes whose indexes need more than 32 bits (in a heap of 128 GiB).

use super::super::Run;
use super::super::index::place_at;
use super::bounds::Bounds;
use super::segments::Segments;
use crate::config::{SPLIT_HEAP, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::{CLASSES, HOLE_ENTRIES, PlacementWords};
use crate::layout::bytes;

/// The length of holes that have so many blocks or more, or had when they were looked at last.
pub(super) const LONG: usize = 127;

/// How far below the lowest hole the zone goes at most, in blocks.
pub(super) const NEAR: usize = 2048;

/// The start of the lowest hole when there is none.
const NO_HOLE: usize = u32::MAX as usize;

/// The holes, in the borrowed words.
#[derive(Clone, Copy)]
pub(super) struct Holes<H: Host>(pub Context<H>);

impl<H: Host> Holes<H> {
    fn words(self) -> PlacementWords {
        PlacementWords(self.0.state())
    }

    fn bounds(self) -> Bounds {
        Bounds(self.words())
    }

    /// The index of the lowest hole in the list; 0 if there is none: entry 0 stands for that.
    #[inline(always)]
    fn last(self) -> usize {
        self.words().last_hole().get() as usize
    }

    fn set_last(self, last: usize) {
        self.words().last_hole().set(last as u8);
    }

    /// Where a hole starts.
    #[inline(always)]
    pub fn start(self, i: usize) -> usize {
        self.words().hole_start(i).get() as usize
    }

    #[inline(always)]
    fn set_start(self, i: usize, start: usize) {
        self.words().hole_start(i).set(start as u32);
    }

    #[inline(always)]
    fn len(self, i: usize) -> usize {
        self.words().hole_len(i).get() as usize
    }

    #[inline(always)]
    fn set_len(self, i: usize, len: usize) {
        self.words().hole_len(i).set(len.min(LONG) as u8);
    }

    /// Where the lowest hole starts; above all blocks if there is none.
    #[inline(always)]
    pub fn lowest_start(self) -> usize {
        self.start(self.last())
    }

    /// How many blocks the lowest hole has, or `LONG`; 0 if there is none.
    #[inline(always)]
    pub fn lowest_len(self) -> usize {
        self.len(self.last())
    }

    /// The smallest class that nothing below the lowest hole and its zone can serve.
    #[inline(always)]
    pub fn reach(self) -> usize {
        self.words().reach().get() as usize
    }

    /// Forgets all holes.
    pub fn forget(self) {
        for i in 0..HOLE_ENTRIES.div_ceil(WORD_BYTES) {
            self.words().hole_lens(i).set(0);
        }
        self.set_last(0);
        self.set_start(0, NO_HOLE);
        self.words().reach().set(CLASSES as u8);
        self.words().may_have_zone().set(0);
        self.set_zone(0);
    }

    /// How many blocks the zone has; 0 if all below the lowest hole is as it was.
    #[inline(always)]
    pub fn zone(self) -> usize {
        self.words().zone().get() as usize
    }

    #[inline(always)]
    fn set_zone(self, blocks: usize) {
        self.words().zone().set(blocks as u16);
    }

    /// Where the zone starts.
    #[inline(always)]
    pub fn zone_start(self) -> usize {
        self.lowest_start() - self.zone()
    }

    /// How far a block lies before the lowest hole, if it lies before it and not far away; and whether it can belong to the
    /// zone.
    #[inline(always)]
    pub fn near(self, block: usize) -> Option<(usize, bool)> {
        let lowest = self.lowest_start();
        // Behind the hole's start it is a huge number.
        let distance = lowest.wrapping_sub(block);
        if distance > NEAR || (SPLIT_HEAP && lowest > self.0.state().first_area().blocks()) {
            return None;
        }
        Some((distance, self.words().may_have_zone().get() != 0))
    }

    /// Finds out whether there can be a zone: not if some class does not reach the lowest hole, so that its bound would have
    /// to be looked at; and not if a bound lies far above, which would be lowered when the zone is closed.
    fn find_may_have_zone(self) {
        let most = self.lowest_start() + NEAR;
        let may = self.reach() == 0 && (0..self.bounds().known()).all(|class| self.bounds().get(class) <= most);
        self.words().may_have_zone().set(may as u8);
    }

    /// Takes note that a bound was raised to an index.
    #[inline(always)]
    pub fn note_raised(self, index: usize) {
        if index > self.lowest_start() + NEAR {
            self.words().may_have_zone().set(0);
        }
    }

    /// Lets the zone have at least so many blocks.
    #[inline(always)]
    pub fn widen_zone(self, blocks: usize) {
        self.set_zone(self.zone().max(blocks));
    }

    /// Lets the zone start further up: nothing in it is free below that.
    pub fn narrow_zone(self, index: usize) {
        self.set_zone(self.lowest_start() - index);
    }

    /// What is free in the zone is not known from now on.
    #[inline(always)]
    pub fn close_zone(self) {
        if self.zone() != 0 {
            self.close_open_zone();
        }
    }

    /// What is free in it are free runs like others: bounds are lowered to its start.
    #[inline(never)]
    fn close_open_zone(self) {
        let (start, len) = (self.zone_start(), self.zone());
        // No run is longer than all free blocks together.
        let free = self.0.state().first_area().atb::<FastAtb>().count_free(start, len);
        self.set_zone(0);
        if free != 0 {
            let longest = Run { start, len: free };
            Segments(self.0).note_free(Run { start, len });
            self.keep_reach();
            self.bounds().lower(longest, usize::MAX);
            self.find_reach();
        }
    }

    /// All holes, lowest first; LONG ones as long as the table says.
    pub fn all(self) -> impl Iterator<Item = Run> {
        (1..=self.last()).rev().map(move |i| Run { start: self.start(i), len: self.real_len(i, usize::MAX) })
    }

    /// How many blocks a hole has, counted no further than needed to know that there are `enough` (at least 1).
    fn real_len(self, i: usize, enough: usize) -> usize {
        if self.len(i) < LONG {
            return self.len(i);
        }
        let place = place_at(self.0.state(), self.start(i));
        place.area.atb::<FastAtb>().frees_from(place.block, place.area.last_used().get(), enough)
    }

    /// Takes `n` blocks, at most all, from the start of a hole.
    #[inline(always)]
    pub fn shorten(self, i: usize, n: usize) {
        if i == self.last() && self.zone() != 0 {
            self.set_zone(self.zone() + n);
        }
        self.set_start(i, self.start(i) + n);
        let len = self.len(i);
        if len < LONG {
            self.set_len(i, len - n);
            if len == n {
                self.remove(i);
            }
        }
    }

    /// Takes `n` blocks, at most all, from the start of the lowest hole.
    #[inline(always)]
    pub fn shorten_lowest(self, n: usize) {
        self.shorten(self.last(), n);
    }

    /// The same if something is left of it, and there is no zone.
    #[inline(always)]
    pub fn shorten_long(self, n: usize) {
        let last = self.last();
        self.set_start(last, self.start(last) + n);
        let len = self.len(last);
        if len < LONG {
            self.set_len(last, len - n);
        }
    }

    /// Lets the `n` blocks before the lowest hole, which have just become free, be part of it.
    #[inline(always)]
    pub fn extend_lowest(self, n: usize) {
        let last = self.last();
        self.set_start(last, self.start(last) - n);
        let len = self.len(last);
        if len < LONG {
            self.set_len(last, len + n);
        }
        let zone = self.zone();
        if zone != 0 {
            self.set_zone(zone.saturating_sub(n));
        }
    }

    /// What is known of the blocks below the lowest hole, as a bound: so it stays known when another one takes its place.
    fn keep_reach(self) {
        let reach = self.reach();
        if reach < CLASSES {
            self.bounds().raise(reach, self.lowest_start());
        }
    }

    /// Another hole is the lowest one now.
    fn find_reach(self) {
        let reach = if self.last() == 0 { CLASSES } else { self.bounds().first_beyond(self.lowest_start()) };
        self.words().reach().set(reach as u8);
        self.find_may_have_zone();
    }

    /// Removes a hole.
    #[inline(never)]
    fn remove(self, i: usize) {
        let last = self.last();
        if i == last {
            self.close_zone();
            self.keep_reach();
            self.set_len(last, 0);
            self.set_last(last - 1);
            return self.find_reach();
        }
        self.words().move_holes(i + 1, i, last - i);
        self.set_len(last, 0);
        self.set_last(last - 1);
    }

    /// A bound that holds for a class, cheap to find.
    #[inline(always)]
    pub fn near_bound(self, class: usize) -> usize {
        self.bound_from(self.bounds().get(class), class)
    }

    /// The highest bound that is known to hold for a class.
    #[inline(never)]
    pub fn best_bound(self, class: usize) -> usize {
        self.bound_from(self.bounds().highest_up_to(class), class)
    }

    /// All classes reach a zone, and what bounds say of the blocks in it is not true any more.
    #[inline(always)]
    fn bound_from(self, bound: usize, class: usize) -> usize {
        if self.zone() != 0 {
            self.zone_start()
        } else if class >= self.reach() {
            bound.max(self.lowest_start())
        } else {
            bound
        }
    }

    /// The lowest hole that has `n` blocks, if it does not start above `bound`. One that starts at the bound is as good as
    /// one below it: nothing lies between.
    #[inline(always)]
    pub fn fitting(self, n: usize, bound: usize) -> Option<usize> {
        if self.lowest_start() > bound {
            return None;
        }
        let mut from = self.last();
        loop {
            let i = self.last_of(n.min(LONG), from)?;
            if self.start(i) > bound {
                return None;
            }
            if self.len(i) < LONG || self.is_as_long(i, n) {
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
            self.set_len(i, len);
        }
        len >= n
    }

    /// The last hole in the list up to entry `from` that has at least `n` (1 to LONG) blocks.
    #[inline(always)]
    fn last_of(self, n: usize, from: usize) -> Option<usize> {
        let mut w = from / WORD_BYTES;
        let mut valid = usize::MAX >> (usize::BITS - 8 - 8 * (from % WORD_BYTES) as u32);
        loop {
            let mask = bytes::at_least(usize::from_le(self.words().hole_lens(w).get()), n) & valid;
            if mask != 0 {
                return Some(w * WORD_BYTES + bytes::last(mask));
            }
            valid = usize::MAX;
            w = w.checked_sub(1)?;
        }
    }

    /// The first hole in a full list that has fewer than `n` (at most LONG) blocks.
    fn first_below(self, n: usize) -> Option<usize> {
        // Entry 0 is no hole.
        let mut valid = usize::MAX << 8;
        for w in 0..HOLE_ENTRIES.div_ceil(WORD_BYTES) {
            let mask = bytes::below(usize::from_le(self.words().hole_lens(w).get()), n) & valid;
            if mask != 0 {
                let i = w * WORD_BYTES + bytes::first(mask);
                return if i < HOLE_ENTRIES { Some(i) } else { None };
            }
            valid = usize::MAX;
        }
        None
    }

    /// Takes note that nothing below `index` can serve a class.
    #[inline(always)]
    pub fn note_first(self, class: usize, index: usize) {
        if index == self.lowest_start() && class < self.reach() && self.zone() == 0 {
            self.words().reach().set(class as u8);
            self.find_may_have_zone();
        }
    }

    /// Removes the blocks `start..end`, which are in use from now on, from the holes. They are the first blocks of a free
    /// run.
    #[inline(always)]
    pub fn cut(self, start: usize, end: usize) {
        if self.lowest_start() < end {
            self.cut_holes(start, end);
        }
    }

    #[inline(never)]
    fn cut_holes(self, start: usize, end: usize) {
        loop {
            let i = self.above(start);
            if i == 0 || self.start(i) >= end {
                return;
            }
            let n = end - self.start(i);
            if self.len(i) <= n && self.len(i) < LONG {
                self.remove(i);
            } else {
                self.shorten(i, n);
            }
        }
    }

    /// The last entry of the list that does not start below an index; entry 0 never does. By halving: it is `first` or one
    /// of the next `size`.
    #[inline(always)]
    fn above(self, index: usize) -> usize {
        let (mut first, mut size) = (0, self.last());
        while size > 0 {
            let half = size.div_ceil(2);
            first += if self.start(first + half) >= index { half } else { 0 };
            size -= half;
        }
        first
    }

    /// Makes a hole of what a search has left of the run that it found, if all holes lie below it.
    #[inline(always)]
    pub fn add_rest(self, area: Area, block: usize, start: usize, n: usize) {
        if (self.last() != 0 && self.start(1) >= start) || start >= NO_HOLE || self.last() == HOLE_ENTRIES - 1 {
            return;
        }
        // The last used block does not know of the object yet; but nothing above that is in use.
        let len = area.atb::<FastAtb>().frees_from(block, area.last_used().get(), LONG);
        if len >= n {
            self.insert(1, Run { start, len });
        }
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
        if run.end() >= NO_HOLE {
            return self.forget_run(run);
        }
        let i = self.above(run.start);
        let touches = i != 0 && self.start(i) <= run.end();
        if freed > run.start && !(touches && self.start(i) < freed) {
            // If the run is below a bound, it belongs to the hole below, which is LONG; otherwise it need not be a hole, and
            // neither need the one behind it.
            if touches {
                self.forget_hole(i);
            }
            return Segments(self.0).note_free(run);
        }
        if touches {
            if i == self.last() {
                self.set_zone(self.zone().saturating_sub(self.start(i) - run.start));
            }
            self.set_start(i, run.start);
            self.set_len(i, run.len);
            // It may have closed the gap between two.
            if i > 1 && self.start(i - 1) <= run.end() {
                self.remove(i - 1);
            }
        } else if let Some((distance, true)) = self.near(run.start) {
            self.widen_zone(distance);
        } else if (i == self.last() && Bounds::served(run.len) >= self.reach()) || self.bounds().lower(run, run.end()) {
            self.insert(i + 1, run);
        } else {
            Segments(self.0).note_free(run);
        }
    }

    /// Makes a hole entry `i` of the list.
    #[inline(never)]
    fn insert(self, mut i: usize, hole: Run) {
        let mut last = self.last();
        if last == HOLE_ENTRIES - 1 {
            // Most allocations look for the lowest hole: there, one of equal length gives way, too.
            let shorter = hole.len + (i > last) as usize;
            let Some(victim) = self.victim(shorter) else { return self.forget_run(hole) };
            let run = Run { start: self.start(victim), len: self.len(victim) };
            self.remove(victim);
            self.forget_run(run);
            i -= (victim < i) as usize;
            last -= 1;
        }
        let is_lowest = i > last;
        if is_lowest {
            self.close_zone();
            self.keep_reach();
        } else {
            self.words().move_holes(i, i + 1, last + 1 - i);
        }
        self.set_last(last + 1);
        self.set_start(i, hole.start);
        self.set_len(i, hole.len);
        if is_lowest {
            self.find_reach();
        }
    }

    /// Removes a hole to which no bound need be lowered.
    fn forget_hole(self, i: usize) {
        if self.len(i) < LONG {
            Segments(self.0).note_free(Run { start: self.start(i), len: self.len(i) });
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
            let victim = self.first_below(n);
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

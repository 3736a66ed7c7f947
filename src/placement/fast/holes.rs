//! Holes: the free runs that are known one by one.
//!
//! When a program frees an object far below the bounds ([`super::bounds`]), lowering the bounds to it would forget that
//! nothing between it and the old bound is of use, and the allocation after the next one would search all of that again.
//! So the run is remembered as a hole. And so is what a search leaves of the run that it has found: the next allocation
//! takes its blocks from there without a search, and an object that is freed soon is put back just as quickly.
//!
//! The lowest hole, from which most allocations are served, is in the borrowed words; the others are in a tree ([`Tree`]).
//!
//! ```text
//!    heap     hhh==h..h=h.hhh====h....h==h........
//!                   └┘   lowest   └──┘   └──────┘  tree
//!                   start, length
//!    reach    2 blocks: nothing below the lowest hole has room for two blocks or more; so it has the lowest room for two,
//!             but one block may be free further down, where no search has been yet
//! ```
//!
//! A hole ends where its free run ends; where it starts, more free blocks may lie before it. Holes whose indexes need more
//! than 32 bits (in a heap of 128 GiB) are not remembered: bounds are lowered to them.

use super::super::Run;
use super::bounds::Bounds;
use super::classes::class_of;
use super::tree::{NODE_BLOCKS, Tree};
use crate::context::Context;
use crate::host::Host;
use crate::layout::borrowed::{CLASSES, PlacementWords};
use crate::layout::phase::phase_of;

/// The start of the lowest hole when there is none.
const NO_HOLE: usize = u32::MAX as usize;

/// What the lowest hole is when there is none.
const NONE: Run = Run { start: NO_HOLE, len: 0 };

/// The holes.
#[derive(Clone, Copy)]
pub(super) struct Holes<H: Host>(pub Context<H>);

impl<H: Host> Holes<H> {
    fn words(self) -> PlacementWords {
        PlacementWords(self.0.state())
    }

    fn bounds(self) -> Bounds {
        Bounds(self.words())
    }

    fn tree(self) -> Tree<H> {
        Tree(self.0)
    }

    /// The lowest hole; if there is none, one that starts above all blocks and has no block.
    #[inline(always)]
    pub fn lowest(self) -> Run {
        let words = self.words();
        Run { start: words.lowest_start().get() as usize, len: words.lowest_len().get() as usize }
    }

    #[inline(always)]
    fn set_lowest(self, hole: Run) {
        self.words().lowest_start().set(hole.start as u32);
        self.words().lowest_len().set(hole.len as u32);
    }

    /// The smallest class that nothing below the lowest hole can serve.
    #[inline(always)]
    pub fn reach(self) -> usize {
        self.words().reach().get() as usize
    }

    /// Forgets all holes.
    pub fn forget(self) {
        self.become_lowest(NONE);
        self.tree().clear();
    }

    /// All holes, lowest first.
    pub fn all(self) -> impl Iterator<Item = Run> {
        let lowest = self.lowest();
        let first = if lowest.len != 0 { Some(lowest) } else { None };
        core::iter::successors(first, move |hole| self.tree().next(hole.end()))
    }

    /// Takes `n` blocks, at most all, from the start of the lowest hole.
    #[inline(always)]
    pub fn shorten_lowest(self, n: usize) {
        let hole = self.lowest();
        self.set_lowest(Run { start: hole.start + n, len: hole.len - n });
        if hole.len == n {
            self.next();
        }
    }

    /// Lets the blocks before the lowest hole, which have just become free, be part of it.
    #[inline(always)]
    pub fn extend_lowest(self, n: usize) {
        let hole = self.lowest();
        self.set_lowest(Run { start: hole.start - n, len: hole.len + n });
    }

    /// Nothing is left of the lowest hole: the next one takes its place.
    #[cold]
    #[inline(never)]
    fn next(self) {
        self.keep_reach();
        self.become_lowest(self.tree().take_lowest().unwrap_or(NONE));
    }

    /// What is known of the blocks below the lowest hole, as a bound: so it stays known when another one takes its place.
    fn keep_reach(self) {
        let reach = self.reach();
        if reach < CLASSES {
            self.bounds().raise(reach, self.lowest().start);
        }
    }

    fn become_lowest(self, hole: Run) {
        self.set_lowest(hole);
        self.words().reach().set(self.bounds().first_beyond(hole.start) as u32);
    }

    /// A bound that holds for a class, cheap to find.
    #[inline(always)]
    pub fn near_bound(self, class: usize) -> usize {
        let bound = self.bounds().get(class);
        if class >= self.reach() { bound.max(self.lowest().start) } else { bound }
    }

    /// The highest bound that is known to hold for a class.
    #[inline(never)]
    pub fn best_bound(self, class: usize) -> usize {
        let bound = self.bounds().highest_up_to(class);
        if class >= self.reach() { bound.max(self.lowest().start) } else { bound }
    }

    /// Takes `n` blocks from the start of the lowest hole that has so many and does not start above `bound`. One that
    /// starts at the bound is as good as one below it: nothing lies between.
    #[inline(always)]
    pub fn take(self, n: usize, bound: usize) -> Option<usize> {
        let lowest = self.lowest();
        if lowest.start > bound || lowest.len == 0 {
            return None;
        }
        if lowest.len < n {
            return self.tree().take(n, bound);
        }
        self.shorten_lowest(n);
        Some(lowest.start)
    }

    /// Takes note that nothing below `index` can serve a class.
    #[inline(always)]
    pub fn note_first(self, class: usize, index: usize) {
        if index == self.lowest().start && class < self.reach() {
            self.words().reach().set(class as u32);
        }
    }

    /// Removes the blocks `start..end`, which are in use from now on, from the holes. They are the first blocks of a free
    /// run.
    #[inline(always)]
    pub fn cut(self, start: usize, end: usize) {
        let lowest = self.lowest();
        if lowest.start < end && start < lowest.end() {
            self.shorten_lowest(end.min(lowest.end()) - lowest.start);
        }
        if self.tree().reaches(start) {
            self.tree().cut(start, end);
        }
    }

    /// Remembers what a search has left of the run that it found for `n` blocks. If all holes lie below, or there is none.
    #[inline(always)]
    pub fn may_add_rest(self, start: usize) -> bool {
        let lowest = self.lowest();
        lowest.len == 0 || start > lowest.end()
    }

    #[inline(never)]
    pub fn add_rest(self, rest: Run) {
        if rest.end() >= NO_HOLE {
            return;
        }
        if self.lowest().len == 0 {
            self.become_lowest(rest);
        } else if rest.len >= NODE_BLOCKS {
            self.tree().add(rest);
        }
    }

    /// The hole that block `index` lies in, if it lies in one.
    pub fn hole_at(self, index: usize) -> Option<Run> {
        let lowest = self.lowest();
        if lowest.start <= index && index < lowest.end() {
            return Some(lowest);
        }
        if self.tree().reaches(index) { self.tree().hole_at(index) } else { None }
    }

    /// Takes note that a free run has become longer, and where it is now; it is known up to its end.
    #[inline(never)]
    pub fn note_free_run(self, run: Run) {
        if run.end() >= NO_HOLE || phase_of(self.0.state()).is_collecting() {
            return self.note_vast_run(run);
        }
        let lowest = self.lowest();
        if run.start > lowest.end() {
            if self.bounds().lower(run, run.end()) && run.len >= NODE_BLOCKS {
                self.tree().add(run);
            } else if self.tree().reaches(run.start) {
                let run = self.tree().swallow(run);
                self.bounds().lower(run, usize::MAX);
            }
        } else if run.end() >= lowest.start && lowest.len != 0 {
            self.merge_with_lowest(run);
        } else if class_of(run.len) >= self.reach() || self.bounds().lower(run, run.end()) {
            self.keep_reach();
            if lowest.len >= NODE_BLOCKS {
                self.tree().add(lowest);
            } else if lowest.len != 0 {
                self.bounds().lower(lowest, usize::MAX);
            }
            self.become_lowest(run);
        }
    }

    /// The run touches the lowest hole, and perhaps more of them.
    fn merge_with_lowest(self, mut run: Run) {
        let lowest = self.lowest();
        if run.end() > lowest.end() && self.tree().reaches(run.start) {
            run = self.tree().swallow(run);
        }
        self.set_lowest(run.union(lowest));
    }

    /// The same for a run that may go on behind its end, or cannot be a hole: bounds are lowered to it.
    #[cold]
    #[inline(never)]
    pub fn note_vast_run(self, mut run: Run) {
        self.keep_reach();
        if self.tree().reaches(run.start) {
            run = self.tree().swallow(run);
        }
        let mut lowest = self.lowest();
        if lowest.len != 0 && run.touches(lowest) {
            run = run.union(lowest);
            lowest = self.tree().take_lowest().unwrap_or(NONE);
        }
        self.bounds().lower(run, usize::MAX);
        self.become_lowest(lowest);
    }
}

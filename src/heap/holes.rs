//! Holes: the few free runs below the bounds that are known one by one.
//!
//! When a program frees an object far below the bounds ([`super::place`]), lowering the bounds to it would forget that
//! nothing between it and the old bound is of use; the next allocation but one would search that all again. So the run
//! is remembered instead, in a short list sorted by address:
//!
//! ```text
//!    scratch[COUNT]      2
//!    scratch[FIRST..]    start 5, length 2      start 40, length 1      –, –      …
//! ```
//!
//! A hole is a stretch of free blocks, given by number (`number` in place.rs); holes don't overlap. When the list is
//! full, the shortest hole is forgotten, and bounds are lowered for it after all.

use super::Heap;
use super::state::{Field, SCRATCH_WORDS};
use crate::port::Port;

/// The scratch word with the number of holes.
pub(super) const COUNT: usize = 1;
const FIRST: usize = super::place::FIRST_BOUND + super::place::CLASSES;
/// How many holes are remembered: 15 with the usual 64 scratch words.
const MOST: usize = (SCRATCH_WORDS - FIRST) / 2;

/// The start of the first hole when there is none.
pub(super) const NO_HOLE: usize = usize::MAX;

/// A stretch of free blocks, by block number.
#[derive(Clone, Copy)]
pub(super) struct Hole {
    pub start: usize,
    pub len: usize,
}

impl Hole {
    pub fn end(self) -> usize {
        self.start + self.len
    }
}

impl<P: Port> Heap<P> {
    fn hole_count(&self) -> Field<usize> {
        self.state().scratch(COUNT)
    }

    /// Whether any hole is remembered.
    #[inline(always)]
    pub(super) fn has_holes(&self) -> bool {
        self.hole_count().get() != 0
    }

    /// All holes, lowest first.
    pub(super) fn holes(&self) -> impl Iterator<Item = Hole> {
        (0..self.hole_count().get()).map(|i| self.hole(i))
    }

    /// Where the first hole starts; [`NO_HOLE`] if there is none.
    #[inline(always)]
    pub(super) fn first_hole(&self) -> Field<usize> {
        self.state().scratch(FIRST)
    }

    #[inline(always)]
    pub(super) fn hole(&self, i: usize) -> Hole {
        let state = self.state();
        Hole { start: state.scratch(FIRST + 2 * i).get(), len: state.scratch(FIRST + 2 * i + 1).get() }
    }

    #[inline(always)]
    fn set_hole(&self, i: usize, hole: Hole) {
        self.state().scratch(FIRST + 2 * i).set(hole.start);
        self.state().scratch(FIRST + 2 * i + 1).set(hole.len);
    }

    #[inline(never)]
    fn remove_hole(&self, i: usize) {
        let count = self.hole_count().get() - 1;
        self.hole_count().set(count);
        for i in i..count {
            self.set_hole(i, self.hole(i + 1));
        }
        if count == 0 {
            self.first_hole().set(NO_HOLE);
        }
    }

    /// Takes `n` blocks, at most all, from the start of the first hole.
    #[inline(always)]
    pub(super) fn shorten_first_hole(&self, n: usize) {
        let hole = self.hole(0);
        if n == hole.len {
            self.remove_hole(0);
        } else {
            self.set_hole(0, Hole { start: hole.start + n, len: hole.len - n });
        }
    }

    /// Takes `n` blocks from the start of the lowest hole that has so many and does not start above `bound`.
    #[inline(never)]
    pub(super) fn take_from_hole(&self, n: usize, bound: usize) -> Option<usize> {
        for i in 0..self.hole_count().get() {
            let hole = self.hole(i);
            // One that starts at the bound is as good as one below it: nothing lies between.
            if hole.start > bound {
                break;
            }
            if hole.len > n {
                self.set_hole(i, Hole { start: hole.start + n, len: hole.len - n });
                return Some(hole.start);
            }
            if hole.len == n {
                self.remove_hole(i);
                return Some(hole.start);
            }
        }
        None
    }

    /// Takes the blocks `start..end`, which are in use from now on, out of the holes.
    #[inline(never)]
    pub(super) fn cut_holes(&self, start: usize, end: usize) {
        let mut i = 0;
        while i < self.hole_count().get() {
            let hole = self.hole(i);
            if end <= hole.start {
                break;
            }
            if hole.end() <= start {
                i += 1;
                continue;
            }
            self.remove_hole(i);
            if hole.start < start {
                self.add_hole(Hole { start: hole.start, len: start - hole.start });
            }
            if end < hole.end() {
                self.add_hole(Hole { start: end, len: hole.end() - end });
            }
        }
    }

    /// The hole together with all that it overlaps or touches; those are removed.
    #[inline(never)]
    pub(super) fn merge_holes(&self, mut new: Hole) -> Hole {
        let mut i = 0;
        while i < self.hole_count().get() {
            let hole = self.hole(i);
            if new.end() < hole.start {
                break;
            }
            if hole.end() < new.start {
                i += 1;
                continue;
            }
            let (start, end) = (new.start.min(hole.start), new.end().max(hole.end()));
            new = Hole { start, len: end - start };
            self.remove_hole(i);
        }
        new
    }

    /// Remembers a hole that touches no other; forgets the shortest one if there are too many.
    #[inline(never)]
    pub(super) fn add_hole(&self, mut new: Hole) {
        let mut count = self.hole_count().get();
        if count == MOST {
            let Some(shortest) = (0..count).min_by_key(|&i| self.hole(i).len) else {
                return self.forget(new);
            };
            if new.len <= self.hole(shortest).len {
                return self.forget(new);
            }
            self.forget(self.hole(shortest));
            self.remove_hole(shortest);
            count -= 1;
        }
        for i in 0..count {
            let hole = self.hole(i);
            if new.start < hole.start {
                self.set_hole(i, new);
                new = hole;
            }
        }
        self.set_hole(count, new);
        self.hole_count().set(count + 1);
    }
}

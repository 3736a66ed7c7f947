//! Holes: the few free runs below the bounds that are known one by one.
//!
//! When a program frees an object far below the bounds ([`super::place`]), lowering the bounds to it would forget that
//! nothing between it and the old bound is of use; the next allocation but one would search that all again. So the run
//! is remembered instead, in a short list sorted by address:
//!
//! ```text
//!    scratch[COUNT]      2
//!    scratch[FIRST..]    start 5, length 2      start 40, length 1      –, –      …       32 bits each
//! ```
//!
//! A hole is a stretch of free blocks, given by number (`number` in place.rs); holes don't overlap. When the list is
//! full, the shortest hole is forgotten, and bounds are lowered for it after all; and so are holes whose numbers need more
//! than 32 bits (in a heap of 128 GiB).

use super::Heap;
use super::state::{Field, SCRATCH_WORDS};
use crate::config::WORD_BYTES;
use crate::port::Port;

/// The scratch word with the number of holes.
pub(super) const COUNT: usize = 1;
/// Where in the scratch storage it says how long the longest hole is at most, in bytes.
const LONGEST: usize = (COUNT + 1) * WORD_BYTES;
/// Where the bounds are, which `place` keeps.
pub(super) const FIRST_BOUND: usize = LONGEST + size_of::<u32>();
/// Where the holes are.
const FIRST: usize = FIRST_BOUND + super::place::CLASSES * size_of::<u32>();
/// How many holes are remembered: in the usual 64 scratch words 46 with 64 bits, 15 with 32 bits.
const MOST: usize = (SCRATCH_WORDS * WORD_BYTES - FIRST) / HOLE_BYTES;
const HOLE_BYTES: usize = 2 * size_of::<u32>();

/// The start of the first hole when there is none.
const NO_HOLE: usize = u32::MAX as usize;

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

    /// All holes, lowest first.
    pub(super) fn holes(&self) -> impl Iterator<Item = Hole> {
        (0..self.hole_count().get()).map(|i| self.hole(i))
    }

    /// Where the first hole starts; a number above all others if there is none.
    #[inline(always)]
    pub(super) fn first_hole(&self) -> usize {
        self.hole(0).start
    }

    #[inline(always)]
    pub(super) fn hole(&self, i: usize) -> Hole {
        let [start, len] = self.hole_fields(i);
        Hole { start: start.get() as usize, len: len.get() as usize }
    }

    #[inline(always)]
    fn set_hole(&self, i: usize, hole: Hole) {
        let [start, len] = self.hole_fields(i);
        start.set(hole.start as u32);
        len.set(hole.len as u32);
    }

    #[inline(always)]
    fn hole_fields(&self, i: usize) -> [Field<u32>; 2] {
        let at = FIRST + i * HOLE_BYTES;
        [self.state().scratch_u32(at), self.state().scratch_u32(at + HOLE_BYTES / 2)]
    }

    /// What the first hole looks like when there is none: too far and too short for everybody.
    pub(super) fn set_no_hole(&self) {
        self.hole_count().set(0);
        self.set_hole(0, Hole { start: NO_HOLE, len: 0 });
        self.longest_hole().set(0);
    }

    #[inline(never)]
    fn remove_hole(&self, i: usize) {
        let count = self.hole_count().get() - 1;
        self.hole_count().set(count);
        for i in i..count {
            self.set_hole(i, self.hole(i + 1));
        }
        if count == 0 {
            self.set_no_hole();
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

    /// How many holes lie below a number: end there or before.
    ///
    /// By halving: of the holes from `first` on, the answer is one of the next `count`.
    #[inline(always)]
    fn holes_below(&self, number: usize) -> usize {
        let (mut first, mut count) = (0, self.hole_count().get());
        while count > 0 {
            let half = count / 2;
            if self.hole(first + half).end() <= number {
                first += half + 1;
                count -= half + 1;
            } else {
                count = half;
            }
        }
        first
    }

    /// No hole is longer than this; the longest may be shorter. Found out anew by searches that fail.
    #[inline(always)]
    fn longest_hole(&self) -> Field<u32> {
        self.state().scratch_u32(LONGEST)
    }

    /// Takes `n` blocks from the start of the lowest hole that has so many and does not start above `bound`.
    #[inline(always)]
    pub(super) fn take_from_hole(&self, n: usize, bound: usize) -> Option<usize> {
        if self.first_hole() > bound || n > self.longest_hole().get() as usize {
            return None;
        }
        self.search_holes(n, bound)
    }

    #[inline(never)]
    fn search_holes(&self, n: usize, bound: usize) -> Option<usize> {
        let Some(i) = (0..self.hole_count().get()).find(|&i| self.hole(i).len >= n) else {
            self.longest_hole().set(n as u32 - 1);
            return None;
        };
        let hole = self.hole(i);
        // One that starts at the bound is as good as one below it: nothing lies between.
        if hole.start > bound {
            return None;
        }
        if hole.len > n {
            self.set_hole(i, Hole { start: hole.start + n, len: hole.len - n });
        } else {
            self.remove_hole(i);
        }
        Some(hole.start)
    }

    /// Takes the blocks `start..end`, which are in use from now on, out of the holes.
    #[inline(never)]
    pub(super) fn cut_holes(&self, start: usize, end: usize) {
        let i = self.holes_below(start);
        while i < self.hole_count().get() {
            let hole = self.hole(i);
            if end <= hole.start {
                break;
            }
            self.remove_hole(i);
            if end < hole.end() {
                self.add_hole(Hole { start: end, len: hole.end() - end });
            }
            if hole.start < start {
                return self.add_hole(Hole { start: hole.start, len: start - hole.start });
            }
        }
    }

    /// The hole together with all that it overlaps or touches; those are removed.
    #[inline(never)]
    pub(super) fn merge_holes(&self, mut new: Hole) -> Hole {
        let mut i = self.holes_below(new.start);
        if i > 0 && self.hole(i - 1).end() == new.start {
            i -= 1;
        }
        while i < self.hole_count().get() {
            let hole = self.hole(i);
            if new.end() < hole.start {
                break;
            }
            let (start, end) = (new.start.min(hole.start), new.end().max(hole.end()));
            new = Hole { start, len: end - start };
            self.remove_hole(i);
        }
        new
    }

    /// Remembers a hole that touches no other; forgets the shortest one if there are too many.
    #[inline(never)]
    pub(super) fn add_hole(&self, new: Hole) {
        if new.end() > NO_HOLE {
            return self.forget(new);
        }
        let longest = self.longest_hole();
        longest.set(longest.get().max(new.len as u32));
        let (mut place, count) = (self.holes_below(new.start), self.hole_count().get());
        let mut gap = count;
        if count < MOST {
            self.hole_count().set(count + 1);
        } else {
            let shortest = self.shortest_hole();
            if new.len <= self.hole(shortest).len {
                return self.forget(new);
            }
            self.forget(self.hole(shortest));
            gap = shortest;
        }
        // The holes between the gap and the place move by one.
        while gap > place {
            self.set_hole(gap, self.hole(gap - 1));
            gap -= 1;
        }
        if gap < place {
            place -= 1;
        }
        while gap < place {
            self.set_hole(gap, self.hole(gap + 1));
            gap += 1;
        }
        self.set_hole(place, new);
    }

    /// The shortest hole of a full list; the first one of one block will do.
    #[inline(always)]
    fn shortest_hole(&self) -> usize {
        let mut shortest = 0;
        for i in 0..MOST {
            let len = self.hole(i).len;
            if len < self.hole(shortest).len {
                shortest = i;
            }
            if len == 1 {
                break;
            }
        }
        shortest
    }
}

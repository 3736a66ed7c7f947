//! Holes: the few free runs below the bounds that are known one by one.
//!
//! When a program frees an object far below the bounds ([`super::bounds`]), lowering the bounds to it would forget that
//! nothing between it and the old bound is of use, and the allocation after the next one would search all of that again.
//! So the run is remembered in a short list sorted by address. Holes do not overlap. When the list is full, the shortest
//! hole is forgotten, and bounds are lowered for it after all; and so are holes whose indexes need more than 32 bits (in a
//! heap of 128 GiB).

use super::super::Run;
use super::bounds::Bounds;
use crate::layout::borrowed::{MOST_HOLES, PlacementWords};

/// The start of the first hole when there is none.
const NO_HOLE: usize = u32::MAX as usize;

/// The holes, in the borrowed words.
#[derive(Clone, Copy)]
pub(super) struct Holes(pub PlacementWords);

impl Holes {
    fn count(self) -> usize {
        self.0.hole_count().get()
    }

    fn set_count(self, count: usize) {
        self.0.hole_count().set(count);
    }

    /// All holes, lowest first.
    pub fn all(self) -> impl Iterator<Item = Run> {
        (0..self.count()).map(move |i| self.get(i))
    }

    fn get(self, i: usize) -> Run {
        Run { start: self.0.hole_start(i).get() as usize, len: self.0.hole_len(i).get() as usize }
    }

    fn set(self, i: usize, hole: Run) {
        self.0.hole_start(i).set(hole.start as u32);
        self.0.hole_len(i).set(hole.len as u32);
    }

    /// The lowest hole; if there is none, one that starts above all blocks and has no block.
    pub fn first(self) -> Run {
        self.get(0)
    }

    /// Forgets all holes, for a collection.
    pub fn suspend(self) {
        self.set_count(0);
    }

    /// Forgets all holes, so that `first` says that there is none.
    pub fn reset(self) {
        self.set_count(0);
        self.set(0, Run { start: NO_HOLE, len: 0 });
        self.0.longest_hole().set(0);
    }

    #[inline(never)]
    fn remove(self, i: usize) {
        let count = self.count() - 1;
        self.set_count(count);
        if i < count {
            self.0.move_holes(i + 1, i, count - i);
        }
        if count == 0 {
            self.reset();
        }
    }

    /// Takes `n` blocks, at most all, from the start of the first hole.
    pub fn shorten_first(self, n: usize) {
        let hole = self.get(0);
        if n == hole.len {
            self.remove(0);
        } else {
            self.set(0, Run { start: hole.start + n, len: hole.len - n });
        }
    }

    /// How many holes lie below an index: end there or before.
    ///
    /// By halving: of the holes from `first` on, the answer is one of the next `count`.
    #[inline(always)]
    fn below(self, index: usize) -> usize {
        let (mut first, mut count) = (0, self.count());
        while count > 0 {
            let half = count / 2;
            if self.get(first + half).end() <= index {
                first += half + 1;
                count -= half + 1;
            } else {
                count = half;
            }
        }
        first
    }

    /// Takes `n` blocks from the start of the lowest hole that has so many and does not start above `bound`.
    #[inline(always)]
    pub fn take(self, n: usize, bound: usize) -> Option<usize> {
        // The longest hole may be shorter than it says; searches that fail find that out.
        if self.first().start > bound || n > self.0.longest_hole().get() as usize {
            return None;
        }
        self.search(n, bound)
    }

    #[inline(never)]
    fn search(self, n: usize, bound: usize) -> Option<usize> {
        let Some(i) = (0..self.count()).find(|&i| self.get(i).len >= n) else {
            self.0.longest_hole().set(n as u32 - 1);
            return None;
        };
        let hole = self.get(i);
        // One that starts at the bound is as good as one below it: nothing lies between.
        if hole.start > bound {
            return None;
        }
        if hole.len > n {
            self.set(i, Run { start: hole.start + n, len: hole.len - n });
        } else {
            self.remove(i);
        }
        Some(hole.start)
    }

    /// Removes the blocks `start..end`, which are in use from now on, from the holes.
    #[inline(never)]
    pub fn cut(self, start: usize, end: usize) {
        let i = self.below(start);
        while i < self.count() {
            let hole = self.get(i);
            if end <= hole.start {
                break;
            }
            self.remove(i);
            if end < hole.end() {
                self.add(Run { start: end, len: hole.end() - end });
            }
            if hole.start < start {
                return self.add(Run { start: hole.start, len: start - hole.start });
            }
        }
    }

    /// Returns the run together with all holes that it overlaps or touches, and removes those.
    #[inline(never)]
    pub fn merge(self, mut new: Run) -> Run {
        let mut i = self.below(new.start);
        if i > 0 && self.get(i - 1).end() == new.start {
            i -= 1;
        }
        while i < self.count() {
            let hole = self.get(i);
            if new.end() < hole.start {
                break;
            }
            let (start, end) = (new.start.min(hole.start), new.end().max(hole.end()));
            new = Run { start, len: end - start };
            self.remove(i);
        }
        new
    }

    /// Remembers a hole that touches no other; forgets the shortest one if there are too many.
    #[inline(never)]
    pub fn add(self, new: Run) {
        if new.end() > NO_HOLE {
            return self.forget(new);
        }
        let longest = self.0.longest_hole();
        longest.set(longest.get().max(new.len as u32));
        let (mut place, count) = (self.below(new.start), self.count());
        let mut gap = count;
        if count < MOST_HOLES {
            self.set_count(count + 1);
        } else {
            let shortest = self.shortest();
            if new.len <= self.get(shortest).len {
                return self.forget(new);
            }
            self.forget(self.get(shortest));
            gap = shortest;
        }
        // The holes between the gap and the place move by one.
        if gap > place {
            self.0.move_holes(place, place + 1, gap - place);
        } else if gap < place {
            place -= 1;
            self.0.move_holes(gap + 1, gap, place - gap);
        }
        self.set(place, new);
    }

    /// Lowers the bounds so that the hole need not be remembered.
    fn forget(self, hole: Run) {
        Bounds(self.0).lower(hole, usize::MAX);
    }

    /// The shortest hole of a full list; the first one of one block will do.
    #[inline(always)]
    fn shortest(self) -> usize {
        let (mut shortest, mut least) = (0, u32::MAX);
        for i in 0..MOST_HOLES {
            let len = self.0.hole_len(i).get();
            if len < least {
                (shortest, least) = (i, len);
            }
            if len == 1 {
                break;
            }
        }
        shortest
    }
}

//! The list of holes: their starts and lengths, in the borrowed words, the highest one first. Entry 0 is none.

use crate::config::WORD_BYTES;
use crate::layout::borrowed::{HOLE_ENTRIES, PlacementWords};
use crate::layout::bytes;

/// The length of holes that have so many blocks or more, or had when they were looked at last.
pub(super) const LONG: usize = 127;

/// The start of the lowest hole when there is none.
pub(super) const NO_HOLE: usize = u32::MAX as usize;

/// The list, in the borrowed words.
#[derive(Clone, Copy)]
pub(super) struct List(pub PlacementWords);

impl List {
    /// Empties the list.
    pub fn clear(self) {
        for i in 0..HOLE_ENTRIES.div_ceil(WORD_BYTES) {
            self.0.hole_lens(i).set(0);
        }
        self.set_last(0);
        self.set_start(0, NO_HOLE);
    }

    pub fn is_full(self) -> bool {
        self.last() == HOLE_ENTRIES - 1
    }

    /// The index of the lowest hole in the list; 0 if there is none: entry 0 stands for that.
    #[inline(always)]
    pub fn last(self) -> usize {
        self.0.last_hole().get() as usize
    }

    pub fn set_last(self, last: usize) {
        self.0.last_hole().set(last as u8);
    }

    /// Where a hole starts.
    #[inline(always)]
    pub fn start(self, i: usize) -> usize {
        self.0.hole_start(i).get() as usize
    }

    #[inline(always)]
    pub fn set_start(self, i: usize, start: usize) {
        self.0.hole_start(i).set(start as u32);
    }

    #[inline(always)]
    pub fn len(self, i: usize) -> usize {
        self.0.hole_len(i).get() as usize
    }

    #[inline(always)]
    pub fn set_len(self, i: usize, len: usize) {
        self.0.hole_len(i).set(len.min(LONG) as u8);
    }

    /// The last hole in the list up to entry `from` that has at least `n` (1 to LONG) blocks.
    #[inline(always)]
    pub fn last_of(self, n: usize, from: usize) -> Option<usize> {
        let mut w = from / WORD_BYTES;
        let mut valid = usize::MAX >> (usize::BITS - 8 - 8 * (from % WORD_BYTES) as u32);
        loop {
            let mask = bytes::at_least(usize::from_le(self.0.hole_lens(w).get()), n) & valid;
            if mask != 0 {
                return Some(w * WORD_BYTES + bytes::last(mask));
            }
            valid = usize::MAX;
            w = w.checked_sub(1)?;
        }
    }

    /// The first hole in a full list that has fewer than `n` (at most LONG) blocks.
    pub fn first_below(self, n: usize) -> Option<usize> {
        // Entry 0 is no hole.
        let mut valid = usize::MAX << 8;
        for w in 0..HOLE_ENTRIES.div_ceil(WORD_BYTES) {
            let mask = bytes::below(usize::from_le(self.0.hole_lens(w).get()), n) & valid;
            if mask != 0 {
                let i = w * WORD_BYTES + bytes::first(mask);
                return if i < HOLE_ENTRIES { Some(i) } else { None };
            }
            valid = usize::MAX;
        }
        None
    }

    /// The last entry of the list that does not start below an index; entry 0 never does. By halving: it is `first` or one
    /// of the next `size`.
    #[inline(always)]
    pub fn above(self, index: usize) -> usize {
        let (mut first, mut size) = (0, self.last());
        while size > 0 {
            let half = size.div_ceil(2);
            first += if self.start(first + half) >= index { half } else { 0 };
            size -= half;
        }
        first
    }

    /// Puts a hole in as entry `i`; the list is not full.
    pub fn insert(self, i: usize, start: usize, len: usize) {
        let last = self.last();
        if i <= last {
            self.0.move_holes(i, i + 1, last + 1 - i);
        }
        self.set_last(last + 1);
        self.set_start(i, start);
        self.set_len(i, len);
    }

    /// Takes entry `i` out.
    pub fn remove(self, i: usize) {
        let last = self.last();
        if i < last {
            self.0.move_holes(i + 1, i, last - i);
        }
        self.set_len(last, 0);
        self.set_last(last - 1);
    }
}

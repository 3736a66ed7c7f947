//! A block's place in the table, and what can be done to its object without leaving that word of the table. Most objects
//! are short, so mostly that is enough.

use super::super::block::Kind;
use super::super::lanes::{BLOCKS_PER_WORD, LANES, Word, both_bits, first_lanes, frees, object_bits, run_of_tails};
use crate::config::WORD_BYTES;

/// A block's place in the table.
#[derive(Clone, Copy)]
pub struct Cell {
    /// A word that belongs to the table.
    word: *mut Word,
    /// The lower of the block's two bits in it.
    pub(super) shift: u32,
}

/// The free run that a freed object is now part of.
pub struct FreeRun {
    /// How many blocks the object had.
    pub freed: usize,
    /// The run's first block.
    pub start: usize,
    /// The block behind its last.
    pub end: usize,
}

impl Cell {
    /// # Safety
    /// `word` is the address of a word of the table (I5); `shift` is a lane's lower bit.
    pub(super) unsafe fn new(word: *mut Word, shift: u32) -> Self {
        debug_assert!(word.addr() % WORD_BYTES == 0);
        Self { word, shift }
    }

    #[inline(always)]
    pub(super) fn load(self) -> Word {
        // SAFETY: I5: the word is part of the table.
        Word::from_le(unsafe { self.word.read() })
    }

    #[inline(always)]
    pub(super) fn store(self, word: Word) {
        // SAFETY: I5; I4: no reference to it exists.
        unsafe { self.word.write(word.to_le()) }
    }

    /// Makes an object of the lowest `n` (1..32) free blocks in a row from this block on, if they lie in its word; says
    /// how many blocks further up they start.
    ///
    /// ```text
    ///    word      h h = . h . . . . h      this block: 2, n = 3
    ///    free          1   1 1 1 1          shifted down by two lanes
    ///    too short     1                    the first run: three lanes from here are not all free
    ///    found             1 1 1            3 blocks further up
    /// ```
    pub fn take_run(self, n: usize) -> Option<usize> {
        let word = self.load();
        // Lanes that are shifted in at the top are not free.
        let mut free = frees(word) >> self.shift;
        let mut skip = 0;
        loop {
            if free == 0 {
                return None;
            }
            let used = free.trailing_zeros();
            (free, skip) = (free >> used, skip + used);
            if n == 1 || free & first_lanes(n) == first_lanes(n) {
                break;
            }
            // Adding 1 carries through the lanes of the first run and ends in the one behind it.
            free &= both_bits(free).wrapping_add(1);
        }
        self.store(word | object_bits(n) << (self.shift + skip));
        Some(skip as usize / 2)
    }

    /// Makes an object of the `n` (1..32) free blocks from this one on, if all of them lie in its word; says whether they
    /// do.
    pub fn take(self, n: usize) -> bool {
        if n > 1 && self.shift as usize + 2 * n > Word::BITS as usize {
            return false;
        }
        self.store(self.load() | object_bits(n) << self.shift);
        true
    }

    /// Gives the object at this block `n` blocks, if its word shows that it can have them: this is an unmarked head, its
    /// tails end in this word, and it keeps its length or grows into free blocks of the word. Returns how many blocks it
    /// had.
    ///
    /// ```text
    ///    word      h h = . . . h     block 1 gets four blocks: it had two
    ///    after     h h = = = . h
    /// ```
    pub fn grow(self, n: usize) -> Option<usize> {
        let (word, shift) = (self.load(), self.shift as usize);
        let above = word >> shift;
        let len = run_of_tails(above);
        if above & 3 != Kind::Head as Word || shift + len >= Word::BITS as usize || n > BLOCKS_PER_WORD {
            return None;
        }
        if 2 * n != len {
            if 2 * n < len || shift + 2 * n > Word::BITS as usize {
                return None;
            }
            let more = first_lanes(n) & (Word::MAX << len);
            if frees(above) & more != more {
                return None;
            }
            self.store(word | more << 1 << shift);
        }
        Some(len / 2)
    }

    /// Frees the object at this block, which is `block` of an area of `blocks`, if its word shows all there is to know:
    /// this is an unmarked head, its tails end in this word, and so does the free run that it becomes part of; or that run
    /// goes on to the end of the table, since no block above `last_used` is in use.
    ///
    /// ```text
    ///    word      h = . h = = . . h     block 3 becomes free: 3 blocks, and a run of six from block 2 on
    ///    below     u u .
    ///    above           u u u . . u     used lanes; without the object, the lowest is at its run's end
    /// ```
    pub fn free(self, block: usize, blocks: usize, last_used: usize) -> Option<FreeRun> {
        let (word, shift) = (self.load(), self.shift);
        let above = word >> shift;
        let len = run_of_tails(above) as u32;
        if above & 3 != Kind::Head as Word || shift + len >= Word::BITS {
            return None;
        }
        let used = !frees(word) & LANES;
        // The lanes below the block, moved up to the top.
        let below = used << 1 << (Word::BITS - 1 - shift);
        let behind = used >> shift >> len;
        if below == 0 {
            return None;
        }
        let end = if behind != 0 {
            block + (len + behind.trailing_zeros()) as usize / 2
        } else if block + ((Word::BITS - shift) / 2) as usize > last_used {
            blocks
        } else {
            return None;
        };
        let start = block - below.leading_zeros() as usize / 2;
        self.store(word & !(!(Word::MAX << len) << shift));
        Some(FreeRun { freed: len as usize / 2, start, end })
    }
}

//! A block's place in the table, and what can be done to its object without leaving that word of the table. Most objects
//! are short, so mostly that is enough.

use super::super::block::Kind;
use super::super::lanes::{BLOCKS_PER_WORD, LANES, Word, both_bits, first_lanes, frees, object_bits, run_of_tails};
use crate::config::WORD_BYTES;

/// Whether the processor accesses words at any address as fast as at aligned ones.
pub(super) const UNALIGNED_WORDS: bool =
    cfg!(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64"));

/// A block's place in the table.
#[derive(Clone, Copy)]
pub struct Cell {
    /// A word that belongs to the table; aligned, unless `UNALIGNED_WORDS`.
    word: *mut Word,
    /// The lower of the block's two bits in it.
    pub(super) shift: u32,
}

/// An object that lies in one word of the table.
#[derive(Clone, Copy)]
struct Object {
    blocks: u32,
    /// The word, shifted down to the object's head, compared with one object: 1 where they differ, so 0 in its lanes.
    differs: Word,
}

/// What became of an object that was freed within its word.
pub struct Freed {
    /// How many blocks it had.
    pub blocks: usize,
    /// The free run that it is part of now.
    pub run: FreedRun,
}

/// The free run that a freed object is part of.
pub enum FreedRun {
    /// It starts at one block and ends before another.
    Within(usize, usize),
    /// It may go on in another word of the table.
    NotSeen,
}

impl Cell {
    /// # Safety
    /// `word` is the address of a word of the table (I5); `shift` is a lane's lower bit.
    pub(super) unsafe fn new(word: *mut Word, shift: u32) -> Self {
        debug_assert!(UNALIGNED_WORDS || word.addr() % WORD_BYTES == 0);
        Self { word, shift }
    }

    #[inline(always)]
    pub(super) fn load(self) -> Word {
        // SAFETY: I5: the word is part of the table.
        Word::from_le(unsafe { if UNALIGNED_WORDS { self.word.read_unaligned() } else { self.word.read() } })
    }

    #[inline(always)]
    pub(super) fn store(self, word: Word) {
        // SAFETY: I5; I4: no reference to it exists.
        unsafe { if UNALIGNED_WORDS { self.word.write_unaligned(word.to_le()) } else { self.word.write(word.to_le()) } }
    }

    /// Finds the lowest `n` (1..32) free blocks in a row from this block on, if they lie in its word: how many blocks
    /// further up they start, and whether the block behind them is one of the word's and free.
    ///
    /// ```text
    ///    word      h h = . h . . . . h      this block: 2, n = 3
    ///    free          1   1 1 1 1          shifted down by two lanes
    ///    too short     1                    the first run: three lanes from here are not all free
    ///    found             1 1 1            3 blocks further up
    /// ```
    #[inline(always)]
    pub fn find_run(self, n: usize) -> Option<(usize, bool)> {
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
        Some((skip as usize / 2, free >> n >> n & 1 != 0))
    }

    /// Makes an object of the `n` (1..32) blocks that start `skip` blocks further up, which lie in this block's word and are
    /// free.
    #[inline(always)]
    pub fn take_up(self, skip: usize, n: usize) {
        self.store(self.load() | object_bits(n) << (self.shift + 2 * skip as u32));
    }

    /// Makes an object of the `n` (1..32) blocks from this one on, if all of them lie in its word and are free; says whether
    /// they do.
    pub fn take(self, n: usize) -> bool {
        let word = self.load();
        // Lanes that are shifted in at the top are not free.
        if !(frees(word) >> self.shift) & first_lanes(n) != 0 {
            return false;
        }
        self.store(word | object_bits(n) << self.shift);
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

    /// The object at this block, if it is an unmarked head and its tails end in this word.
    ///
    /// ```text
    ///    word        h h = = . h     this block: 1; its lanes and those above, shifted down: h = = . h
    ///    compared with                                                                       h = = = = …
    ///    different                                                                           three lanes later
    /// ```
    #[inline(always)]
    fn object(self, word: Word) -> Option<Object> {
        let differs = word >> self.shift ^ object_bits(BLOCKS_PER_WORD);
        let blocks = differs.trailing_zeros() / 2;
        if blocks == 0 || self.shift + 2 * blocks >= Word::BITS { None } else { Some(Object { blocks, differs }) }
    }

    /// Frees that object.
    #[inline(always)]
    fn clear(self, word: Word, object: Object) {
        // All bits from the lowest that differs up, and then those below this block, which come from the top.
        let others = object.differs | object.differs.wrapping_neg();
        self.store(word & others.rotate_left(self.shift));
    }

    /// Whether the block before this one, which is `block` of the table, is in use, or there is none.
    #[inline(always)]
    fn is_behind_used(self, word: Word, block: usize) -> bool {
        if self.shift != 0 {
            return word << 2 >> self.shift & 3 != 0;
        }
        // SAFETY: I5: this word begins with `block`, and so does a byte; the byte before it is one of the table's, too.
        block == 0 || unsafe { self.word.cast::<u8>().sub(1).read() } >> 6 != 0
    }

    /// Frees the object at this block, which lies `distance` blocks before a free run, if its word shows that it can: this is
    /// an unmarked head, its tails end in this word; and the block before it, if it reaches up to the free run, is in use,
    /// so that the run starts with it from now on. Otherwise it is freed only if `any` object is. Returns how many blocks
    /// it had.
    #[inline(always)]
    pub fn free_near(self, block: usize, distance: usize, any: bool) -> Option<usize> {
        let word = self.load();
        let object = self.object(word)?;
        let n = object.blocks as usize;
        if n != distance {
            if !any {
                return None;
            }
        } else if !self.is_behind_used(word, block) {
            return None;
        }
        self.clear(word, object);
        Some(n)
    }

    /// Frees the object at this block, which is `block` of an area of `blocks`, if its word shows that it can: this is an
    /// unmarked head, and its tails end in this word. No block above `last_used` is in use.
    ///
    /// ```text
    ///    word      h = . h = = . . h     block 3 becomes free: 3 blocks, and a run of six from block 2 on
    ///    below     u u .
    ///    above           u u u . . u     used lanes; without the object, the lowest is at its run's end
    /// ```
    pub fn free(self, block: usize, blocks: usize, last_used: usize) -> Option<Freed> {
        let (word, shift) = (self.load(), self.shift);
        let object = self.object(word)?;
        let used = !frees(word) & LANES;
        // The lanes below the block, moved up to the top.
        let below = used << 1 << (Word::BITS - 1 - shift);
        self.clear(word, object);
        let n = object.blocks as usize;
        let behind = used >> shift >> (2 * n);
        let end = if behind != 0 {
            block + n + behind.trailing_zeros() as usize / 2
        } else if block + ((Word::BITS - shift) / 2) as usize > last_used {
            blocks
        } else {
            return Some(Freed { blocks: n, run: FreedRun::NotSeen });
        };
        let run = if below == 0 {
            FreedRun::NotSeen
        } else {
            FreedRun::Within(block - below.leading_zeros() as usize / 2, end)
        };
        Some(Freed { blocks: n, run })
    }
}

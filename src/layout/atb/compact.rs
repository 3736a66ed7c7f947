//! The table of the compact variant: three loops do all the work. `run` measures, `fill` writes, `take_run` searches.
//! None needs the processor to count zeros, for which small ones have no instruction.

use core::ptr::NonNull;

use super::super::block::{BLOCKS_PER_ATB, Kind, atb_from_block};
use super::super::lanes::*;
use super::Atb;
use crate::config::WORD_BYTES;

/// A word of tails, and one of free blocks.
const TAILS: Word = !LANES;
const FREES: Word = 0;

/// One area's table, by value: where it is and how long.
#[derive(Clone, Copy)]
pub struct CompactAtb {
    start: NonNull<u8>,
    bytes: usize,
}

impl CompactAtb {
    /// Bytes of the first word that do not belong to the table.
    fn foreign(&self) -> usize {
        self.start.addr().get() % WORD_BYTES
    }

    fn word(&self, i: usize) -> *mut Word {
        // Aligned down: maybe out of the area.
        self.start.as_ptr().wrapping_sub(self.foreign()).cast::<Word>().wrapping_add(i)
    }

    #[inline(never)]
    fn store_own_bytes(&self, word: Word) {
        for i in self.foreign()..WORD_BYTES {
            // SAFETY: I5, I4: byte i of the first word is at or behind the table's start.
            unsafe { self.word(0).cast::<u8>().wrapping_add(i).write((word >> (8 * i)) as u8) };
        }
    }

    fn place(&self, i: usize) -> NonNull<u8> {
        debug_assert!(i < self.bytes);
        // SAFETY: I5: byte i of the table.
        unsafe { self.start.add(i) }
    }

    /// Changes a block's bits. gc.c: `ATB_ANY_TO_FREE` and the others.
    fn set(&self, block: usize, kind: Kind) {
        let place = self.place(atb_from_block(block));
        let shift = byte_shift(block);
        // SAFETY: I5, I4.
        unsafe { place.write(place.read() & !(3 << shift) | (kind as u8) << shift) }
    }

    /// Marks the head that a collection has reached; says whether it was an unmarked head. gc.c: `ATB_GET_KIND` and
    /// `ATB_HEAD_TO_MARK`.
    pub fn head_to_mark(&self, block: usize) -> bool {
        let is_head = self.kind(block) == Kind::Head;
        if is_head {
            self.set(block, Kind::Mark);
        }
        is_head
    }

    /// Whether a block, or the end of the area, looks like a tail. That needs no compare with the table's end: behind it
    /// lies the pool's first byte, which can be read, but may say anything.
    #[inline(always)]
    pub fn looks_like_tail(&self, block: usize) -> bool {
        // SAFETY: I5, I6: a byte of the table or of the pool. Volatile: the pool's belongs to the host.
        let byte = unsafe { self.start.add(atb_from_block(block)).read_volatile() };
        Kind::of((byte >> byte_shift(block)).into()) == Kind::Tail
    }

    /// The same as `tails_after`, where most objects have one block: these need no call.
    #[inline(always)]
    pub fn tails_if_any(&self, block: usize) -> usize {
        if self.looks_like_tail(block + 1) { self.tails_after(block) } else { 0 }
    }

    /// How many blocks of a kind there are in a row from this one on, or at least so many. The kind is given as a word of such
    /// blocks.
    #[inline(never)]
    pub fn run(&self, first: usize, all: Word, most: usize) -> usize {
        let (mut place, shift) = self.word_of(first);
        let end = self.start.as_ptr().wrapping_add(self.bytes).cast();
        let mut n = 0;
        let mut above = shift;
        while place < end {
            // Lanes of that kind become 00.
            // SAFETY: I5: as for `load`.
            let others = (Word::from_le(unsafe { place.read_volatile() }) ^ all) >> above;
            if others != 0 {
                n += zeros_below(others) / 2;
                break;
            }
            n += BLOCKS_PER_WORD - above / 2;
            if n >= most {
                break;
            }
            (place, above) = (place.wrapping_add(1), 0);
        }
        n
    }

    /// `n` (at least 1) blocks become free or tails: what a word of such blocks says.
    #[inline(never)]
    fn fill(&self, block: usize, mut n: usize, all: Word) {
        let (mut place, mut shift) = self.word_of(block);
        loop {
            let here = n.min(BLOCKS_PER_WORD - shift / 2);
            let changed = Word::MAX >> (Word::BITS as usize - 2 * here) << shift;
            // SAFETY: I5: as for `load`.
            let word = Word::from_le(unsafe { place.read_volatile() });
            self.store(place, word & !changed | all & changed);
            n -= here;
            if n == 0 {
                break;
            }
            (place, shift) = (place.wrapping_add(1), 0);
        }
    }

    /// The tails from the start of a word on become free; returns how many there are.
    #[inline(never)]
    fn tails_to_free(&self, mut place: *mut Word) -> usize {
        let end = self.start.as_ptr().wrapping_add(self.bytes).cast();
        let mut n = 0;
        while place != end {
            // SAFETY: I5: as for `load`.
            let word = Word::from_le(unsafe { place.read_volatile() });
            let others = word ^ TAILS;
            let cleared = (others & others.wrapping_neg()).wrapping_sub(1);
            // SAFETY: I5: not the table's first word; I4: no reference to it exists.
            unsafe { place.write((word & !cleared).to_le()) };
            n += cleared.count_ones() as usize / 2;
            if cleared >> (Word::BITS - 1) == 0 {
                break;
            }
            place = place.wrapping_add(1);
        }
        n
    }

    /// The word that holds a block, and how far the block's bits lie from bit 0. The table's end, for the area's end.
    #[inline(always)]
    fn word_of(&self, block: usize) -> (*mut Word, usize) {
        let byte = self.start.as_ptr().wrapping_add(atb_from_block(block));
        let word = byte.map_addr(|address| address & !(WORD_BYTES - 1));
        (word.cast(), 8 * (byte.addr() % WORD_BYTES) + byte_shift(block))
    }

    /// The block of a word's first lane; wraps around for the first word, if that begins before the table.
    #[inline(always)]
    fn block_of(&self, word: *mut Word) -> usize {
        word.addr().wrapping_sub(self.start.addr().get()).wrapping_mul(BLOCKS_PER_ATB)
    }

    /// Writes a word's own lanes.
    #[inline(always)]
    fn store(&self, place: *mut Word, word: Word) {
        if place.cast() < self.start.as_ptr() {
            return self.store_own_bytes(word);
        }
        // SAFETY: I5: a word of the table; I4: no reference to it exists.
        unsafe { place.write(word.to_le()) }
    }

    /// Makes an object of this block, if it is free; says whether it was.
    #[inline(always)]
    pub fn take_one(&self, block: usize) -> bool {
        let (place, shift) = (self.place(atb_from_block(block)), byte_shift(block));
        // SAFETY: I5, I4.
        let byte = unsafe { place.read() };
        let is_free = Kind::of((byte >> shift).into()) == Kind::Free;
        if is_free {
            // SAFETY: I5, I4.
            unsafe { place.write(byte | (Kind::Head as u8) << shift) };
        }
        is_free
    }

    /// Makes an object of the lowest `n` free blocks in a row from `from` on. Returns where it starts, or the number of blocks
    /// if there are not so many; and before that, a block before which no `size` free blocks in a row start now: `size` is 1,
    /// 2, 4 or 8, and at most `n`.
    #[inline(always)]
    pub fn take_run(&self, from: usize, size: usize, n: usize) -> (usize, usize) {
        let (mut place, shift) = self.word_of(from);
        let mut wanted = LANES << shift;
        let end = self.start.as_ptr().wrapping_add(self.bytes).cast();
        // The word in which the lowest `size` free blocks start, if they are not part of what is taken.
        let mut seen: *mut Word = end;
        // Free lanes in a row at the end of the words before this one.
        let mut run = 0;
        let (block, behind) = loop {
            if place >= end {
                break (self.blocks(), self.blocks());
            }
            // SAFETY: I5: as for `load`.
            let word = Word::from_le(unsafe { place.read_volatile() });
            let free = frees(word) & wanted;
            wanted = LANES;
            place = place.wrapping_add(1);
            if free == 0 {
                run = 0;
                continue;
            }
            let place = place.wrapping_sub(1);
            if run != 0 {
                let before = run;
                run += free_at_bottom(free);
                if run >= n {
                    let block = self.block_of(place).wrapping_sub(before);
                    self.free_to_object(block, n);
                    break (block, block + n);
                }
                if run >= size {
                    // They start in the word before, or another such run does.
                    seen = seen.min(place.wrapping_sub(1));
                }
            }
            // As `run_starts`, of that size and then of `n`; no more than a word's lanes are left.
            let mut starts = free;
            if size >= 2 {
                starts &= starts >> 2;
                if size >= 4 {
                    starts &= starts >> 4;
                    if size >= 8 {
                        starts &= starts >> 8;
                    }
                }
            }
            if starts != 0 {
                let (mut long, mut have) = (starts, size);
                if BLOCKS_PER_WORD > 16 && n > 16 {
                    long &= long >> 16;
                    have = 16;
                }
                let more = (n - have).min(BLOCKS_PER_WORD);
                long &= long >> more >> more;
                if long & starts & starts.wrapping_neg() == 0 {
                    seen = seen.min(place);
                }
                if long != 0 {
                    let lowest = long & long.wrapping_neg();
                    // Tails from there on, the first of which becomes a head: 10 less 1.
                    let object = (lowest << n << n).wrapping_sub(lowest) & TAILS;
                    self.store(place, word | (object - lowest));
                    let block = self.block_of(place).wrapping_add(zeros_below(long) / 2);
                    break (block, block + n);
                }
            }
            if free != LANES {
                run = 0;
            }
            if run == 0 {
                run = free_at_top(free);
            }
        };
        let passed = if seen == end {
            behind
        } else {
            // The first word may begin before the table.
            seen.addr().saturating_sub(self.start.addr().get()) * BLOCKS_PER_ATB
        };
        (passed, block)
    }
}

impl Atb for CompactAtb {
    unsafe fn new(start: NonNull<u8>, bytes: usize) -> Self {
        Self { start, bytes }
    }

    fn words(&self) -> usize {
        (self.foreign() + self.bytes) / WORD_BYTES
    }

    fn blocks(&self) -> usize {
        self.bytes * BLOCKS_PER_ATB
    }

    #[inline(always)]
    fn phase(&self) -> usize {
        self.foreign() * BLOCKS_PER_ATB
    }

    fn load(&self, i: usize) -> Word {
        debug_assert!(i < self.words());
        // SAFETY: I5: an aligned word with at least one byte of the table in it, so it can be read. Volatile: the first
        // one's other bytes may be written by somebody else meanwhile, and are not looked at.
        Word::from_le(unsafe { self.word(i).read_volatile() })
    }

    fn store_own_lanes(&self, i: usize, _loaded: Word, word: Word) {
        debug_assert!(i < self.words());
        self.store(self.word(i), word);
    }

    fn byte(&self, i: usize) -> u8 {
        // SAFETY: I5: byte i of the table.
        unsafe { self.place(i).read() }
    }

    fn kind(&self, block: usize) -> Kind {
        Kind::of((self.byte(atb_from_block(block)) >> byte_shift(block)).into())
    }

    #[inline(always)]
    fn free_to_object(&self, block: usize, n: usize) {
        self.fill(block, n, TAILS);
        // The first one becomes a head: 10 less 1.
        let place = self.place(atb_from_block(block));
        // SAFETY: I5, I4.
        unsafe { place.write(place.read() - (1 << byte_shift(block))) };
    }

    #[inline(always)]
    fn free_to_tail(&self, block: usize, n: usize) {
        if n == 1 {
            self.set(block, Kind::Tail);
        } else {
            self.fill(block, n, TAILS);
        }
    }

    fn tail_to_free(&self, block: usize, n: usize) {
        self.fill(block, n, FREES);
    }

    /// Word by word, without counting the blocks first:
    ///
    /// ```text
    ///    word       h  =  =  =  .  h      in memory order, lane 0 on the left; the object is at the first h
    ///    others     00 00 00 00 10 11     no tails, behind the head
    ///    cleared    11 11 11 11 .  .      from the head on, below the lowest bit of others
    /// ```
    ///
    /// The lower bit of a free lane behind the object may be cleared with it: it is 0 already.
    #[inline(always)]
    fn object_to_free(&self, block: usize) -> Option<usize> {
        let (place, shift) = self.word_of(block);
        let head: Word = 1 << shift;
        // SAFETY: I5: as for `load`.
        let word = Word::from_le(unsafe { place.read_volatile() });
        if word & head == 0 {
            return None;
        }
        let others = (word ^ TAILS) & (head << 2).wrapping_neg();
        let cleared = (others & others.wrapping_neg()).wrapping_sub(head);
        self.store(place, word & !cleared);
        let n = cleared.count_ones() as usize / 2;
        // Only an object that has the word's last lane can go on behind it.
        Some(if cleared >> (Word::BITS - 1) == 0 { n } else { n + self.tails_to_free(place.wrapping_add(1)) })
    }

    fn tails_after(&self, block: usize) -> usize {
        self.run(block + 1, TAILS, usize::MAX)
    }

    fn frees_after(&self, block: usize, enough: usize) -> usize {
        self.run(block + 1, FREES, enough)
    }
}

/// How many lanes in a row are in the mask, from the bottom lane up.
fn free_at_bottom(mut free: Word) -> usize {
    if cfg!(gcheap_counts_zeros) {
        return if free == LANES { BLOCKS_PER_WORD } else { run_at_bottom(free) };
    }
    let mut run = 0;
    while free & 1 != 0 {
        free >>= 2;
        run += 1;
    }
    run
}

/// How many lanes in a row are in the mask, from the top lane down.
fn free_at_top(mut free: Word) -> usize {
    if cfg!(gcheap_counts_zeros) {
        return if free == LANES { BLOCKS_PER_WORD } else { run_at_top(free) };
    }
    let mut run = 0;
    while free >> (Word::BITS - 2) != 0 {
        free <<= 2;
        run += 1;
    }
    run
}

/// How far a block's bits lie from bit 0 of their byte. gc.c: `BLOCK_SHIFT`.
const fn byte_shift(block: usize) -> usize {
    2 * (block % BLOCKS_PER_ATB)
}

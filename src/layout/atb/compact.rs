//! The table of the compact variant: three loops do all the work. `run` measures, `fill` writes, `find_run` searches.
//! None needs the processor to count zeros, for which small ones have no instruction.

use core::ptr::NonNull;

use super::super::block::{BLOCKS_PER_ATB, Kind, atb_from_block};
use super::super::lanes::*;
use super::Atb;
use crate::config::WORD_BYTES;

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

    /// Writes word `i`, which belongs to the table as a whole.
    fn store_whole(&self, i: usize, word: Word) {
        // SAFETY: I5: word i is part of the table; I4: no reference to it exists.
        unsafe { self.word(i).write(word.to_le()) }
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

    /// The index of the table's word that begins with this block, if one does.
    #[inline(always)]
    fn word_from(&self, block: usize) -> Option<usize> {
        let slot = self.slot(block);
        if slot % BLOCKS_PER_WORD == 0 { Some(slot / BLOCKS_PER_WORD) } else { None }
    }

    /// How many blocks of a kind (free or tail) there are in a row from this one on, but at most so many.
    #[inline(never)]
    pub fn run(&self, first: usize, kind: Kind, most: usize) -> usize {
        let slot = self.slot(first);
        let (mut i, mut lane) = (slot / BLOCKS_PER_WORD, slot % BLOCKS_PER_WORD);
        let mut n = 0;
        while i < self.words() && n < most {
            // Lanes of that kind become 00.
            let mut others = (self.load(i) ^ (LANES * kind as Word)) >> (2 * lane);
            if others != 0 {
                while others & 3 == 0 {
                    others >>= 2;
                    n += 1;
                }
                break;
            }
            n += BLOCKS_PER_WORD - lane;
            (i, lane) = (i + 1, 0);
        }
        n.min(most)
    }

    /// `n` blocks become free or tails.
    #[inline(never)]
    fn fill(&self, mut block: usize, n: usize, kind: Kind) {
        let end = block + n;
        while block < end {
            match self.word_from(block) {
                Some(i) if end - block >= BLOCKS_PER_WORD => {
                    self.store_whole(i, LANES * kind as Word);
                    block += BLOCKS_PER_WORD;
                }
                _ => {
                    self.set(block, kind);
                    block += 1;
                }
            }
        }
    }

    /// The lowest block from `from` on at which `n` free blocks in a row start.
    #[inline(never)]
    pub fn find_run(&self, from: usize, n: usize) -> Option<usize> {
        let slot = self.slot(from);
        let (mut i, mut lane) = (slot / BLOCKS_PER_WORD, slot % BLOCKS_PER_WORD);
        // Free lanes in a row at the end of the words before word i.
        let mut run = 0;
        while i < self.words() {
            let first = i * BLOCKS_PER_WORD;
            let mut free = frees(self.load(i)) & lanes_from(lane);
            if run != 0 {
                let start = first - run;
                let mut bottom = free;
                while bottom & 1 != 0 {
                    bottom >>= 2;
                    run += 1;
                }
                if run >= n {
                    return Some(self.block(start));
                }
            }
            if n <= BLOCKS_PER_WORD {
                let mut starts = run_starts(free, n) >> (2 * lane);
                if starts != 0 {
                    while starts & 1 == 0 {
                        starts >>= 2;
                        lane += 1;
                    }
                    return Some(self.block(first + lane));
                }
            }
            if free != LANES {
                run = 0;
                while free >> (Word::BITS - 2) != 0 {
                    free <<= 2;
                    run += 1;
                }
            } else if run == 0 {
                run = BLOCKS_PER_WORD;
            }
            (i, lane) = (i + 1, 0);
        }
        None
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
        if i == 0 && self.foreign() != 0 {
            return self.store_own_bytes(word);
        }
        self.store_whole(i, word);
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
        self.set(block, Kind::Head);
        if n > 1 {
            self.fill(block + 1, n - 1, Kind::Tail);
        }
    }

    fn free_to_tail(&self, block: usize, n: usize) {
        self.fill(block, n, Kind::Tail);
    }

    fn tail_to_free(&self, block: usize, n: usize) {
        self.fill(block, n, Kind::Free);
    }

    fn object_to_free(&self, block: usize) -> usize {
        self.set(block, Kind::Free);
        let tails = self.tails_after(block);
        if tails != 0 {
            self.fill(block + 1, tails, Kind::Free);
        }
        1 + tails
    }

    #[inline(always)]
    fn tails_after(&self, block: usize) -> usize {
        // Most objects have one block, and need no call.
        if self.looks_like_tail(block + 1) { self.run(block + 1, Kind::Tail, usize::MAX) } else { 0 }
    }

    fn frees_after(&self, block: usize, enough: usize) -> usize {
        self.run(block + 1, Kind::Free, enough)
    }
}

/// How far a block's bits lie from bit 0 of their byte. gc.c: `BLOCK_SHIFT`.
const fn byte_shift(block: usize) -> usize {
    2 * (block % BLOCKS_PER_ATB)
}

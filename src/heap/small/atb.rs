//! The allocation table, where flash is scarce: the same table and the same words as in the large variant, but three
//! loops do all the work: [`Atb::run`] measures, [`Atb::fill`] writes, [`Atb::find_run`] searches. None needs the
//! machine to count zeros: small ones have no instruction for that.
//!
//! Slots and the phase are what they are there (`heap/atb.rs`): words are counted from the one that holds the table's
//! first byte, whose lower lanes may belong to the FTB.

use core::ptr::NonNull;

pub use super::block::*;
use super::lanes::*;
use crate::config::WORD_BYTES;

/// One area's table, by value: where it is and how long. Writes go straight to memory.
#[derive(Clone, Copy)]
pub struct Atb {
    start: NonNull<u8>,
    bytes: usize,
}

impl Atb {
    /// The table of `bytes` ATB bytes from `start`.
    ///
    /// # Safety
    /// The bytes are an area's ATB, and `start + bytes` is word aligned (invariant I5).
    #[inline(always)]
    pub(crate) unsafe fn new(start: NonNull<u8>, bytes: usize) -> Self {
        Self { start, bytes }
    }

    /// Bytes of the first word that are not the table's.
    #[inline(always)]
    fn foreign(&self) -> usize {
        self.start.addr().get() % WORD_BYTES
    }

    /// Words in the table.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        (self.foreign() + self.bytes) / WORD_BYTES
    }

    /// Blocks in the area.
    #[inline(always)]
    pub(crate) fn blocks(&self) -> usize {
        self.bytes * BLOCKS_PER_ATB
    }

    /// The slot of a block: its lane, counted from the first word's first.
    #[inline(always)]
    pub(crate) fn slot(&self, block: usize) -> usize {
        block + self.foreign() * BLOCKS_PER_ATB
    }

    /// The block of a slot.
    #[inline(always)]
    pub(crate) fn block(&self, slot: usize) -> usize {
        slot - self.foreign() * BLOCKS_PER_ATB
    }

    /// The lanes of word `i` that stand for blocks: all of them, but for the first word's foreign ones.
    #[inline(always)]
    pub(crate) fn own_lanes(&self, i: usize) -> Word {
        if i == 0 { lanes_from(self.foreign() * BLOCKS_PER_ATB) } else { LANES }
    }

    #[inline(always)]
    fn word(&self, i: usize) -> *mut Word {
        // Aligned down: maybe out of the area.
        self.start.as_ptr().wrapping_sub(self.foreign()).cast::<Word>().wrapping_add(i)
    }

    /// Word `i`; lanes that are not the table's hold anything.
    #[inline(always)]
    pub(crate) fn load(&self, i: usize) -> Word {
        debug_assert!(i < self.len());
        // SAFETY: I5: an aligned word with at least one byte of the table in it, so it can be read. Volatile: what lies
        // in the first one's other bytes may be written by somebody else meanwhile, and is not looked at.
        Word::from_le(unsafe { self.word(i).read_volatile() })
    }

    /// Writes the table's own lanes of word `i`. The large variant needs to know what was loaded.
    #[inline(always)]
    pub(crate) fn store_own_lanes(&self, i: usize, _loaded: Word, word: Word) {
        debug_assert!(i < self.len());
        if i == 0 && self.foreign() != 0 {
            return self.store_own_bytes(word);
        }
        self.store_whole(i, word);
    }

    /// Writes word `i`, which is the table's as a whole.
    #[inline(always)]
    fn store_whole(&self, i: usize, word: Word) {
        // SAFETY: I5: word i is the table's; I4: nobody holds a reference to it.
        unsafe { self.word(i).write(word.to_le()) }
    }

    #[inline(never)]
    fn store_own_bytes(&self, word: Word) {
        for i in self.foreign()..WORD_BYTES {
            // SAFETY: I5, I4: byte i of the first word is at or behind the table's start.
            unsafe { self.word(0).cast::<u8>().wrapping_add(i).write((word >> (8 * i)) as u8) };
        }
    }

    /// ATB byte `i`, which tells about blocks `4 * i` to `4 * i + 3`.
    #[inline(always)]
    pub(crate) fn byte(&self, i: usize) -> u8 {
        // SAFETY: I5: byte i of the table.
        unsafe { self.place(i).read() }
    }

    #[inline(always)]
    fn place(&self, i: usize) -> NonNull<u8> {
        debug_assert!(i < self.bytes);
        // SAFETY: I5: byte i of the table.
        unsafe { self.start.add(i) }
    }

    /// What block `block` is. gc.c: `ATB_GET_KIND`.
    #[inline(always)]
    pub fn kind(&self, block: usize) -> Kind {
        Kind::of((self.byte(atb_from_block(block)) >> byte_shift(block)).into())
    }

    /// Changes a block's bits. gc.c: `ATB_ANY_TO_FREE` and the others.
    #[inline(always)]
    fn set(&self, block: usize, kind: Kind) {
        let place = self.place(atb_from_block(block));
        let shift = byte_shift(block);
        // SAFETY: I5, I4.
        unsafe { place.write(place.read() & !(3 << shift) | (kind as u8) << shift) }
    }

    /// A collection has reached this block: an unmarked head is marked. gc.c: `ATB_GET_KIND` and `ATB_HEAD_TO_MARK`.
    #[inline(always)]
    pub(crate) fn head_to_mark(&self, block: usize) -> bool {
        let is_head = self.kind(block) == Kind::Head;
        if is_head {
            self.set(block, Kind::Mark);
        }
        is_head
    }

    /// The number of the table's word that begins with this block, if one does and all of it is the table's.
    #[inline(always)]
    fn word_from(&self, block: usize) -> Option<usize> {
        let slot = self.slot(block);
        if slot % BLOCKS_PER_WORD == 0 { Some(slot / BLOCKS_PER_WORD) } else { None }
    }

    /// How many blocks of a kind (free or tail) there are in a row from this one on; stops early at `enough` or more.
    #[inline(never)]
    pub(crate) fn run(&self, first: usize, kind: Kind, enough: usize) -> usize {
        let mut block = first;
        while block < self.blocks() && block - first < enough {
            if self.word_from(block).is_some_and(|i| self.load(i) == LANES * kind as Word) {
                block += BLOCKS_PER_WORD;
            } else if self.kind(block) == kind {
                block += 1;
            } else {
                break;
            }
        }
        block - first
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
    pub(crate) fn find_run(&self, from: usize, n: usize) -> Option<usize> {
        let slot = self.slot(from);
        let (mut i, mut lane) = (slot / BLOCKS_PER_WORD, slot % BLOCKS_PER_WORD);
        // Free lanes in a row at the end of the words before word i.
        let mut run = 0;
        while i < self.len() {
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

    /// `n` free blocks become an object. gc.c: `ATB_FREE_TO_HEAD`, and `ATB_FREE_TO_TAIL` for the others.
    #[inline(always)]
    pub(crate) fn free_to_object(&self, block: usize, n: usize) {
        self.set(block, Kind::Head);
        if n > 1 {
            self.fill(block + 1, n - 1, Kind::Tail);
        }
    }

    /// `n` blocks become tails of the object before them. gc.c: `ATB_FREE_TO_TAIL`, once per block.
    #[inline(always)]
    pub(crate) fn free_to_tail(&self, block: usize, n: usize) {
        self.fill(block, n, Kind::Tail);
    }

    /// `n` tails become free: an object shrinks. gc.c: `ATB_ANY_TO_FREE` for each.
    #[inline(always)]
    pub(crate) fn tail_to_free(&self, block: usize, n: usize) {
        self.fill(block, n, Kind::Free);
    }

    /// The object whose head this is becomes free; says how many blocks that were. gc.c: `ATB_ANY_TO_FREE` for each.
    #[inline(always)]
    pub(crate) fn object_to_free(&self, block: usize) -> usize {
        self.set(block, Kind::Free);
        let tails = self.tails_after(block);
        if tails != 0 {
            self.fill(block + 1, tails, Kind::Free);
        }
        1 + tails
    }

    /// How many tails follow block `block`: the length of the object there, less its head.
    #[inline(always)]
    pub(crate) fn tails_after(&self, block: usize) -> usize {
        // Most objects have one block, and need no call.
        let next = block + 1;
        if next < self.blocks() && self.kind(next) == Kind::Tail { self.run(next, Kind::Tail, usize::MAX) } else { 0 }
    }

    /// How many free blocks follow block `block`, counted no further than needed to know that there are `enough`.
    #[inline(always)]
    pub(crate) fn frees_after(&self, block: usize, enough: usize) -> usize {
        self.run(block + 1, Kind::Free, enough)
    }
}

/// How far a block's bits lie from bit 0 of their byte. gc.c: `BLOCK_SHIFT`.
#[inline(always)]
const fn byte_shift(block: usize) -> usize {
    2 * (block % BLOCKS_PER_ATB)
}

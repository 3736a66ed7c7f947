//! The finaliser table (FTB): one bit a block, eight blocks a byte. A set bit means that the object whose head this
//! block is may have a finaliser. Only heads have one: no bit of a free or tail block is ever set.
//!
//! The table ends where the ATB starts, at any address, so it is read and written by bytes; a whole word of zeros is
//! skipped at once.

use core::ptr::NonNull;

use super::lanes::Word;
use crate::config::{COMPACT, WORD_BYTES};

/// Blocks that one FTB byte stands for. gc.c: `BLOCKS_PER_FTB`.
pub const BLOCKS_PER_FTB: usize = 8;

/// One area's finaliser table, by value.
#[derive(Clone, Copy)]
pub struct Ftb {
    start: NonNull<u8>,
    blocks: usize,
}

impl Ftb {
    /// # Safety
    /// From `start` lies the finaliser table of an area of `blocks` blocks (invariant I5).
    #[inline(always)]
    pub(crate) unsafe fn new(start: NonNull<u8>, blocks: usize) -> Self {
        Self { start, blocks }
    }

    #[inline(always)]
    fn byte(&self, block: usize) -> NonNull<u8> {
        debug_assert!(block < self.blocks);
        // SAFETY: I5: the table has a bit, so a byte, for every block.
        unsafe { self.start.add(block / BLOCKS_PER_FTB) }
    }

    /// gc.c: `FTB_GET`.
    #[inline(always)]
    pub fn get(&self, block: usize) -> bool {
        // SAFETY: I5.
        unsafe { self.byte(block).read() >> (block % BLOCKS_PER_FTB) & 1 != 0 }
    }

    /// gc.c: `FTB_SET`.
    #[inline(always)]
    pub(crate) fn set(&self, block: usize) {
        let byte = self.byte(block);
        // SAFETY: I5, I4.
        unsafe { byte.write(byte.read() | 1 << (block % BLOCKS_PER_FTB)) }
    }

    /// gc.c: `FTB_CLEAR`.
    #[inline(always)]
    pub(crate) fn clear(&self, block: usize) {
        let byte = self.byte(block);
        // SAFETY: I5, I4.
        unsafe { byte.write(byte.read() & !(1 << (block % BLOCKS_PER_FTB))) }
    }

    /// The lowest block from `from` up to and including `last` whose bit is set. The table is read afresh at every
    /// call: a finaliser may have changed it.
    pub(crate) fn next(&self, from: usize, last: usize) -> Option<usize> {
        if from > last {
            return None;
        }
        if COMPACT {
            let mut block = from;
            while block <= last {
                // SAFETY: I5.
                let bits = unsafe { self.byte(block).read() } >> (block % BLOCKS_PER_FTB);
                if bits & 1 != 0 {
                    return Some(block);
                }
                // Nothing more in this byte.
                block = if bits == 0 { block | (BLOCKS_PER_FTB - 1) } else { block } + 1;
            }
            return None;
        }
        let (mut i, end) = (from / BLOCKS_PER_FTB, last / BLOCKS_PER_FTB);
        let mut wanted = u8::MAX << (from % BLOCKS_PER_FTB);
        loop {
            // SAFETY: I5: byte i is at most the last block's.
            let bits = unsafe { self.start.add(i).read() } & wanted;
            if bits != 0 {
                let block = i * BLOCKS_PER_FTB + bits.trailing_zeros() as usize;
                return if block <= last { Some(block) } else { None };
            }
            wanted = u8::MAX;
            i += 1;
            // SAFETY: I5: the word read ends at byte `end` or before it.
            while i + WORD_BYTES <= end && unsafe { self.start.add(i).cast::<Word>().read_unaligned() } == 0 {
                i += WORD_BYTES;
            }
            if i > end {
                return None;
            }
        }
    }
}

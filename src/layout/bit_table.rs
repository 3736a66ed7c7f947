//! Bit tables: one bit a block, eight blocks a byte. A set bit says something about the object whose head this block is.
//!
//! * The finaliser table (FTB): the object may have a finaliser.
//! * The weak-reference table (WTB), in builds with weak references: the host wants to know when the object dies.
//!
//! Only heads have a set bit (I10). A table can start at any address, so it is read and written by bytes.

use core::ptr::NonNull;

#[cfg(gcheap_growth)]
use super::lanes::BLOCKS_PER_WORD;
use super::lanes::Word;

/// How many blocks one byte of the table describes. gc.c: `BLOCKS_PER_FTB`.
pub const BLOCKS_PER_BYTE: usize = 8;

/// One area's table, by value: where it is and how many blocks it describes. Writes go straight to memory.
#[derive(Clone, Copy)]
pub struct BitTable {
    start: NonNull<u8>,
    blocks: usize,
}

impl BitTable {
    /// # Safety
    /// `start` is the start of a bit table of an area of `blocks` blocks (I5).
    pub(crate) unsafe fn new(start: NonNull<u8>, blocks: usize) -> Self {
        Self { start, blocks }
    }

    fn place(&self, block: usize) -> NonNull<u8> {
        debug_assert!(block < self.blocks);
        // SAFETY: I5: the table has a bit, and so a byte, for every block.
        unsafe { self.start.add(block / BLOCKS_PER_BYTE) }
    }

    /// Byte `i` of the table.
    pub(crate) fn byte(&self, i: usize) -> u8 {
        debug_assert!(i * BLOCKS_PER_BYTE < self.blocks);
        // SAFETY: I5: byte i is part of the table.
        unsafe { self.start.add(i).read() }
    }

    /// The bytes from `i` on as a machine word.
    pub(crate) fn word(&self, i: usize) -> Word {
        debug_assert!((i + size_of::<Word>() - 1) * BLOCKS_PER_BYTE < self.blocks);
        // SAFETY: I5: these bytes are part of the table.
        unsafe { self.start.add(i).cast::<Word>().read_unaligned() }
    }

    /// Whether the block's bit is set. gc.c: `FTB_GET`.
    pub fn get(&self, block: usize) -> bool {
        // SAFETY: I5: the byte is part of the table.
        unsafe { self.place(block).read() >> (block % BLOCKS_PER_BYTE) & 1 != 0 }
    }

    /// Sets the block's bit. gc.c: `FTB_SET`.
    pub(crate) fn set(&self, block: usize) {
        let byte = self.place(block);
        // SAFETY: I5: the byte is part of the table; I4: no reference to it exists.
        unsafe { byte.write(byte.read() | 1 << (block % BLOCKS_PER_BYTE)) }
    }

    /// Clears the block's bit. gc.c: `FTB_CLEAR`.
    pub(crate) fn clear(&self, block: usize) {
        let byte = self.place(block);
        // SAFETY: I5: the byte is part of the table; I4: no reference to it exists.
        unsafe { byte.write(byte.read() & !(1 << (block % BLOCKS_PER_BYTE))) }
    }

    /// Sets or clears bits of the blocks that word `i` of the ATB describes; its first lane is block 0's.
    #[cfg(gcheap_growth)]
    pub(crate) fn change_word(&self, i: usize, bits: usize, on: bool) {
        const BYTES: usize = BLOCKS_PER_WORD / BLOCKS_PER_BYTE;
        debug_assert!((i + 1) * BLOCKS_PER_WORD <= self.blocks);
        let mut bytes = [0; size_of::<Word>()];
        // SAFETY: I5: as many blocks as the word describes have so many bytes here; I4: no reference to them exists.
        unsafe {
            let place = self.start.add(i * BYTES).as_ptr();
            place.copy_to_nonoverlapping(bytes.as_mut_ptr(), BYTES);
            let old = Word::from_le_bytes(bytes);
            let new = if on { old | bits } else { old & !bits }.to_le_bytes();
            place.copy_from_nonoverlapping(new.as_ptr(), BYTES);
        }
    }
}

//! Where long objects start: in builds with interior pointers, an entry for every 4096 blocks.
//!
//! A pointer into the middle of an object leads to its head by way of the table, backwards, past all tails between. For
//! an object of 64 MiB these are a megabyte. So whoever makes an object that reaches over a multiple of 4096 blocks writes
//! down there where it starts, and nobody goes back further than to such a place.
//!
//! ```text
//!    blocks     0           4096        8192        12288
//!    objects    h . h = = = = = = = = = = = = = = . h = = = h = =
//!    starts     (not used)  2           2           (not used: block 12288 is no tail)
//! ```
//!
//! An entry is valid if its block is a tail (I13): the object that this tail belongs to wrote it. Nothing need be done when
//! an object is freed. (Free runs have tails for a part of a collection. Then they have entries, too.)

use core::ptr::NonNull;

use super::field::Field;

/// How many blocks an entry stands for.
pub const BLOCKS_PER_START: usize = 4096;

/// How many bytes the entries of an area of so many blocks take.
pub const fn starts_bytes_for(blocks: usize) -> usize {
    blocks.div_ceil(BLOCKS_PER_START) * size_of::<u32>()
}

/// One area's entries, by value: where they are and how many blocks the area has.
#[derive(Clone, Copy)]
pub(crate) struct Starts {
    start: NonNull<u8>,
    blocks: usize,
}

impl Starts {
    /// # Safety
    /// `start` is the start of the entries of an area of `blocks` blocks (I5).
    pub unsafe fn new(start: NonNull<u8>, blocks: usize) -> Self {
        Self { start, blocks }
    }

    fn entry(self, i: usize) -> Field<u32> {
        debug_assert!(i * BLOCKS_PER_START < self.blocks);
        // SAFETY: I5: there is an entry for every 4096 blocks that have begun.
        unsafe { Field::new(self.start.add(i * size_of::<u32>()).cast()) }
    }

    /// Takes note of an object of `n` (1 or more) blocks that starts at `block`.
    #[inline(always)]
    pub fn note(self, block: usize, n: usize) {
        if block % BLOCKS_PER_START + n > BLOCKS_PER_START {
            self.note_long(block, n);
        }
    }

    #[inline(never)]
    fn note_long(self, block: usize, n: usize) {
        for i in block / BLOCKS_PER_START + 1..=(block + n - 1) / BLOCKS_PER_START {
            self.entry(i).set(block as u32);
        }
    }

    /// Takes note of a disguised free run ([`crate::marking`]) that starts at `block` and has the first of the 4096 blocks
    /// around `tail` as a tail.
    pub fn note_disguised(self, block: usize, tail: usize) {
        self.entry(tail / BLOCKS_PER_START).set(block as u32);
    }

    /// The head of the object to which the tail at the start of the 4096 blocks around `block` belongs.
    pub fn of(self, block: usize) -> usize {
        self.entry(block / BLOCKS_PER_START).get() as usize
    }
}

//! A pool and its table, by value: what the inner loop of marking needs of an area.

use core::ptr::NonNull;

use crate::config::BLOCK_BYTES;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::{block_from_ptr, ptr_from_block};
use crate::layout::lanes::BLOCKS_PER_WORD;

#[derive(Clone, Copy)]
pub(super) struct Pool {
    pub area: Area,
    pub start: NonNull<u8>,
    pub atb: FastAtb,
    pub blocks: usize,
    /// Table words in use of the areas before this one (`used_words`).
    pub words_before: usize,
}

impl Pool {
    pub fn of(area: Area, words_before: usize) -> Self {
        let atb: FastAtb = area.atb();
        Self { area, start: area.pool(), atb, blocks: atb.blocks(), words_before }
    }

    /// The pool of the next area.
    pub fn next(&self) -> Option<Pool> {
        self.area.next().map(|area| Pool::of(area, self.words_before + self.used_words()))
    }

    /// How many words of the table, from the first on, hold objects (I11).
    pub fn used_words(&self) -> usize {
        let last = self.atb.slot(self.area.last_used().get()) / BLOCKS_PER_WORD;
        self.atb.words().min(last + 1)
    }

    /// The block that a word is the address of, if it is one of this pool's.
    pub fn block(&self, word: usize) -> Option<usize> {
        block_from_ptr(word, self.start.addr().get(), self.blocks)
    }

    /// The address of a block.
    pub fn address(&self, block: usize) -> usize {
        // SAFETY: I6: a block of this pool.
        unsafe { ptr_from_block(self.start, block) }.addr().get()
    }

    /// The address of the block in lane 0 of table word `i`; in word 0 there may be none in that lane.
    pub fn word_address(&self, i: usize) -> usize {
        let before = (i * BLOCKS_PER_WORD).wrapping_sub(self.atb.phase()).wrapping_mul(BLOCK_BYTES);
        self.start.addr().get().wrapping_add(before)
    }

    /// A pointer to the block with this address.
    pub fn pointer(&self, addr: usize) -> *const usize {
        self.start.as_ptr().wrapping_add(addr.wrapping_sub(self.start.addr().get())).cast()
    }
}

//! A pool and its table, by value: what the inner loop of marking needs of an area.

use core::ptr::NonNull;

use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::block_from_ptr;

#[derive(Clone, Copy)]
pub(super) struct Pool {
    pub area: Area,
    pub start: NonNull<u8>,
    pub atb: FastAtb,
    pub blocks: usize,
}

impl Pool {
    pub fn of(area: Area) -> Self {
        let atb: FastAtb = area.atb();
        Self { area, start: area.pool(), atb, blocks: atb.blocks() }
    }

    /// The block that a word is the address of, if it is one of this pool's.
    pub fn block(&self, word: usize) -> Option<usize> {
        block_from_ptr(word, self.start.addr().get(), self.blocks)
    }

    /// The words of a block.
    ///
    /// # Safety
    /// `addr` is the address of one of this pool's blocks.
    pub unsafe fn words(&self, addr: usize) -> *const usize {
        // SAFETY: I6: the offset of a block from the pool's start.
        unsafe { self.start.as_ptr().add(addr.wrapping_sub(self.start.addr().get())).cast() }
    }
}

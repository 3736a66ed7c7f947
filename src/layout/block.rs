//! Blocks: what one can be, and how its index, its address and its place in the table relate.
//!
//! The names are gc.c's; `include/gcheap_atb.h` offers the same ones to C.
//!
//! ```text
//!   one ATB byte, BLOCKS_PER_ATB = 4 blocks:
//!
//!      bit    7   6   5   4   3   2   1   0
//!           ┌───────┬───────┬───────┬───────┐
//!           │ ATB_3 │ ATB_2 │ ATB_1 │ ATB_0 │     ATB_0 is the block with the lowest address
//!           └───────┴───────┴───────┴───────┘
//!    ATB_MASK_3 0xc0 ATB_MASK_2 0x30 ATB_MASK_1 0x0c ATB_MASK_0 0x03
//!
//!    00 FREE   01 HEAD   10 TAIL   11 MARK
//! ```

use core::ptr::NonNull;

use crate::config::{BLOCK_BITS, BLOCK_BYTES};

/// Blocks that one ATB byte stands for. gc.c: `BLOCKS_PER_ATB`.
pub const BLOCKS_PER_ATB: usize = 4;
/// The bits of an ATB byte's first block. gc.c: `ATB_MASK_0`.
pub const ATB_MASK_0: u8 = 0x03;
/// The bits of its second block. gc.c: `ATB_MASK_1`.
pub const ATB_MASK_1: u8 = 0x0c;
/// The bits of its third block. gc.c: `ATB_MASK_2`.
pub const ATB_MASK_2: u8 = 0x30;
/// The bits of its fourth block. gc.c: `ATB_MASK_3`.
pub const ATB_MASK_3: u8 = 0xc0;

/// Whether the first block of ATB byte `a` is free. gc.c: `ATB_0_IS_FREE`, with which it looks at four blocks after one
/// load; the heap itself looks at a word of the table at once (`frees` in `lanes`).
pub const fn atb_0_is_free(a: u8) -> bool {
    a & ATB_MASK_0 == 0
}
/// Whether the second block is free. gc.c: `ATB_1_IS_FREE`.
pub const fn atb_1_is_free(a: u8) -> bool {
    a & ATB_MASK_1 == 0
}
/// Whether the third block is free. gc.c: `ATB_2_IS_FREE`.
pub const fn atb_2_is_free(a: u8) -> bool {
    a & ATB_MASK_2 == 0
}
/// Whether the fourth block is free. gc.c: `ATB_3_IS_FREE`.
pub const fn atb_3_is_free(a: u8) -> bool {
    a & ATB_MASK_3 == 0
}

/// What a block is: its two bits.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not in use. Becomes a head or a tail when an allocation takes it.
    Free = 0b00,
    /// First block of an object. Becomes marked when a collection reaches it, and free at its end if none does.
    Head = 0b01,
    /// A further block of the object whose head is the nearest one below. Becomes free together with it, or when the
    /// object shrinks.
    Tail = 0b10,
    /// A head that the collection under way has reached. Becomes a plain head when it ends.
    Mark = 0b11,
}

impl Kind {
    pub(crate) const fn of(bits: usize) -> Kind {
        match bits & 3 {
            0b00 => Kind::Free,
            0b01 => Kind::Head,
            0b10 => Kind::Tail,
            _ => Kind::Mark,
        }
    }

    /// Whether an object starts here: the lower bit says so.
    pub(crate) const fn is_head(self) -> bool {
        self as u8 & 1 != 0
    }
}

/// The block that a word points at, if the word is the address of one: aligned, and inside the pool of `blocks` blocks
/// from address `pool`. gc.c: `VERIFY_PTR` and `BLOCK_FROM_PTR` in one compare.
///
/// Rotating puts the bits below the block size on top, where anything but zero makes the number too large:
///
/// ```text
///    word - pool   0000…0000 0010 11|00000      block 11, aligned
///    rotated       00000|0000…0000 0010 11      = 11       < blocks
///
///    word - pool   0000…0000 0010 11|01000      points into block 11
///    rotated       01000|0000…0000 0010 11      = huge    >= blocks
/// ```
pub(crate) fn block_from_ptr(word: usize, pool: usize, blocks: usize) -> Option<usize> {
    let block = block_or_more(word, pool);
    if block < blocks { Some(block) } else { None }
}

/// The rotated number of the picture above: a block if it is less than the number of blocks.
pub(crate) fn block_or_more(word: usize, pool: usize) -> usize {
    word.wrapping_sub(pool).rotate_right(BLOCK_BITS)
}

/// The first byte of a block. gc.c: `PTR_FROM_BLOCK`.
///
/// # Safety
/// `pool` is an area's pool and `block` at most its number of blocks (invariant I6).
pub(crate) unsafe fn ptr_from_block(pool: NonNull<u8>, block: usize) -> NonNull<u8> {
    // SAFETY: the caller's promise.
    unsafe { pool.add(block * BLOCK_BYTES) }
}

/// The index of the ATB byte that holds a block: `ATB_FROM_BLOCK`.
pub const fn atb_from_block(block: usize) -> usize {
    block / BLOCKS_PER_ATB
}

#[cfg(test)]
mod tests {
    use super::super::lanes::block_shift;
    use super::*;

    #[test]
    fn the_four_blocks_of_a_byte() {
        for a in 0..=255u8 {
            let free = [0, 2, 4, 6].map(|shift| Kind::of((a >> shift) as usize) == Kind::Free);
            let by_name = [atb_0_is_free(a), atb_1_is_free(a), atb_2_is_free(a), atb_3_is_free(a)];
            assert_eq!(by_name, free, "{a:#x}");
        }
        assert_eq!([ATB_MASK_0, ATB_MASK_1, ATB_MASK_2, ATB_MASK_3], [3, 3 << 2, 3 << 4, 3 << 6]);
        assert_eq!((0..4).map(block_shift).collect::<Vec<_>>(), [0, 2, 4, 6]);
        assert_eq!((0..9).map(atb_from_block).collect::<Vec<_>>(), [0, 0, 0, 0, 1, 1, 1, 1, 2]);
    }

    #[test]
    fn only_the_addresses_of_blocks_are_pointers() {
        let (pool, blocks) = (0x7000, 5);
        for word in (0..0x10000).chain([usize::MAX, usize::MAX - 0x7000, 1 << (usize::BITS - 1)]) {
            let expected = (0..blocks).find(|b| word == pool + b * BLOCK_BYTES);
            assert_eq!(block_from_ptr(word, pool, blocks), expected, "{word:#x}");
        }
    }
}

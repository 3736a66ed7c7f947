//! The allocation table (ATB): two bits a block, four blocks a byte. It is read and written by machine words; `lanes` says
//! what one word tells.
//!
//! # Slots
//! The ATB ends where the pool starts, so its end is aligned and its start need not be. The word that holds its first
//! byte may begin earlier, with bytes that belong to the FTB. A *slot* counts lanes from that word's first:
//!
//! ```text
//!    FTB ... │f f f│A0│A1 ...            A0: the ATB byte of blocks 0..4
//!            └──── words[0] ────┘
//!             slots 0..12 │ 12..          phase = 12: block b has slot b + phase
//! ```
//!
//! Slots below the phase are never touched: reads mask them off, writes change only the lanes they are asked to. If the
//! word begins before the area's memory, it is read and written by its own bytes only.

mod cell;
pub(crate) mod compact;
pub(crate) mod fast;
#[cfg(test)]
mod tests;
pub(crate) mod window;

use core::ptr::NonNull;

use super::block::Kind;
use super::lanes::{LANES, Word, lanes_from};
use crate::config::{self, WORD_BYTES};

pub use cell::{Cell, Freed, FreedRun};

/// One area's table, by value: where it is and how long. Writes go straight to memory.
///
/// The methods that change a block's kind are the only legal transitions: free to object, free to tail, head to marked
/// head, tail to free, object to free; and what a sweep does to a whole word.
pub trait Atb: Copy {
    /// The table of `bytes` ATB bytes from `start`.
    ///
    /// # Safety
    /// The bytes are an area's ATB, and `start + bytes` is word aligned (I5).
    unsafe fn new(start: NonNull<u8>, bytes: usize) -> Self;

    /// Words in the table.
    fn words(&self) -> usize;

    /// Blocks in the area.
    fn blocks(&self) -> usize;

    /// Lanes of the first word that stand for no block.
    fn phase(&self) -> usize;

    /// The slot of a block: its lane, counted from the first word's first.
    #[inline(always)]
    fn slot(&self, block: usize) -> usize {
        block + self.phase()
    }

    /// The block of a slot.
    #[inline(always)]
    fn block(&self, slot: usize) -> usize {
        debug_assert!(slot >= self.phase());
        slot - self.phase()
    }

    /// The lanes of word `i` that stand for blocks: all of them, but for the first word's foreign ones.
    #[inline(always)]
    fn own_lanes(&self, i: usize) -> Word {
        if i == 0 { lanes_from(self.phase()) } else { LANES }
    }

    /// Word `i`; lanes that stand for no block hold anything.
    fn load(&self, i: usize) -> Word;

    /// Writes the own lanes of word `i`. `loaded` is what `load` returned for it.
    fn store_own_lanes(&self, i: usize, loaded: Word, word: Word);

    /// ATB byte `i`, which describes blocks `4 * i` to `4 * i + 3`.
    fn byte(&self, i: usize) -> u8;

    /// What block `block` is. gc.c: `ATB_GET_KIND`.
    fn kind(&self, block: usize) -> Kind;

    /// `n` free blocks become an object. gc.c: `ATB_FREE_TO_HEAD`, and `ATB_FREE_TO_TAIL` for the others.
    fn free_to_object(&self, block: usize, n: usize);

    /// `n` free blocks become tails of the object before them. gc.c: `ATB_FREE_TO_TAIL`, once per block.
    fn free_to_tail(&self, block: usize, n: usize);

    /// `n` tails become free: an object shrinks. gc.c: `ATB_ANY_TO_FREE` for each.
    fn tail_to_free(&self, block: usize, n: usize);

    /// The object with this head, which may be marked, becomes free; returns how many blocks it had. Does nothing to a
    /// block that is no head. gc.c: `ATB_ANY_TO_FREE` for each.
    fn object_to_free(&self, block: usize) -> Option<usize>;

    /// How many tails follow block `block`: the length of the object there, without its head.
    fn tails_after(&self, block: usize) -> usize;

    /// How many free blocks follow block `block`; stops counting early at `enough` or more.
    fn frees_after(&self, block: usize, enough: usize) -> usize;

    /// A shortcut of tables that have it: frees the object at `block`, which lies `distance` blocks before a free run, if
    /// that can be done within one word ([`Cell::free_near`]). Returns how many blocks it had.
    fn free_near(&self, _block: usize, _distance: usize, _any: bool) -> Option<usize> {
        None
    }

    /// A shortcut of tables that have it: frees the object at `block` if that can be done within one word ([`Cell::free`]).
    fn free_within_word(&self, _block: usize, _last_used: usize) -> Option<Freed> {
        None
    }

    /// A shortcut of tables that have it: gives the object at `block` `n` blocks, at least as many as it has, if that can
    /// be done within one word ([`Cell::grow`]). Returns how many it had.
    fn grow_within_word(&self, _block: usize, _n: usize) -> Option<usize> {
        None
    }
}

const _: () = {
    // The ATB's end is the pool's start, which is block aligned: that must imply word aligned (I5).
    assert!(config::BLOCK_BYTES % WORD_BYTES == 0);
};

//! The part of a table that marking's inner loop sees, by value: whole words, and as little as possible between a scanned
//! word and its lane.

use core::ptr::NonNull;

use super::super::block::{Kind, block_or_more};
use super::super::lanes::{BLOCKS_PER_WORD, Word, block_shift, run_at_bottom, tails};
use super::fast::{FastAtb, Reached, object_at};
use super::{Atb, Cell};
use crate::config::{BLOCK_BITS, BLOCK_BYTES, INTERIOR};

/// The words of an area's table that belong to the table alone, or to it and another table of the area. A first word that
/// may begin before the area is left out.
///
/// Slots are counted from the window's first lane, and the addresses of blocks from where a block with that slot would be:
/// so a scanned word leads to its lane without any block number.
///
/// ```text
///    FTB ... f f f│A0 A1 A2 …            │ block 0 │ block 1 │ …
///    └────── words[0] ──────┘
///     slots 0..12 │ 12..                       `start`: block 0's address less 12 blocks
/// ```
#[derive(Clone, Copy)]
pub struct Window {
    /// The address of slot 0, where there may be no block.
    start: *mut u8,
    words: *mut Word,
    /// How many slots there are.
    slots: usize,
    /// Slots below this one stand for no block.
    foreign: usize,
    /// The place of `words` in the table: 0 or 1.
    first_word: usize,
}

impl Window {
    /// The window of a table whose pool starts at `pool`.
    pub fn of(atb: FastAtb, pool: NonNull<u8>) -> Window {
        let (words, first_word) = atb.words_not_shared();
        let before = (first_word * BLOCKS_PER_WORD).wrapping_sub(atb.phase());
        Window {
            start: pool.as_ptr().wrapping_add(before.wrapping_mul(BLOCK_BYTES)),
            words,
            slots: (atb.words() - first_word) * BLOCKS_PER_WORD,
            foreign: if first_word > 0 { 0 } else { atb.phase() },
            first_word,
        }
    }

    /// The slot that a word is the address of, or a number that `has` is false of. With interior pointers, the slot of the
    /// block that it points into.
    #[inline(always)]
    pub fn slot_or_more(&self, word: usize) -> usize {
        if INTERIOR {
            return word.wrapping_sub(self.start.addr()) >> BLOCK_BITS;
        }
        block_or_more(word, self.start.addr())
    }

    /// Whether a slot is a tail's.
    #[inline(always)]
    pub fn is_tail(&self, slot: usize) -> bool {
        let cell = self.cell(slot);
        slot >= self.foreign && cell.load() >> cell.shift & 3 == Kind::Tail as Word
    }

    /// Whether every block of the area has a slot.
    #[inline(always)]
    pub fn is_complete(&self) -> bool {
        self.first_word == 0
    }

    /// A pointer to the block with this address. It is good for the whole area.
    #[inline(always)]
    pub fn pointer(&self, addr: usize) -> *const usize {
        self.start.wrapping_add(addr.wrapping_sub(self.start.addr())).cast()
    }

    /// Whether there is a slot of that number.
    #[inline(always)]
    pub fn has(&self, slot: usize) -> bool {
        slot < self.slots
    }

    /// The index in the table of the word that has this slot.
    #[inline(always)]
    pub fn table_word(&self, slot: usize) -> usize {
        self.first_word + slot / BLOCKS_PER_WORD
    }

    /// The cell of a slot.
    #[inline(always)]
    fn cell(&self, slot: usize) -> Cell {
        debug_assert!(self.has(slot));
        // SAFETY: I5: a word of the table, and none that may begin before it.
        unsafe { Cell::new(self.words.add(slot / BLOCKS_PER_WORD), block_shift(slot)) }
    }

    /// How many blocks there are from this one (of an object, in a window that is complete) to its object's end; or more than
    /// a word has, if the end is not in the block's word nor in the next one.
    #[inline(always)]
    pub fn blocks_from(&self, addr: usize) -> usize {
        let slot = self.slot_or_more(addr);
        let cell = self.cell(slot);
        let run = 1 + run_at_bottom(tails(cell.load()) >> cell.shift >> 2);
        let next = slot + run;
        if next % BLOCKS_PER_WORD != 0 || next >= self.slots {
            return run;
        }
        run + run_at_bottom(tails(self.cell(next).load()))
    }

    /// The same as [`FastAtb::head_to_mark`].
    #[inline(always)]
    pub fn head_to_mark(&self, slot: usize) -> Reached {
        let cell = self.cell(slot);
        let word = cell.load();
        // Few words are addresses of what comes before block 0: that is looked at last.
        if word >> cell.shift & 3 != Kind::Head as Word || slot < self.foreign {
            return Reached::Nothing;
        }
        cell.store(word | 1 << (cell.shift + 1));
        object_at(word, cell.shift)
    }

    /// The same for a slot that may be a tail's; none if it is.
    #[inline(always)]
    pub fn head_to_mark_or_tail(&self, slot: usize) -> Option<Reached> {
        let cell = self.cell(slot);
        let word = cell.load();
        let kind = word >> cell.shift & 3;
        if kind == Kind::Head as Word && slot >= self.foreign {
            cell.store(word | 1 << (cell.shift + 1));
            return Some(object_at(word, cell.shift));
        }
        if kind == Kind::Tail as Word && slot >= self.foreign { None } else { Some(Reached::Nothing) }
    }

    /// The same as [`FastAtb::head_to_deferred`]; says whether it was an unmarked head.
    #[inline(always)]
    pub fn head_to_deferred(&self, slot: usize) -> bool {
        let cell = self.cell(slot);
        let word = cell.load();
        if word >> cell.shift & 3 != Kind::Head as Word || slot < self.foreign {
            return false;
        }
        cell.store(word & !(1 << cell.shift));
        true
    }
}

//! The table of the fast variant: whole words, in registers, with the processor's instructions that count bits.

use core::ptr::{NonNull, with_exposed_provenance_mut};

use super::super::block::{BLOCKS_PER_ATB, Kind};
use super::super::lanes::*;
use super::cell::UNALIGNED_WORDS;
use super::{Atb, Cell, Freed};
use crate::config::{self, WORD_BYTES};

/// What [`FastAtb::head_to_mark`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Not an unmarked head: nothing was changed.
    Nothing,
    /// A head, now marked, whose object has one block.
    OneBlock,
    /// A head, now marked, whose object may have more blocks.
    MaybeMore,
    /// A head, now marked, whose object has two blocks. This and the next one only in builds with interior pointers.
    #[cfg(gcheap_interior)]
    TwoBlocks = 4,
    /// … three blocks.
    #[cfg(gcheap_interior)]
    ThreeBlocks = 5,
}

/// What the object whose head is at bit `shift` is, as far as its word of the table shows.
///
/// ```text
///    word >> shift    … =  h        10 xx      more blocks
///                     … h  h        01 xx      one block: what follows is no tail
///                        | h        -- xx      the word ends here: not known
/// ```
///
/// In builds with interior pointers, whose blocks are small, it is counted further. (In others two blocks are not told from
/// more: what is known of an object then would not fit beside its address.)
#[inline(always)]
pub(crate) const fn object_at(word: Word, shift: u32) -> Reached {
    #[cfg(gcheap_interior)]
    {
        let bits = run_of_tails(word >> shift);
        match bits {
            _ if shift as usize + bits == Word::BITS as usize => Reached::MaybeMore,
            2 => Reached::OneBlock,
            4 => Reached::TwoBlocks,
            6 => Reached::ThreeBlocks,
            _ => Reached::MaybeMore,
        }
    }
    #[cfg(not(gcheap_interior))]
    object_seen_at(word, shift)
}

#[cfg(not(gcheap_interior))]
#[inline(always)]
const fn object_seen_at(word: Word, shift: u32) -> Reached {
    let may_go_on = word >> shift & 0b1100 == 0b1000 || shift == Word::BITS - 2;
    if may_go_on { Reached::MaybeMore } else { Reached::OneBlock }
}

/// One area's table, by value: where it is and how long.
#[derive(Clone, Copy)]
pub struct FastAtb {
    start: *mut u8,
    bytes: usize,
    words: *mut Word,
    len: usize,
    phase: usize,
    /// Whether the first word may begin before the area, in memory that does not belong to the heap.
    shared: bool,
}

impl FastAtb {
    /// The words without the first one, if that may be shared; and how many were left out.
    pub(super) fn words_not_shared(&self) -> (*mut Word, usize) {
        (self.words.wrapping_add(self.shared as usize), self.shared as usize)
    }

    /// Word `i`, but not the first one, which may be shared.
    #[inline(always)]
    pub fn load_behind_first(&self, i: usize) -> Word {
        debug_assert!(i > 0 && i < self.len);
        // SAFETY: I5: word i is part of the table.
        Word::from_le(unsafe { self.words.wrapping_add(i).read() })
    }

    /// Writes word `i`, whose foreign lanes must be as they were loaded.
    #[inline(always)]
    pub fn store(&self, i: usize, word: Word) {
        debug_assert!(i < self.len);
        if self.shared && i == 0 {
            return self.store_own_bytes(word);
        }
        // SAFETY: I5: word i is part of the table; I4: no reference to it exists.
        unsafe { self.words.wrapping_add(i).write(word.to_le()) }
    }

    /// The first word, from the bytes that are the table's; free lanes for the others.
    #[cold]
    #[inline(never)]
    fn load_own_bytes(&self) -> Word {
        let mut word = 0;
        for i in self.phase / BLOCKS_PER_ATB..WORD_BYTES {
            // SAFETY: I5: byte i of the first word is at or behind the table's start.
            word |= Word::from(unsafe { self.words.cast::<u8>().wrapping_add(i).read() }) << (8 * i);
        }
        word
    }

    /// Writes the bytes of the first word that are the table's.
    #[cold]
    #[inline(never)]
    fn store_own_bytes(&self, word: Word) {
        for i in self.phase / BLOCKS_PER_ATB..WORD_BYTES {
            // SAFETY: I5, I4: as above.
            unsafe { self.words.cast::<u8>().wrapping_add(i).write((word >> (8 * i)) as u8) };
        }
    }

    /// The word and lane of a block.
    #[inline(always)]
    fn at(&self, block: usize) -> (usize, usize) {
        let slot = self.slot(block);
        (slot / BLOCKS_PER_WORD, slot % BLOCKS_PER_WORD)
    }

    /// The place of block `block`, if there is such a block and a word around it that belongs to the table.
    ///
    /// The table ends at an aligned address, so words of it begin at aligned addresses wherever it starts; only the first
    /// aligned word may begin before it. In its place stands the word that begins with the table, where the processor
    /// accesses such words:
    ///
    /// ```text
    ///    aligned words   │FTB  ATB  ATB  ATB│ATB  ATB  ATB  ATB│
    ///    instead of the first  └────────────────┘
    /// ```
    #[inline(always)]
    pub fn cell(&self, block: usize) -> Option<Cell> {
        let start = self.start.expose_provenance();
        let word = start.wrapping_add(block / BLOCKS_PER_ATB) & !(WORD_BYTES - 1);
        if word < start {
            return self.first_cell(block);
        }
        if word >= start.wrapping_add(self.bytes) {
            return None;
        }
        // start * 4 + block counts blocks from address 0 on; modulo 32, that is the lane.
        let shift = block_shift(start.wrapping_mul(BLOCKS_PER_ATB).wrapping_add(block));
        // SAFETY: I5: an aligned word that starts in the table ends in it.
        Some(unsafe { Cell::new(with_exposed_provenance_mut(word), shift) })
    }

    #[inline(always)]
    fn first_cell(&self, block: usize) -> Option<Cell> {
        if !UNALIGNED_WORDS || self.bytes < WORD_BYTES {
            return None;
        }
        // SAFETY: I5: the table's first bytes; the block is one of theirs, since its aligned word begins before them.
        Some(unsafe { Cell::new(self.start.cast(), 2 * block as u32) })
    }

    #[inline(never)]
    fn free_to_long_object(&self, block: usize, n: usize) {
        let (i, lane) = self.at(block);
        self.store(i, self.load(i) | (Kind::Head as Word) << (2 * lane));
        self.free_to_tail(block + 1, n - 1);
    }

    /// Marks the head that a collection has reached: 01 becomes 11. gc.c: `ATB_GET_KIND` and `ATB_HEAD_TO_MARK`.
    #[inline(always)]
    pub fn head_to_mark(&self, block: usize) -> Reached {
        let slot = self.slot(block);
        let (i, shift) = (slot / BLOCKS_PER_WORD, block_shift(slot));
        let word = self.load(i);
        if word >> shift & 3 != Kind::Head as Word {
            return Reached::Nothing;
        }
        self.store(i, word | 1 << (shift + 1));
        object_at(word, shift)
    }

    /// Lets the head that a collection has reached wait: 01 becomes 00, which then means that (`marking::fast::deferred`).
    /// Returns the word that it is in, if it was an unmarked head.
    #[inline(always)]
    pub fn head_to_deferred(&self, block: usize) -> Option<usize> {
        let slot = self.slot(block);
        let (i, shift) = (slot / BLOCKS_PER_WORD, block_shift(slot));
        let word = self.load(i);
        if word >> shift & 3 != Kind::Head as Word {
            return None;
        }
        self.store(i, word & !(1 << shift));
        Some(i)
    }

    /// The last block before this one that is no tail, if it is `lowest` or lies above that.
    pub(crate) fn not_tail_before(&self, block: usize, lowest: usize) -> Option<usize> {
        let (mut i, lane) = self.at(block);
        let lowest = self.slot(lowest);
        let mut others = !tails(self.load(i)) & lanes_below(lane);
        while others == 0 && i * BLOCKS_PER_WORD > lowest {
            i -= 1;
            others = !tails(self.load(i)) & LANES;
        }
        let last = (Word::BITS - others.leading_zeros()) as usize / 2;
        let slot = i * BLOCKS_PER_WORD + last;
        if others != 0 && slot >= lowest { Some(self.block(slot)) } else { None }
    }

    /// Frees the tails at the start of word `i` and on; says how many there were.
    #[inline(never)]
    fn tails_to_free(&self, mut i: usize) -> usize {
        let mut n = 0;
        while i < self.len {
            let word = self.load(i);
            let more = run_at_bottom(tails(word));
            self.store(i, word & !both_bits(lanes_below(more)));
            n += more;
            if more < BLOCKS_PER_WORD {
                break;
            }
            i += 1;
        }
        n
    }

    /// Applies `change(word, lanes)` to the words that hold blocks `block..block + n`; `lanes` are those blocks.
    fn each_word(&self, block: usize, n: usize, change: impl Fn(Word, Word) -> Word) {
        let (slot, end) = (self.slot(block), self.slot(block) + n);
        let (mut i, last) = (slot / BLOCKS_PER_WORD, end / BLOCKS_PER_WORD);
        let mut lanes = lanes_from(slot % BLOCKS_PER_WORD);
        while i < last {
            self.store(i, change(self.load(i), lanes));
            lanes = LANES;
            i += 1;
        }
        lanes &= lanes_below(end % BLOCKS_PER_WORD);
        if lanes != 0 {
            self.store(i, change(self.load(i), lanes));
        }
    }

    /// How many blocks from this one (a head, or a tail) to the object's end or the word's; and whether it may go on in
    /// the next word.
    #[inline(always)]
    pub(crate) fn object_in_word(&self, block: usize) -> (usize, bool) {
        let (i, lane) = self.at(block);
        let n = 1 + run_at_bottom(tails(self.load(i)) >> (2 * lane) >> 2);
        (n, lane + n == BLOCKS_PER_WORD)
    }

    /// The same from a block that is a tail or none of this object's, and the first of its word.
    #[inline(always)]
    pub(crate) fn tails_in_word(&self, block: usize) -> (usize, bool) {
        let i = self.slot(block) / BLOCKS_PER_WORD;
        let n = if i < self.len { run_at_bottom(tails(self.load(i))) } else { 0 };
        (n, n == BLOCKS_PER_WORD)
    }

    /// A tail becomes a head: its object ends before it.
    #[cfg(all(gcheap_no_scan, gcheap_growth))]
    pub(crate) fn tail_to_head(&self, block: usize) {
        let (i, lane) = self.at(block);
        self.store(i, self.load(i) ^ 0b11 << (2 * lane));
    }

    /// How many tails follow a block; if there are `enough`, any number from there on.
    #[cfg(all(gcheap_no_scan, gcheap_growth))]
    #[inline(always)]
    pub(crate) fn tails_up_to(&self, block: usize, enough: usize) -> usize {
        let (i, lane) = self.at(block);
        // As in `tails_after`.
        let run = run_at_bottom(tails(self.load(i)) >> (2 * lane) >> 2);
        if lane + 1 + run < BLOCKS_PER_WORD || run >= enough {
            run
        } else {
            run + self.run_from(i + 1, enough.saturating_sub(run), Kind::Tail)
        }
    }

    /// The length of the run of `kind` (free or tail) blocks from word `i` on; stops early at `enough` or more.
    #[inline(never)]
    fn run_from(&self, mut i: usize, enough: usize, kind: Kind) -> usize {
        // What a word looks like whose lanes are all of that kind.
        let whole = LANES * kind as Word;
        let enough_words = self.len.min(i.saturating_add(enough.div_ceil(BLOCKS_PER_WORD)));
        let first = i;
        while i < enough_words && self.load_behind_first(i) == whole {
            i += 1;
        }
        let run = (i - first) * BLOCKS_PER_WORD;
        // Where a word differs from the pattern, its lowest lane that does ends the run.
        if i < enough_words { run + (self.load_behind_first(i) ^ whole).trailing_zeros() as usize / 2 } else { run }
    }

    /// How many of the `n` blocks from `block` on are free.
    pub(crate) fn count_free(&self, block: usize, n: usize) -> usize {
        let (slot, end) = (self.slot(block), self.slot(block) + n);
        let mut free = 0;
        for i in slot / BLOCKS_PER_WORD..end.div_ceil(BLOCKS_PER_WORD) {
            let from = lanes_from(slot.saturating_sub(i * BLOCKS_PER_WORD));
            free += (frees(self.load(i)) & from & lanes_below(end - i * BLOCKS_PER_WORD)).count_ones() as usize;
        }
        free
    }

    /// How many blocks are free from `block` on, which may be the end of the area; counted no further than needed to know
    /// that there are `enough` (at least 1). All blocks above `last_used` are free.
    pub(crate) fn frees_from(&self, block: usize, last_used: usize, enough: usize) -> usize {
        if block > last_used {
            return self.blocks() - block;
        }
        if self.kind(block) != Kind::Free {
            return 0;
        }
        let to_look_at = last_used - block;
        let run = 1 + self.frees_after(block, to_look_at.min(enough - 1));
        if run > to_look_at { self.blocks() - block } else { run }
    }

    /// How many free blocks lie right before block `block`, counted no further than needed to know that there are
    /// `enough`.
    #[inline(always)]
    pub(crate) fn frees_before(&self, block: usize, enough: usize) -> usize {
        let (i, lane) = self.at(block);
        if lane == 0 {
            return self.frees_before_word(i, enough);
        }
        // Shifted up so that the lane right before the block is the top one.
        let free = (frees(self.load(i)) & self.own_lanes(i)) << (2 * (BLOCKS_PER_WORD - lane));
        let run = run_at_top(free);
        if run < lane { run } else { run + self.frees_before_word(i, enough) }
    }

    /// How many free blocks lie right before word `i`.
    #[inline(never)]
    fn frees_before_word(&self, mut i: usize, enough: usize) -> usize {
        let mut run = 0;
        while i > 0 && run < enough {
            i -= 1;
            let more = run_at_top(frees(self.load(i)) & self.own_lanes(i));
            run += more;
            if more < BLOCKS_PER_WORD {
                break;
            }
        }
        run
    }
}

impl Atb for FastAtb {
    #[inline(always)]
    unsafe fn new(start: NonNull<u8>, bytes: usize) -> Self {
        let before = start.addr().get() % WORD_BYTES;
        debug_assert!((before + bytes) % WORD_BYTES == 0);
        // Aligned down, maybe out of the area: what lies there is never accessed.
        let words = start.as_ptr().wrapping_sub(before).cast();
        let len = (before + bytes) / WORD_BYTES;
        // With finalisers there is an FTB before the ATB, half as long: room for the rest of a word, unless it is tiny.
        let shared = before != 0 && (!config::FINALISER || len <= 2);
        Self { start: start.as_ptr(), bytes, words, len, phase: before * BLOCKS_PER_ATB, shared }
    }

    #[inline(always)]
    fn words(&self) -> usize {
        self.len
    }

    #[inline(always)]
    fn blocks(&self) -> usize {
        self.len * BLOCKS_PER_WORD - self.phase
    }

    #[inline(always)]
    fn phase(&self) -> usize {
        self.phase
    }

    #[inline(always)]
    fn load(&self, i: usize) -> Word {
        debug_assert!(i < self.len);
        if self.shared && i == 0 {
            return self.load_own_bytes();
        }
        // SAFETY: I5: word i is part of the table.
        Word::from_le(unsafe { self.words.wrapping_add(i).read() })
    }

    #[inline(always)]
    fn store_own_lanes(&self, i: usize, loaded: Word, word: Word) {
        let own = both_bits(self.own_lanes(i));
        self.store(i, word & own | loaded & !own);
    }

    fn byte(&self, i: usize) -> u8 {
        debug_assert!(i < self.bytes);
        // SAFETY: I5: byte i of the table, which begins `phase` lanes into the first word.
        unsafe { self.words.cast::<u8>().wrapping_add(self.phase / BLOCKS_PER_ATB + i).read() }
    }

    #[inline(always)]
    fn kind(&self, block: usize) -> Kind {
        debug_assert!(block < self.blocks());
        let slot = self.slot(block);
        Kind::of(self.load(slot / BLOCKS_PER_WORD) >> block_shift(slot))
    }

    #[inline(always)]
    fn free_to_object(&self, block: usize, n: usize) {
        debug_assert!((block..block + n).all(|b| self.kind(b) == Kind::Free));
        if n >= BLOCKS_PER_WORD || !self.cell(block).is_some_and(|cell| cell.take(n)) {
            self.free_to_long_object(block, n);
        }
    }

    fn free_to_tail(&self, block: usize, n: usize) {
        debug_assert!((block..block + n).all(|b| self.kind(b) == Kind::Free));
        self.each_word(block, n, |word, lanes| word | lanes << 1);
    }

    fn tail_to_free(&self, block: usize, n: usize) {
        debug_assert!((block..block + n).all(|b| self.kind(b) == Kind::Tail));
        self.each_word(block, n, |word, lanes| word & !both_bits(lanes));
    }

    #[inline(always)]
    fn object_to_free(&self, block: usize) -> Option<usize> {
        let (i, lane) = self.at(block);
        let word = self.load(i);
        if word >> (2 * lane) & 1 == 0 {
            return None;
        }
        let n = 1 + run_at_bottom(tails(word) >> (2 * lane) >> 2);
        self.store(i, word & !(both_bits(first_lanes(n)) << (2 * lane)));
        Some(if lane + n < BLOCKS_PER_WORD { n } else { n + self.tails_to_free(i + 1) })
    }

    #[inline(always)]
    fn tails_after(&self, block: usize) -> usize {
        let (i, lane) = self.at(block);
        // Shifting the lanes down brings zeros in at the top, so the run ends with the word at the latest.
        let run = run_at_bottom(tails(self.load(i)) >> (2 * lane) >> 2);
        if lane + 1 + run < BLOCKS_PER_WORD { run } else { run + self.run_from(i + 1, usize::MAX, Kind::Tail) }
    }

    fn frees_after(&self, block: usize, enough: usize) -> usize {
        let (i, lane) = self.at(block);
        let run = run_at_bottom(frees(self.load(i)) >> (2 * lane) >> 2);
        if lane + 1 + run < BLOCKS_PER_WORD || run >= enough {
            run
        } else {
            run + self.run_from(i + 1, enough - run, Kind::Free)
        }
    }

    #[inline(always)]
    fn free_near(&self, block: usize, distance: usize, any: bool) -> Option<usize> {
        self.cell(block)?.free_near(block, distance, any)
    }

    #[inline(always)]
    fn free_within_word(&self, block: usize, last_used: usize) -> Option<Freed> {
        self.cell(block)?.free(block, self.blocks(), last_used)
    }

    #[inline(always)]
    fn grow_within_word(&self, block: usize, n: usize) -> Option<usize> {
        self.cell(block)?.grow(n)
    }
}

//! The allocation table (ATB): two bits a block, four blocks a byte. It is read and written by machine words; what a word
//! tells at once is in `lanes`.
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

use core::ptr::NonNull;

pub use super::block::*;
use super::lanes::*;
use crate::config::{self, WORD_BYTES};

/// What [`what_is`] says of an object of one block.
pub(crate) const ONE_BLOCK: usize = 1;

/// [`ONE_BLOCK`] if the object whose head is at bit `shift` is seen to have but one block, else something else, not 0.
///
/// ```text
///    word >> shift    … =  h        10 xx      more blocks
///                     … h  h        01 xx      one block: what follows is no tail
///                        | h        -- xx      the word ends here: who knows
/// ```
#[inline(always)]
pub(crate) const fn what_is(word: Word, shift: u32) -> usize {
    let may_go_on = word >> shift & 0b1100 == 0b1000 || shift == Word::BITS - 2;
    if may_go_on { ONE_BLOCK + 1 } else { ONE_BLOCK }
}

/// One area's table, by value: where it is and how long. Writes go straight to memory.
#[derive(Clone, Copy)]
pub struct Atb {
    words: *mut Word,
    len: usize,
    phase: usize,
    /// 1 if the first word may begin before the area, in memory that is somebody else's; else 0.
    shared: usize,
}

impl Atb {
    /// The table of `bytes` ATB bytes from `start`.
    ///
    /// # Safety
    /// The bytes are an area's ATB, and `start + bytes` is word aligned (invariant I5).
    #[inline(always)]
    pub(crate) unsafe fn new(start: NonNull<u8>, bytes: usize) -> Self {
        let before = start.addr().get() % WORD_BYTES;
        debug_assert!((before + bytes) % WORD_BYTES == 0);
        // Aligned down, maybe out of the area: what lies there is never accessed.
        let words = start.as_ptr().wrapping_sub(before).cast();
        let len = (before + bytes) / WORD_BYTES;
        // With finalisers there is an FTB before the ATB, half as long: room for the rest of a word, unless it is tiny.
        let shared = before != 0 && (!config::FINALISER || len <= 2);
        Self { words, len, phase: before * BLOCKS_PER_ATB, shared: shared as usize }
    }

    /// Words in the table.
    #[inline(always)]
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Blocks in the area.
    #[inline(always)]
    pub(crate) fn blocks(&self) -> usize {
        self.len * BLOCKS_PER_WORD - self.phase
    }

    /// The slot of a block: its lane, counted from the first word's first.
    #[inline(always)]
    pub(crate) fn slot(&self, block: usize) -> usize {
        block + self.phase
    }

    /// The block of a slot.
    #[inline(always)]
    pub(crate) fn block(&self, slot: usize) -> usize {
        debug_assert!(slot >= self.phase);
        slot - self.phase
    }

    /// The lanes of word `i` that stand for blocks: all of them, but for the first word's foreign ones.
    #[inline(always)]
    pub(crate) fn own_lanes(&self, i: usize) -> Word {
        if i == 0 { lanes_from(self.phase) } else { LANES }
    }

    /// Word `i`; lanes that are not the table's hold anything.
    #[inline(always)]
    pub(crate) fn load(&self, i: usize) -> Word {
        debug_assert!(i < self.len);
        if i < self.shared {
            return self.load_own_bytes();
        }
        // SAFETY: I5: word i is part of the table.
        Word::from_le(unsafe { self.words.wrapping_add(i).read() })
    }

    /// Writes word `i`, whose lanes that are not the table's must be as they were loaded.
    #[inline(always)]
    pub(crate) fn store(&self, i: usize, word: Word) {
        debug_assert!(i < self.len);
        if i < self.shared {
            return self.store_own_bytes(word);
        }
        // SAFETY: I5: as above; I4: nobody holds a reference to it.
        unsafe { self.words.wrapping_add(i).write(word.to_le()) }
    }

    /// Writes the table's own lanes of word `i`, after a `load` of it.
    #[inline(always)]
    pub(crate) fn store_own_lanes(&self, i: usize, loaded: Word, word: Word) {
        let own = both_bits(self.own_lanes(i));
        self.store(i, word & own | loaded & !own);
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

    /// ATB byte `i`, which tells about blocks `4 * i` to `4 * i + 3`.
    pub(crate) fn byte(&self, i: usize) -> u8 {
        debug_assert!(i * BLOCKS_PER_ATB < self.blocks());
        // SAFETY: I5: byte i of the table, which begins `phase` lanes into the first word.
        unsafe { self.words.cast::<u8>().wrapping_add(self.phase / BLOCKS_PER_ATB + i).read() }
    }

    /// What block `block` is. gc.c: `ATB_GET_KIND`.
    #[inline(always)]
    pub fn kind(&self, block: usize) -> Kind {
        debug_assert!(block < self.blocks());
        let slot = self.slot(block);
        Kind::of(self.load(slot / BLOCKS_PER_WORD) >> block_shift(slot))
    }

    /// The word and lane of a block.
    #[inline(always)]
    fn at(&self, block: usize) -> (usize, usize) {
        let slot = self.slot(block);
        (slot / BLOCKS_PER_WORD, slot % BLOCKS_PER_WORD)
    }

    /// The lowest `n` free blocks in a row from block `from` on become an object, if they start in that block's word of the
    /// table and end in that or the next, and all of these words are the table's.
    #[inline(always)]
    pub(crate) fn take_run_in_word(&self, from: usize, n: usize) -> Option<usize> {
        let (i, lane) = self.at(from);
        if i >= self.len || (i == 0 && self.phase != 0) {
            return None;
        }
        let place = self.words.wrapping_add(i);
        // SAFETY: I5: word i is part of the table, and nobody else's.
        let word = Word::from_le(unsafe { place.read() });
        let free = frees(word) & lanes_from(lane);
        let starts = run_starts(free, n);
        if starts == 0 {
            return self.take_run_across(i, run_at_top(free), n);
        }
        let shift = starts.trailing_zeros();
        // SAFETY: I5, I4.
        unsafe { place.write((word | object_bits(n) << shift).to_le()) };
        Some(self.block(i * BLOCKS_PER_WORD + shift as usize / 2))
    }

    /// The `top` highest lanes of word `i` are free, and no `n` lanes in a row below them: if the next word goes on with
    /// enough free lanes, they become an object.
    #[inline(always)]
    fn take_run_across(&self, i: usize, top: usize, n: usize) -> Option<usize> {
        if top == 0 || i + 1 >= self.len {
            return None;
        }
        let next = self.load(i + 1);
        if top + run_at_bottom(frees(next)) < n {
            return None;
        }
        let lane = BLOCKS_PER_WORD - top;
        self.store(i, self.load(i) | object_bits(top) << (2 * lane));
        self.store(i + 1, next | first_lanes(n - top) << 1);
        Some(self.block(i * BLOCKS_PER_WORD + lane))
    }

    /// `n` free blocks become an object. gc.c: `ATB_FREE_TO_HEAD`, and `ATB_FREE_TO_TAIL` for the others.
    #[inline(always)]
    pub(crate) fn free_to_object(&self, block: usize, n: usize) {
        debug_assert!((block..block + n).all(|b| self.kind(b) == Kind::Free));
        let (i, lane) = self.at(block);
        if lane + n <= BLOCKS_PER_WORD {
            self.store(i, self.load(i) | object_bits(n) << (2 * lane));
        } else {
            self.store(i, self.load(i) | (Kind::Head as Word) << (2 * lane));
            self.free_to_tail(block + 1, n - 1);
        }
    }

    /// `n` blocks become tails of the object before them. gc.c: `ATB_FREE_TO_TAIL`, once per block.
    pub(crate) fn free_to_tail(&self, block: usize, n: usize) {
        debug_assert!((block..block + n).all(|b| self.kind(b) == Kind::Free));
        self.each_word(block, n, |word, lanes| word | lanes << 1);
    }

    /// A collection has reached this block: an unmarked head is marked, 01 becomes 11. gc.c: `ATB_GET_KIND` and
    /// `ATB_HEAD_TO_MARK`. Says 0 if it is not an unmarked head, otherwise [`what_is`] of it.
    #[inline(always)]
    pub(crate) fn head_to_mark(&self, block: usize) -> usize {
        let slot = self.slot(block);
        let (i, shift) = (slot / BLOCKS_PER_WORD, block_shift(slot));
        let word = self.load(i);
        if word >> shift & 3 != Kind::Head as Word {
            return 0;
        }
        self.store(i, word | 1 << (shift + 1));
        what_is(word, shift)
    }

    /// The object whose head this is becomes free; says how many blocks that were. gc.c: `ATB_ANY_TO_FREE` for each.
    #[inline(always)]
    pub(crate) fn object_to_free(&self, block: usize) -> usize {
        let (i, lane) = self.at(block);
        let word = self.load(i);
        let n = 1 + run_at_bottom(tails(word) >> (2 * lane) >> 2);
        self.store(i, word & !(both_bits(first_lanes(n)) << (2 * lane)));
        if lane + n < BLOCKS_PER_WORD { n } else { n + self.tails_to_free(i + 1) }
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

    /// `n` tails become free: an object shrinks. gc.c: `ATB_ANY_TO_FREE` for each.
    pub(crate) fn tail_to_free(&self, block: usize, n: usize) {
        debug_assert!((block..block + n).all(|b| self.kind(b) == Kind::Tail));
        self.each_word(block, n, |word, lanes| word & !both_bits(lanes));
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

    /// How many tails follow block `block`: the length of the object there, less its head.
    #[inline(always)]
    pub(crate) fn tails_after(&self, block: usize) -> usize {
        let (i, lane) = self.at(block);
        // Shifting the lanes down brings zeros in at the top, so the run ends with the word at the latest.
        let run = run_at_bottom(tails(self.load(i)) >> (2 * lane) >> 2);
        if lane + 1 + run < BLOCKS_PER_WORD { run } else { run + self.run_from(i + 1, usize::MAX, Kind::Tail) }
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

    /// How many free blocks follow block `block`, counted no further than needed to know that there are `enough`.
    pub(crate) fn frees_after(&self, block: usize, enough: usize) -> usize {
        let (i, lane) = self.at(block);
        let run = run_at_bottom(frees(self.load(i)) >> (2 * lane) >> 2);
        if lane + 1 + run < BLOCKS_PER_WORD || run >= enough {
            run
        } else {
            run + self.run_from(i + 1, enough - run, Kind::Free)
        }
    }

    /// The length of the run of `kind` (free or tail) blocks from word `i` on; stops early at `enough` or more.
    #[inline(never)]
    fn run_from(&self, mut i: usize, enough: usize, kind: Kind) -> usize {
        // What a word looks like whose lanes are all of that kind.
        let whole = LANES * kind as Word;
        let enough_words = self.len.min(i.saturating_add(enough.div_ceil(BLOCKS_PER_WORD)));
        let first = i;
        // A word behind the first is never shared.
        debug_assert!(i > 0);
        // SAFETY: I5: i is less than the table's length.
        let load = |i: usize| Word::from_le(unsafe { self.words.wrapping_add(i).read() });
        while i < enough_words && load(i) == whole {
            i += 1;
        }
        let run = (i - first) * BLOCKS_PER_WORD;
        // Where a word differs from the pattern, its lowest lane that does ends the run.
        if i < enough_words { run + (load(i) ^ whole).trailing_zeros() as usize / 2 } else { run }
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

const _: () = {
    // The ATB's end is the pool's start, which is block aligned: that must imply word aligned (invariant I5).
    assert!(config::BLOCK_BYTES % WORD_BYTES == 0);
};

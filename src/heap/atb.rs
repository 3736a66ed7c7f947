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

use core::ptr::{NonNull, with_exposed_provenance_mut};

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

/// A block's place in the table.
#[derive(Clone, Copy)]
struct Cell {
    /// A word that is the table's.
    word: *mut Word,
    /// Where in it the block's two bits are.
    shift: u32,
}

impl Cell {
    #[inline(always)]
    fn load(self) -> Word {
        // SAFETY: I5: the word is part of the table.
        Word::from_le(unsafe { self.word.read() })
    }

    #[inline(always)]
    fn store(self, word: Word) {
        // SAFETY: I5; I4: nobody holds a reference to it.
        unsafe { self.word.write(word.to_le()) }
    }
}

/// What became free: so many blocks, now part of the free run `start..end`.
pub(crate) struct Freed {
    pub len: usize,
    pub start: usize,
    pub end: usize,
}

/// How many bits the object has whose head is at bit 0 of a word that was shifted down. The lanes that were
/// shifted in are no tails: they end it, and if they do, its end was not seen.
///
/// ```text
///    word >> shift     … . h = = h       (lane 0 on the right)
///    no tails          … 1 1 . . -
/// ```
#[inline(always)]
fn run_of_tails(above: Word) -> usize {
    (!tails(above) & (LANES - 1)).trailing_zeros() as usize
}

/// One area's table, by value: where it is and how long. Writes go straight to memory.
#[derive(Clone, Copy)]
pub struct Atb {
    start: *mut u8,
    bytes: usize,
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
        Self { start: start.as_ptr(), bytes, words, len, phase: before * BLOCKS_PER_ATB, shared: shared as usize }
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

    /// Word `i`, but not the first, which may be shared.
    #[inline(always)]
    pub(crate) fn load_behind_first(&self, i: usize) -> Word {
        debug_assert!(i > 0 && i < self.len);
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

    /// Where block `block` is in the table, if there is such a block and its whole word is the table's.
    ///
    /// The table ends at an aligned address, so words of it begin at aligned addresses wherever it starts, and the lane
    /// can be had from the sum of start and block:
    ///
    /// ```text
    ///    start + block / 4     address of the ATB byte; aligned down, that of the word
    ///    start * 4 + block     counts blocks from address 0 on; modulo 32, the lane
    /// ```
    #[inline(always)]
    fn cell(&self, block: usize) -> Option<Cell> {
        let start = self.start.expose_provenance();
        let word = start.wrapping_add(block / BLOCKS_PER_ATB) & !(WORD_BYTES - 1);
        // Below the start this is a huge number.
        if word.wrapping_sub(start) >= self.bytes {
            return None;
        }
        let shift = block_shift(start.wrapping_mul(BLOCKS_PER_ATB).wrapping_add(block));
        Some(Cell { word: with_exposed_provenance_mut(word), shift })
    }

    /// The lowest `n` (1..32) free blocks in a row from block `from` on become an object, if they are seen at a glance: in
    /// the word of `from`.
    ///
    /// ```text
    ///    word      h h = . h . . . . h      from = 2, n = 3
    ///    free          1   1 1 1 1          shifted down by two lanes
    ///    too short     1                    the first run: three lanes from here are not all free
    ///    found             1 1 1
    /// ```
    #[inline(always)]
    pub(crate) fn take_run_in_word(&self, from: usize, n: usize) -> Option<usize> {
        let cell = self.cell(from)?;
        let word = cell.load();
        // Lanes that are shifted in at the top are not free.
        let mut free = frees(word) >> cell.shift;
        let mut skip = 0;
        loop {
            if free == 0 {
                return None;
            }
            let used = free.trailing_zeros();
            (free, skip) = (free >> used, skip + used);
            if n == 1 || free & first_lanes(n) == first_lanes(n) {
                break;
            }
            // Adding 1 runs through the lanes of the first run and comes to rest in the one behind.
            free &= both_bits(free).wrapping_add(1);
        }
        cell.store(word | object_bits(n) << (cell.shift + skip));
        Some(from + skip as usize / 2)
    }

    /// The `n` (1..32) free blocks from `block` on become an object, if all of them are in its word; says whether they are.
    #[inline(always)]
    pub(crate) fn take_in_word(&self, block: usize, n: usize) -> bool {
        let Some(cell) = self.cell(block) else { return false };
        if n > 1 && cell.shift as usize + 2 * n > Word::BITS as usize {
            return false;
        }
        cell.store(cell.load() | object_bits(n) << cell.shift);
        true
    }

    /// The object at `block` gets `n` blocks, if it has no more and its word of the table tells that it can: it is an
    /// unmarked head, its tails end in this word, and it stays as it is or grows into free blocks of the word. How many
    /// blocks it had.
    ///
    /// ```text
    ///    word      h h = . . . h     block 1 gets four blocks: it had two
    ///    after     h h = = = . h
    /// ```
    #[inline(always)]
    pub(crate) fn grow_in_word(&self, block: usize, n: usize) -> Option<usize> {
        let cell = self.cell(block)?;
        let (word, shift) = (cell.load(), cell.shift as usize);
        let above = word >> shift;
        let len = run_of_tails(above);
        if above & 3 != Kind::Head as Word || shift + len >= Word::BITS as usize || n > BLOCKS_PER_WORD {
            return None;
        }
        if 2 * n != len {
            if 2 * n < len || shift + 2 * n > Word::BITS as usize {
                return None;
            }
            let more = first_lanes(n) & (Word::MAX << len);
            if frees(above) & more != more {
                return None;
            }
            cell.store(word | more << 1 << shift);
        }
        Some(len / 2)
    }

    /// `n` free blocks become an object. gc.c: `ATB_FREE_TO_HEAD`, and `ATB_FREE_TO_TAIL` for the others.
    #[inline(always)]
    pub(crate) fn free_to_object(&self, block: usize, n: usize) {
        debug_assert!((block..block + n).all(|b| self.kind(b) == Kind::Free));
        if n >= BLOCKS_PER_WORD || !self.take_in_word(block, n) {
            self.free_to_long_object(block, n);
        }
    }

    #[inline(never)]
    fn free_to_long_object(&self, block: usize, n: usize) {
        let (i, lane) = self.at(block);
        self.store(i, self.load(i) | (Kind::Head as Word) << (2 * lane));
        self.free_to_tail(block + 1, n - 1);
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

    /// The object at `block` becomes free, if all there is to know is seen in its word of the table: it is an unmarked
    /// head, its tails end here, and so does the free run that it becomes a part of; or that run goes on to the end of
    /// the table, since no block above `last_used` is in use.
    ///
    /// ```text
    ///    word      h = . h = = . . h     block 3 becomes free: 3 blocks, and a run of six from block 2 on
    ///    below     u u .
    ///    above           u u u . . u     used lanes; without the object, the lowest is at its run's end
    /// ```
    #[inline(always)]
    pub(crate) fn free_at_a_glance(&self, block: usize, last_used: usize) -> Option<Freed> {
        let cell = self.cell(block)?;
        let (word, shift) = (cell.load(), cell.shift);
        let above = word >> shift;
        let len = run_of_tails(above) as u32;
        if above & 3 != Kind::Head as Word || shift + len >= Word::BITS {
            return None;
        }
        let used = !frees(word) & LANES;
        // The lanes below the block, moved up to the top.
        let below = used << 1 << (Word::BITS - 1 - shift);
        let behind = used >> shift >> len;
        if below == 0 {
            return None;
        }
        let end = if behind != 0 {
            block + (len + behind.trailing_zeros()) as usize / 2
        } else if block + ((Word::BITS - shift) / 2) as usize > last_used {
            self.blocks()
        } else {
            return None;
        };
        let start = block - below.leading_zeros() as usize / 2;
        cell.store(word & !(!(Word::MAX << len) << shift));
        Some(Freed { len: len as usize / 2, start, end })
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
        while i < enough_words && self.load_behind_first(i) == whole {
            i += 1;
        }
        let run = (i - first) * BLOCKS_PER_WORD;
        // Where a word differs from the pattern, its lowest lane that does ends the run.
        if i < enough_words { run + (self.load_behind_first(i) ^ whole).trailing_zeros() as usize / 2 } else { run }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A table of two words of its own, and part of a word before, which is not the table's; what is at a glance is in
    /// the first of the two. One letter a block: free, head, tail, mark.
    struct Table {
        words: [Word; 3],
    }

    const FOREIGN: usize = 8; // blocks

    impl Table {
        fn new(picture: &[u8]) -> Self {
            let mut table = Table { words: [Word::MAX, 0, 0] };
            for (block, letter) in picture.iter().enumerate() {
                let slot = block + BLOCKS_PER_WORD;
                let kind = b".h=m".iter().position(|l| l == letter).unwrap();
                table.words[slot / BLOCKS_PER_WORD] |= kind << block_shift(slot);
            }
            table
        }

        /// Block 0 of the picture is block `FOREIGN` of this.
        fn atb(&mut self) -> Atb {
            let start = self.words.as_mut_ptr().cast::<u8>().wrapping_add(WORD_BYTES - FOREIGN / BLOCKS_PER_ATB);
            // SAFETY: I5: these bytes of the words are a table that ends where they do.
            unsafe { Atb::new(NonNull::new(start).unwrap(), 2 * WORD_BYTES + FOREIGN / BLOCKS_PER_ATB) }
        }

        fn picture(&self) -> Vec<u8> {
            let kind = |i: usize| self.words[1 + i / BLOCKS_PER_WORD] >> block_shift(i) & 3;
            (0..2 * BLOCKS_PER_WORD).map(|i| b".h=m"[kind(i)]).collect()
        }
    }

    /// Every eight blocks that are in order, at both ends of a word and in its middle, amid used or free ones.
    fn each_table(mut test: impl FnMut(Vec<u8>, core::ops::Range<usize>)) {
        for bits in 0..1usize << 16 {
            let part = (0..8).map(|i| b".h=m"[bits >> (2 * i) & 3]).collect::<Vec<_>>();
            if part[0] == b'=' || part.windows(2).any(|w| w == b".=") || part.contains(&b'm') {
                continue;
            }
            for at in [0, BLOCKS_PER_WORD / 2 - 4, BLOCKS_PER_WORD - 8] {
                for around in [b'.', b'h'] {
                    let mut table = vec![around; 2 * BLOCKS_PER_WORD];
                    table[at..at + 8].copy_from_slice(&part);
                    test(table, at..at + 8);
                }
            }
        }
    }

    fn object_len(table: &[u8], block: usize) -> usize {
        1 + table[block + 1..].iter().take_while(|&&l| l == b'=').count()
    }

    #[test]
    fn the_lowest_run_in_a_word() {
        each_table(|before, _| {
            for (from, n) in [0, 13].into_iter().flat_map(|from| (1..12).map(move |n| (from, n))) {
                let mut table = Table::new(&before);
                let found = table.atb().take_run_in_word(FOREIGN + from, n);
                let free = |b: &usize| before[*b..b + n].iter().all(|&l| l == b'.');
                let expected = (from..=BLOCKS_PER_WORD.saturating_sub(n)).find(free);
                assert_eq!(found, expected.map(|b| FOREIGN + b), "{n} in {}", String::from_utf8_lossy(&before));
                let mut after = before.clone();
                if let Some(b) = expected {
                    after[b..b + n].fill(b'=');
                    after[b] = b'h';
                }
                assert_eq!(table.picture(), after);
            }
        });
    }

    #[test]
    fn freeing_at_a_glance_sees_the_whole_run() {
        let mut seen = 0;
        each_table(|before, part| {
            let used = |l: &u8| *l != b'.';
            let last_used = before.iter().rposition(used).unwrap_or(0);
            for block in part.clone() {
                let mut table = Table::new(&before);
                let freed = table.atb().free_at_a_glance(FOREIGN + block, FOREIGN + last_used);
                let mut after = before.clone();
                if let Some(freed) = freed {
                    seen += 1;
                    assert_eq!(before[block], b'h');
                    let len = object_len(&before, block);
                    assert_eq!(freed.len, len);
                    after[block..block + len].fill(b'.');
                    let start = after[..block].iter().rposition(used).map_or(0, |b| b + 1);
                    let end = after[block..].iter().position(used).map_or(after.len(), |n| block + n);
                    let expected = (FOREIGN + start, FOREIGN + end);
                    assert_eq!((freed.start, freed.end), expected, "{block} in {}", String::from_utf8_lossy(&before));
                }
                assert_eq!(table.picture(), after);
            }
        });
        assert!(seen > 10_000, "{seen}");
    }

    #[test]
    fn growing_in_a_word() {
        let mut grown = 0;
        each_table(|before, part| {
            for (block, n) in part.flat_map(|block| (1..12).map(move |n| (block, n))) {
                let mut table = Table::new(&before);
                let old = table.atb().grow_in_word(FOREIGN + block, n);
                let mut after = before.clone();
                if let Some(old) = old {
                    assert_eq!(before[block], b'h');
                    assert_eq!(old, object_len(&before, block));
                    assert!(n >= old && before[block + old..block + n].iter().all(|&l| l == b'.'));
                    after[block + old..block + n].fill(b'=');
                    grown += (n > old) as usize;
                }
                assert_eq!(table.picture(), after);
            }
        });
        assert!(grown > 10_000, "{grown}");
    }
}

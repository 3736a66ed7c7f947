//! Objects that wait to be scanned although the mark stack is full.
//!
//! gc.c forgets them, sets a flag, and afterwards scans every marked object of the heap again, as often as that happens.
//! Here they wait in the table, as a fifth state that needs no memory:
//!
//! ```text
//!    FREE      00    while objects wait, no block of the heap has this code for being free …
//!    HEAD      01
//!    TAIL      10
//!    MARK      11    … because free runs are disguised as marked objects, MARK TAIL TAIL …
//!    deferred  00    … so this code can mean: reached, but not scanned yet
//!
//!    before     h = . . . h . m =          one 3-block run, one 1-block run
//!    disguised  h = m = = h m m =          the runs' first words link them:  state → block 2 → block 6 → 0
//!    deferred   h = m = = . m m =          block 5 was reached with the stack full
//! ```
//!
//! A free block holds nothing during a collection, so its first word can hold the link. Which table words have deferred
//! objects is kept in *cards*, one bit for a few table words each, so that finding the next one does not mean reading the
//! table from the start. Every deferred object is scanned once: marking stays linear in what it marks, in a completely
//! full heap too.

use core::ops::Range;

use super::pool::Pool;
use super::prefetch::{AHEAD, prefetch};
use crate::config::INTERIOR;
use crate::context::Context;
use crate::host::Host;
use crate::inspect::noting::note;
use crate::layout::atb::Atb;
use crate::layout::block::ptr_from_block;
use crate::layout::borrowed::{CARD_WORDS, MarkingWords};
use crate::layout::lanes::{BLOCKS_PER_WORD, Word, block_shift, both_bits, frees, lanes_below, lanes_of_objects};
use crate::layout::phase::phase_of;
use crate::layout::starts::BLOCKS_PER_START;
use crate::layout::state::State;

const CARDS: usize = CARD_WORDS * usize::BITS as usize;

/// The cards, by value: what the inner loop needs to note that a table word has a deferred object.
#[derive(Clone, Copy)]
pub(super) struct Cards {
    state: State,
    /// log2 of how many table words a card stands for.
    bits: u32,
}

impl Cards {
    /// Sets the card of a table word; words are counted through all areas.
    #[inline(always)]
    pub fn set(self, table_word: usize) {
        let card = table_word >> self.bits;
        let cards = MarkingWords(self.state).cards(card / usize::BITS as usize);
        let (old, bit) = (cards.get(), 1 << (card % usize::BITS as usize));
        // Mostly it is set. Then the next one need not wait until this one has been written.
        if old & bit == 0 {
            cards.set(old | bit);
        }
    }
}

/// The deferred objects of a collection.
#[derive(Clone, Copy)]
pub(super) struct Deferred<H: Host>(pub Context<H>);

impl<H: Host> Deferred<H> {
    /// Whether free runs are disguised. Then objects can be deferred.
    pub fn on(self) -> bool {
        phase_of(self.0.state()).has_deferred()
    }

    /// The cards; free runs are disguised.
    pub fn cards(self) -> Cards {
        debug_assert!(self.on());
        Cards { state: self.0.state(), bits: phase_of(self.0.state()).card_bits() }
    }

    /// Nothing waits any more, and no free run is disguised: marking may begin anew.
    pub fn end(self) {
        phase_of(self.0.state()).clear_cards();
        self.words().far_steps().set(0);
    }

    fn words(self) -> MarkingWords {
        MarkingWords(self.0.state())
    }

    /// Takes every card in turn, and calls `scan` with the table words of each pool that it stands for.
    #[inline(always)]
    pub fn each_card(self, first: Pool, mut scan: impl FnMut(Pool, Range<usize>)) {
        let bits = self.cards().bits;
        for i in 0..CARD_WORDS {
            let cards = self.words().cards(i);
            let mut round = cards.get();
            while round != 0 {
                let lowest = round.trailing_zeros() as usize;
                round &= round - 1;
                // Cleared first: scanning may set it again.
                cards.set(cards.get() & !(1 << lowest));
                let card = i * usize::BITS as usize + lowest;
                let (from, to) = (card << bits, (card + 1) << bits);
                let mut next = Some(first);
                while let Some(pool) = next {
                    let (before, len) = (pool.words_before, pool.used_words());
                    if from < before + len && before < to {
                        scan(pool, from.saturating_sub(before)..(to - before).min(len));
                    }
                    next = pool.next();
                }
            }
        }
    }

    /// Marks all deferred objects of table word `i`, for the caller to scan. Returns the word as it was, and their lanes.
    #[inline(always)]
    pub fn take_from_word(pool: Pool, i: usize) -> (Word, Word) {
        let word = pool.atb.load(i);
        let waiting = frees(word) & pool.atb.own_lanes(i);
        if waiting != 0 {
            pool.atb.store(i, word | both_bits(waiting));
        }
        (word, waiting)
    }

    /// Turns every free run into a marked object and links the runs. Once per collection.
    #[cold]
    #[inline(never)]
    pub fn disguise_free_runs(self, first: Pool) {
        let words = self.words();
        for i in 0..CARD_WORDS {
            words.cards(i).set(0);
        }
        let link = words.first_disguised();
        link.set(0);
        let mut table_words = 0;
        let mut next = Some(first);
        while let Some(pool) = next {
            // The lane before this word was free.
            let mut carry = 0;
            let mut last_start = 0;
            for i in 0..pool.used_words() {
                self.0.host().hook(i * BLOCKS_PER_WORD);
                let word = pool.atb.load(i);
                let free = frees(word) & pool.atb.own_lanes(i);
                let mut starts = free & !(free << 2 | carry);
                carry = free >> (Word::BITS - 2);
                if free != 0 {
                    pool.atb.store(i, word | free << 1 | starts);
                }
                if INTERIOR {
                    last_start = note_where_it_starts(pool, i, free, starts, last_start);
                }
                while starts != 0 {
                    let block = pool.atb.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2);
                    // SAFETY: I6: a free block of this area; I8: it holds nothing until it is allocated.
                    let run = unsafe { ptr_from_block(pool.start, block) };
                    // SAFETY: as above; a block is word aligned.
                    unsafe { run.cast::<usize>().write(link.get()) };
                    link.set(run.addr().get());
                    starts &= starts - 1;
                }
            }
            table_words += pool.used_words();
            next = pool.next();
        }
        let phase = phase_of(self.0.state());
        phase.set_deferred();
        note(self.0, |numbers| numbers.is_stack_full = true);
        phase.set_card_bits(table_words.div_ceil(CARDS).next_power_of_two().trailing_zeros());
    }

    /// Makes the disguised free runs free again: those of one table word together.
    #[inline(never)]
    pub fn restore_free_runs(self, first: Pool) {
        let mut link = self.words().first_disguised().get();
        let mut next = Some(first);
        while let Some(pool) = next {
            // The runs were linked in order of address, so the links lead down from the last one.
            next = pool.next();
            if link == 0 || pool.block(link).is_none() {
                continue;
            }
            let (mut at, mut starts) = (usize::MAX, 0);
            while let Some(block) = pool.block(link) {
                let slot = pool.atb.slot(block);
                if slot / BLOCKS_PER_WORD != at {
                    free_runs(pool, at, starts);
                    (at, starts) = (slot / BLOCKS_PER_WORD, 0);
                }
                starts |= 1 << block_shift(slot);
                prefetch(link.wrapping_sub(AHEAD / 4));
                // SAFETY: I6, I8: the run's first word, written by `disguise_free_runs`.
                link = unsafe { ptr_from_block(pool.start, block).cast::<usize>().read() };
            }
            free_runs(pool, at, starts);
            // Areas were disguised in list order; the link now leads into an earlier one.
            next = Some(first);
        }
    }
}

/// Frees the runs that start at these lanes of table word `i`.
fn free_runs(pool: Pool, mut i: usize, mut starts: Word) {
    let mut carry = 0;
    while starts | carry != 0 && i < pool.used_words() {
        let word = pool.atb.load(i);
        let (lanes, over) = lanes_of_objects(word, starts, carry);
        pool.atb.store(i, word & !both_bits(lanes));
        (i, starts, carry) = (i + 1, 0, over);
    }
}

/// If one of the blocks of table word `i` needs it written down where its object starts (I13), and is a tail of a disguised
/// free run, writes that down. Returns the start of the last run so far.
#[inline(always)]
fn note_where_it_starts(pool: Pool, i: usize, free: Word, starts: Word, last_start: usize) -> usize {
    let first = i * BLOCKS_PER_WORD;
    let highest = |starts: Word| match starts {
        0 => last_start,
        starts => pool.atb.block(first + starts.ilog2() as usize / 2),
    };
    // Such blocks are far apart, so a word has one at most.
    let lane = (pool.atb.phase() + BLOCKS_PER_START - first % BLOCKS_PER_START) % BLOCKS_PER_START;
    if lane < BLOCKS_PER_WORD && (free & !starts) >> (2 * lane) & 1 == 1 {
        let below = starts & lanes_below(lane);
        pool.area.starts().note_disguised(highest(below), pool.atb.block(first + lane));
    }
    highest(starts)
}

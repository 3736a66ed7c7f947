//! Objects that wait to be scanned although the mark stack is full.
//!
//! gc.c forgets them, sets a flag, and afterwards scans every marked object of the heap again, as often as that happens.
//! Here they wait in the table, as a fifth state that needs no memory:
//!
//! ```text
//!    FREE  00        while objects wait, no block of the heap has this code for being free …
//!    HEAD  01
//!    TAIL  10
//!    MARK  11        … because free runs are dressed up as marked objects, MARK TAIL TAIL …
//!    grey  00        … so this code is free to say: reached, but not scanned yet
//!
//!    before   h = . . . h . m =          one 3-block run, one 1-block run
//!    dressed  h = m = = h m m =          the runs' first words chain them up:  state → block 2 → block 6 → 0
//!    grey     h = m = = . m m =          block 5 was reached with the stack full
//! ```
//!
//! A free block holds nothing during a collection, so its first word can hold the chain. Which table words have grey
//! lanes is kept in *cards*, one bit for a few table words each, so that finding the next grey object does not mean
//! reading the table from the start. Every grey object is scanned once: marking stays linear in what it marks, in a
//! completely full heap too.

use super::Heap;
use super::atb::{Kind, block_from_ptr, ptr_from_block, what_is};
use super::collect::{CARD_BITS_SHIFT, WAITING};
use super::lanes::{BLOCKS_PER_WORD, Word, block_shift, both_bits, frees, lanes_below};
use super::mark::{Marker, Pool, Stack};
use super::state::{Area, SCRATCH_WORDS};
use crate::port::Port;

/// The scratch word with the address of the first dressed-up free run; 0 ends the chain, and is what the word holds
/// before and after.
const CHAIN: usize = super::holes::COUNT;
/// The scratch words with the cards: a quarter of all.
pub(super) const FIRST_CARD: usize = CHAIN + 1;
pub(super) const CARD_WORDS: usize = SCRATCH_WORDS / 4;
const CARDS: usize = CARD_WORDS * usize::BITS as usize;

const _: () = assert!(SCRATCH_WORDS >= 7, "the mark stack must have room for at least 7 machine words");

impl<P: Port> Heap<P> {
    pub(super) fn has_greys(&self) -> bool {
        self.state().phase().get() & WAITING != 0
    }

    /// card_bits: log2 of how many table words a card stands for.
    fn set_has_greys(&self, card_bits: u32) {
        let phase = self.state().phase();
        phase.set(phase.get() | WAITING | card_bits << CARD_BITS_SHIFT);
    }

    /// What `set_has_greys` was told.
    fn grey_card_bits(&self) -> u32 {
        self.state().phase().get() >> CARD_BITS_SHIFT
    }

    /// Lets a head that was just marked wait in the table, where free runs are dressed up.
    #[inline(always)]
    pub(super) fn shade(&self, pool: Pool, block: usize) {
        debug_assert!(self.has_greys());
        let slot = pool.atb.slot(block);
        let i = slot / BLOCKS_PER_WORD;
        debug_assert!(pool.atb.kind(block) == Kind::Mark);
        pool.atb.store(i, pool.atb.load(i) & !((Kind::Mark as Word) << block_shift(slot)));
        let mut before = 0;
        for area in self.state().areas() {
            if area == pool.area {
                break;
            }
            before += area.atb().len();
        }
        let card = (before + i) >> self.grey_card_bits();
        let cards = self.state().scratch(FIRST_CARD + card / usize::BITS as usize);
        cards.set(cards.get() | 1 << (card % usize::BITS as usize));
    }

    /// Scans the grey objects, those that this makes grey included, and undresses the free runs.
    ///
    /// Goes round all cards, again and again: what becomes grey meanwhile waits for the next round, so that there are
    /// many grey objects in a card when it is looked at.
    pub(super) fn scan_waiting(&self) {
        if !self.has_greys() {
            return;
        }
        let marker = Marker::new(*self);
        while self.scan_cards(marker) {}
        self.undress_free_runs();
    }

    /// One round; says whether there was any card.
    fn scan_cards(&self, marker: Marker<P>) -> bool {
        let bits = self.grey_card_bits();
        let mut stack = Stack::EMPTY;
        let mut any = false;
        for i in 0..CARD_WORDS {
            let cards = self.state().scratch(FIRST_CARD + i);
            let mut round = cards.get();
            while round != 0 {
                any = true;
                let lowest = round.trailing_zeros() as usize;
                round &= round - 1;
                // Cleared first: scanning may set it again.
                cards.set(cards.get() & !(1 << lowest));
                let card = i * usize::BITS as usize + lowest;
                stack = self.scan_card(card << bits, (card + 1) << bits, marker, stack);
            }
        }
        marker.drain(stack);
        any
    }

    /// Stacks the grey objects of the table words `from..to`, numbered through all areas.
    fn scan_card(&self, from: usize, to: usize, marker: Marker<P>, mut stack: Stack) -> Stack {
        let mut before = 0;
        for area in self.state().areas() {
            let len = area.atb().len();
            if from < before + len && before < to {
                stack = self.scan_words(area, from.saturating_sub(before), (to - before).min(len), marker, stack);
            }
            before += len;
        }
        stack
    }

    fn scan_words(&self, area: Area, from: usize, to: usize, marker: Marker<P>, mut stack: Stack) -> Stack {
        let pool = Pool::of(area);
        for i in from..to {
            self.port().hook(i * BLOCKS_PER_WORD);
            let lanes = used_lanes(area, i);
            loop {
                let word = pool.atb.load(i);
                let greys = frees(word) & lanes;
                if greys == 0 {
                    break;
                }
                let lowest = greys & greys.wrapping_neg();
                pool.atb.store(i, word | both_bits(lowest));
                let shift = lowest.trailing_zeros();
                let block = pool.atb.block(i * BLOCKS_PER_WORD + shift as usize / 2);
                // SAFETY: I6: a block of this pool.
                let addr = unsafe { ptr_from_block(pool.start, block) }.addr().get();
                stack = marker.push_object(addr, what_is(word, shift), stack);
            }
        }
        stack
    }

    /// Turns every free run into a marked object and chains the runs up. Once per collection.
    #[cold]
    pub(super) fn dress_free_runs(&self) {
        for i in 0..CARD_WORDS {
            self.state().scratch(FIRST_CARD + i).set(0);
        }
        let chain = self.state().scratch(CHAIN);
        chain.set(0);
        for area in self.state().areas() {
            let (atb, pool) = (area.atb(), area.pool());
            // The lane before this word was free.
            let mut carry = 0;
            for i in 0..atb.len() {
                self.port().hook(i * BLOCKS_PER_WORD);
                let word = atb.load(i);
                let free = frees(word) & used_lanes(area, i);
                let mut starts = free & !(free << 2 | carry);
                carry = free >> (Word::BITS - 2);
                atb.store(i, word | free << 1 | starts);
                while starts != 0 {
                    let block = atb.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2);
                    // SAFETY: I6: a free block of this area; I8: it holds nothing until it is allocated.
                    let run = unsafe { ptr_from_block(pool, block) };
                    // SAFETY: as above; a block is word aligned.
                    unsafe { run.cast::<usize>().write(chain.get()) };
                    chain.set(run.addr().get());
                    starts &= starts - 1;
                }
            }
        }
        let words: usize = self.state().areas().map(|area| area.atb().len()).sum();
        // log2 of how many table words a card stands for. Table words are numbered through all areas.
        self.set_has_greys(words.div_ceil(CARDS).next_power_of_two().ilog2());
    }

    /// Makes the free runs free again.
    fn undress_free_runs(&self) {
        let chain = self.state().scratch(CHAIN);
        while chain.get() != 0 {
            let addr = chain.get();
            // Every link is the address of a free block in one of the areas.
            chain.set(0);
            for area in self.state().areas() {
                let pool = area.pool();
                if let Some(block) = block_from_ptr(addr, pool.addr().get(), area.blocks()) {
                    // SAFETY: I6, I8: the run's first word, written by `dress_free_runs`.
                    chain.set(unsafe { ptr_from_block(pool, block).cast::<usize>().read() });
                    let atb = area.atb();
                    atb.object_to_free(block);
                    break;
                }
            }
        }
    }
}

/// The lanes of table word `i` that stand for blocks up to the highest one in use: where there can be objects.
fn used_lanes(area: Area, i: usize) -> Word {
    let atb = area.atb();
    let end = atb.slot(area.last_used().get()) + 1;
    atb.own_lanes(i) & lanes_below(end.saturating_sub(i * BLOCKS_PER_WORD))
}

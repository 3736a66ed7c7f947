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
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::{FastAtb, Reached, object_at};
use crate::layout::block::{Kind, block_from_ptr, ptr_from_block};
use crate::layout::borrowed::{CARD_WORDS, MarkingWords};
use crate::layout::lanes::{BLOCKS_PER_WORD, Word, block_shift, both_bits, frees, lanes_below};
use crate::layout::phase::phase_of;

const CARDS: usize = CARD_WORDS * usize::BITS as usize;

/// The deferred objects of a collection.
#[derive(Clone, Copy)]
pub(super) struct Deferred<H: Host>(pub Context<H>);

impl<H: Host> Deferred<H> {
    /// Whether any object was deferred. Then free runs are disguised.
    pub fn any(self) -> bool {
        phase_of(self.0.state()).has_deferred()
    }

    #[inline(always)]
    fn words(self) -> MarkingWords {
        MarkingWords(self.0.state())
    }

    /// Lets a head that was just marked wait in the table, where free runs are disguised.
    #[inline(always)]
    pub fn add(self, pool: Pool, block: usize) {
        debug_assert!(self.any());
        let slot = pool.atb.slot(block);
        let i = slot / BLOCKS_PER_WORD;
        debug_assert!(pool.atb.kind(block) == Kind::Mark);
        pool.atb.store(i, pool.atb.load(i) & !((Kind::Mark as Word) << block_shift(slot)));
        let mut before = 0;
        for area in self.0.state().areas() {
            if area == pool.area {
                break;
            }
            before += area.atb::<FastAtb>().words();
        }
        let card = (before + i) >> phase_of(self.0.state()).card_bits();
        let cards = self.words().cards(card / usize::BITS as usize);
        cards.set(cards.get() | 1 << (card % usize::BITS as usize));
    }

    /// Takes every card in turn, and calls `scan` with the table words of each area that it stands for.
    #[inline(always)]
    pub fn each_card(self, mut scan: impl FnMut(Area, Range<usize>)) {
        let bits = phase_of(self.0.state()).card_bits();
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
                // Table words are counted through all areas.
                let mut before = 0;
                for area in self.0.state().areas() {
                    let len = area.atb::<FastAtb>().words();
                    if from < before + len && before < to {
                        scan(area, from.saturating_sub(before)..(to - before).min(len));
                    }
                    before += len;
                }
            }
        }
    }

    /// Marks the lowest deferred object of table word `i` again, for the caller to scan. None if there is none.
    #[inline(always)]
    pub fn take_from_word(self, pool: Pool, i: usize) -> Option<(usize, Reached)> {
        let word = pool.atb.load(i);
        let deferred = frees(word) & used_lanes(pool.area, i);
        if deferred == 0 {
            return None;
        }
        let lowest = deferred & deferred.wrapping_neg();
        pool.atb.store(i, word | both_bits(lowest));
        let shift = lowest.trailing_zeros();
        Some((pool.atb.block(i * BLOCKS_PER_WORD + shift as usize / 2), object_at(word, shift)))
    }

    /// Turns every free run into a marked object and links the runs. Once per collection.
    #[cold]
    pub fn disguise_free_runs(self) {
        let words = self.words();
        for i in 0..CARD_WORDS {
            words.cards(i).set(0);
        }
        let link = words.first_disguised();
        link.set(0);
        for area in self.0.state().areas() {
            let (atb, pool) = (area.atb::<FastAtb>(), area.pool());
            // The lane before this word was free.
            let mut carry = 0;
            for i in 0..atb.words() {
                self.0.host().hook(i * BLOCKS_PER_WORD);
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
                    unsafe { run.cast::<usize>().write(link.get()) };
                    link.set(run.addr().get());
                    starts &= starts - 1;
                }
            }
        }
        let table_words: usize = self.0.state().areas().map(|area| area.atb::<FastAtb>().words()).sum();
        let phase = phase_of(self.0.state());
        phase.set_deferred();
        phase.set_card_bits(table_words.div_ceil(CARDS).next_power_of_two().trailing_zeros());
    }

    /// Makes the disguised free runs free again.
    pub fn restore_free_runs(self) {
        let link = self.words().first_disguised();
        while link.get() != 0 {
            let addr = link.get();
            // Every link is the address of a free block in one of the areas.
            link.set(0);
            for area in self.0.state().areas() {
                let pool = area.pool();
                if let Some(block) = block_from_ptr(addr, pool.addr().get(), area.blocks()) {
                    // SAFETY: I6, I8: the run's first word, written by `disguise_free_runs`.
                    link.set(unsafe { ptr_from_block(pool, block).cast::<usize>().read() });
                    area.atb::<FastAtb>().object_to_free(block);
                    break;
                }
            }
        }
    }
}

/// The lanes of table word `i` that stand for blocks up to the highest one in use: where there can be objects.
fn used_lanes(area: Area, i: usize) -> Word {
    let atb: FastAtb = area.atb();
    let end = atb.slot(area.last_used().get()) + 1;
    atb.own_lanes(i) & lanes_below(end.saturating_sub(i * BLOCKS_PER_WORD))
}

//! From a scanned word to the object that it points at: is there one, and what becomes of it?
//!
//! As in gc.c, the word must be the address of a head. Two options add to that. In builds with INTERIOR, a word that points
//! into an object counts too, if the caller says so; and in builds with NO_SCAN, there are objects that are marked, but in
//! which nobody looks for pointers.

use super::FastMarking;
use super::deferred::Cards;
use super::pool::Pool;
use super::stack::Child;
use crate::config::{BLOCK_BITS, BLOCK_BYTES, INTERIOR, NO_SCAN};
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::Reached;
use crate::layout::block::{Kind, block_or_more};

impl<H: Host> FastMarking<H> {
    /// Marks the object that a word points at, which has this slot in the window. What is to be scanned, if anything.
    #[inline(always)]
    pub(super) fn reach(&self, word: usize, slot: usize) -> Child {
        if !INTERIOR && !NO_SCAN {
            return Child { addr: word, reached: self.window.head_to_mark(slot) };
        }
        if INTERIOR && word % BLOCK_BYTES != 0 {
            return self.reach_by_block(word);
        }
        let Some(reached) = self.window.head_to_mark_or_tail(slot) else { return self.reach_by_block(word) };
        if reached == Reached::Nothing {
            return Child { addr: word, reached };
        }
        let block = block_or_more(word, self.first.start.addr().get());
        Child { addr: word, reached: self.left_to_scan(self.first, block, reached) }
    }

    /// The same for one that does not point at a head.
    #[inline(never)]
    fn reach_by_block(&self, word: usize) -> Child {
        self.mark_word(word, self.context.host().follows_interior())
    }

    /// The same for any word; `inside` says whether it counts if it points into an object.
    #[inline(always)]
    pub(super) fn mark_word(&self, word: usize, inside: bool) -> Child {
        let nothing = Child { addr: word, reached: Reached::Nothing };
        if INTERIOR && inside {
            let Some((block, addr)) = self.find_around(word) else { return nothing };
            return Child { addr, reached: self.mark_head(self.first, block) };
        }
        match self.find(word) {
            Some((pool, block)) => Child { addr: word, reached: self.mark_head(pool, block) },
            None => nothing,
        }
    }

    /// Lets the object that a word points at wait, which has this slot in the window.
    #[inline(always)]
    pub(super) fn defer(&self, word: usize, slot: usize, cards: Cards) {
        if INTERIOR && (word % BLOCK_BYTES != 0 || self.window.is_tail(slot)) {
            return self.defer_by_block(word, cards);
        }
        let block = block_or_more(word, self.first.start.addr().get());
        if NO_SCAN && block < self.first.blocks && self.first.area.ntb().get(block) {
            // There is nothing to wait for.
            self.window.head_to_mark(slot);
        } else if self.window.head_to_deferred(slot) {
            cards.set(self.window.table_word(slot));
        }
    }

    /// The same for one that does not point at a head.
    #[inline(never)]
    fn defer_by_block(&self, word: usize, cards: Cards) {
        self.defer_anywhere(word, self.context.host().follows_interior(), cards);
    }

    /// The same for any word.
    #[inline(always)]
    pub(super) fn defer_anywhere(&self, word: usize, inside: bool, cards: Cards) {
        let found = if INTERIOR && inside {
            self.find_around(word).map(|(block, _)| (self.first, block))
        } else {
            self.find(word)
        };
        let Some((pool, block)) = found else { return };
        if NO_SCAN && pool.area.ntb().get(block) {
            // There is nothing to wait for.
            self.mark_head(pool, block);
        } else if let Some(i) = pool.atb.head_to_deferred(block) {
            cards.set(pool.words_before + i);
        }
    }

    /// The head of the object that a word points into, and its address; if it points at a free block, that block. In builds
    /// with interior pointers there is one pool.
    #[inline(always)]
    fn find_around(&self, word: usize) -> Option<(usize, usize)> {
        let mut block = word.wrapping_sub(self.first.start.addr().get()) >> BLOCK_BITS;
        if block >= self.first.blocks {
            return None;
        }
        if self.first.atb.kind(block) == Kind::Tail {
            block = self.first.area.head_of(block);
        }
        Some((block, self.first.address(block)))
    }

    /// Marks a head, if it is one and not marked yet; says what is to be scanned of its object.
    #[inline(always)]
    fn mark_head(&self, pool: Pool, block: usize) -> Reached {
        self.left_to_scan(pool, block, pool.atb.head_to_mark(block))
    }

    /// What is to be scanned of an object that was just reached: nothing if it is a no-scan object, which the host may
    /// know more about.
    #[inline(always)]
    fn left_to_scan(&self, pool: Pool, block: usize, reached: Reached) -> Reached {
        if NO_SCAN && reached != Reached::Nothing && pool.area.ntb().get(block) {
            self.context.host().reached_no_scan(pool.address(block));
            return Reached::Nothing;
        }
        reached
    }
}

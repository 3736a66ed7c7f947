//! Objects of several blocks, and those with more children than the stack has room for.

use super::FastMarking;
use super::WORDS_PER_BLOCK;
use super::deferred::Cards;
use super::pool::Pool;
use super::prefetch::{AHEAD, prefetch};
use super::stack::{Depth, FLAGS, LONG, PARKED, STACK_LEN, UNFINISHED};
use crate::config::BLOCK_BYTES;
use crate::host::Host;

/// From how many bytes on a step of the walk is far.
const FAR: usize = 4096;

impl<H: Host> FastMarking<H> {
    /// Scans an object of one or more blocks from this block on.
    #[inline(never)]
    pub(super) fn scan_longer(&self, pool: Pool, block: usize, mut stack: Depth) -> Depth {
        let (run, more) = pool.atb.object_in_word(block);
        if more || stack.depth + run * WORDS_PER_BLOCK > STACK_LEN {
            return self.scan_long(pool, block, stack);
        }
        let mut addr = pool.address(block);
        for _ in 0..run {
            stack = self.scan_block(pool, addr, stack);
            addr += BLOCK_BYTES;
        }
        stack
    }

    /// The same for an object whose children may be too many for the stack.
    ///
    /// The table tells word by word how far the object goes: a long one that comes back here again and again must not
    /// have its end looked up each time.
    #[inline(never)]
    fn scan_long(&self, pool: Pool, mut block: usize, mut stack: Depth) -> Depth {
        let bottom = stack.depth;
        // Half of what is free is for one object's children, the other half for theirs.
        let limit = bottom + ((STACK_LEN - bottom) / 2).max(WORDS_PER_BLOCK);
        let limit = if limit > STACK_LEN { 0 } else { limit };
        let (mut run, mut more) = pool.atb.object_in_word(block);
        let mut found = true;
        loop {
            let mut addr = pool.address(block);
            block += run;
            let end = addr + run * BLOCK_BYTES;
            while addr < end {
                prefetch(addr.wrapping_add(AHEAD));
                // After a block without children the next one is likely to have none.
                if !found && self.leads_nowhere(addr) {
                    addr += BLOCK_BYTES;
                    continue;
                }
                if stack.depth + WORDS_PER_BLOCK > limit {
                    return self.scan_with_a_full_stack(pool, addr, bottom, stack);
                }
                let depth = stack.depth;
                stack = self.scan_block(pool, addr, stack);
                found = stack.depth != depth;
                addr += BLOCK_BYTES;
            }
            if !more {
                return stack;
            }
            (run, more) = pool.atb.tails_in_word(block);
        }
    }

    /// Whether no word of a block is the address of a block: one branch for all of them. Most of what fills long objects
    /// is text and numbers.
    #[inline(always)]
    fn leads_nowhere(&self, addr: usize) -> bool {
        if !self.is_one_window() {
            return false;
        }
        let words = self.window.pointer(addr);
        let mut lowest = usize::MAX;
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: word i of the block, as in `scan_block`.
            lowest = lowest.min(self.window.slot_or_more(unsafe { words.add(i).read_volatile() }));
        }
        !self.window.has(lowest)
    }

    /// The rest of an object that has more children than there is room for.
    #[inline(never)]
    fn scan_with_a_full_stack(&self, pool: Pool, addr: usize, bottom: usize, mut stack: Depth) -> Depth {
        if stack.depth > bottom && stack.depth < STACK_LEN && !self.deferred().on() {
            // The rest waits below the object's children, where a swap makes room for it: it comes last.
            let place = self.stack().entry(bottom);
            let moved = place.get();
            place.set(addr | UNFINISHED | LONG);
            stack = self.stack().push_entry(moved & !FLAGS, moved & FLAGS, stack);
            stack.newest = PARKED;
            return stack;
        }
        if let Some(block) = pool.block(addr) {
            self.scan_rest_and_defer(pool, block);
        }
        stack
    }

    /// Scans an object from this block to its end; its children wait in the table.
    #[inline(never)]
    fn scan_rest_and_defer(&self, pool: Pool, mut block: usize) {
        let cards = self.cards();
        let (mut run, mut more) = pool.atb.object_in_word(block);
        let mut found = true;
        loop {
            let mut addr = pool.address(block);
            block += run;
            let end = addr + run * BLOCK_BYTES;
            while addr < end {
                prefetch(addr.wrapping_add(AHEAD));
                found = if !found && self.leads_nowhere(addr) {
                    false
                } else {
                    self.scan_block_and_defer(pool, addr, cards)
                };
                addr += BLOCK_BYTES;
            }
            if !more {
                return;
            }
            (run, more) = pool.atb.tails_in_word(block);
        }
    }

    /// Scans one block; its children wait in the table.
    #[inline(never)]
    pub(super) fn scan_and_defer(&self, pool: Pool, addr: usize) {
        self.scan_block_and_defer(pool, addr, self.cards());
    }

    /// Says whether there were any pointers.
    #[inline(always)]
    fn scan_block_and_defer(&self, pool: Pool, addr: usize, cards: Cards) -> bool {
        if !self.is_one_window() {
            return self.scan_anywhere_and_defer(pool, addr, cards);
        }
        self.context.host().hook(addr / BLOCK_BYTES);
        let words = self.window.pointer(addr);
        let mut any = false;
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: word i of the block, as in `scan_block`.
            let word = unsafe { words.add(i).read_volatile() };
            let slot = self.window.slot_or_more(word);
            if self.window.has(slot) {
                any = true;
                self.defer(word, slot, cards);
            }
        }
        any
    }

    /// The same where words may be addresses of blocks that are not in the window.
    #[cold]
    #[inline(never)]
    fn scan_anywhere_and_defer(&self, pool: Pool, addr: usize, cards: Cards) -> bool {
        self.context.host().hook(addr / BLOCK_BYTES);
        let words = pool.pointer(addr);
        let inside = self.context.host().follows_interior();
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: word i of the block, as in `scan_block`.
            self.defer_anywhere(unsafe { words.add(i).read_volatile() }, inside, cards);
        }
        true
    }

    /// The cards. The first time in a collection, free runs are disguised.
    #[inline(always)]
    fn cards(&self) -> Cards {
        if !self.deferred().on() {
            self.deferred().disguise_free_runs(self.first);
        }
        self.deferred().cards()
    }

    /// `drain` while objects are parked. Their children are taken a few at a time, and all that these lead to. Where that
    /// leads far away in memory again and again, they had better wait in the table, which has them in order of address.
    /// Disguising the free runs has its price: it is paid when the far steps have cost as much.
    #[inline(never)]
    pub(super) fn drain_and_watch(&self, mut stack: Depth) {
        let far_steps = self.stack().far_steps();
        let mut watch = Watch { last: 0, far_steps: far_steps.get(), patience: self.price_of_disguise() };
        stack = self.walk::<true>(stack, &mut watch);
        if !self.deferred().on() {
            far_steps.set(watch.far_steps);
        }
        if stack.depth > 0 {
            stack = self.finish_parked(stack);
            self.drain(stack);
        }
    }

    /// Scans parked objects to their end; their children wait in the table.
    #[inline(never)]
    fn finish_parked(&self, mut stack: Depth) -> Depth {
        let mut i = 0;
        while i < stack.depth {
            let place = self.stack().entry(i);
            let entry = place.get();
            if entry & UNFINISHED == 0 {
                i += 1;
                continue;
            }
            stack.depth -= 1;
            place.set(self.stack().entry(stack.depth).get());
            if let Some((pool, block)) = self.find(entry & !FLAGS) {
                self.scan_rest_and_defer(pool, block);
            }
        }
        stack.newest = 0;
        stack
    }

    /// What disguising the free runs costs, in far steps.
    fn price_of_disguise(&self) -> usize {
        let mut price = 64;
        let mut next = Some(self.first);
        while let Some(pool) = next {
            let free = (pool.area.last_used().get() + 1).saturating_sub(pool.area.used().get());
            price += pool.used_words() / 16 + free / 2;
            next = pool.next();
        }
        price
    }
}

/// Looks at how far apart in memory the walk's steps are.
pub(super) struct Watch {
    last: usize,
    far_steps: usize,
    patience: usize,
}

impl Watch {
    /// For a walk that does not watch.
    pub fn off() -> Watch {
        Watch { last: 0, far_steps: 0, patience: 0 }
    }

    /// Takes note of a step; says whether there have been too many far ones.
    #[inline(always)]
    pub fn step(&mut self, addr: usize) -> bool {
        let step = addr.wrapping_sub(self.last);
        self.last = addr;
        if step.wrapping_add(FAR) < 2 * FAR {
            return false;
        }
        self.far_steps += 1;
        self.far_steps > self.patience
    }
}

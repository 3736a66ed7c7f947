//! Marking in the fast variant: nothing is ever scanned twice. When the mark stack ([`stack`]) is full, objects wait in the
//! table itself ([`deferred`]).

mod deferred;
mod pool;
mod prefetch;
mod stack;

use super::Marking;
use crate::config::{BLOCK_BYTES, SPLIT_HEAP, VALGRIND, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::Reached;
use crate::layout::block::{block_or_more, ptr_from_block};
use crate::layout::lanes::BLOCKS_PER_WORD;
use deferred::Deferred;
use pool::Pool;
use prefetch::{AHEAD, prefetch};
use stack::{Child, Depth, FLAGS, LONG, MarkStack, STACK_LEN, UNFINISHED};

/// The most children one block can have.
const WORDS_PER_BLOCK: usize = BLOCK_BYTES / WORD_BYTES;

/// Marking with a stack and deferred objects. Everything in it stays the same during a run; how deep the stack is goes from
/// call to call by value, so that all of it can be in registers.
#[derive(Clone, Copy)]
pub struct FastMarking<H: Host> {
    context: Context<H>,
    first: Pool,
}

impl<H: Host> Marking<H> for FastMarking<H> {
    fn over(context: Context<H>) -> Self {
        Self { context, first: Pool::of(context.state().first_area()) }
    }

    unsafe fn mark(self, words: *const usize, len: usize) {
        let mut stack = Depth::EMPTY;
        for i in 0..len {
            self.context.host().hook(i);
            if VALGRIND && !self.context.host().is_addressable(words.wrapping_add(i)) {
                continue;
            }
            // SAFETY: the caller's promise. Volatile: another thread's stack may be written to meanwhile.
            let word = unsafe { words.add(i).read_volatile() };
            if let Some((pool, block)) = self.find(word) {
                let reached = pool.atb.head_to_mark(block);
                if reached != Reached::Nothing {
                    stack = self.push_object(Child { addr: word, reached }, stack);
                }
            }
        }
        self.drain(stack);
    }

    /// Goes round all cards, again and again: what is deferred meanwhile waits for the next round, so that there are many
    /// objects in a card when it is looked at.
    fn finish(self) {
        let deferred = self.deferred();
        if !deferred.any() {
            return;
        }
        while self.scan_cards(deferred) {}
        deferred.restore_free_runs();
    }
}

impl<H: Host> FastMarking<H> {
    #[inline(always)]
    fn deferred(self) -> Deferred<H> {
        Deferred(self.context)
    }

    #[inline(always)]
    fn stack(self) -> MarkStack {
        MarkStack(self.context.state())
    }

    /// One round; says whether there was any card.
    fn scan_cards(self, deferred: Deferred<H>) -> bool {
        let mut stack = Depth::EMPTY;
        let mut any = false;
        deferred.each_card(|area, words| {
            any = true;
            let pool = Pool::of(area);
            for i in words {
                self.context.host().hook(i * BLOCKS_PER_WORD);
                while let Some((block, reached)) = deferred.take_from_word(pool, i) {
                    // SAFETY: I6: a block of this pool.
                    let addr = unsafe { ptr_from_block(pool.start, block) }.addr().get();
                    stack = self.push_object(Child { addr, reached }, stack);
                }
            }
        });
        self.drain(stack);
        any
    }

    /// The block that a word is the address of, if it is one.
    #[inline(always)]
    fn find(self, word: usize) -> Option<(Pool, usize)> {
        if let Some(block) = self.first.block(word) {
            return Some((self.first, block));
        }
        if SPLIT_HEAP { self.find_in_others(word) } else { None }
    }

    #[inline(always)]
    fn find_in_others(self, word: usize) -> Option<(Pool, usize)> {
        let mut next = self.first.area.next();
        while let Some(area) = next {
            let pool = Pool::of(area);
            if let Some(block) = pool.block(word) {
                return Some((pool, block));
            }
            next = area.next();
        }
        None
    }

    /// Puts an object that was just marked on the stack, from outside the graph: a root, or a deferred object. If there are
    /// many of them, some are on their way from memory while another one is scanned; but half of the stack is left to what
    /// they lead to.
    #[inline(always)]
    fn push_object(self, object: Child, stack: Depth) -> Depth {
        let stack = self.stack().push(object, stack);
        if stack.depth <= STACK_LEN / 2 {
            return stack;
        }
        self.drain(stack);
        Depth::EMPTY
    }

    /// Scans what is on the stack, and all that it leads to.
    #[inline(never)]
    fn drain(self, mut stack: Depth) {
        while stack.depth > 0 {
            stack.depth -= 1;
            // A list has one object on the stack at a time, and each must be loaded to find the next. So as little as
            // possible comes between: its address does not go through the stack, and does not wait for the flags.
            let (addr, flags) = if stack.depth != 0 {
                let entry = self.stack().take(stack.depth);
                (entry & !FLAGS, entry)
            } else if stack.newest != 0 {
                (stack.newest, self.stack().entry(0).get())
            } else {
                let entry = self.stack().only_entry();
                (entry & !FLAGS, entry)
            };
            stack.newest = 0;
            stack = if !SPLIT_HEAP && flags & LONG == 0 && stack.depth + WORDS_PER_BLOCK <= STACK_LEN {
                // One block, the one pool, and room for all its children: nothing to look up.
                self.scan_block(self.first, addr, stack, Self::push)
            } else {
                self.scan_object(addr, flags, stack)
            };
        }
    }

    /// Scans an object from the block at this address on, marking and stacking what it points at.
    #[inline(never)]
    fn scan_object(self, mut addr: usize, flags: usize, mut stack: Depth) -> Depth {
        if !SPLIT_HEAP && flags & LONG == 0 {
            return self.scan_block(self.first, addr, stack, Self::push_or_defer);
        }
        let Some((pool, block)) = self.find(addr) else { return stack };
        let (run, more) = pool.atb.object_in_word(block);
        if more || stack.depth + run * WORDS_PER_BLOCK > STACK_LEN {
            return self.scan_long(pool, block, stack);
        }
        for _ in 0..run {
            stack = self.scan_block(pool, addr, stack, Self::push);
            addr += BLOCK_BYTES;
        }
        stack
    }

    /// The same for an object whose children may be too many for the stack.
    ///
    /// The table tells word by word how far the object goes: a long one that comes back here again and again must not
    /// have its end looked up each time.
    #[inline(never)]
    fn scan_long(self, pool: Pool, mut block: usize, mut stack: Depth) -> Depth {
        let bottom = stack.depth;
        // Half of what is free is for one object's children, the other half for theirs.
        let limit = bottom + ((STACK_LEN - bottom) / 2).max(WORDS_PER_BLOCK);
        let limit = if limit > STACK_LEN { 0 } else { limit };
        let (mut run, mut more) = pool.atb.object_in_word(block);
        let mut found = true;
        loop {
            // SAFETY: I6: a block of this pool.
            let mut addr = unsafe { ptr_from_block(pool.start, block) }.addr().get();
            block += run;
            let end = addr + run * BLOCK_BYTES;
            while addr < end {
                prefetch(addr.wrapping_add(AHEAD));
                // After a block without children the next one is likely to have none.
                if !found && self.leads_nowhere(pool, addr) {
                    addr += BLOCK_BYTES;
                    continue;
                }
                if stack.depth + WORDS_PER_BLOCK > limit {
                    return self.scan_with_a_full_stack(pool, addr, bottom, stack);
                }
                let depth = stack.depth;
                stack = self.scan_block(pool, addr, stack, Self::push);
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
    fn leads_nowhere(self, pool: Pool, addr: usize) -> bool {
        if SPLIT_HEAP {
            return false; // a word may point into any area
        }
        // SAFETY: I6: the block is one of this pool, as in `scan_block`.
        let words = unsafe { pool.words(addr) };
        let mut lowest = usize::MAX;
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: word i of that block.
            let word = unsafe { words.add(i).read_volatile() };
            lowest = lowest.min(block_or_more(word, self.first.start.addr().get()));
        }
        lowest >= self.first.blocks
    }

    /// The rest of an object that has more children than there is room for.
    #[inline(never)]
    fn scan_with_a_full_stack(self, pool: Pool, mut addr: usize, bottom: usize, mut stack: Depth) -> Depth {
        if stack.depth > bottom && stack.depth < STACK_LEN {
            // The rest waits below the object's children, where a swap makes room for it: it comes last.
            let place = self.stack().entry(bottom);
            let moved = place.get();
            place.set(addr | UNFINISHED | LONG);
            return self.stack().push_entry(moved & !FLAGS, moved & FLAGS, stack);
        }
        if let Some(block) = pool.block(addr) {
            for _ in 0..1 + pool.atb.tails_after(block) {
                stack = self.scan_block(pool, addr, stack, Self::push_or_defer);
                addr += BLOCK_BYTES;
            }
        }
        stack
    }

    /// Scans one block; `keep` gets each child that was not marked yet.
    #[inline(always)]
    fn scan_block(self, pool: Pool, addr: usize, mut stack: Depth, keep: fn(Self, Child, Depth) -> Depth) -> Depth {
        self.context.host().hook(addr / BLOCK_BYTES);
        // SAFETY: I6: `addr` is the address of a block of this pool: entries of the stack are, and so are their successors
        // inside one object.
        let words = unsafe { pool.words(addr) };
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: word i of that block. Volatile: a thread may be writing to it.
            let word = unsafe { words.add(i).read_volatile() };
            if let Some((child_pool, block)) = self.find(word) {
                let reached = child_pool.atb.head_to_mark(block);
                if reached != Reached::Nothing {
                    stack = keep(self, Child { addr: word, reached }, stack);
                }
            }
        }
        stack
    }

    #[inline(always)]
    fn push(self, child: Child, stack: Depth) -> Depth {
        self.stack().push(child, stack)
    }

    #[inline(always)]
    fn push_or_defer(self, child: Child, stack: Depth) -> Depth {
        if stack.depth < STACK_LEN {
            return self.push(child, stack);
        }
        self.defer(child.addr);
        stack
    }

    /// Lets an object that was just marked wait in the table.
    #[inline(never)]
    fn defer(self, addr: usize) {
        if !self.deferred().any() {
            return self.defer_first(addr);
        }
        if let Some((pool, block)) = self.find(addr) {
            self.deferred().add(pool, block);
        }
    }

    /// The same for the first one of a collection.
    #[cold]
    fn defer_first(self, addr: usize) {
        self.deferred().disguise_free_runs();
        self.defer(addr);
    }
}

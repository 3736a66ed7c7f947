//! The walk through the graph: an object is taken off the stack, and what it points at goes on it.

use super::FastMarking;
use super::WORDS_PER_BLOCK;
use super::pool::Pool;
use super::stack::{COUNTED, Depth, FLAGS, LONG, PARKED, STACK_LEN, blocks_of};
use super::wide::Watch;
use crate::config::{BLOCK_BYTES, SPLIT_HEAP};
use crate::host::Host;
use crate::layout::atb::fast::Reached;
use crate::layout::lanes::BLOCKS_PER_WORD;

impl<H: Host> FastMarking<H> {
    /// Scans what is on the stack, and all that it leads to.
    #[inline(never)]
    pub(super) fn drain(&self, stack: Depth) {
        let stack = self.walk::<false>(stack, &mut Watch::off());
        if stack.newest == PARKED {
            self.drain_and_watch(stack);
        }
    }

    /// The loop of `drain`. Ends with an empty stack; or when an object has been parked; or, if it is to watch, not then,
    /// but when parked objects had better be finished.
    #[inline(always)]
    pub(super) fn walk<const WATCH: bool>(&self, mut stack: Depth, watch: &mut Watch) -> Depth {
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
            let blocks = blocks_of(flags);
            stack = if !SPLIT_HEAP && flags & LONG == 0 && stack.depth + blocks * WORDS_PER_BLOCK <= STACK_LEN {
                // One block (or a few), the one pool, and room for all its children: nothing to look up.
                if COUNTED { self.scan_short(addr, blocks, stack) } else { self.scan_block(self.first, addr, stack) }
            } else if let Some(blocks) = self.short_object(addr, flags, stack) {
                self.scan_short(addr, blocks, stack)
            } else {
                let stack = self.scan_object(addr, flags, stack);
                if if WATCH { self.deferred().on() } else { stack.newest == PARKED } {
                    return stack;
                }
                stack
            };
            if WATCH && watch.step(addr) {
                return stack;
            }
        }
        stack
    }

    /// How many blocks an object has from this one on, if there is room for all their children on the stack.
    #[inline(always)]
    fn short_object(&self, addr: usize, flags: usize, stack: Depth) -> Option<usize> {
        if SPLIT_HEAP || flags & LONG == 0 || !self.is_one_window() {
            return None;
        }
        // Of an object of more blocks than a word has, only some may have been counted.
        let blocks = self.window.blocks_from(addr);
        let fits = blocks < BLOCKS_PER_WORD && stack.depth + blocks * WORDS_PER_BLOCK <= STACK_LEN;
        if fits { Some(blocks) } else { None }
    }

    /// Scans that many blocks; there is room for all their children.
    #[inline(always)]
    pub(super) fn scan_short(&self, mut addr: usize, blocks: usize, mut stack: Depth) -> Depth {
        let end = addr + blocks * BLOCK_BYTES;
        while addr != end {
            stack = self.scan_block(self.first, addr, stack);
            addr += BLOCK_BYTES;
        }
        stack
    }

    /// Scans an object from the block at this address on, marking and stacking what it points at.
    #[inline(never)]
    fn scan_object(&self, addr: usize, flags: usize, stack: Depth) -> Depth {
        if !SPLIT_HEAP && flags & LONG == 0 && blocks_of(flags) == 1 {
            self.scan_and_defer(self.first, addr);
            return stack;
        }
        let Some((pool, block)) = self.find(addr) else { return stack };
        self.scan_longer(pool, block, stack)
    }

    /// Scans one block; its children, marked, go on the stack.
    #[inline(always)]
    pub(super) fn scan_block(&self, pool: Pool, addr: usize, mut stack: Depth) -> Depth {
        if !self.is_one_window() {
            return self.scan_block_anywhere(pool, addr, stack);
        }
        self.context.host().hook(addr / BLOCK_BYTES);
        let words = self.window.pointer(addr);
        if COUNTED && self.is_zero(addr) {
            return stack;
        }
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: word i of a block: entries of the stack are addresses of blocks, and so are their successors inside
            // one object. Volatile: a thread may be writing to it.
            let word = unsafe { words.add(i).read_volatile() };
            let slot = self.window.slot_or_more(word);
            if self.window.has(slot) {
                let child = self.reach(word, slot);
                if child.reached != Reached::Nothing {
                    stack = self.stack().push(child, stack);
                }
            }
        }
        stack
    }

    /// Whether a block holds nothing but zeros: one branch for all of its words. In small blocks that is common.
    #[inline(always)]
    fn is_zero(&self, addr: usize) -> bool {
        let words = self.window.pointer(addr);
        // SAFETY: I6: word i of the block, as in `scan_block`.
        (0..WORDS_PER_BLOCK).fold(0, |all, i| all | unsafe { words.add(i).read_volatile() }) == 0
    }

    /// The same where words may be addresses of blocks that are not in the window.
    #[cold]
    #[inline(never)]
    fn scan_block_anywhere(&self, pool: Pool, addr: usize, mut stack: Depth) -> Depth {
        self.context.host().hook(addr / BLOCK_BYTES);
        let words = pool.pointer(addr);
        let inside = self.context.host().follows_interior();
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: as above.
            let word = unsafe { words.add(i).read_volatile() };
            let child = self.mark_word(word, inside);
            if child.reached != Reached::Nothing {
                stack = self.stack().push(child, stack);
            }
        }
        stack
    }
}

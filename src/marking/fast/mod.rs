//! Marking in the fast variant: nothing is ever scanned twice. When the mark stack ([`stack`]) is full, objects wait in the
//! table itself ([`deferred`]).

mod deferred;
mod pool;
mod prefetch;
mod reach;
mod roots;
mod stack;
mod walk;
mod wide;

use super::Marking;
use crate::config::{BLOCK_BYTES, GROWTH, SPLIT_HEAP, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::window::Window;
use crate::layout::lanes::{BLOCKS_PER_WORD, Word, lanes_from, run_of_tails, tails};
use deferred::Deferred;
use pool::Pool;
use stack::{COUNTED, Child, Depth, MarkStack, STACK_LEN};

/// The most children one block can have.
const WORDS_PER_BLOCK: usize = BLOCK_BYTES / WORD_BYTES;

/// Marking with a stack and deferred objects. Everything in it stays the same during a run; how deep the stack is goes from
/// call to call by value, so that all of it can be in registers.
#[derive(Clone, Copy)]
pub struct FastMarking<H: Host> {
    context: Context<H>,
    first: Pool,
    /// The first pool's table, as the inner loops see it.
    window: Window,
}

impl<H: Host> Marking<H> for FastMarking<H> {
    fn over(context: Context<H>) -> Self {
        let first = Pool::of(context.state().first_area(), 0);
        Self { context, first, window: Window::of(first.atb, first.start) }
    }

    fn begin(self) {
        self.stack().far_steps().set(0);
    }

    unsafe fn mark(self, words: *const usize, len: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.mark_roots(words, len, false) }
    }

    unsafe fn mark_from_inside(self, words: *const usize, len: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.mark_roots(words, len, true) }
    }

    /// Goes round all cards, again and again: what is deferred meanwhile waits for the next round, so that there are many
    /// objects in a card when it is looked at.
    fn finish(self) {
        let deferred = self.deferred();
        if !deferred.on() {
            return;
        }
        while self.scan_cards(deferred) {}
        deferred.restore_free_runs(self.first);
        if GROWTH {
            deferred.end();
        }
    }
}

impl<H: Host> FastMarking<H> {
    #[inline(always)]
    fn deferred(&self) -> Deferred<H> {
        Deferred(self.context)
    }

    #[inline(always)]
    fn stack(&self) -> MarkStack {
        MarkStack(self.context.state())
    }

    /// Whether all blocks of the heap are in the window.
    #[inline(always)]
    fn is_one_window(&self) -> bool {
        !SPLIT_HEAP && self.window.is_complete()
    }

    /// One round; says whether there was any card.
    fn scan_cards(&self, deferred: Deferred<H>) -> bool {
        let mut stack = Depth::EMPTY;
        let mut any = false;
        deferred.each_card(self.first, |pool, words| {
            any = true;
            for i in words {
                self.context.host().hook(i * BLOCKS_PER_WORD);
                let (word, waiting) = Deferred::<H>::take_from_word(pool, i);
                if waiting != 0 {
                    stack = self.scan_waiting(pool, i, word, waiting, stack);
                }
            }
        });
        self.drain(stack);
        any
    }

    /// Scans the objects of table word `i` that waited, in order of address; they have just been marked.
    #[inline(always)]
    fn scan_waiting(&self, pool: Pool, i: usize, word: Word, mut waiting: Word, mut stack: Depth) -> Depth {
        let address = pool.word_address(i);
        // Those that have another block, or may have one in the next word.
        let longer = tails(word) >> 2 | lanes_from(BLOCKS_PER_WORD - 1);
        while waiting != 0 {
            let shift = waiting.trailing_zeros();
            waiting &= waiting - 1;
            let addr = address.wrapping_add(shift as usize / 2 * BLOCK_BYTES);
            if stack.depth > STACK_LEN / 2 {
                self.drain(stack);
                stack = Depth::EMPTY;
            }
            if COUNTED {
                let bits = run_of_tails(word >> shift);
                let blocks = bits / 2;
                if shift as usize + bits < Word::BITS as usize && stack.depth + blocks * WORDS_PER_BLOCK <= STACK_LEN {
                    stack = self.scan_short(addr, blocks, stack);
                    continue;
                }
            }
            stack = if longer >> shift & 1 == 0 && stack.depth + WORDS_PER_BLOCK <= STACK_LEN {
                self.scan_block(pool, addr, stack)
            } else {
                self.scan_longer(pool, pool.atb.block(i * BLOCKS_PER_WORD + shift as usize / 2), stack)
            };
        }
        stack
    }

    /// The block that a word is the address of, if it is one.
    #[inline(always)]
    fn find(&self, word: usize) -> Option<(Pool, usize)> {
        if let Some(block) = self.first.block(word) {
            return Some((self.first, block));
        }
        if SPLIT_HEAP { self.find_in_others(word) } else { None }
    }

    #[inline(always)]
    fn find_in_others(&self, word: usize) -> Option<(Pool, usize)> {
        let mut next = self.first.next();
        while let Some(pool) = next {
            if let Some(block) = pool.block(word) {
                return Some((pool, block));
            }
            next = pool.next();
        }
        None
    }

    /// Puts an object that was just marked on the stack, from outside the graph. If there are many of them, some are on
    /// their way from memory while another one is scanned; but half of the stack is left to what they lead to.
    #[inline(always)]
    fn push_object(&self, object: Child, stack: Depth) -> Depth {
        let stack = self.stack().push(object, stack);
        if stack.depth <= STACK_LEN / 2 {
            return stack;
        }
        self.drain(stack);
        Depth::EMPTY
    }
}

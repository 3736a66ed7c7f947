//! Marking in the compact variant. The mark stack is gc.c's: an entry is a block's index in its area, as wide as in gc.c,
//! so there are as many of them. When the stack is full, or an index does not fit in an entry, the object is left marked but
//! unscanned, and afterwards all marked objects are scanned again, as in gc.c.

use super::Marking;
use crate::config::{BLOCK_BYTES, SPLIT_HEAP, VALGRIND, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::compact::CompactAtb;
use crate::layout::block::{Kind, ptr_from_block};
use crate::layout::borrowed::{COMPACT_ENTRIES, StackEntries};
use crate::layout::phase::phase_of;

/// Roots that are marked at a time: all at once could fill the stack, one by one would be slow.
const ROOTS_AT_ONCE: usize = if VALGRIND { 1 } else { COMPACT_ENTRIES.div_ceil(8) };

/// Marking with gc.c's stack.
#[derive(Clone, Copy)]
pub struct CompactMarking<H: Host> {
    context: Context<H>,
}

impl<H: Host> Marking<H> for CompactMarking<H> {
    fn over(context: Context<H>) -> Self {
        Self { context }
    }

    unsafe fn mark(self, words: *const usize, len: usize) {
        let mut i = 0;
        while i < len {
            let now = (len - i).min(ROOTS_AT_ONCE);
            if !VALGRIND || self.context.host().is_addressable(words.wrapping_add(i)) {
                // SAFETY: the caller's promise.
                unsafe { self.mark_from(words.add(i), now) };
            }
            i += now;
        }
    }

    /// gc.c: `gc_deal_with_stack_overflow`.
    fn finish(self) {
        let phase = phase_of(self.context.state());
        while phase.has_deferred() {
            phase.clear_deferred();
            for area in self.context.state().areas() {
                self.scan_marked(area);
            }
        }
    }
}

impl<H: Host> CompactMarking<H> {
    /// Marks what `len` words point at, and all that can be reached from there.
    ///
    /// # Safety
    /// The words can be read.
    #[inline(never)]
    unsafe fn mark_from(self, mut words: *const usize, mut len: usize) {
        let first = self.context.state().first_area();
        let stack = StackEntries(self.context.state());
        let mut depth = 0;
        loop {
            // SAFETY: one past the words: those of the caller's promise, then those of an object (I6).
            let end = unsafe { words.add(len) };
            while words != end {
                // SAFETY: one of the words. Volatile: another thread may be writing to it.
                let word = unsafe { words.read_volatile() };
                // SAFETY: not past the end.
                words = unsafe { words.add(1) };
                let Some((area, block)) = find(first, word) else { continue };
                if !area.atb::<CompactAtb>().head_to_mark(block) {
                    continue;
                }
                if depth < COMPACT_ENTRIES && StackEntries::fits(block) {
                    stack.set_block(depth, block);
                    if SPLIT_HEAP {
                        stack.area(depth).set(area);
                    }
                    depth += 1;
                } else {
                    phase_of(self.context.state()).set_deferred();
                }
            }
            if depth == 0 {
                return;
            }
            depth -= 1;
            let area = if SPLIT_HEAP { stack.area(depth).get() } else { first };
            (words, len) = self.words_of(area, stack.block(depth));
        }
    }

    /// An object's words.
    #[inline(always)]
    fn words_of(self, area: Area, block: usize) -> (*const usize, usize) {
        self.context.host().hook(block);
        let n = 1 + area.atb::<CompactAtb>().tails_after(block);
        // SAFETY: I6: a block of this area.
        let start = unsafe { ptr_from_block(area.pool(), block) };
        (start.as_ptr().cast(), n * (BLOCK_BYTES / WORD_BYTES))
    }

    fn scan_marked(self, area: Area) {
        let atb: CompactAtb = area.atb();
        for block in 0..atb.blocks() {
            if atb.kind(block) == Kind::Mark {
                let (words, len) = self.words_of(area, block);
                // SAFETY: I6: the words of an object.
                unsafe { self.mark_from(words, len) };
            }
        }
    }
}

/// The block that a word is the address of, if it is one.
#[inline(always)]
fn find(first: Area, word: usize) -> Option<(Area, usize)> {
    let mut area = first;
    loop {
        // Two compares, because small processors need more to do both at once (`block_from_ptr`); and most words that are
        // no pointers fail the first.
        let offset = word.wrapping_sub(area.pool().addr().get());
        if offset < area.blocks() * BLOCK_BYTES && offset % BLOCK_BYTES == 0 {
            return Some((area, offset / BLOCK_BYTES));
        }
        if !SPLIT_HEAP {
            return None;
        }
        area = area.next()?;
    }
}

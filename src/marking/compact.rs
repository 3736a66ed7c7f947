//! Marking, where flash is scarce: from a root, everything that can be reached.
//!
//! Conservative: any word that is the address of a head counts as a pointer to it. A marked object waits to be scanned on
//! a small stack, in the storage that gc.c's mark stack has; an entry is the object's address. When the stack is full,
//! the object is left marked but unscanned, and afterwards all marked objects are scanned again, as in gc.c.
//!
//! Takes no lock, and keeps everything in the heap's own storage: on some hosts signal handlers of other threads mark.

use super::Heap;
use super::atb::{Kind, ptr_from_block};
use super::collect::WAITING;
use super::state::{Area, Field, SCRATCH_WORDS};
use crate::config::{BLOCK_BYTES, SPLIT_HEAP, VALGRIND, WORD_BYTES};
use crate::port::Port;

/// Entries of the mark stack.
const STACK_LEN: usize = SCRATCH_WORDS;
const _: () = assert!(SCRATCH_WORDS >= 7, "the mark stack must have room for at least 7 machine words");

impl<P: Port> Heap<P> {
    /// Marks everything that can be reached from `len` words. Part of a collection; elsewhere it does nothing.
    /// gc.c: `gc_collect_root`.
    ///
    /// # Safety
    /// The words can be read.
    pub unsafe fn collect_root(&self, words: *const usize, len: usize) {
        if !self.is_marking() {
            return;
        }
        // A few at a time: all at once could fill the stack, one by one would be slow.
        let mut i = 0;
        while i < len {
            let now = if VALGRIND { 1 } else { (len - i).min(STACK_LEN.div_ceil(8)) };
            if !VALGRIND || self.port().is_addressable(words.wrapping_add(i)) {
                // SAFETY: the caller's promise.
                unsafe { self.mark_from(words.add(i), now) };
            }
            i += now;
        }
    }

    /// Marks what `len` words point at, and all that can be reached from there.
    ///
    /// # Safety
    /// The words can be read.
    #[inline(never)]
    unsafe fn mark_from(&self, mut words: *const usize, mut len: usize) {
        let first = self.state().first_area();
        let mut depth = 0;
        loop {
            // SAFETY: the caller's promise, then I6: one past the words.
            let end = unsafe { words.add(len) };
            while words != end {
                // SAFETY: one of the words. Volatile: another thread may be writing to it.
                let word = unsafe { words.read_volatile() };
                // SAFETY: not past the end.
                words = unsafe { words.add(1) };
                let Some((area, block)) = self.find(first, word) else { continue };
                if !area.atb().head_to_mark(block) {
                    continue;
                }
                if depth < STACK_LEN {
                    self.entry(depth).set(word);
                    depth += 1;
                } else {
                    self.set_overflow();
                }
            }
            if depth == 0 {
                return;
            }
            depth -= 1;
            let word = self.entry(depth).get();
            (words, len) = match self.find(first, word) {
                Some((area, block)) => self.words_of(area, block),
                None => (words, 0),
            };
        }
    }

    /// The block that a word is the address of, if it is one.
    #[inline(always)]
    fn find(&self, first: Area, word: usize) -> Option<(Area, usize)> {
        let mut area = first;
        loop {
            // Two compares, because small CPUs need more to do both at once (`block_from_ptr`); and most words that are
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

    /// An object's words.
    #[inline(always)]
    fn words_of(&self, area: Area, block: usize) -> (*const usize, usize) {
        self.port().hook(block);
        let n = 1 + area.atb().tails_after(block);
        // SAFETY: I6: a block of this area.
        let start = unsafe { ptr_from_block(area.pool(), block) };
        (start.as_ptr().cast(), n * (BLOCK_BYTES / WORD_BYTES))
    }

    #[inline(always)]
    fn entry(&self, index: usize) -> Field<usize> {
        self.state().scratch(index)
    }

    fn set_overflow(&self) {
        let phase = self.state().phase();
        phase.set(phase.get() | WAITING);
    }

    /// Scans marked objects again until none was left out. gc.c: `gc_deal_with_stack_overflow`.
    pub(super) fn scan_waiting(&self) {
        let phase = self.state().phase();
        while phase.get() & WAITING != 0 {
            phase.set(phase.get() & !WAITING);
            for area in self.state().areas() {
                self.scan_marked(area);
            }
        }
    }

    fn scan_marked(&self, area: Area) {
        let atb = area.atb();
        for block in 0..atb.blocks() {
            if atb.kind(block) == Kind::Mark {
                let (words, len) = self.words_of(area, block);
                // SAFETY: I6: the words of an object.
                unsafe { self.mark_from(words, len) };
            }
        }
    }
}

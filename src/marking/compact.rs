//! Marking in the compact variant. The mark stack is gc.c's: an entry is a block's index in its area, as wide as in gc.c,
//! so there are as many of them. When the stack is full, or an index does not fit in an entry, the object is left marked but
//! unscanned, and afterwards all marked objects are scanned again, as in gc.c.
//!
//! Small processors have few registers, so the work is split in two: the loop over an object's words keeps the pool's
//! bounds in registers, and calls a function for each word that lies in the pool.

use core::ptr::NonNull;

use super::Marking;
use crate::config::{BLOCK_BYTES, SPLIT_HEAP, VALGRIND, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::inspect::noting::note;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::compact::CompactAtb;
use crate::layout::block::{Kind, ptr_from_block};
use crate::layout::borrowed::{EntryPlace, StackEntries};
use crate::layout::phase::phase_of;

/// Words in a block.
const WORDS: usize = BLOCK_BYTES / WORD_BYTES;

/// How many words are scanned between two looks at the loop's end.
const AT_ONCE: usize = if WORDS % 4 == 0 { 4 } else { 1 };

/// Marking with gc.c's stack.
#[derive(Clone, Copy)]
pub struct CompactMarking<H: Host> {
    context: Context<H>,
}

/// What marking needs to know of an area, by value: so that it is in registers, or at least on the stack.
#[derive(Clone, Copy)]
struct Pool {
    area: Area,
    atb: CompactAtb,
    start: NonNull<u8>,
    bytes: usize,
}

impl From<Area> for Pool {
    #[inline(always)]
    fn from(area: Area) -> Self {
        Self { area, atb: area.atb(), start: area.pool(), bytes: area.blocks() * BLOCK_BYTES }
    }
}

impl<H: Host> Marking<H> for CompactMarking<H> {
    fn over(context: Context<H>) -> Self {
        Self { context }
    }

    unsafe fn mark(self, mut words: *const usize, len: usize) {
        let bottom = self.stack().bottom();
        let first = Pool::from(self.context.state().first_area());
        // SAFETY: the caller's promise: one past the words.
        let end = unsafe { words.add(len) };
        while words != end {
            if !VALGRIND || self.context.host().is_addressable(words) {
                // SAFETY: the caller's promise; it is not NULL, for it is before the end.
                let top = unsafe { self.scan(bottom, NonNull::new_unchecked(words.cast_mut()), first) };
                if top != bottom {
                    let (area, block, _) = self.pop(top);
                    self.trace(area, block);
                }
            }
            // SAFETY: at most the end.
            words = unsafe { words.add(1) };
        }
    }

    /// gc.c: `gc_deal_with_stack_overflow`.
    fn finish(self) {
        let phase = phase_of(self.context.state());
        while phase.has_deferred() {
            phase.clear_deferred();
            for area in self.context.state().areas() {
                let atb: CompactAtb = area.atb();
                for block in 0..atb.blocks() {
                    if atb.kind(block) == Kind::Mark {
                        self.trace(area, block);
                    }
                }
            }
        }
    }
}

impl<H: Host> CompactMarking<H> {
    fn stack(self) -> StackEntries {
        StackEntries(self.context.state())
    }

    /// Scans a marked object, and all that is marked on the way.
    #[inline(never)]
    fn trace(self, mut area: Area, mut block: usize) {
        let first = Pool::from(self.context.state().first_area());
        let bottom = self.stack().bottom();
        let mut top = bottom;
        loop {
            self.context.host().hook(block);
            let pool = if SPLIT_HEAP { area.into() } else { first };
            // All of the object, before what it points at, as in gc.c: if a part of each large object stayed on the stack, a
            // list of them would fill it, where gc.c needs one entry. Mostly an object has one block.
            let tails = pool.atb.tails_if_any(block);
            // SAFETY: I6: a block of this area.
            let mut words: NonNull<usize> = unsafe { ptr_from_block(pool.start, block) }.cast();
            let mut left = tails * WORDS + WORDS;
            loop {
                // SAFETY: words of the object, which has a multiple of AT_ONCE.
                unsafe {
                    top = self.scan(top, words, first);
                    if AT_ONCE == 4 {
                        top = self.scan(top, words.add(1), first);
                        top = self.scan(top, words.add(2), first);
                        top = self.scan(top, words.add(3), first);
                    }
                    words = words.add(AT_ONCE);
                }
                left -= AT_ONCE;
                if left == 0 {
                    break;
                }
            }
            if top == bottom {
                return;
            }
            (area, block, top) = self.pop(top);
        }
    }

    /// Marks what a word points at, and puts it on the stack, whose top it returns.
    ///
    /// # Safety
    /// The word can be read.
    #[inline(always)]
    unsafe fn scan(self, top: EntryPlace, word: NonNull<usize>, first: Pool) -> EntryPlace {
        // SAFETY: the caller's promise. Volatile: another thread may be writing to it.
        let word = unsafe { word.read_volatile() };
        let mut pool = first;
        loop {
            let offset = word.wrapping_sub(pool.start.addr().get());
            if offset < pool.bytes {
                return self.visit(top, pool.area, offset);
            }
            if !SPLIT_HEAP {
                return top;
            }
            let Some(area) = pool.area.next() else { return top };
            pool = area.into();
        }
    }

    /// Marks the object at an offset into an area's pool, if an unmarked one starts there, and puts it on the stack.
    #[inline(never)]
    fn visit(self, top: EntryPlace, area: Area, offset: usize) -> EntryPlace {
        let block = offset / BLOCK_BYTES;
        if offset % BLOCK_BYTES != 0 || !area.atb::<CompactAtb>().head_to_mark(block) {
            return top;
        }
        self.push(top, area, block)
    }

    /// Puts a block on the stack, and returns the new top. Without room for it, its object is left for later.
    #[inline(always)]
    fn push(self, top: EntryPlace, area: Area, block: usize) -> EntryPlace {
        if top == self.stack().end() || !StackEntries::fits(block) {
            phase_of(self.context.state()).set_deferred();
            note(self.context, |numbers| numbers.is_stack_full = true);
            return top;
        }
        if SPLIT_HEAP {
            self.stack().area(top).set(area);
        }
        top.push(block)
    }

    /// The object on top of the stack, and the stack without it.
    #[inline(always)]
    fn pop(self, top: EntryPlace) -> (Area, usize, EntryPlace) {
        let (block, top) = top.pop();
        let area = if SPLIT_HEAP { self.stack().area(top).get() } else { self.context.state().first_area() };
        (area, block, top)
    }
}

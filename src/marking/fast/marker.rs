//! Marking: from a root, everything that can be reached.
//!
//! Conservative: any word that is the address of a head counts as a pointer to it. An object waits to be scanned as an
//! entry of a small stack, in the storage that gc.c's mark stack has; an entry is the *address of the next block to scan*,
//! so that a wide object can be put back half done. When the stack is full, objects wait in the table itself instead
//! ([`super::grey`]). Nothing is ever scanned twice.
//!
//! Runs in signal handlers of other threads too: takes no lock, and keeps everything in the heap's own storage.

use core::ptr::NonNull;

use super::Heap;
use super::atb::{Atb, ONE_BLOCK, block_from_ptr, block_or_more, ptr_from_block};
use super::state::{Area, Field, SCRATCH_WORDS};
use crate::config::{BLOCK_BYTES, SPLIT_HEAP, VALGRIND, WORD_BYTES};
use crate::port::Port;

/// Scratch words before the stack: the raised bounds (0 during a collection) and what [`super::grey`] needs.
const STACK_START: usize = super::grey::FIRST_CARD + super::grey::CARD_WORDS;

/// Entries of the mark stack.
const STACK_LEN: usize = SCRATCH_WORDS - STACK_START;

/// Set in the entry of an object that was scanned up to there. Blocks' addresses leave these bits free.
const UNFINISHED: usize = 1;
/// Set in the entry of an object that may have more than this one block.
const LONG: usize = 2;
const _: () = assert!(BLOCK_BYTES > UNFINISHED | LONG);

/// At most so many children has a block.
const WORDS_PER_BLOCK: usize = BLOCK_BYTES / WORD_BYTES;

/// A pool and its table, by value: what the inner loop needs of an area.
#[derive(Clone, Copy)]
pub(super) struct Pool {
    pub area: Area,
    pub start: NonNull<u8>,
    pub atb: Atb,
    blocks: usize,
}

impl Pool {
    #[inline(always)]
    pub fn of(area: Area) -> Self {
        let atb = area.atb();
        Self { area, start: area.pool(), atb, blocks: atb.blocks() }
    }

    /// The block that a word is the address of, if it is one of this pool's.
    #[inline(always)]
    fn block(&self, word: usize) -> Option<usize> {
        block_from_ptr(word, self.start.addr().get(), self.blocks)
    }

    /// The words of a block.
    ///
    /// # Safety
    /// `addr` is the address of one of this pool's blocks.
    #[inline(always)]
    unsafe fn words(&self, addr: usize) -> *const usize {
        // SAFETY: I6: the offset of a block from the pool's start.
        unsafe { self.start.as_ptr().add(addr.wrapping_sub(self.start.addr().get())).cast() }
    }
}

/// One run of marking. Everything in it stays the same; how deep the stack is goes from call to call by value, so that
/// all of it can be in registers.
#[derive(Clone, Copy)]
pub(super) struct Marker<P: Port> {
    heap: Heap<P>,
    first: Pool,
}

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
        let marker = Marker::new(*self);
        let mut stack = Stack::EMPTY;
        for i in 0..len {
            self.port().hook(i);
            if VALGRIND && !self.port().is_addressable(words.wrapping_add(i)) {
                continue;
            }
            // SAFETY: the caller's promise. Volatile: another thread's stack may be written to meanwhile.
            let word = unsafe { words.add(i).read_volatile() };
            if let Some((pool, block)) = marker.find(word) {
                let what = pool.atb.head_to_mark(block);
                if what != 0 {
                    stack = marker.push_object(word, what, stack);
                }
            }
        }
        marker.drain(stack);
    }
}

impl<P: Port> Marker<P> {
    pub fn new(heap: Heap<P>) -> Self {
        Self { heap, first: Pool::of(heap.state().first_area()) }
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

    /// Stacks an object that was just marked, from outside the graph: a root, say. If there are many of them, some are
    /// on their way from memory while another one is scanned; but half of the stack is left to what they lead to.
    #[inline(always)]
    pub fn push_object(self, addr: usize, what: usize, stack: Stack) -> Stack {
        let stack = self.push(Child { addr, what }, stack);
        if stack.depth <= STACK_LEN / 2 {
            return stack;
        }
        self.drain(stack);
        Stack::EMPTY
    }

    /// Scans what is on the stack, and all that it leads to.
    #[inline(never)]
    pub fn drain(self, mut stack: Stack) {
        while stack.depth > 0 {
            stack.depth -= 1;
            // A list has one object on the stack at a time, and each must be loaded to find the next. So as little as
            // possible comes between: its address does not go through the stack, and does not wait for the flags.
            let (addr, flags) = if stack.depth != 0 {
                let entry = self.take_entry(stack.depth);
                (entry & !(UNFINISHED | LONG), entry)
            } else if stack.newest != 0 {
                (stack.newest, self.entry(0).get())
            } else {
                let entry = self.only_entry();
                (entry & !(UNFINISHED | LONG), entry)
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

    /// The entry at the bottom. Not inlined: the compiler would make the address above wait for it.
    #[inline(never)]
    fn only_entry(self) -> usize {
        self.entry(0).get()
    }

    /// Takes the entry at `depth`, the newest one, off the stack; or one in its place. Where memory is far away, the
    /// newest one's was asked for only now (`push`), that of an older one has had time to arrive. But an unfinished
    /// object is left where it is until all its children above it are done; otherwise the stack would fill up with them.
    #[inline(always)]
    fn take_entry(self, depth: usize) -> usize {
        let newest = self.entry(depth).get();
        if !PREFETCHES {
            return newest;
        }
        let older = self.entry(depth - depth.min(ENTRIES_ON_THE_WAY));
        let entry = older.get();
        if entry & UNFINISHED != 0 {
            return newest;
        }
        older.set(newest);
        entry
    }

    /// Scans an object from the block at this address on, marking and stacking what it points at.
    #[inline(never)]
    fn scan_object(self, mut addr: usize, flags: usize, mut stack: Stack) -> Stack {
        if !SPLIT_HEAP && flags & LONG == 0 {
            return self.scan_block(self.first, addr, stack, Self::push_or_shade);
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
    fn scan_long(self, pool: Pool, mut block: usize, mut stack: Stack) -> Stack {
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
        // SAFETY: as in `scan_block`.
        let words = unsafe { pool.words(addr) };
        let mut lowest = usize::MAX;
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: as in `scan_block`.
            let word = unsafe { words.add(i).read_volatile() };
            lowest = lowest.min(block_or_more(word, self.first.start.addr().get()));
        }
        lowest >= self.first.blocks
    }

    /// The rest of an object that has more children than there is room for.
    #[inline(never)]
    fn scan_with_a_full_stack(self, pool: Pool, mut addr: usize, bottom: usize, mut stack: Stack) -> Stack {
        if stack.depth > bottom && stack.depth < STACK_LEN {
            // The rest waits below the object's children, where a swap makes room for it: it comes last.
            let place = self.entry(bottom);
            let moved = place.get();
            place.set(addr | UNFINISHED | LONG);
            return self.push_entry(moved & !(UNFINISHED | LONG), moved & (UNFINISHED | LONG), stack);
        }
        if let Some(block) = pool.block(addr) {
            for _ in 0..1 + pool.atb.tails_after(block) {
                stack = self.scan_block(pool, addr, stack, Self::push_or_shade);
                addr += BLOCK_BYTES;
            }
        }
        stack
    }

    /// Scans one block; `keep` gets each child that was not marked yet.
    #[inline(always)]
    fn scan_block(self, pool: Pool, addr: usize, mut stack: Stack, keep: fn(Self, Child, Stack) -> Stack) -> Stack {
        self.heap.port().hook(addr / BLOCK_BYTES);
        // SAFETY: every address that comes here is that of a block of this pool, in a marked object.
        let words = unsafe { pool.words(addr) };
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: I6: word i of that block. Volatile: a thread may be writing to it.
            let word = unsafe { words.add(i).read_volatile() };
            if let Some((child_pool, block)) = self.find(word) {
                let what = child_pool.atb.head_to_mark(block);
                if what != 0 {
                    stack = keep(self, Child { addr: word, what }, stack);
                }
            }
        }
        stack
    }

    #[inline(always)]
    fn entry(self, index: usize) -> Field<usize> {
        self.heap.state().scratch(STACK_START + index)
    }

    #[inline(always)]
    fn push_entry(self, addr: usize, flags: usize, stack: Stack) -> Stack {
        self.entry(stack.depth).set(addr | flags);
        Stack { depth: stack.depth + 1, newest: addr }
    }

    #[inline(always)]
    fn push(self, child: Child, stack: Stack) -> Stack {
        prefetch(child.addr);
        self.push_entry(child.addr, if child.what == ONE_BLOCK { 0 } else { LONG }, stack)
    }

    #[inline(always)]
    fn push_or_shade(self, child: Child, stack: Stack) -> Stack {
        if stack.depth < STACK_LEN {
            return self.push(child, stack);
        }
        self.shade(child.addr);
        stack
    }

    /// Lets an object that was just marked wait in the table.
    #[inline(never)]
    fn shade(self, addr: usize) {
        if !self.heap.has_greys() {
            return self.shade_first(addr);
        }
        if let Some((pool, block)) = self.find(addr) {
            self.heap.shade(pool, block);
        }
    }

    /// The same for the first one of a collection.
    #[cold]
    fn shade_first(self, addr: usize) {
        self.heap.dress_free_runs();
        self.shade(addr);
    }
}

/// How deep the stack is, and the address that was pushed last: by value, so that both are in registers.
#[derive(Clone, Copy)]
pub(super) struct Stack {
    depth: usize,
    newest: usize,
}

impl Stack {
    pub const EMPTY: Stack = Stack { depth: 0, newest: 0 };
}

/// A newly marked object on its way to the stack.
#[derive(Clone, Copy)]
struct Child {
    addr: usize,
    /// What `head_to_mark` said of it.
    what: usize,
}

/// Whether it pays to ask for memory before it is needed: on machines with caches and a clock far above their memory's.
const PREFETCHES: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// How far ahead in a long object, in bytes.
const AHEAD: usize = 2048;

/// How many objects are on their way from memory while another one is scanned.
const ENTRIES_ON_THE_WAY: usize = 2;

/// Asks for the memory at an address, without waiting for it.
#[inline(always)]
fn prefetch(addr: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which does nothing for an address that cannot be read.
    unsafe {
        core::arch::x86_64::_mm_prefetch(core::ptr::without_provenance(addr), core::arch::x86_64::_MM_HINT_T0);
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{}]", in(reg) addr, options(nostack, readonly, preserves_flags));
    }
    let _ = addr;
}

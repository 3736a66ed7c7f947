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
use super::atb::{Atb, block_from_ptr, ptr_from_block};
use super::state::{Area, Field, SCRATCH_WORDS};
use crate::config::{BLOCK_BYTES, SPLIT_HEAP, WORD_BYTES};
use crate::port::Port;

/// Scratch words before the stack: the raised bounds (0 during a collection) and what [`super::grey`] needs.
const STACK_START: usize = super::grey::FIRST_CARD + super::grey::CARD_WORDS;

/// Entries of the mark stack.
const STACK_LEN: usize = SCRATCH_WORDS - STACK_START;

/// Set in the entry of an object that was scanned up to there; addresses of blocks are even.
const UNFINISHED: usize = 1;

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

    #[inline(always)]
    fn block(&self, word: usize) -> Option<usize> {
        block_from_ptr(word, self.start.addr().get(), self.blocks)
    }
}

/// One run of marking.
pub(super) struct Marker<'a, P: Port> {
    heap: &'a Heap<P>,
    first: Pool,
    /// Entries on the stack.
    depth: usize,
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
        let mut marker = Marker::new(self);
        for i in 0..len {
            self.port().hook(i);
            // SAFETY: the caller's promise. Volatile: another thread's stack may be written to meanwhile.
            let word = unsafe { words.add(i).read_volatile() };
            if let Some((pool, block)) = marker.find(word) {
                if pool.atb.head_to_mark(block) {
                    marker.scan(pool, block);
                    marker.drain();
                }
            }
        }
    }
}

impl<'a, P: Port> Marker<'a, P> {
    pub fn new(heap: &'a Heap<P>) -> Self {
        Self { heap, first: Pool::of(heap.state().first_area()), depth: 0 }
    }

    /// The block that a word is the address of, if it is one.
    #[inline(always)]
    fn find(&self, word: usize) -> Option<(Pool, usize)> {
        if let Some(block) = self.first.block(word) {
            return Some((self.first, block));
        }
        if SPLIT_HEAP { self.find_in_others(word) } else { None }
    }

    fn find_in_others(&self, word: usize) -> Option<(Pool, usize)> {
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

    /// Scans what is on the stack until it is empty.
    pub fn drain(&mut self) {
        while self.depth > 0 {
            self.depth -= 1;
            let addr = self.take_entry() & !UNFINISHED;
            if let Some(block) = self.first.block(addr) {
                self.scan(self.first, block);
            } else if SPLIT_HEAP {
                if let Some((pool, block)) = self.find_in_others(addr) {
                    self.scan(pool, block);
                }
            }
        }
    }

    /// Takes one entry off a stack that has just become one shorter. Where memory is far away, not the newest one:
    /// its memory was asked for only now (`push`), that of an older one has had time to arrive. But an unfinished object
    /// is left where it is until all its children above it are done; otherwise the stack would fill up with them.
    #[inline(always)]
    fn take_entry(&self) -> usize {
        let newest = self.entry(self.depth).get();
        if !PREFETCHES {
            return newest;
        }
        let older = self.entry(self.depth - self.depth.min(ENTRIES_ON_THE_WAY));
        let addr = older.get();
        if addr & UNFINISHED != 0 {
            return newest;
        }
        older.set(newest);
        addr
    }

    /// Scans an object from this block of it on, marking and stacking what it points at.
    ///
    /// The table tells word by word how far the object goes: a long one that comes back here again and again must not
    /// have its end looked up each time.
    #[inline(always)]
    pub fn scan(&mut self, pool: Pool, block: usize) {
        // Half of what is free is for one object's children, the other half for theirs.
        let bottom = self.depth;
        let limit = bottom + ((STACK_LEN - bottom) / 2).max(WORDS_PER_BLOCK);
        let limit = if limit > STACK_LEN { 0 } else { limit };
        let mut block = block;
        let (mut run, mut more) = pool.atb.object_in_word(block);
        loop {
            for _ in 0..run {
                if self.depth + WORDS_PER_BLOCK > limit {
                    return self.scan_with_a_full_stack(pool, block, bottom);
                }
                self.scan_block(pool, block, Self::push);
                block += 1;
            }
            if !more {
                return;
            }
            (run, more) = pool.atb.tails_in_word(block);
        }
    }

    /// The rest of an object that has more children than there is room for.
    #[inline(never)]
    fn scan_with_a_full_stack(&mut self, pool: Pool, block: usize, bottom: usize) {
        if self.depth > bottom && self.depth < STACK_LEN {
            // The rest waits below the object's children, where a swap makes room for it: it comes last.
            // SAFETY: I6: a block of this pool.
            let rest = unsafe { ptr_from_block(pool.start, block) }.addr().get();
            let place = self.entry(bottom);
            let moved = place.get();
            place.set(rest | UNFINISHED);
            self.entry(self.depth).set(moved);
            self.depth += 1;
            return;
        }
        for block in block..block + 1 + pool.atb.tails_after(block) {
            self.scan_block(pool, block, Self::push_or_shade);
        }
    }

    /// Scans one block; `keep` gets each child that was not marked yet.
    #[inline(always)]
    fn scan_block(&mut self, pool: Pool, block: usize, keep: impl Fn(&mut Self, Pool, usize, usize)) {
        self.heap.port().hook(block);
        // SAFETY: I6: a block of this pool, in an object.
        let words = unsafe { ptr_from_block(pool.start, block) }.cast::<usize>();
        for i in 0..WORDS_PER_BLOCK {
            // SAFETY: as above. Volatile: a thread may be writing to it.
            let word = unsafe { words.add(i).read_volatile() };
            if let Some((child_pool, child)) = self.find(word) {
                if child_pool.atb.head_to_mark(child) {
                    keep(self, child_pool, child, word);
                }
            }
        }
    }

    #[inline(always)]
    fn entry(&self, index: usize) -> Field<usize> {
        self.heap.state().scratch(STACK_START + index)
    }

    #[inline(always)]
    fn push(&mut self, _: Pool, _: usize, addr: usize) {
        prefetch(addr);
        self.entry(self.depth).set(addr);
        self.depth += 1;
    }

    fn push_or_shade(&mut self, pool: Pool, block: usize, addr: usize) {
        if self.depth < STACK_LEN {
            self.push(pool, block, addr);
        } else {
            self.heap.shade(pool, block);
        }
    }
}

/// Whether it pays to ask for memory before it is needed: on machines with caches and a clock far above their memory's.
const PREFETCHES: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// How many objects are on their way from memory while another one is scanned.
const ENTRIES_ON_THE_WAY: usize = 4;

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

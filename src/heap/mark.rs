//! Marking: from a root, everything that can be reached.
//!
//! Conservative: any word that is the address of a head counts as a pointer to it. An object waits to be scanned as an
//! entry of a small stack, in the storage that gc.c's mark stack has; an entry is the *address of the next word to scan*,
//! so that a wide object can be put back half done. When the stack is full, objects wait in the table itself instead
//! ([`super::grey`]). Nothing is ever scanned twice.
//!
//! Runs in signal handlers of other threads too: takes no lock, and keeps everything in the heap's own storage.

use core::ptr::NonNull;

use super::Heap;
use super::atb::{Atb, block_from_ptr, ptr_from_block};
use super::state::{Area, SCRATCH_WORDS};
use crate::config::{BLOCK_BITS, BLOCK_BYTES, SPLIT_HEAP, WORD_BYTES};
use crate::port::Port;

/// Scratch words before the stack: the raised bounds (0 during a collection) and what [`super::grey`] needs.
const STACK_START: usize = super::grey::FIRST_CARD + super::grey::CARD_WORDS;

/// Entries of the mark stack.
const STACK_LEN: usize = SCRATCH_WORDS - STACK_START;

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

    /// As `block`, for an address anywhere inside a block.
    #[inline(always)]
    fn block_around(&self, addr: usize) -> Option<usize> {
        let block = addr.wrapping_sub(self.start.addr().get()) >> BLOCK_BITS;
        if block < self.blocks { Some(block) } else { None }
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
                    marker.scan_object(pool, block);
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
        if SPLIT_HEAP { self.find_in_others(word, Pool::block) } else { None }
    }

    fn find_in_others(&self, word: usize, block: impl Fn(&Pool, usize) -> Option<usize>) -> Option<(Pool, usize)> {
        let mut next = self.first.area.next();
        while let Some(area) = next {
            let pool = Pool::of(area);
            if let Some(block) = block(&pool, word) {
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
            let addr = self.entry(self.depth).get();
            let around = self.first.block_around(addr).map(|block| (self.first, block));
            let around =
                if SPLIT_HEAP { around.or_else(|| self.find_in_others(addr, Pool::block_around)) } else { around };
            // An entry is always inside some pool.
            if let Some((pool, block)) = around {
                self.scan(pool, addr, block);
            }
        }
    }

    /// Scans an object from its first word on.
    pub fn scan_object(&mut self, pool: Pool, block: usize) {
        // SAFETY: I6: a block of this pool.
        let addr = unsafe { ptr_from_block(pool.start, block) }.addr().get();
        self.scan(pool, addr, block);
    }

    /// Scans the words from `addr`, which lies in `block`, to the end of the object, marking and stacking what they
    /// point at.
    fn scan(&mut self, pool: Pool, addr: usize, block: usize) {
        let blocks = block + 1 + pool.atb.tails_after(block);
        let start = addr.wrapping_sub(pool.start.addr().get()) / WORD_BYTES;
        let end = blocks * (BLOCK_BYTES / WORD_BYTES);
        // Half of what is free is for one object's children; the other half for theirs.
        let bottom = self.depth;
        debug_assert!(bottom < STACK_LEN);
        let limit = bottom + (STACK_LEN - bottom).div_ceil(2);
        for i in start..end {
            self.heap.port().hook(i);
            // SAFETY: I6: word i lies in an object of this pool. Volatile: a thread may be writing to it.
            let word = unsafe { pool.start.cast::<usize>().add(i).read_volatile() };
            let Some((child_pool, child)) = self.find(word) else { continue };
            if !child_pool.atb.head_to_mark(child) {
                continue;
            }
            if self.depth < limit {
                self.push(word);
            } else if i + 1 < end && self.depth + 2 <= STACK_LEN {
                // The rest of this object waits below its children, where a swap makes room for it.
                let here = self.entry(bottom);
                let moved = here.get();
                here.set(pool.start.addr().get() + (i + 1) * WORD_BYTES);
                self.push(moved);
                self.push(word);
                return;
            } else if self.depth < STACK_LEN {
                self.push(word);
            } else {
                self.heap.shade(child_pool, child);
            }
        }
    }

    #[inline(always)]
    fn entry(&self, index: usize) -> super::state::Field<usize> {
        self.heap.state().scratch(STACK_START + index)
    }

    #[inline(always)]
    fn push(&mut self, addr: usize) {
        self.entry(self.depth).set(addr);
        self.depth += 1;
    }
}

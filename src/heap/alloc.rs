//! Allocation.

use core::ptr::{NonNull, null_mut};

use super::atb::ptr_from_block;
use super::place::{Place, has_short_way};
use super::{Heap, blocks_for, mem};
use crate::config::{
    ALLOC_THRESHOLD, BLOCK_BYTES, CONSERVATIVE_CLEAR, FINALISER, MUTEX, SPLIT_HEAP_AUTO, TUNED_FOR_SIZE, WORD_BYTES,
};
use crate::port::Port;

impl<P: Port> Heap<P> {
    /// Allocates `bytes` bytes, with a finaliser if asked; NULL if that cannot be. gc.c: `gc_alloc`.
    #[cfg_attr(not(gcheap_small), inline(always))]
    #[cfg_attr(gcheap_small, inline(never))]
    pub fn alloc(&self, bytes: usize, finaliser: bool) -> *mut u8 {
        // An absurd size overflows; gc.c's own arithmetic makes 0 blocks of it, and NULL of that.
        let n = blocks_for(bytes).unwrap_or(0);
        if n == 0 || self.is_locked() {
            return null_mut();
        }
        // Most allocations need none of what the others need. Without that they are short, and those of one block, most
        // of all, need no stack frame.
        if MUTEX {
            self.port().enter();
            if !self.is_collection_due() {
                if let Some(place) = self.take_at_bound(n) {
                    return self.fill_in(place, n, bytes, finaliser).as_ptr();
                }
            }
        } else if !finaliser && has_short_way(n) && !self.is_collection_due() {
            if n > 1 {
                return self.alloc_small(n, bytes);
            }
            if let Some(place) = self.take_at_bound(1) {
                return self.fill_in(place, 1, bytes, false).as_ptr();
            }
        }
        self.alloc_by_search(n, bytes, finaliser)
    }

    #[inline(never)]
    fn alloc_small(&self, n: usize, bytes: usize) -> *mut u8 {
        match self.take_at_bound(n) {
            Some(place) => self.fill_in(place, n, bytes, false).as_ptr(),
            None => self.alloc_by_search(n, bytes, false),
        }
    }

    /// In a build with a mutex the caller has taken it.
    #[cfg_attr(not(gcheap_small), inline(never))]
    fn alloc_by_search(&self, n: usize, bytes: usize, finaliser: bool) -> *mut u8 {
        let mut may_collect = self.state().auto_collect().get() != 0;
        let mut may_grow = SPLIT_HEAP_AUTO;
        if may_collect && self.is_collection_due() {
            self.collect_outside_mutex();
            may_collect = false;
        }
        loop {
            if let Some(place) = self.place(n) {
                place.area.atb().free_to_object(place.block, n);
                return self.fill_in(place, n, bytes, finaliser).as_ptr();
            }
            if !may_collect {
                if may_grow && self.grow(bytes) {
                    may_grow = false;
                    continue;
                }
                self.port().exit();
                return null_mut();
            }
            self.collect_outside_mutex();
            may_collect = false;
        }
    }

    /// Whether so much was allocated since the last collection that it is time for one.
    #[inline(always)]
    fn is_collection_due(&self) -> bool {
        ALLOC_THRESHOLD && self.state().alloc_amount().get() >= self.state().alloc_threshold().get()
    }

    /// The host's collection takes the mutex by itself.
    #[cold]
    fn collect_outside_mutex(&self) {
        self.port().exit();
        self.port().collect();
        self.port().enter();
    }

    /// Keeps the books of a new object of `n` blocks, gives the mutex back and clears the memory.
    #[inline(always)]
    fn fill_in(&self, place: Place, n: usize, bytes: usize, finaliser: bool) -> NonNull<u8> {
        let Place { area, block } = place;
        if !TUNED_FOR_SIZE {
            area.used().set(area.used().get() + n);
        }
        area.last_used().set(area.last_used().get().max(block + n - 1));
        if ALLOC_THRESHOLD {
            let amount = self.state().alloc_amount();
            amount.set(amount.get().wrapping_add(n));
        }
        // SAFETY: I6: the block is one of this area's.
        let object = unsafe { ptr_from_block(area.pool(), block) };
        if FINALISER && finaliser {
            // SAFETY: I6: the object has at least one block, that is a word. Cleared first: a finaliser must never see
            // what lay here before.
            unsafe { object.cast::<usize>().write(0) };
            area.ftb().set(block);
        }
        // Another thread may collect from here on and finds the object only if its address is in a register or on the
        // stack: the compiler must have made the address by now.
        let object = if MUTEX { core::hint::black_box(object) } else { object };
        self.port().exit();
        // What a caller leaves unused of its blocks must not look like pointers: without the conservative clear, that
        // is what lies behind `bytes`.
        if !CONSERVATIVE_CLEAR {
            // SAFETY: I6: the rest of the object's n blocks, which are the caller's and nobody else's from now on.
            unsafe { mem::clear(object.add(bytes), n * BLOCK_BYTES - bytes) };
        } else if n == 1 && !TUNED_FOR_SIZE {
            // Most objects are this small, and not worth a call of memset. Volatile: the compiler would make it one.
            for i in 0..BLOCK_BYTES / WORD_BYTES {
                // SAFETY: I6: word i of the object's one block.
                unsafe { object.cast::<usize>().add(i).write_volatile(0) };
            }
        } else {
            // SAFETY: I6: the object's n blocks.
            unsafe { mem::clear_blocks(object, n) };
        }
        object
    }
}

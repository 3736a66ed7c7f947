//! Allocation.

use core::ptr::{NonNull, null_mut};

use super::atb::ptr_from_block;
use super::place::Place;
use super::{Heap, blocks_for};
use crate::config::{ALLOC_THRESHOLD, BLOCK_BYTES, CONSERVATIVE_CLEAR, FINALISER, MUTEX, WORD_BYTES};
use crate::port::Port;

impl<P: Port> Heap<P> {
    /// Allocates `bytes` bytes, with a finaliser if asked; NULL if that cannot be. gc.c: `gc_alloc`.
    pub fn alloc(&self, bytes: usize, finaliser: bool) -> *mut u8 {
        // An absurd size overflows; gc.c's own arithmetic makes 0 blocks of it, and NULL of that.
        let n = blocks_for(bytes).unwrap_or(0);
        if n == 0 || self.is_locked() {
            return null_mut();
        }
        self.port().enter();
        let mut may_collect = self.state().auto_collect().get() != 0;
        if ALLOC_THRESHOLD && may_collect && self.state().alloc_amount().get() >= self.state().alloc_threshold().get() {
            self.collect_outside_mutex();
            may_collect = false;
        }
        loop {
            if let Some(place) = self.place(n) {
                return self.take(place, n, bytes, finaliser).as_ptr();
            }
            if !may_collect {
                self.port().exit();
                return null_mut();
            }
            self.collect_outside_mutex();
            may_collect = false;
        }
    }

    /// The host's collection takes the mutex by itself.
    #[cold]
    fn collect_outside_mutex(&self) {
        self.port().exit();
        self.port().collect();
        self.port().enter();
    }

    /// Makes an object of the `n` free blocks at `place`, gives the mutex back and clears the memory.
    fn take(&self, place: Place, n: usize, bytes: usize, finaliser: bool) -> NonNull<u8> {
        let Place { area, block } = place;
        let atb = area.atb();
        atb.free_to_object(block, n);
        area.used().set(area.used().get() + n);
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
            unsafe { object.write_bytes(0, WORD_BYTES) };
            area.ftb().set(block);
        }
        // Another thread may collect from here on and finds the object only if its address is in a register or on the
        // stack: the compiler must have made the address by now.
        let object = if MUTEX { core::hint::black_box(object) } else { object };
        self.port().exit();
        // What a caller leaves unused of its blocks must not look like pointers: without the conservative clear, that
        // is what lies behind `bytes`.
        let clear_from = if CONSERVATIVE_CLEAR { 0 } else { bytes };
        if CONSERVATIVE_CLEAR && n == 1 {
            // SAFETY: I6: the object's one block is the caller's. Most objects are this small: no call, no loop.
            unsafe { object.cast::<[usize; BLOCK_BYTES / WORD_BYTES]>().write([0; BLOCK_BYTES / WORD_BYTES]) };
        } else {
            // SAFETY: I6: the object's n blocks are the caller's, and nobody else's, from now on.
            unsafe { object.add(clear_from).write_bytes(0, n * BLOCK_BYTES - clear_from) };
        }
        object
    }
}

//! Allocation.

use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};

use super::{AllocFlags, Areas, blocks_for};
use crate::config::{
    ALLOC_THRESHOLD, BLOCK_BYTES, CONSERVATIVE_CLEAR, FINALISER, GROWTH, INTERIOR, MUTEX, NO_SCAN, SPLIT_HEAP,
    SPLIT_HEAP_AUTO, STATISTICS,
};
use crate::context::Context;
use crate::counting::Counting;
use crate::host::Host;
use crate::inspect::noting::note;
use crate::inspect::numbers::Cause;
use crate::inspect::statistics::Statistician;
use crate::layout::block::ptr_from_block;
use crate::layout::memory::Memory;
use crate::placement::{Place, Placement};
use crate::variant::Variant;

/// Makes objects.
#[derive(Clone, Copy)]
pub(crate) struct Allocate<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Allocate<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Allocates `bytes` bytes, with a finaliser if the flags say so; NULL if that cannot be.
    #[inline(always)]
    pub fn alloc(self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        if V::Placement::<H>::SHORTCUTS {
            self.alloc_inlined(bytes, flags)
        } else {
            self.alloc_out_of_line(bytes, flags)
        }
    }

    /// Not inlined: without shortcuts all callers share it.
    #[inline(never)]
    fn alloc_out_of_line(self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        self.alloc_inlined(bytes, flags)
    }

    #[inline(always)]
    fn alloc_inlined(self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let n = blocks_for(bytes);
        if n == 0 || self.0.is_locked() {
            return null_mut();
        }
        if MUTEX {
            self.0.host().enter();
        }
        if !V::Placement::<H>::SHORTCUTS {
            return self.search(n, bytes, flags, false);
        }
        // Most allocations are of one block, and need nothing of what the others need. Apart from those they are short.
        if n > 1 {
            return self.alloc_more(n, bytes, flags);
        }
        if !self.is_collection_due() {
            if let Some(place) = V::Placement::over(self.0).take_quickly(1) {
                return self.fill_in(place, 1, bytes, flags).as_ptr();
            }
        }
        self.alloc_otherwise(n, bytes, flags)
    }

    /// Allocates more than one block. In a build with a mutex the caller has taken it.
    #[inline(never)]
    fn alloc_more(self, n: usize, bytes: usize, flags: AllocFlags) -> *mut u8 {
        if !self.is_collection_due() {
            if let Some(place) = V::Placement::over(self.0).take_quickly(n) {
                return self.fill_in(place, n, bytes, flags).as_ptr();
            }
        }
        self.alloc_otherwise(n, bytes, flags)
    }

    /// Allocates if the quickest way has failed. In a build with a mutex the caller has taken it.
    #[inline(never)]
    fn alloc_otherwise(self, n: usize, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let placement = V::Placement::over(self.0);
        let due = self.is_collection_due();
        if placement.is_too_much(n) {
            return self.alloc_by_search(n, bytes, flags, true);
        }
        if !due {
            if let Some(place) = placement.take_within_word(n).or_else(|| placement.take_small(n)) {
                return self.fill_in(place, n, bytes, flags).as_ptr();
            }
        }
        self.alloc_by_search(n, bytes, flags, !due && placement.is_small(n))
    }

    #[inline(never)]
    fn alloc_by_search(self, n: usize, bytes: usize, flags: AllocFlags, in_vain: bool) -> *mut u8 {
        self.search(n, bytes, flags, in_vain)
    }

    /// Allocates without a shortcut, after one that was tried `in_vain` and has searched the whole heap, or not. In a build
    /// with a mutex the caller has taken it.
    fn search(self, n: usize, bytes: usize, flags: AllocFlags, mut in_vain: bool) -> *mut u8 {
        let mut collected = false;
        let mut may_grow = SPLIT_HEAP_AUTO;
        if self.is_collection_due() && self.may_collect() {
            Statistician::<H, V>::of(self.0).cause(Cause::Threshold, bytes);
            self.collect_outside_mutex();
            (collected, in_vain) = (true, false);
        }
        let placement = V::Placement::over(self.0);
        let place = 'found: {
            if !V::Placement::<H>::SHORTCUTS {
                if let Some(place) = placement.take_quickly(n) {
                    break 'found place;
                }
            }
            loop {
                if !in_vain {
                    if let Some(place) = placement.take(n) {
                        break 'found place;
                    }
                }
                in_vain = false;
                if GROWTH && self.0.host().grow(n, collected || !self.may_collect()) {
                    continue;
                }
                if collected || !self.may_collect() {
                    if may_grow && Areas::<H, V>::of(self.0).grow(bytes) {
                        may_grow = false;
                        continue;
                    }
                    Statistician::<H, V>::of(self.0).fail(bytes);
                    self.0.host().exit();
                    if STATISTICS {
                        self.0.host().out_of_memory(bytes);
                    }
                    return null_mut();
                }
                Statistician::<H, V>::of(self.0).cause(Cause::NoRoom, bytes);
                self.collect_outside_mutex();
                collected = true;
            }
        };
        self.fill_in(place, n, bytes, flags).as_ptr()
    }

    /// Whether an allocation may collect.
    fn may_collect(self) -> bool {
        self.0.state().auto_collect().get() != 0
    }

    /// Whether so much was allocated since the last collection that it is time for one.
    fn is_collection_due(self) -> bool {
        let state = self.0.state();
        ALLOC_THRESHOLD && state.alloc_amount().get() >= state.alloc_threshold().get()
            || STATISTICS && Statistician::<H, V>::of(self.0).is_stressed()
    }

    /// The host's collection takes the mutex by itself.
    #[cold]
    fn collect_outside_mutex(self) {
        let host = self.0.host();
        host.exit();
        host.collect();
        host.enter();
    }

    /// Updates the counters for a new object of `n` blocks, releases the mutex and clears the memory.
    fn fill_in(self, place: Place, n: usize, bytes: usize, flags: AllocFlags) -> NonNull<u8> {
        // Of a single area the address is known.
        let (area, block) = (if SPLIT_HEAP { place.area } else { self.0.state().first_area() }, place.block);
        V::Counting::note_used(area, n);
        note(self.0, |numbers| numbers.note_object(n));
        area.last_used().set(area.last_used().get().max(block + n - 1));
        if ALLOC_THRESHOLD {
            let amount = self.0.state().alloc_amount();
            amount.set(amount.get().wrapping_add(n));
        }
        // SAFETY: I6: the block is one of this area's.
        let object = unsafe { ptr_from_block(area.pool(), block) };
        if FINALISER && flags.has(AllocFlags::FINALISER) {
            // SAFETY: I6: the object has at least one block, that is a word. Cleared first: a finaliser must never see
            // what lay here before.
            unsafe { object.cast::<usize>().write(0) };
            area.ftb().set(block);
        }
        if NO_SCAN {
            // Another object may have left the bit here.
            let ntb = area.ntb();
            if flags.is_no_scan() { ntb.set(block) } else { ntb.clear(block) }
        }
        if INTERIOR {
            area.starts().note(block, n);
        }
        // Another thread may collect from here on, and finds the object only if its address is in a register or on the
        // stack: the compiler must have computed the address by now.
        let object = if MUTEX { computed_by_now(object) } else { object };
        self.0.host().exit();
        // What a caller leaves unused of its blocks must not look like pointers. Without the conservative clear, that is
        // what lies behind `bytes`. But in some objects nobody looks for pointers.
        if NO_SCAN && flags.is_not_cleared() {
            return object;
        }
        if CONSERVATIVE_CLEAR {
            // SAFETY: I6: the object's n blocks, which belong to the caller and nobody else from now on.
            unsafe { V::Memory::clear_blocks(object, n) };
        } else {
            // SAFETY: I6: the rest of the object's n blocks.
            unsafe { V::Memory::clear(object.add(bytes), n * BLOCK_BYTES - bytes) };
        }
        object
    }
}

/// The pointer, computed by now: no code that computes it can move behind this.
#[inline(always)]
pub fn computed_by_now(object: NonNull<u8>) -> NonNull<u8> {
    // `black_box` would do, but goes through memory.
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm", target_arch = "riscv32"))]
    // SAFETY: no instruction at all.
    unsafe {
        core::arch::asm!("/* {} */", in(reg) object.as_ptr(), options(nostack, preserves_flags));
        object
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "arm", target_arch = "riscv32")))]
    core::hint::black_box(object)
}

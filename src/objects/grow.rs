//! Making the heap's first area, and adding others: by the host, or when an allocation finds no room.

use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::config::ALLOC_THRESHOLD;
use crate::context::Context;
use crate::host::{Host, Misuse};
use crate::inspect::statistics::Statistician;
use crate::layout::area::{Area, Reserved, bytes_with_record};
use crate::placement::Placement;
use crate::variant::Variant;

/// The heap's list of areas.
#[derive(Clone, Copy)]
pub(crate) struct Areas<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Areas<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Makes a heap of [start, end).
    ///
    /// # Safety
    /// The memory belongs to the heap from now on, until the next `init` (I3).
    pub unsafe fn init(self, start: *mut u8, end: *mut u8) {
        // SAFETY: I3.
        let has_blocks = unsafe { self.0.state().first_area().lay_out_in::<V::Memory>(start, end) };
        self.reset();
        if !has_blocks {
            self.report_bad_range(start, end);
        }
    }

    /// Makes a heap of reserved addresses, without any block yet.
    ///
    /// # Safety
    /// As [`crate::Heap::init_reserved`].
    pub unsafe fn init_reserved(self, reserved: Reserved) {
        // SAFETY: the caller's promise.
        unsafe { self.0.state().first_area().lay_out_reserved(reserved) };
        self.reset();
    }

    /// Lets a heap of reserved addresses have more blocks.
    ///
    /// # Safety
    /// As [`crate::Heap::extend`].
    pub unsafe fn extend(self, blocks: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.0.state().first_area().extend(blocks) };
        // A free run at the end has become longer, and no hole may be a part of one (I7).
        V::Placement::over(self.0).reset();
    }

    /// A new heap's state.
    fn reset(self) {
        let state = self.0.state();
        state.phase().set(0);
        V::Placement::over(self.0).reset();
        Statistician::<H, V>::of(self.0).reset();
        self.0.lock_depth().set(0);
        state.auto_collect().set(1);
        if ALLOC_THRESHOLD {
            state.alloc_threshold().set(usize::MAX);
            state.alloc_amount().set(0);
        }
        self.0.host().init_mutex();
    }

    /// Adds the area [start, end) behind the others.
    ///
    /// # Safety
    /// `init` was called; the memory belongs to the heap from now on, until the next `init` (I3).
    pub unsafe fn add(self, start: *mut u8, end: *mut u8) {
        // SAFETY: the caller's promise.
        if !unsafe { self.try_add(start, end) } {
            self.report_bad_range(start, end);
        }
    }

    /// False if there is no room for four blocks.
    ///
    /// # Safety
    /// As `add`.
    unsafe fn try_add(self, start: *mut u8, end: *mut u8) -> bool {
        // SAFETY: I3.
        let Some(area) = (unsafe { Area::with_record_in::<V::Memory>(start, end) }) else { return false };
        let mut last = self.0.state().first_area();
        while let Some(next) = last.next() {
            last = next;
        }
        last.next_field().set(Some(area));
        true
    }

    /// Asks the host for another area in which `failed` bytes have room, and as large as all areas there are if that can
    /// be had; says whether there is one now. Every number is gc.c's, overflow included. gc.c: `gc_try_add_heap`.
    #[cold]
    pub fn grow(self, failed: usize) -> bool {
        let host = self.0.host();
        let needed = failed.wrapping_add((failed.wrapping_mul(13) / 512).max(2048));
        let available = host.max_new_split();
        if available < needed {
            return false;
        }
        let blocks: usize = self.0.state().areas().map(Area::blocks).sum();
        let bytes = bytes_with_record(blocks).max(needed).min(available);
        let Some(memory) = NonNull::new(host.alloc_heap(bytes)) else { return false };
        // SAFETY: I3: the host has just lent these bytes.
        let added = unsafe { self.try_add(memory.as_ptr(), memory.as_ptr().wrapping_add(bytes)) };
        if !added {
            host.free_heap(memory);
        }
        added
    }

    #[cold]
    fn report_bad_range(self, start: *mut u8, end: *mut u8) {
        if end < start {
            self.0.host().misuse(Misuse::EndBeforeStart, end);
        } else {
            self.0.host().misuse(Misuse::HeapTooSmall, start);
        }
    }
}

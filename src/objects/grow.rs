//! Making the heap's first area, and adding others: by the host, or when an allocation finds no room.

use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::config::ALLOC_THRESHOLD;
use crate::context::Context;
use crate::host::{Host, Misuse};
use crate::layout::area::{Area, bytes_with_record};
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
        let state = self.0.state();
        // SAFETY: I3.
        let has_blocks = unsafe { state.first_area().lay_out_in::<V::Memory>(start, end) };
        state.phase().set(0);
        V::Placement::over(self.0).reset();
        self.0.lock_depth().set(0);
        state.auto_collect().set(1);
        if ALLOC_THRESHOLD {
            state.alloc_threshold().set(usize::MAX);
            state.alloc_amount().set(0);
        }
        self.0.host().init_mutex();
        if !has_blocks {
            self.report_bad_range(start, end);
        }
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

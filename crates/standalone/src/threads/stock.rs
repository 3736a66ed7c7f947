//! A thread's stock: small objects of the default heap that it has taken all at once, under the lock, and uses one by one
//! without it.
//!
//! There is a shelf for each size, and each kind, with objects near each other ([`gcheap::Batch`]). For the heap they are in
//! use. A collection keeps them alive without looking into them ([`Stock::keep`]): so a thread may be stopped anywhere while
//! it takes one ([`super::taking`]). The object is on its shelf still, or its address is in a register already. What a
//! thread leaves behind when it ends is freed by the next collection.

use core::ptr::{NonNull, null_mut, with_exposed_provenance_mut};
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicUsize};

use gcheap::config::BLOCK_BYTES;
use gcheap::{Batch, MOST_BATCH_BLOCKS, MOST_STRETCHES, STRETCH_BYTES, computed_by_now};

use super::returned::Returned;
use crate::roots::AddressRange;

/// The stock of one thread, which alone uses it; but when the thread is stopped, the one that collects may look at it.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Stock {
    /// The thread is about to change it. A signal handler that comes then leaves it alone.
    pub(super) busy: AtomicBool,
    shelves: [[Shelf; MOST_BATCH_BLOCKS]; 2],
    /// Objects that the thread has freed.
    pub(super) returned: Returned,
}

/// The objects of one size and kind: a [`Batch`], or what is left of it.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Shelf {
    /// The stretch from which objects are taken now, and where it begins.
    stretch: AtomicUsize,
    address: AtomicUsize,
    base: AtomicUsize,
    starts: [AtomicUsize; MOST_STRETCHES],
}

impl Shelf {
    /// Takes the first object of the stretch; NULL if there is none.
    #[inline(always)]
    pub(super) fn take(&self) -> *mut u8 {
        // The number is always less than that.
        let place = &self.starts[self.stretch.load(Relaxed) % MOST_STRETCHES];
        let starts = place.load(Relaxed);
        if starts == 0 {
            return null_mut();
        }
        let offset = starts.trailing_zeros() as usize * BLOCK_BYTES;
        let object = with_exposed_provenance_mut(self.address.load(Relaxed).wrapping_add(offset));
        // A collection finds it in a register if it does not find it on the shelf.
        let object = NonNull::new(object).map_or(null_mut(), |object| computed_by_now(object).as_ptr());
        place.store(starts & (starts - 1), Relaxed);
        object
    }

    /// Takes the first object of the next stretch that has one; NULL if none has.
    pub(super) fn take_further(&self) -> *mut u8 {
        let mut object: *mut u8 = null_mut();
        let mut next = self.stretch.load(Relaxed) + 1;
        while object.is_null() && next < MOST_STRETCHES {
            self.stretch.store(next, Relaxed);
            self.address.store(self.base.load(Relaxed).wrapping_add(next * STRETCH_BYTES), Relaxed);
            object = self.take();
            next += 1;
        }
        object
    }

    pub(super) fn put(&self, batch: Batch) {
        self.base.store(batch.base, Relaxed);
        self.address.store(batch.base, Relaxed);
        self.stretch.store(0, Relaxed);
        self.starts.iter().zip(batch.starts).for_each(|(place, starts)| place.store(starts, Relaxed));
    }

    fn batch(&self) -> Batch {
        Batch { base: self.base.load(Relaxed), starts: core::array::from_fn(|i| self.starts[i].load(Relaxed)) }
    }
}

impl Stock {
    #[inline(always)]
    pub(super) fn shelf(&self, blocks: usize, no_scan: bool) -> Option<&Shelf> {
        self.shelves[no_scan as usize].get(blocks.wrapping_sub(1))
    }

    /// For a collection: calls `visit` with everything that is to be kept alive. What the thread has freed is not, unless the
    /// thread was stopped in the middle of an operation.
    pub(super) fn keep(&self, heap: AddressRange, visit: &mut dyn FnMut(Batch)) {
        if self.busy.load(Relaxed) {
            self.returned.each(heap, visit);
        } else {
            self.returned.clear();
        }
        self.each_on_shelves(visit);
    }

    /// Takes everything out of the stock.
    pub(super) fn empty(&self, heap: AddressRange, visit: &mut dyn FnMut(Batch)) {
        self.each(heap, visit);
        self.clear();
    }

    /// Calls `visit` with everything in stock.
    pub(super) fn each(&self, heap: AddressRange, visit: &mut dyn FnMut(Batch)) {
        self.returned.each(heap, visit);
        self.each_on_shelves(visit);
    }

    /// The same without what the thread has freed.
    pub(super) fn each_on_shelves(&self, visit: &mut dyn FnMut(Batch)) {
        for shelf in self.shelves.iter().flatten() {
            let batch = shelf.batch();
            if batch.starts != [0; MOST_STRETCHES] {
                visit(batch);
            }
        }
    }

    /// Forgets everything in stock.
    pub(super) fn clear(&self) {
        self.shelves.iter().flatten().for_each(|shelf| shelf.put(Batch { base: 0, starts: [0; MOST_STRETCHES] }));
        self.returned.clear();
        self.busy.store(false, Relaxed);
    }
}

//! A thread's stock: small objects of the default heap that it has taken all at once, under the lock, and uses one by one
//! without it.
//!
//! There is a shelf for each size, and each kind, with the objects of one word of the heap's table ([`gcheap::Batch`]). For
//! the heap they are in use. A collection keeps them alive without looking into them ([`Stock::each`]): so a thread may be
//! stopped anywhere in [`take_from_stock`]. The object is on its shelf still, or its address is in a register already. What
//! a thread leaves behind when it ends is freed by the next collection.

use core::ptr::{NonNull, null_mut, with_exposed_provenance_mut};
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicBool, AtomicUsize, compiler_fence};

use gcheap::config::BLOCK_BYTES;
use gcheap::{Batch, MOST_BATCH_BLOCKS, MOST_STRETCHES, STRETCH_BYTES, computed_by_now};

use super::current::current;
use super::lock::Guard;
use super::record::State;

/// The stock of one thread, which alone uses it; but when the thread is stopped, the one that collects may look at it.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Stock {
    /// The thread is about to change it. A signal handler that comes then leaves it alone.
    busy: AtomicBool,
    shelves: [[Shelf; MOST_BATCH_BLOCKS]; 2],
}

/// The objects of one size and kind: a [`Batch`], or what is left of it.
#[derive(Debug)]
#[repr(C)]
struct Shelf {
    /// The stretch from which objects are taken now, and where it begins.
    stretch: AtomicUsize,
    address: AtomicUsize,
    base: AtomicUsize,
    starts: [AtomicUsize; MOST_STRETCHES],
}

impl Shelf {
    /// Takes the first object of the stretch; NULL if there is none.
    #[inline(always)]
    fn take(&self) -> *mut u8 {
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
    fn take_further(&self) -> *mut u8 {
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

    fn put(&self, batch: Batch) {
        self.base.store(batch.base, Relaxed);
        self.address.store(batch.base, Relaxed);
        self.stretch.store(0, Relaxed);
        self.starts.iter().zip(batch.starts).for_each(|(place, starts)| place.store(starts, Relaxed));
    }

    fn batch(&self) -> Batch {
        Batch { base: self.base.load(Relaxed), starts: [0, 1, 2, 3].map(|i| self.starts[i].load(Relaxed)) }
    }
}

impl Stock {
    #[inline(always)]
    fn shelf(&self, blocks: usize, no_scan: bool) -> Option<&Shelf> {
        self.shelves[no_scan as usize].get(blocks.wrapping_sub(1))
    }

    /// Calls `visit` with everything in stock.
    pub(super) fn each(&self, visit: &mut dyn FnMut(Batch)) {
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
        self.busy.store(false, Relaxed);
    }
}

/// Takes everything out of the calling thread's stock, unless it is in the middle of an operation on it.
pub(crate) fn empty_stock(_: &Guard, mut visit: impl FnMut(Batch)) {
    let Some(me) = current() else { return };
    if !me.stock.busy.load(Relaxed) {
        me.stock.each(&mut visit);
        me.stock.clear();
    }
}

/// Takes an object of so many blocks out of the calling thread's stock; NULL if there is none. It holds what it held before.
/// Async-signal-safe.
#[inline(always)]
pub(crate) fn take_from_stock(blocks: usize, no_scan: bool) -> *mut u8 {
    let Some(me) = current() else { return null_mut() };
    let Some(shelf) = me.stock.shelf(blocks, no_scan) else { return null_mut() };
    // In a blocking region nobody stops the thread, so a collection may be looking.
    if me.stock.busy.load(Relaxed) || me.state() != State::Running {
        return null_mut();
    }
    me.stock.busy.store(true, Relaxed);
    compiler_fence(SeqCst);
    let object = shelf.take();
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    object
}

/// Takes an object out of the calling thread's stock if nothing is left of the stretch from which it took the last one; or puts
/// what `make` returns into the stock, and takes the first object of that. NULL if that is not possible now: the thread is in the middle of an operation on its stock, is not known, or `make` has
/// nothing.
pub(crate) fn take_from_new_stock(
    _: &Guard,
    blocks: usize,
    no_scan: bool,
    make: impl FnOnce() -> Option<Batch>,
) -> *mut u8 {
    let Some(me) = current() else { return null_mut() };
    let Some(shelf) = me.stock.shelf(blocks, no_scan) else { return null_mut() };
    if me.stock.busy.swap(true, Relaxed) {
        return null_mut();
    }
    let mut object = shelf.take_further();
    if object.is_null()
        && let Some(batch) = make()
    {
        shelf.put(batch);
        object = shelf.take();
    }
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    object
}

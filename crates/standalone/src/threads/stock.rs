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
use gcheap::{Batch, MOST_BATCH_BLOCKS, computed_by_now};

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

/// The objects of one size and kind: a [`Batch`], or nothing if `starts` is 0.
#[derive(Debug)]
#[repr(C)]
struct Shelf {
    base: AtomicUsize,
    starts: AtomicUsize,
}

impl Shelf {
    /// Takes the first object; NULL if there is none.
    #[inline(always)]
    fn take(&self) -> *mut u8 {
        let starts = self.starts.load(Relaxed);
        if starts == 0 {
            return null_mut();
        }
        let offset = starts.trailing_zeros() as usize * BLOCK_BYTES;
        let object = with_exposed_provenance_mut(self.base.load(Relaxed).wrapping_add(offset));
        // A collection finds it in a register if it does not find it on the shelf.
        let object = NonNull::new(object).map_or(null_mut(), |object| computed_by_now(object).as_ptr());
        self.starts.store(starts & (starts - 1), Relaxed);
        object
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
            let batch = Batch { base: shelf.base.load(Relaxed), starts: shelf.starts.load(Relaxed) };
            if batch.starts != 0 {
                visit(batch);
            }
        }
    }

    /// Forgets everything in stock.
    pub(super) fn clear(&self) {
        for shelf in self.shelves.iter().flatten() {
            shelf.starts.store(0, Relaxed);
        }
        self.busy.store(false, Relaxed);
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

/// Puts what `make` returns into the calling thread's stock, where there is nothing of the kind, and takes the first object.
/// NULL if that is not possible now: the thread is in the middle of an operation on its stock, is not known, or `make` has
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
    let mut object = null_mut();
    if let Some(batch) = make() {
        shelf.base.store(batch.base, Relaxed);
        shelf.starts.store(batch.starts, Relaxed);
        object = shelf.take();
    }
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    object
}

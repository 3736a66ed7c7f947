//! The collector's lock, for programs that look at what a collection changes. `GC_call_with_alloc_lock` is in
//! native/gc_native.c.

use core::ffi::c_int;
use core::sync::atomic::{AtomicBool, Ordering};

use gcheap_standalone::heap::{Handle, marking};
use gcheap_standalone::program;
use gcheap_standalone::threads::LOCK;

use crate::start::GC_init;

/// Whether a program's function holds the lock, and not an operation of the heap.
static OPEN: AtomicBool = AtomicBool::new(false);

/// The default heap, if the calling thread holds the lock outside of all operations: in a function that a collection
/// calls, or between GC_alloc_lock and GC_alloc_unlock.
pub(crate) fn heap_of_holder() -> Option<Handle> {
    if !LOCK.is_mine() {
        None
    } else if OPEN.load(Ordering::Relaxed) {
        program::default_heap()
    } else {
        marking()
    }
}

/// Takes the collector's lock, unless the calling thread has it; returns whether it had to be taken.
#[unsafe(no_mangle)]
extern "C" fn bdw_take_lock() -> c_int {
    GC_init();
    let taken = LOCK.acquire().is_ok();
    if taken {
        OPEN.store(true, Ordering::Relaxed);
    }
    taken as c_int
}

/// Releases the collector's lock.
#[unsafe(no_mangle)]
extern "C" fn bdw_release_lock() {
    OPEN.store(false, Ordering::Relaxed);
    LOCK.release();
}

/// Takes the collector's lock; the calling thread does not have it. It may call nothing that takes it until it has
/// released it.
#[unsafe(no_mangle)]
pub extern "C" fn GC_alloc_lock() {
    bdw_take_lock();
}

/// Releases the collector's lock.
#[unsafe(no_mangle)]
pub extern "C" fn GC_alloc_unlock() {
    if LOCK.is_mine() {
        bdw_release_lock();
    }
}

//! The collector's lock, for programs that look at what a collection changes. `GC_call_with_alloc_lock` is in
//! native/gc_native.c.

use core::ffi::c_int;

use gcheap_standalone::threads::LOCK;

use crate::start::GC_init;

/// Takes the collector's lock, unless the calling thread has it; returns whether it had to be taken.
#[unsafe(no_mangle)]
extern "C" fn bdw_take_lock() -> c_int {
    GC_init();
    LOCK.acquire().is_ok() as c_int
}

/// Releases the collector's lock.
#[unsafe(no_mangle)]
extern "C" fn bdw_release_lock() {
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
        LOCK.release();
    }
}

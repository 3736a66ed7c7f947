//! Collections, and how full the heap is.

use core::ffi::c_int;

use gcheap_standalone::numbers::Numbers;
use gcheap_standalone::program::{self, HeapRef};

use crate::start::GC_init;

/// Collects, and calls the finalisers that are due (unless that is done on demand).
#[unsafe(no_mangle)]
pub extern "C" fn GC_gcollect() {
    GC_init();
    program::collect(HeapRef::DEFAULT);
}

/// Collects if a collection is due. There is nothing to go on with afterwards: 0.
#[unsafe(no_mangle)]
pub extern "C" fn GC_collect_a_little() -> c_int {
    GC_init();
    if program::with(HeapRef::DEFAULT, |heap| heap.is_due()) == Some(true) {
        program::collect(HeapRef::DEFAULT);
    }
    0
}

/// From now on no allocation collects. Nests.
#[unsafe(no_mangle)]
pub extern "C" fn GC_disable() {
    GC_init();
    program::with(HeapRef::DEFAULT, |heap| heap.disable(true));
}

/// Reverses one `GC_disable`.
#[unsafe(no_mangle)]
pub extern "C" fn GC_enable() {
    program::with(HeapRef::DEFAULT, |heap| heap.disable(false));
}

/// Whether `GC_disable` holds.
#[unsafe(no_mangle)]
pub extern "C" fn GC_is_disabled() -> c_int {
    program::with(HeapRef::DEFAULT, |heap| heap.is_disabled()).unwrap_or(false) as c_int
}

/// Lets the heap have so many bytes more; no collection is due before they are in use. 0 if there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn GC_expand_hp(bytes: usize) -> c_int {
    GC_init();
    program::with(HeapRef::DEFAULT, |heap| heap.expand(bytes)).unwrap_or(false) as c_int
}

fn numbers() -> Numbers {
    if program::exists() { program::numbers(HeapRef::DEFAULT) } else { Numbers::default() }
}

/// Bytes that the heap has.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_heap_size() -> usize {
    numbers().heap_bytes
}

/// Bytes of it that are free.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_free_bytes() -> usize {
    let now = numbers();
    now.heap_bytes - now.used_bytes
}

/// Bytes that were given back to the system: they do not count as the heap's any more. 0.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_unmapped_bytes() -> usize {
    0
}

/// Bytes allocated since the last collection.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_bytes_since_gc() -> usize {
    numbers().since_last
}

/// Bytes allocated in all.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_total_bytes() -> usize {
    numbers().allocated() as usize
}

/// Bytes in use when the last collection had ended.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_memory_use() -> usize {
    numbers().used_bytes
}

/// Collections so far.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_gc_no() -> usize {
    numbers().counters.collections
}

/// All of these numbers at one time. Each pointer may be NULL.
///
/// # Safety
/// The others can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_get_heap_usage_safe(
    heap_size: *mut usize,
    free_bytes: *mut usize,
    unmapped_bytes: *mut usize,
    bytes_since_gc: *mut usize,
    total_bytes: *mut usize,
) {
    let now = numbers();
    let all = [
        (heap_size, now.heap_bytes),
        (free_bytes, now.heap_bytes - now.used_bytes),
        (unmapped_bytes, 0),
        (bytes_since_gc, now.since_last),
        (total_bytes, now.allocated() as usize),
    ];
    for (place, number) in all {
        if !place.is_null() {
            // SAFETY: the caller's promise.
            unsafe { place.write(number) };
        }
    }
}

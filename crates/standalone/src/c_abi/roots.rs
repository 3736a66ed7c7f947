//! Roots that are added by hand.

use core::ffi::c_void;

use super::{DEFAULT, gcheap_t, named};
use crate::program::{self, HeapRef};
use crate::roots::Change;

/// Makes the words of [start, end) roots: what they point at is alive. For memory that the collector does not look at by
/// itself: of malloc and mmap. (Registers, stacks, static data and thread-local variables need not be added.)
///
/// start, end: rounded to whole words inside the range. An empty range does nothing. Ranges may overlap; adding one twice
/// changes nothing. Returns false if end lies before start, or if there is no memory for the list. Thread-safe.
///
/// # Safety
/// The words can be read until they are removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_add_roots(start: *const c_void, end: *const c_void) -> bool {
    add(DEFAULT, start, end)
}

/// gcheap_add_roots for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and the words can be read until they are removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_add_roots_in(heap: *mut gcheap_t, start: *const c_void, end: *const c_void) -> bool {
    add(named(heap), start, end)
}

fn add(heap: HeapRef, start: *const c_void, end: *const c_void) -> bool {
    program::with(heap, |heap| heap.with_roots(|roots| roots.add(start.addr(), end.addr()).is_ok())).unwrap_or(false)
}

/// The words of [start, end) are no roots any more, whichever call made them so. Returns false if none of them was one, or
/// if there is no memory for the list (a range in the middle of another one makes two of it). Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_remove_roots(start: *const c_void, end: *const c_void) -> bool {
    remove(DEFAULT, start, end)
}

/// gcheap_remove_roots for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_remove_roots_in(heap: *mut gcheap_t, start: *const c_void, end: *const c_void) -> bool {
    remove(named(heap), start, end)
}

fn remove(heap: HeapRef, start: *const c_void, end: *const c_void) -> bool {
    let removed = program::with(heap, |heap| heap.with_roots(|roots| roots.remove(start.addr(), end.addr())));
    matches!(removed, Some(Ok(change)) if change != Change::Nothing)
}

/// Removes all roots that were added by hand. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_clear_roots() {
    clear(DEFAULT);
}

/// gcheap_clear_roots for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_clear_roots_in(heap: *mut gcheap_t) {
    clear(named(heap));
}

fn clear(heap: HeapRef) {
    program::with(heap, |heap| heap.with_roots(|roots| roots.clear()));
}

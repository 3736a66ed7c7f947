//! Objects: allocate, resize, free, ask.

use core::ffi::{c_char, c_uint, c_void};
use core::ptr;

use super::{DEFAULT, gcheap_t, named};
use crate::program::{self, HeapRef, Request};

/// For gcheap_alloc: no collection looks for pointers in the object. For text, numbers, pixels.
pub const GCHEAP_NO_SCAN: c_uint = 2;
/// For gcheap_alloc, together with GCHEAP_NO_SCAN: the object may hold anything at first.
pub const GCHEAP_NOT_CLEARED: c_uint = 4;
/// For gcheap_alloc: only gcheap_free frees the object. What it leads to is alive as long as it is.
pub const GCHEAP_UNCOLLECTABLE: c_uint = 8;

fn request(flags: c_uint) -> Request {
    Request {
        no_scan: flags & GCHEAP_NO_SCAN != 0,
        not_cleared: flags & GCHEAP_NOT_CLEARED != 0,
        uncollectable: flags & GCHEAP_UNCOLLECTABLE != 0,
    }
}

/// Allocates an object of n_bytes bytes, all 0, aligned for any type (16 bytes on 64-bit machines). It is freed by a
/// collection when no pointer to it, or into it, can be reached any more.
///
/// n_bytes: any; 0 gives an object of its own, too. flags: 0, or GCHEAP_NO_SCAN and the like. Returns NULL if there is no
/// memory, even after a collection (see gcheap_set_out_of_memory); and in a signal handler that came in the middle of
/// another call. The first call makes the default heap and registers the calling thread.
/// May collect, and may then call finalisers. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_alloc(n_bytes: usize, flags: c_uint) -> *mut c_void {
    let request = request(flags);
    let object = program::alloc_quickly(n_bytes, request);
    if object.is_null() { program::alloc(DEFAULT, n_bytes, request).cast() } else { object.cast() }
}

/// gcheap_alloc in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_alloc_in(heap: *mut gcheap_t, n_bytes: usize, flags: c_uint) -> *mut c_void {
    program::alloc(named(heap), n_bytes, request(flags)).cast()
}

/// Makes an object n_bytes bytes large: in place if there is room, else as a copy elsewhere. Bytes that are new are 0.
///
/// object: NULL allocates. n_bytes: 0 frees, and returns NULL. Returns the object's address, or NULL if there is no memory:
/// then it is as it was. A moved object keeps its finaliser, what it was allocated as, and its weak links: those that hold
/// its old address get the new one. A pointer that is not an object's start is reported (see gcheap_set_misuse). May
/// collect. Thread-safe.
///
/// # Safety
/// Nothing uses the old address afterwards if another one is returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_realloc(object: *mut c_void, n_bytes: usize) -> *mut c_void {
    program::realloc(DEFAULT, object.cast(), n_bytes).cast()
}

/// gcheap_realloc in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and nothing uses the old address afterwards if another one is returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_realloc_in(heap: *mut gcheap_t, object: *mut c_void, n_bytes: usize) -> *mut c_void {
    program::realloc(named(heap), object.cast(), n_bytes).cast()
}

/// Frees an object at once, without calling its finaliser. No program needs to, but a long one that is no longer of use
/// makes room sooner.
///
/// object: NULL does nothing. A pointer that is not an object's start is reported (see gcheap_set_misuse), and nothing is
/// freed. Weak links to the object become NULL. A small object (up to 1 KiB on 64-bit machines) makes room for the same
/// thread's next allocations first, for everything else when the next collection has been. Never collects. Thread-safe.
///
/// # Safety
/// Nothing uses the object afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_free(object: *mut c_void) {
    program::free(DEFAULT, object.cast());
}

/// gcheap_free in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and nothing uses the object afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_free_in(heap: *mut gcheap_t, object: *mut c_void) {
    program::free(named(heap), object.cast());
}

/// How many bytes an object can hold: at least as many as were asked for. 0 for NULL, and for anything that is not an
/// object's start. Never collects. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_size(object: *const c_void) -> usize {
    program::size(DEFAULT, object.cast())
}

/// gcheap_size in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_size_in(heap: *mut gcheap_t, object: *const c_void) -> usize {
    program::size(named(heap), object.cast())
}

/// The start of the object that an address lies in; NULL if it lies in none. Never collects. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_base(address: *const c_void) -> *mut c_void {
    program::base(DEFAULT, address.cast()).cast()
}

/// gcheap_base in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_base_in(heap: *mut gcheap_t, address: *const c_void) -> *mut c_void {
    program::base(named(heap), address.cast()).cast()
}

/// A copy of a string, in an object that is not scanned. NULL for NULL, and if there is no memory. May collect.
/// Thread-safe.
///
/// # Safety
/// text is NULL or a string that ends with a 0 byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_strdup(text: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(DEFAULT, text, usize::MAX) }
}

/// gcheap_strdup in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and text is NULL or a string that ends with a 0 byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_strdup_in(heap: *mut gcheap_t, text: *const c_char) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(named(heap), text, usize::MAX) }
}

/// A copy of at most n_bytes bytes of a string, and a 0 byte, in an object that is not scanned. NULL for NULL, and if there
/// is no memory. May collect. Thread-safe.
///
/// # Safety
/// text is NULL, or a string that ends with a 0 byte or has n_bytes bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_strndup(text: *const c_char, n_bytes: usize) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(DEFAULT, text, n_bytes) }
}

/// gcheap_strndup in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and text is NULL, or a string that ends with a 0 byte or has n_bytes bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_strndup_in(heap: *mut gcheap_t, text: *const c_char, n_bytes: usize) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(named(heap), text, n_bytes) }
}

/// # Safety
/// The text is NULL, or a string that ends with a 0 byte or has `most` bytes.
unsafe fn copy(heap: HeapRef, text: *const c_char, most: usize) -> *mut c_char {
    if text.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    let bytes = unsafe { libc::strnlen(text, most) };
    let Some(with_end) = bytes.checked_add(1) else { return ptr::null_mut() };
    let request = Request { no_scan: true, not_cleared: true, uncollectable: false };
    let new: *mut c_char = program::alloc(heap, with_end, request).cast();
    if !new.is_null() {
        // SAFETY: the new object has room for so many bytes and one more, and is none that the string lies in.
        unsafe {
            new.copy_from_nonoverlapping(text, bytes);
            new.add(bytes).write(0);
        }
    }
    new
}

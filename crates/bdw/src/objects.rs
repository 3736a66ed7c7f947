//! Objects.

use core::ffi::{c_char, c_int, c_void};
use core::ptr;

use gcheap_standalone::program::{self, HeapRef, Request};

use crate::disclaimed;
use crate::lock::heap_of_holder;
use crate::start::GC_init;

const SCANNED: Request = Request { no_scan: false, not_cleared: false, uncollectable: false };
const ATOMIC: Request = Request { no_scan: true, not_cleared: true, uncollectable: false };

#[inline(always)]
pub(crate) fn alloc(bytes: usize, request: Request) -> *mut c_void {
    let object = program::alloc_quickly(bytes, request);
    if object.is_null() { alloc_slowly(bytes, request) } else { object.cast() }
}

#[cold]
#[inline(never)]
fn alloc_slowly(bytes: usize, request: Request) -> *mut c_void {
    if !program::exists() {
        GC_init();
    }
    program::alloc(HeapRef::DEFAULT, bytes, request).cast()
}

/// Allocates an object of so many bytes, all 0. NULL if there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc(bytes: usize) -> *mut c_void {
    alloc(bytes, SCANNED)
}

/// The same for an object that is not scanned. Its bytes may be anything.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_atomic(bytes: usize) -> *mut c_void {
    alloc(bytes, ATOMIC)
}

/// `GC_malloc` for large objects. Here any address in them counts.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_ignore_off_page(bytes: usize) -> *mut c_void {
    alloc(bytes, SCANNED)
}

/// `GC_malloc_atomic` for large objects. Here any address in them counts.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_atomic_ignore_off_page(bytes: usize) -> *mut c_void {
    alloc(bytes, ATOMIC)
}

/// Allocates an object that only `GC_free` frees.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_uncollectable(bytes: usize) -> *mut c_void {
    alloc(bytes, Request { uncollectable: true, ..SCANNED })
}

/// The same for an object that is not scanned.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_atomic_uncollectable(bytes: usize) -> *mut c_void {
    alloc(bytes, Request { uncollectable: true, ..ATOMIC })
}

/// Allocates several objects of so many bytes, linked by their first words; NULL if there is no memory for one.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_many(bytes: usize) -> *mut c_void {
    let bytes = bytes.max(size_of::<usize>());
    let many = (4096 / bytes).clamp(1, 64);
    let mut first = ptr::null_mut();
    for _ in 0..many {
        let object = alloc(bytes, SCANNED);
        if object.is_null() {
            break;
        }
        // SAFETY: the new object has a word at least.
        unsafe { object.cast::<*mut c_void>().write(first) };
        first = object;
    }
    first
}

/// Frees an object at once; NULL does nothing.
///
/// # Safety
/// Nothing uses the object afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_free(object: *mut c_void) {
    disclaimed::forget(object);
    program::free(HeapRef::DEFAULT, object.cast());
}

/// A copy of a string, not scanned. NULL for NULL.
///
/// # Safety
/// text is NULL or ends with a 0 byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_strdup(text: *const c_char) -> *mut c_char {
    if text.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the caller's promise.
    unsafe { copy(text, libc::strlen(text)) }
}

/// A copy of at most so many bytes of a string, not scanned.
///
/// # Safety
/// text ends with a 0 byte, or has so many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_strndup(text: *const c_char, bytes: usize) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { copy(text, libc::strnlen(text, bytes)) }
}

/// # Safety
/// The string has so many bytes.
unsafe fn copy(text: *const c_char, bytes: usize) -> *mut c_char {
    let new: *mut c_char = GC_malloc_atomic(bytes.saturating_add(1)).cast();
    if !new.is_null() {
        // SAFETY: the new object has room for so many bytes and one more, and is none that the string lies in.
        unsafe {
            new.copy_from_nonoverlapping(text, bytes);
            new.add(bytes).write(0);
        }
    }
    new
}

/// The start of the object that an address lies in; NULL if it lies in none.
#[unsafe(no_mangle)]
pub extern "C" fn GC_base(address: *mut c_void) -> *mut c_void {
    if let Some(heap) = heap_of_holder() {
        return heap.base(address.cast()).cast();
    }
    if program::exists() { program::base(HeapRef::DEFAULT, address.cast()).cast() } else { ptr::null_mut() }
}

/// Whether an address lies in an object of the heap.
#[unsafe(no_mangle)]
pub extern "C" fn GC_is_heap_ptr(address: *const c_void) -> c_int {
    !GC_base(address.cast_mut()).is_null() as c_int
}

/// How many bytes an object has.
#[unsafe(no_mangle)]
pub extern "C" fn GC_size(object: *const c_void) -> usize {
    if let Some(heap) = heap_of_holder() {
        return heap.size(object.cast());
    }
    program::with(HeapRef::DEFAULT, |heap| heap.size(object.cast())).unwrap_or(0)
}

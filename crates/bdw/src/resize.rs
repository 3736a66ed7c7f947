//! Changing an object's size.

use core::ffi::c_void;
use core::ptr;

use gcheap_standalone::program::{self, HeapRef};

use crate::disclaimed;
use crate::kinds::of_kind;
use crate::objects::{GC_free, GC_malloc};

/// Changes an object's size. NULL allocates, 0 bytes frees.
///
/// # Safety
/// Nothing uses the old address afterwards if another one is returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_realloc(object: *mut c_void, bytes: usize) -> *mut c_void {
    if object.is_null() {
        return GC_malloc(bytes);
    }
    if bytes == 0 {
        // SAFETY: the caller's promise.
        unsafe { GC_free(object) };
        return ptr::null_mut();
    }
    if let Some(kind) = disclaimed::kind_of(object) {
        // SAFETY: the caller's promise.
        return unsafe { with_kind(object, bytes, kind) };
    }
    program::realloc(HeapRef::DEFAULT, object.cast(), bytes).cast()
}

/// GC_realloc for an object of such a kind: the new one is of the same kind, and the old one is freed without a question.
///
/// # Safety
/// The object is one; nothing uses its old address afterwards.
unsafe fn with_kind(object: *mut c_void, bytes: usize, kind: usize) -> *mut c_void {
    let old = program::size(HeapRef::DEFAULT, object.cast());
    if bytes <= old && bytes > old / 2 {
        return object;
    }
    let new = of_kind(bytes, kind, false);
    if !new.is_null() {
        // SAFETY: the objects are two, and have so many bytes.
        unsafe { object.cast::<u8>().copy_to_nonoverlapping(new.cast(), old.min(bytes)) };
        // SAFETY: the caller's promise.
        unsafe { GC_free(object) };
    }
    new
}

//! What programs call when they write to objects, for a collector that must know of it. This one need not.

use core::ffi::c_void;

use crate::GC_word;
use crate::aligned::GC_same_obj;
use crate::objects::GC_malloc;

/// GC_malloc, for objects that are seldom written to.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_stubborn(bytes: usize) -> *mut c_void {
    GC_malloc(bytes)
}

/// The object is going to be written to. Nothing is to be done.
#[unsafe(no_mangle)]
pub extern "C" fn GC_change_stubborn(_object: *const c_void) {}

/// The object was written to. Nothing is to be done.
#[unsafe(no_mangle)]
pub extern "C" fn GC_end_stubborn_change(_object: *const c_void) {}

/// Writes a pointer to *place.
///
/// # Safety
/// It can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_ptr_store_and_dirty(place: *mut c_void, value: *const c_void) {
    // SAFETY: the caller's promise.
    unsafe { place.cast::<*const c_void>().write(value) }
}

/// Adds so many bytes to *place, and returns the result. If the two lie in different objects, the program ends with a sentence.
///
/// # Safety
/// The word can be read and written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_pre_incr(place: *mut *mut c_void, bytes: isize) -> *mut c_void {
    // SAFETY: the caller's promise.
    let old = unsafe { place.read() };
    let new = GC_same_obj(old.wrapping_byte_offset(bytes), old);
    // SAFETY: the same.
    unsafe { place.write(new) };
    new
}

/// The same, but returns what *place was before.
///
/// # Safety
/// The word can be read and written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_post_incr(place: *mut *mut c_void, bytes: isize) -> *mut c_void {
    // SAFETY: the caller's promise.
    let old = unsafe { place.read() };
    // SAFETY: the same.
    unsafe { GC_pre_incr(place, bytes) };
    old
}

/// Uses a word, so that a compiler keeps it until here.
#[unsafe(no_mangle)]
pub extern "C" fn GC_noop1(word: GC_word) {
    core::hint::black_box(word);
}

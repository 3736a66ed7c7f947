//! The debugging allocator's functions, for programs that were compiled with GC_DEBUG: here they are the usual ones.
//! What they are told about the place of the call is not used, and no object has a header.

use core::ffi::{c_char, c_int, c_void};

use crate::GC_word;
use crate::finalisers::{
    GC_finalization_proc, GC_register_finalizer, GC_register_finalizer_ignore_self, GC_register_finalizer_no_order,
    GC_register_finalizer_unreachable,
};
use crate::objects::{
    GC_free, GC_malloc, GC_malloc_atomic, GC_malloc_atomic_ignore_off_page, GC_malloc_atomic_uncollectable,
    GC_malloc_ignore_off_page, GC_malloc_uncollectable, GC_strdup, GC_strndup,
};
use crate::resize::GC_realloc;

/// GC_malloc.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc(bytes: usize, _caller: GC_word, _file: *const c_char, _line: c_int) -> *mut c_void {
    GC_malloc(bytes)
}

/// GC_malloc_atomic.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc_atomic(
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    GC_malloc_atomic(bytes)
}

/// GC_malloc_uncollectable.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc_uncollectable(
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    GC_malloc_uncollectable(bytes)
}

/// GC_malloc_atomic_uncollectable.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc_atomic_uncollectable(
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    GC_malloc_atomic_uncollectable(bytes)
}

/// GC_malloc_ignore_off_page.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc_ignore_off_page(
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    GC_malloc_ignore_off_page(bytes)
}

/// GC_malloc_atomic_ignore_off_page.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc_atomic_ignore_off_page(
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    GC_malloc_atomic_ignore_off_page(bytes)
}

/// GC_realloc.
///
/// # Safety
/// As for GC_realloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_realloc(
    object: *mut c_void,
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { GC_realloc(object, bytes) }
}

/// GC_free.
///
/// # Safety
/// As for GC_free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_free(object: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { GC_free(object) }
}

/// GC_strdup.
///
/// # Safety
/// As for GC_strdup.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_strdup(
    text: *const c_char,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { GC_strdup(text) }
}

/// GC_strndup.
///
/// # Safety
/// As for GC_strndup.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_strndup(
    text: *const c_char,
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_char {
    // SAFETY: the caller's promise.
    unsafe { GC_strndup(text, bytes) }
}

/// GC_register_finalizer.
///
/// # Safety
/// As for GC_register_finalizer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_register_finalizer(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { GC_register_finalizer(object, function, data, old_function, old_data) }
}

/// GC_register_finalizer_ignore_self.
///
/// # Safety
/// As for GC_register_finalizer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_register_finalizer_ignore_self(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { GC_register_finalizer_ignore_self(object, function, data, old_function, old_data) }
}

/// GC_register_finalizer_no_order.
///
/// # Safety
/// As for GC_register_finalizer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_register_finalizer_no_order(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { GC_register_finalizer_no_order(object, function, data, old_function, old_data) }
}

/// GC_register_finalizer_unreachable.
///
/// # Safety
/// As for GC_register_finalizer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_register_finalizer_unreachable(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { GC_register_finalizer_unreachable(object, function, data, old_function, old_data) }
}

/// How many bytes an object of these functions has before the address that the program gets.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_debug_header_size() -> usize {
    0
}

/// GC_register_displacement.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_register_displacement(offset: usize) {
    crate::aligned::GC_register_displacement(offset);
}

/// How many bytes an object of these functions has before the address that the program gets.
#[unsafe(no_mangle)]
pub static GC_debug_header_size: usize = 0;

/// GC_malloc, for programs that put it in malloc's place.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc_replacement(bytes: usize) -> *mut c_void {
    GC_malloc(bytes)
}

/// GC_realloc, the same.
///
/// # Safety
/// As for GC_realloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_realloc_replacement(object: *mut c_void, bytes: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { GC_realloc(object, bytes) }
}

/// GC_generic_or_special_malloc.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_generic_or_special_malloc(
    bytes: usize,
    kind: c_int,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    crate::kinds::GC_generic_or_special_malloc(bytes, kind)
}

/// GC_malloc_stubborn.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_malloc_stubborn(
    bytes: usize,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    GC_malloc(bytes)
}

/// GC_change_stubborn.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_change_stubborn(_object: *const c_void) {}

/// GC_end_stubborn_change.
#[unsafe(no_mangle)]
pub extern "C" fn GC_debug_end_stubborn_change(_object: *const c_void) {}

/// GC_ptr_store_and_dirty.
///
/// # Safety
/// As for GC_ptr_store_and_dirty.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_ptr_store_and_dirty(place: *mut c_void, value: *const c_void) {
    // SAFETY: the caller's promise.
    unsafe { crate::writing::GC_ptr_store_and_dirty(place, value) }
}

//! Functions that the program's own functions call while a collection marks, and those that tell the collector about
//! them.

use core::ffi::{c_int, c_void};

use gcheap_standalone::heap::{is_reached, mark_word, mark_words};
use gcheap_standalone::program::{self, HeapRef};
use gcheap_standalone::roots::AddressRange;

use crate::bounds::{GC_push_other_roots, GC_push_other_roots_proc};
use crate::stackbottom::{GC_start_callback_proc, start_callback};
use crate::start::GC_init;

/// In a function for roots, or one that marks: the words of [bottom, top) are roots of this collection.
///
/// # Safety
/// They can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_push_all(bottom: *mut c_void, top: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { mark_words(AddressRange::new(bottom.expose_provenance(), top.addr())) }
}

/// The same.
///
/// # Safety
/// They can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_push_all_eager(bottom: *mut c_void, top: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { GC_push_all(bottom, top) }
}

/// The same. Which pages were written to is not known here, so all of them count.
///
/// # Safety
/// They can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_push_conditional(bottom: *mut c_void, top: *mut c_void, _all: c_int) {
    // SAFETY: the caller's promise.
    unsafe { GC_push_all(bottom, top) }
}

/// In a function that a collection calls: whether the object that an address lies in is marked so far. Otherwise 0:
/// objects have no marks between collections.
#[unsafe(no_mangle)]
pub extern "C" fn GC_is_marked(address: *const c_void) -> c_int {
    is_reached(address.addr()).unwrap_or(false) as c_int
}

/// In a function that a collection calls: marks the object, which is no garbage then. Here all that it leads to is
/// marked, too. At other times nothing happens: objects have no marks between collections.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_mark_bit(object: *const c_void) {
    mark_word(object.addr());
}

/// Sets what every collection calls when it marks roots: GC_push_all tells it further ones. The world is stopped, and
/// the function must call nothing else of the collector. It should call the one that was set before.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_push_other_roots(function: GC_push_other_roots_proc) {
    GC_init();
    // SAFETY: a word; the lock is held, so no collection is under way.
    program::with(HeapRef::DEFAULT, |_| unsafe { GC_push_other_roots = function });
}

/// What was set by that; at first it is a function that does nothing.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_push_other_roots() -> GC_push_other_roots_proc {
    // SAFETY: a word, which programs set when they start.
    unsafe { GC_push_other_roots }
}

/// Sets what every collection calls at its start. The lock is held, so the function must not call the collector.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_start_callback(function: GC_start_callback_proc) {
    GC_init();
    start_callback(Some(function));
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_start_callback() -> GC_start_callback_proc {
    start_callback(None)
}

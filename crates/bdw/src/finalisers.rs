//! Finalisers.

use core::ffi::{c_int, c_void};

use gcheap_standalone::finalise::{Finaliser, Function, Order};
use gcheap_standalone::program::{self, HeapRef};

/// What is called with an object and the data that was registered for it.
pub type GC_finalization_proc = Option<Function>;

/// Sets, replaces or (with NULL) removes an object's finaliser, and says which one it had. The function is called with
/// the address that is given here, which may lie inside the object: programs tag their pointers.
///
/// # Safety
/// The function can be called with the object and the data; `old_function` and `old_data` are NULL or can be written to.
unsafe fn register(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
    order: Order,
) {
    let start = program::base(HeapRef::DEFAULT, object.cast());
    // Tags are small; a pointer further into an object than that leads to its start.
    let offset = u32::try_from(object.addr().wrapping_sub(start.addr())).unwrap_or(0);
    let finaliser = function.map(|function| Finaliser { function, data, order, offset });
    let old = program::with(HeapRef::DEFAULT, |heap| heap.set_finaliser(start, finaliser));
    let old = old.and_then(Result::ok).flatten();
    // SAFETY: the caller's promise.
    unsafe {
        if !old_function.is_null() {
            old_function.write(old.map(|old| old.function));
        }
        if !old_data.is_null() {
            old_data.write(old.map_or(core::ptr::null_mut(), |old| old.data));
        }
    }
}

/// After the finalisers of objects that lead to this one.
///
/// # Safety
/// As for all of them: the function can be called with the object and the data; the last two are NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_register_finalizer(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { register(object, function, data, old_function, old_data, Order::Ordered) }
}

/// The same, and the object may point at itself.
///
/// # Safety
/// As for `GC_register_finalizer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_register_finalizer_ignore_self(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { register(object, function, data, old_function, old_data, Order::IgnoreSelf) }
}

/// As soon as nothing that is alive leads to the object.
///
/// # Safety
/// As for `GC_register_finalizer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_register_finalizer_no_order(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { register(object, function, data, old_function, old_data, Order::NoOrder) }
}

/// After all others.
///
/// # Safety
/// As for `GC_register_finalizer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_register_finalizer_unreachable(
    object: *mut c_void,
    function: GC_finalization_proc,
    data: *mut c_void,
    old_function: *mut GC_finalization_proc,
    old_data: *mut *mut c_void,
) {
    // SAFETY: the caller's promise.
    unsafe { register(object, function, data, old_function, old_data, Order::Unreachable) }
}

/// Calls the finalisers that are due; how many.
#[unsafe(no_mangle)]
pub extern "C" fn GC_invoke_finalizers() -> c_int {
    c_int::try_from(program::run_finalisers(HeapRef::DEFAULT)).unwrap_or(c_int::MAX)
}

/// Whether finalisers are due.
#[unsafe(no_mangle)]
pub extern "C" fn GC_should_invoke_finalizers() -> c_int {
    program::with(HeapRef::DEFAULT, |heap| heap.has_due()).unwrap_or(false) as c_int
}

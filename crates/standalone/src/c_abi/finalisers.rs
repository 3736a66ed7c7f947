//! Finalisers and weak links.

use core::ffi::{c_uint, c_void};

use super::{DEFAULT, gcheap_t, named};
use crate::finalise::{Finaliser, Function, Order};
use crate::program::{self, HeapRef};

/// Sets the function that is called with the object, and with data, when nothing reaches the object any more; NULL removes
/// it. An object has one at most. The object and all that it leads to are whole then, and the function may do anything:
/// allocate, collect, keep the object. If it does not, a later collection frees the object.
///
/// object: its start; anything else is refused. order: 0 (after the finalisers of objects that lead to this one; an object
/// that leads to itself is never finalised), 1 (the same, but the object may point at itself), 2 (no order), 3 (after all
/// others). What data points at is alive meanwhile; if it leads to the object, the object never dies.
/// Returns false if it is refused, or if there is no memory for the list. Never collects. Thread-safe. The four orders are
/// those of bdwgc's GC_register_finalizer, _ignore_self, _no_order and _unreachable.
///
/// # Safety
/// The function can be called with the object and data, in any thread that allocates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_finaliser(
    object: *mut c_void,
    function: Option<extern "C" fn(object: *mut c_void, data: *mut c_void)>,
    data: *mut c_void,
    order: c_uint,
) -> bool {
    set_finaliser(DEFAULT, object, function, data, order)
}

/// gcheap_set_finaliser in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and the function can be called with the object and data, in any thread that allocates there.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_finaliser_in(
    heap: *mut gcheap_t,
    object: *mut c_void,
    function: Option<extern "C" fn(object: *mut c_void, data: *mut c_void)>,
    data: *mut c_void,
    order: c_uint,
) -> bool {
    set_finaliser(named(heap), object, function, data, order)
}

fn set_finaliser(
    heap: HeapRef,
    object: *mut c_void,
    function: Option<Function>,
    data: *mut c_void,
    order: c_uint,
) -> bool {
    let order = match order {
        0 => Order::Ordered,
        1 => Order::IgnoreSelf,
        2 => Order::NoOrder,
        3 => Order::Unreachable,
        _ => return false,
    };
    let finaliser = function.map(|function| Finaliser { function, data, order, offset: 0 });
    let set = program::with(heap, |heap| {
        heap.core().nbytes(object.cast()) != 0 && heap.with_finalisers(|all| all.set(object.addr(), finaliser)).is_ok()
    });
    set.unwrap_or(false)
}

/// Calls the finalisers that are due, one after the other, in the calling thread. Returns how many. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_run_finalisers() -> usize {
    program::run_finalisers(DEFAULT)
}

/// gcheap_run_finalisers for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_run_finalisers_in(heap: *mut gcheap_t) -> usize {
    program::run_finalisers(named(heap))
}

/// Sets whether finalisers are called only by gcheap_run_finalisers, and not by allocations and gcheap_collect. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_finalise_on_demand(only: bool) {
    on_demand(DEFAULT, only);
}

/// gcheap_finalise_on_demand for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_finalise_on_demand_in(heap: *mut gcheap_t, only: bool) {
    on_demand(named(heap), only);
}

fn on_demand(heap: HeapRef, only: bool) {
    program::with(heap, |heap| heap.on_demand().set(only));
}

/// Makes *link weak: a collection that finds that nothing reaches the object sets it to NULL. The collector must not see the
/// pointer in it otherwise: it lies in a no-scan object, in memory that is no root, or is kept disguised.
///
/// long_lived: false clears the link before the object's finaliser is called; true only when that has not brought it back to
/// life. A link that lies in an object of the same heap is forgotten with that object; any other one must be unregistered
/// before its memory is used otherwise. Registering a link again replaces what it is about. Returns false if object is not an
/// object's start, or if there is no memory for the list. Never collects. Thread-safe.
///
/// # Safety
/// The word can be written to until it is unregistered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_weak_link(link: *mut *mut c_void, object: *const c_void, long_lived: bool) -> bool {
    weak_link(DEFAULT, link, object, long_lived)
}

/// gcheap_weak_link to an object in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and the word can be written to until it is unregistered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_weak_link_in(
    heap: *mut gcheap_t,
    link: *mut *mut c_void,
    object: *const c_void,
    long_lived: bool,
) -> bool {
    weak_link(named(heap), link, object, long_lived)
}

fn weak_link(heap: HeapRef, link: *mut *mut c_void, object: *const c_void, long_lived: bool) -> bool {
    program::size(heap, object.cast()) != 0
        && !link.is_null()
        && program::link(heap, link, object.cast(), long_lived).is_ok()
}

/// The link is weak no more. Returns false if it was not. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_weak_unlink(link: *mut *mut c_void) -> bool {
    weak_unlink(DEFAULT, link)
}

/// gcheap_weak_unlink in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_weak_unlink_in(heap: *mut gcheap_t, link: *mut *mut c_void) -> bool {
    weak_unlink(named(heap), link)
}

fn weak_unlink(heap: HeapRef, link: *mut *mut c_void) -> bool {
    program::with(heap, |heap| heap.unlink(link.addr(), false) | heap.unlink(link.addr(), true)).unwrap_or(false)
}

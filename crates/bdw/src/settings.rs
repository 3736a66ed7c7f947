//! Settings, each with its getter where gc.h has one.

use core::cell::Cell;
use core::ffi::{c_char, c_int};

use gcheap_standalone::program::{self, HeapRef};

use crate::GC_word;
use crate::variables::{
    GC_finalizer_notifier, GC_finalizer_notifier_proc, GC_free_space_divisor, GC_oom_fn, GC_oom_func, set_divisor,
};

/// What is called with a warning.
pub type GC_warn_proc = Option<extern "C" fn(*mut c_char, GC_word)>;

/// Settings that have no variable.
struct Kept {
    warn: Cell<GC_warn_proc>,
}

// SAFETY: single words, which programs set when they start.
unsafe impl Sync for Kept {}

static KEPT: Kept = Kept { warn: Cell::new(Some(GC_ignore_warn_proc)) };

fn start() {
    crate::start::GC_init();
}

/// Sets what is called when there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_oom_fn(function: GC_oom_func) {
    start();
    // SAFETY: programs do it when they start.
    unsafe { GC_oom_fn = function }
}

/// What is called when there is no memory; at first a function that returns NULL.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_oom_fn() -> GC_oom_func {
    // SAFETY: a word.
    unsafe { GC_oom_fn }
}

/// Sets what warnings are given to. This collector has none to give.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_warn_proc(function: GC_warn_proc) {
    KEPT.warn.set(function);
}

/// What warnings are given to.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_warn_proc() -> GC_warn_proc {
    KEPT.warn.get()
}

/// For `GC_set_warn_proc`: does nothing with a warning.
#[unsafe(no_mangle)]
pub extern "C" fn GC_ignore_warn_proc(_message: *mut c_char, _argument: GC_word) {}

/// Sets whether finalisers are called only by `GC_invoke_finalizers`.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_finalize_on_demand(only: c_int) {
    start();
    program::with(HeapRef::DEFAULT, |heap| heap.on_demand().set(only != 0));
}

/// Whether they are.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_finalize_on_demand() -> c_int {
    program::with(HeapRef::DEFAULT, |heap| heap.on_demand().get()).unwrap_or(false) as c_int
}

/// Sets what is called when finalisers are due that are called on demand.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_finalizer_notifier(function: GC_finalizer_notifier_proc) {
    start();
    // SAFETY: programs do it when they start.
    unsafe { GC_finalizer_notifier = function }
}

/// What is called then.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_finalizer_notifier() -> GC_finalizer_notifier_proc {
    // SAFETY: a word.
    unsafe { GC_finalizer_notifier }
}

/// Objects whose finaliser is due always keep what they lead to.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_java_finalization(on: c_int) {
    // SAFETY: programs do it when they start.
    unsafe { crate::start::GC_java_finalization = on }
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_java_finalization() -> c_int {
    // SAFETY: a word.
    unsafe { crate::start::GC_java_finalization }
}

/// Sets whether pointers into objects count in the heap, too.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_all_interior_pointers(count: c_int) {
    // SAFETY: programs do it when they start.
    unsafe { crate::start::GC_all_interior_pointers = count }
    if program::exists() {
        program::with(HeapRef::DEFAULT, |heap| heap.interior().set(count != 0));
    }
}

/// Whether they do.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_all_interior_pointers() -> c_int {
    // SAFETY: a word.
    unsafe { crate::start::GC_all_interior_pointers }
}

/// Static data of libraries is always looked at: that only keeps more alive.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_no_dls(on: c_int) {
    // SAFETY: programs do it when they start.
    unsafe { crate::start::GC_no_dls = on }
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_no_dls() -> c_int {
    // SAFETY: a word.
    unsafe { crate::start::GC_no_dls }
}

/// Sets whether the heap grows only if a collection has left no room.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_dont_expand(on: c_int) {
    start();
    program::with(HeapRef::DEFAULT, |heap| heap.policy().reluctant.set(on != 0));
}

/// Whether it does.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_dont_expand() -> c_int {
    program::with(HeapRef::DEFAULT, |heap| heap.policy().reluctant.get()).unwrap_or(false) as c_int
}

/// Sets how much is allocated between collections: twice what is alive, divided by this. 3 unless the program says so.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_free_space_divisor(divisor: GC_word) {
    start();
    if divisor > 0 {
        // SAFETY: programs do it when they start.
        unsafe { GC_free_space_divisor = divisor }
        set_divisor(divisor);
    }
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_free_space_divisor() -> GC_word {
    // SAFETY: a word.
    unsafe { GC_free_space_divisor }
}

/// Sets how many bytes the heap may have; 0 is no limit.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_max_heap_size(bytes: GC_word) {
    start();
    let limit = if bytes == 0 { usize::MAX } else { bytes };
    program::with(HeapRef::DEFAULT, |heap| heap.policy().limit.set(limit));
}

//! Variables that programs set, or read: functions of theirs, and what GC_init reads.

use core::ffi::c_void;

use gcheap_standalone::program::{self, HeapRef};

use crate::GC_word;

/// What is called when there is no memory.
pub type GC_oom_func = Option<extern "C" fn(usize) -> *mut c_void>;
/// What is called when finalisers are due that the program calls itself.
pub type GC_finalizer_notifier_proc = Option<extern "C" fn()>;

/// Called when there is no memory for so many bytes: its result is the allocation's.
#[unsafe(no_mangle)]
pub static mut GC_oom_fn: GC_oom_func = Some(no_memory);
/// Called when finalisers are due that are called on demand only.
#[unsafe(no_mangle)]
pub static mut GC_finalizer_notifier: GC_finalizer_notifier_proc = None;
/// Twice what is alive, divided by this, is allocated between collections. Read by `GC_init`.
#[unsafe(no_mangle)]
pub static mut GC_free_space_divisor: GC_word = 3;
/// How many collections there were.
#[unsafe(no_mangle)]
pub static mut GC_gc_no: GC_word = 0;

extern "C" fn no_memory(_bytes: usize) -> *mut c_void {
    core::ptr::null_mut()
}

/// Calls what GC_oom_fn is now.
extern "C" fn out_of_memory(bytes: usize) -> *mut c_void {
    // SAFETY: a word, which programs set when they start.
    unsafe { GC_oom_fn }.map_or(core::ptr::null_mut(), |function| function(bytes))
}

/// Calls what GC_finalizer_notifier is now.
extern "C" fn finalisers_due() {
    // SAFETY: a word, which programs set when they start.
    if let Some(function) = unsafe { GC_finalizer_notifier } {
        function();
    }
}

/// For a collection that ends.
extern "C" fn count() {
    // SAFETY: the collection holds the lock.
    unsafe { GC_gc_no = GC_gc_no.wrapping_add(1) }
}

/// For `GC_init`: lets the heap call the program.
pub(crate) fn prepare() {
    program::with(HeapRef::DEFAULT, |heap| {
        heap.change_hooks(|hooks| {
            hooks.out_of_memory = Some(out_of_memory);
            hooks.finalisers_due = Some(finalisers_due);
            hooks.after = Some(count);
        });
    });
    // SAFETY: a word, which programs set before they start the collector.
    let divisor = unsafe { GC_free_space_divisor };
    if divisor != 3 {
        set_divisor(divisor);
    }
}

/// Lets as much be allocated between collections as `GC_free_space_divisor` says. 0 changes nothing.
pub(crate) fn set_divisor(divisor: GC_word) {
    if let Some(percent) = 200_usize.checked_div(divisor) {
        program::with(HeapRef::DEFAULT, |heap| heap.policy().set_factor(percent.max(1)));
    }
}

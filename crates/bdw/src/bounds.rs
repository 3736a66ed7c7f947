//! Variables that programs read, or set, for the sake of their own functions that mark.

use core::ffi::c_void;
use core::mem;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

use gcheap_standalone::program::{self, HeapRef};

use crate::stackbottom;

/// What is called while roots are marked.
pub type GC_push_other_roots_proc = Option<extern "C" fn()>;

/// The addresses between which all objects lie, now and later. Set by GC_init; before, no address lies between them.
#[unsafe(no_mangle)]
pub static mut GC_least_plausible_heap_addr: *mut c_void = usize::MAX as *mut c_void;
/// The other of these two.
#[unsafe(no_mangle)]
pub static mut GC_greatest_plausible_heap_addr: *mut c_void = ptr::null_mut();

/// What every collection calls when it marks roots. Programs that set it should call the one that was there before: at
/// first that is a function that does nothing.
#[unsafe(no_mangle)]
pub static mut GC_push_other_roots: GC_push_other_roots_proc = Some(no_other_roots);

/// Stacks, static data and what was added are roots anyway.
extern "C" fn no_other_roots() {}

/// What else of this library marks then.
static MORE_CONTENTS: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Sets that.
pub(crate) fn set_more_contents(function: extern "C" fn()) {
    MORE_CONTENTS.store(function as *mut c_void, Ordering::Release);
}

/// For a collection: calls the function that is there now.
extern "C" fn other_roots() {
    let more = MORE_CONTENTS.load(Ordering::Acquire);
    if !more.is_null() {
        // SAFETY: only `set_more_contents` stores something there: such a function.
        unsafe { mem::transmute::<*mut c_void, extern "C" fn()>(more)() };
    }
    // SAFETY: a word, which is written while no collection is under way.
    if let Some(function) = unsafe { GC_push_other_roots } {
        function();
    }
}

/// For `GC_init`: sets the bounds, and lets collections call the program.
pub(crate) fn prepare() {
    let range = program::with(HeapRef::DEFAULT, |heap| {
        heap.change_hooks(|hooks| {
            hooks.more_roots = Some(other_roots);
            hooks.before = Some(stackbottom::begin);
        });
        heap.addresses()
    });
    stackbottom::note_first();
    if let Some(range) = range {
        // SAFETY: single words; nobody else writes to them, and nobody reads them before the collector has started.
        unsafe {
            GC_least_plausible_heap_addr = ptr::with_exposed_provenance_mut(range.start);
            GC_greatest_plausible_heap_addr = ptr::with_exposed_provenance_mut(range.end);
        }
    }
}

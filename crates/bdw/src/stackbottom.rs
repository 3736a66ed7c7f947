//! The stack of the thread that has started the collector, for programs that let it run on others.

use core::cell::Cell;
use core::ffi::c_char;
use core::mem::ManuallyDrop;
use core::ptr;

use gcheap_standalone::program::{self, HeapRef};
use gcheap_standalone::threads::{self, Guard};

/// What is called at the start of each collection.
pub type GC_start_callback_proc = Option<extern "C" fn()>;

/// The end of the stack of the thread that has started the collector. A program that lets this thread run on another
/// stack sets it to that one's end; GC_push_all then tells of the stack that was left.
#[unsafe(no_mangle)]
pub static mut GC_stackbottom: *mut c_char = ptr::null_mut();

/// That thread's name, and the end that was known last.
struct First {
    thread: Cell<usize>,
    base: Cell<usize>,
    /// What the program wants to be called at the start of each collection.
    start: Cell<GC_start_callback_proc>,
}

// SAFETY: the collector's lock protects it.
unsafe impl Sync for First {}

static FIRST: First = First { thread: Cell::new(0), base: Cell::new(0), start: Cell::new(None) };

/// For a collection, which holds the lock: looks whether the program has switched stacks.
pub(crate) extern "C" fn begin() {
    // SAFETY: a word.
    let base = unsafe { GC_stackbottom }.addr();
    if base != FIRST.base.get() && base != 0 {
        FIRST.base.set(base);
        // SAFETY: the collection holds the lock, and the guard is not dropped.
        let guard = ManuallyDrop::new(unsafe { Guard::assume() });
        threads::set_stack_base_of(&guard, FIRST.thread.get(), base);
    }
    if let Some(function) = FIRST.start.get() {
        function();
    }
}

/// Sets what is called at the start of each collection; returns what it is now.
pub(crate) fn start_callback(change: Option<GC_start_callback_proc>) -> GC_start_callback_proc {
    let changed = program::with(HeapRef::DEFAULT, |_| {
        if let Some(function) = change {
            FIRST.start.set(function);
        }
        FIRST.start.get()
    });
    changed.flatten()
}

/// For `GC_init`: the calling thread is the one that has started the collector.
pub(crate) fn note_first() {
    if let Some((thread, base)) = threads::current_stack() {
        FIRST.thread.set(thread);
        FIRST.base.set(base);
        // SAFETY: a word; what a program has set before is looked at by the first collection.
        unsafe {
            if GC_stackbottom.is_null() {
                GC_stackbottom = ptr::with_exposed_provenance_mut(base);
            }
        }
    }
}

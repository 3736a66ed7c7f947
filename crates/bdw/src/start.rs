//! Starting, and the variables that a program may set before.

use core::ffi::{c_char, c_int, c_uint};

use gcheap_standalone::program::{self, HeapRef};

/// Before `GC_init`: whether pointers into objects count in the heap, too. 1 unless the program changes it.
#[unsafe(no_mangle)]
pub static mut GC_all_interior_pointers: c_int = 1;
/// Whether objects whose finaliser is due keep what they lead to. Always so here, whatever a program writes to it.
#[unsafe(no_mangle)]
pub static mut GC_java_finalization: c_int = 1;
/// Whether static data of libraries is left out. It never is here: that only keeps more alive.
#[unsafe(no_mangle)]
pub static mut GC_no_dls: c_int = 0;
/// Whether finalisers are called on demand only. Read by `GC_init`.
#[unsafe(no_mangle)]
pub static mut GC_finalize_on_demand: c_int = 0;
/// Whether the heap grows only if a collection has left no room. Read by `GC_init`.
#[unsafe(no_mangle)]
pub static mut GC_dont_expand: c_int = 0;

/// What tells a program with this library from one with Boehm's.
#[unsafe(no_mangle)]
static gcheap_marker: [u8; 16] = gcheap_standalone::MARKER;

/// "libgcheap 0.1.0": to tell this library from Boehm's.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_version() -> *const c_char {
    (&raw const gcheap_marker).cast()
}

/// Starts the collector; the calling thread's stack is scanned from now on. Doing it twice changes nothing. Not necessary:
/// the first allocation does it.
#[unsafe(no_mangle)]
pub extern "C" fn GC_init() {
    if !program::exists() && program::start().is_some() {
        // SAFETY: nobody else writes to the variables while the collector starts.
        let (inside, on_demand, reluctant) =
            unsafe { (GC_all_interior_pointers != 0, GC_finalize_on_demand != 0, GC_dont_expand != 0) };
        program::with(HeapRef::DEFAULT, |heap| {
            heap.interior().set(inside);
            heap.on_demand().set(on_demand);
            heap.policy().reluctant.set(reluctant);
        });
        crate::bounds::prepare();
        crate::variables::prepare();
        // Other threads of a program that runs on this collector may use it without saying so first.
        let _ = gcheap_standalone::threads::allow_threads();
    }
}

/// Whether the collector has started.
#[unsafe(no_mangle)]
pub extern "C" fn GC_is_init_called() -> c_int {
    program::exists() as c_int
}

/// The version of bdwgc whose interface this is: 8.2.2.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_version() -> c_uint {
    8 << 16 | 2 << 8 | 2
}

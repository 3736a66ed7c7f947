//! The C functions, in the order of include/gcheap.h. Most exist in two forms: for the default heap, and, with
//! `_in` at the end of the name, for the heap that is named first.

mod collection;
mod finalisers;
mod heaps;
mod objects;
mod roots;
mod snapshots;
mod threads;

use core::ffi::c_char;

use crate::heap::Instance;
use crate::program::HeapRef;

/// A heap, as C programs see it.
#[allow(non_camel_case_types)]
pub type gcheap_t = Instance;

/// The heap that a C caller names; NULL is the default heap.
fn named(heap: *mut gcheap_t) -> HeapRef {
    HeapRef(heap)
}

/// What tells a program with this library from one without.
#[unsafe(no_mangle)]
static gcheap_marker: [u8; 16] = gcheap::MARKER;

/// The library's name and version, "libgcheap 0.1.0". Never NULL, never freed. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_version() -> *const c_char {
    (&raw const gcheap_marker).cast()
}

const DEFAULT: HeapRef = HeapRef::DEFAULT;

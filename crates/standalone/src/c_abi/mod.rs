//! The C functions, in the order of include/gcheap_standalone.h. Most exist in two forms: for the default heap, and, with
//! `_in` at the end of the name, for the heap that is named first.

mod collection;
mod finalisers;
mod heaps;
mod objects;
mod roots;
mod threads;

use crate::heap::Instance;
use crate::program::HeapRef;

/// A heap, as C programs see it.
#[allow(non_camel_case_types)]
pub type gcheap_t = Instance;

/// The heap that a C caller names; NULL is the default heap.
fn named(heap: *mut gcheap_t) -> HeapRef {
    HeapRef(heap)
}

const DEFAULT: HeapRef = HeapRef::DEFAULT;

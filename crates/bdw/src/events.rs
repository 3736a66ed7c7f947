//! Telling the program how far a collection is.

use core::ffi::c_uint;

use gcheap_standalone::program::{self, HeapRef};

use crate::start::GC_init;

/// What is called with each event.
pub type GC_on_collection_event_proc = Option<extern "C" fn(event: c_uint)>;

/// Sets what is called with each event of a collection (GC_EventType). The lock is held, and some threads may be
/// stopped: the function must not call the collector. Events of single threads do not come.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_on_collection_event(function: GC_on_collection_event_proc) {
    GC_init();
    program::with(HeapRef::DEFAULT, |heap| heap.change_hooks(|hooks| hooks.stage = function));
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_on_collection_event() -> GC_on_collection_event_proc {
    program::with(HeapRef::DEFAULT, |heap| heap.hooks().stage).flatten()
}

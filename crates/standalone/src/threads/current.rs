//! The calling thread's record.

use super::record::Thread;
use core::ptr;

unsafe extern "C" {
    safe fn gcheap_native_current_thread() -> *mut Thread;
    safe fn gcheap_native_set_current_thread(thread: *mut Thread);
}

/// The calling thread's record; `None` if it is not registered. Async-signal-safe.
pub(super) fn current() -> Option<&'static Thread> {
    // SAFETY: only `set` changes the variable, and records exist for ever.
    unsafe { gcheap_native_current_thread().as_ref() }
}

/// Says what the calling thread's record is.
pub(super) fn set(thread: Option<&'static Thread>) {
    // Records are made of atomics, so the pointer is used for shared access only.
    gcheap_native_set_current_thread(thread.map_or(ptr::null_mut(), |thread| ptr::from_ref(thread).cast_mut()));
}

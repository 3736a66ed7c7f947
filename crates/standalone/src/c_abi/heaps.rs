//! Several heaps.

use core::ptr;

use super::gcheap_t;
use crate::heap::Handle;
use crate::program;

/// Makes the default heap and registers the calling thread. Not necessary: the first allocation does it. Returns false if the
/// system has no memory for that. Doing it twice changes nothing.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_start() -> bool {
    program::start().is_some()
}

/// Makes a heap of its own, of at most n_bytes bytes (0: as the default heap). Objects of one heap are not kept alive by
/// those of another one; add those as roots. NULL if the system has no memory, or no room for the addresses. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_new(n_bytes: usize) -> *mut gcheap_t {
    program::new_heap(n_bytes).map_or(ptr::null_mut(), Handle::as_ptr)
}

/// Gives all memory of a heap back at once. No finaliser is called. NULL, and the default heap, do nothing. Not to be called by
/// a finaliser or a hook of that heap. Thread-safe.
///
/// # Safety
/// The heap exists, and neither it nor its objects are used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_delete(heap: *mut gcheap_t) {
    // SAFETY: the caller's promise.
    unsafe { program::delete_heap(heap) }
}

//! Threads.

use core::ffi::{c_int, c_void};

use crate::program;
use crate::threads::{self, Registration};

/// Makes the next thread that uses the heap possible: installs the signal handler, and turns the lock into a real one. To be
/// called by the first thread before others register themselves; gcheap_pthread_create does it. Starts the heap, as
/// gcheap_start does. Returns false if the system refuses. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_allow_threads() -> bool {
    program::start().is_some() && threads::allow_threads().is_ok()
}

/// Registers the calling thread, which was not made by gcheap_pthread_create: collections stop it, and its stack and
/// thread-local variables are roots. Returns false if gcheap_allow_threads was not called, or if there is no memory. Doing it
/// twice changes nothing. When the thread ends it is unregistered. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_register_thread() -> bool {
    matches!(threads::register_current(None), Ok(Registration::Done | Registration::AlreadyRegistered))
}

/// Forgets the calling thread: it does not use the heap any more. Returns false if it was not registered. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_unregister_thread() -> bool {
    threads::unregister_current()
}

/// pthread_create for a thread that uses the heap. It is registered from its beginning to its end, and the calling thread
/// from now on. EAGAIN also means that there is no memory for that.
///
/// # Safety
/// As for pthread_create.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    routine: unsafe extern "C" fn(argument: *mut c_void) -> *mut c_void,
    argument: *mut c_void,
) -> c_int {
    // The calling thread may use the heap only later, when another one has made it: so it is registered now.
    if program::start().is_none() {
        return libc::EAGAIN;
    }
    // SAFETY: the caller's promise.
    unsafe { threads::create(thread, attributes, routine, argument) }
}

/// pthread_join. Until then the result of a thread made by gcheap_pthread_create is alive.
///
/// # Safety
/// As for pthread_join.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_pthread_join(thread: libc::pthread_t, result: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { threads::join(thread, result) }
}

/// pthread_detach, for a thread made by gcheap_pthread_create.
///
/// # Safety
/// As for pthread_detach.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_pthread_detach(thread: libc::pthread_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { threads::detach(thread) }
}

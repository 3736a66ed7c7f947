//! The calling thread's `errno`.

use core::ffi::c_int;

/// Returns the calling thread's `errno`. Async-signal-safe.
pub fn errno() -> c_int {
    // SAFETY: the C library returns the address of the calling thread's errno, which is always readable.
    unsafe { *libc::__errno_location() }
}

/// Sets the calling thread's `errno`. A signal handler restores it with this. Async-signal-safe.
pub fn set_errno(value: c_int) {
    // SAFETY: as in `errno`; only the calling thread accesses it.
    unsafe { *libc::__errno_location() = value }
}

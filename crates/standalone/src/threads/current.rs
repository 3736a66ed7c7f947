//! The calling thread's record.

use super::record::Thread;
use core::ptr;

unsafe extern "C" {
    #[cfg(not(target_arch = "x86_64"))]
    safe fn gcheap_native_current_thread() -> *mut Thread;
    safe fn gcheap_native_set_current_thread(thread: *mut Thread);
}

/// The calling thread's record; `None` if it is not registered. Async-signal-safe.
#[inline(always)]
pub(super) fn current() -> Option<&'static Thread> {
    #[cfg(target_arch = "x86_64")]
    let record = variable();
    #[cfg(not(target_arch = "x86_64"))]
    let record = gcheap_native_current_thread();
    // SAFETY: only `set` changes the variable, and records exist for ever.
    unsafe { record.as_ref() }
}

/// `gcheap_native_current_thread()` without the call: every allocation needs it.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn variable() -> *mut Thread {
    let record: *mut Thread;
    // SAFETY: how code reads a thread-local variable of the initial-exec model (ELF's TLS specification).
    unsafe {
        core::arch::asm!(
            "mov {0}, qword ptr [rip + gcheap_native_current@GOTTPOFF]",
            "mov {0}, qword ptr fs:[{0}]",
            out(reg) record,
            options(nostack, readonly, preserves_flags)
        );
    }
    record
}

/// Says what the calling thread's record is.
pub(super) fn set(thread: Option<&'static Thread>) {
    // Records are made of atomics, so the pointer is used for shared access only.
    gcheap_native_set_current_thread(thread.map_or(ptr::null_mut(), |thread| ptr::from_ref(thread).cast_mut()));
}

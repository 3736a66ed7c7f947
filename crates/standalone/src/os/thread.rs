//! Who the calling thread is.

use core::ffi::c_int;

/// Returns the calling thread's thread pointer: an address that no other living thread has, a multiple of 8 and not 0.
///
/// It is the quickest answer to "which thread am I", one instruction on most processors. The C library keeps the thread's
/// control block and its static thread-local storage around it. Async-signal-safe.
#[inline]
pub fn thread_pointer() -> usize {
    #[cfg(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64"))]
    {
        let pointer: usize;
        // SAFETY: on x86 Linux the first word at fs or gs holds the thread pointer itself (ELF's TLS specification); on
        // AArch64 programs may read the register.
        unsafe {
            #[cfg(target_arch = "x86_64")]
            core::arch::asm!("mov {}, qword ptr fs:[0]", out(reg) pointer, options(nostack, readonly, preserves_flags));
            #[cfg(target_arch = "x86")]
            core::arch::asm!("mov {}, dword ptr gs:[0]", out(reg) pointer, options(nostack, readonly, preserves_flags));
            #[cfg(target_arch = "aarch64")]
            core::arch::asm!("mrs {}, tpidr_el0", out(reg) pointer, options(nostack, nomem, preserves_flags));
        }
        pointer
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64")))]
    {
        unsafe extern "C" {
            safe fn gcheap_native_thread_pointer() -> usize;
        }
        gcheap_native_thread_pointer()
    }
}

/// Returns the kernel's number of the calling thread. Async-signal-safe.
pub fn thread_id() -> c_int {
    // SAFETY: gettid has no preconditions. (musl has had a function for it only since 1.2.2.)
    unsafe { libc::syscall(libc::SYS_gettid) as c_int }
}

/// Returns the number of the process. Async-signal-safe.
pub fn process_id() -> c_int {
    // SAFETY: getpid has no preconditions.
    unsafe { libc::getpid() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thread_pointer_is_the_threads_own() {
        let mine = thread_pointer();
        assert!(mine != 0 && mine % 8 == 0);
        assert_eq!(mine, thread_pointer());
        let other = std::thread::spawn(thread_pointer).join().unwrap();
        assert_ne!(mine, other);
    }

    #[test]
    fn the_thread_id_is_the_threads_own() {
        assert_eq!(thread_id(), thread_id());
        assert_ne!(thread_id(), std::thread::spawn(thread_id).join().unwrap());
    }
}

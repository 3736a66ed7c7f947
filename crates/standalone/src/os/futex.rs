//! Waiting for a word to change. Unlike a mutex or a condition variable of the C library, these can be used in a signal
//! handler and while other threads are stopped, and they are no cancellation points.

use core::ffi::{c_int, c_long};
use core::ptr;
use core::sync::atomic::AtomicU32;

/// The kernel's `struct timespec` of `SYS_futex`: two longs, whatever size the C library's `time_t` has.
#[repr(C)]
struct KernelTimespec {
    seconds: c_long,
    nanoseconds: c_long,
}

/// Sleeps while `word` is `expected`, until [`wake`] is called for it, a signal handler has run, or `milliseconds` have
/// passed (0: no limit). Returns false if the time has passed, and true otherwise.
///
/// It may return early, so callers test their condition again. Async-signal-safe; it changes `errno`.
pub fn wait(word: &AtomicU32, expected: u32, milliseconds: u32) -> bool {
    let limit = KernelTimespec {
        seconds: (milliseconds / 1000) as c_long,
        nanoseconds: ((milliseconds % 1000) * 1_000_000) as c_long,
    };
    let limit_or_null = if milliseconds == 0 { ptr::null() } else { &raw const limit };
    // SAFETY: the word is valid for the whole call; the kernel only reads it and the limit.
    let result = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected as c_int,
            limit_or_null,
        )
    };
    !(result == -1 && super::errno() == libc::ETIMEDOUT)
}

/// Wakes at most `count` threads that sleep in [`wait`] for this word. Async-signal-safe.
pub fn wake(word: &AtomicU32, count: c_int) {
    wake_address(word.as_ptr().addr(), count);
}

/// As [`wake`], for a word that may no longer exist: the address is only a name for the kernel. Async-signal-safe.
pub fn wake_address(word: usize, count: c_int) {
    // SAFETY: FUTEX_WAKE does not access the word. An address that is not mapped is an error, which is of no consequence.
    unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG, count) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering::SeqCst;
    use std::time::{Duration, Instant};

    #[test]
    fn a_changed_word_is_not_waited_for() {
        assert!(wait(&AtomicU32::new(1), 0, 0));
    }

    #[test]
    fn the_time_limit_ends_the_wait() {
        let start = Instant::now();
        let word = AtomicU32::new(0);
        while wait(&word, 0, 20) {}
        assert!(start.elapsed() >= Duration::from_millis(20));
    }

    #[test]
    fn wake_ends_the_wait() {
        static WORD: AtomicU32 = AtomicU32::new(0);
        let sleeper = std::thread::spawn(|| {
            while WORD.load(SeqCst) == 0 {
                wait(&WORD, 0, 0);
            }
        });
        std::thread::sleep(Duration::from_millis(10));
        WORD.store(1, SeqCst);
        wake(&WORD, i32::MAX);
        sleeper.join().unwrap();
    }
}

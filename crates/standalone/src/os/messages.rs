//! Sentences for the user, on standard error, and the clock. Neither allocates.

use core::mem::MaybeUninit;

/// Writes `libgcheap: WHAT: 0xADDRESS` to standard error, and ends the program: it would go on with broken data.
#[cold]
pub fn complain(what: &str, address: usize) -> ! {
    say("libgcheap: ");
    say(what);
    say(": 0x");
    let digits: [u8; 2 * size_of::<usize>()] =
        core::array::from_fn(|i| b"0123456789abcdef"[address >> (usize::BITS as usize - 4 - 4 * i) & 15]);
    let first = digits.iter().position(|&digit| digit != b'0').unwrap_or(digits.len() - 1);
    say(core::str::from_utf8(&digits[first..]).unwrap_or(""));
    say("\n");
    // SAFETY: abort has no preconditions.
    unsafe { libc::abort() }
}

/// Writes text to standard error, as far as it takes it.
pub fn say(text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        // Not the C library's write: there a thread can be cancelled, and would keep the lock for ever.
        // SAFETY: the bytes are the slice's.
        let written = unsafe { libc::syscall(libc::SYS_write, libc::STDERR_FILENO, rest.as_ptr(), rest.len()) };
        match usize::try_from(written) {
            Ok(written) if written > 0 => rest = rest.get(written..).unwrap_or(&[]),
            _ => return,
        }
    }
}

/// A clock that only goes forward, in nanoseconds.
pub fn nanoseconds() -> u64 {
    let mut time = MaybeUninit::<libc::timespec>::zeroed();
    // SAFETY: zeros are a valid time, which the kernel overwrites.
    let time = unsafe {
        libc::clock_gettime(libc::CLOCK_MONOTONIC, time.as_mut_ptr());
        time.assume_init()
    };
    (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(time.tv_nsec as u64)
}

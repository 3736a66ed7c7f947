//! Files with snapshots, and the one that `GCHEAP_SNAPSHOT` asks for.

use core::ffi::{c_char, c_int, c_void};
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::AtomicPtr;
use core::sync::atomic::Ordering::SeqCst;

use gcheap::inspect::snapshot::stream::Sink;

use crate::os::{pages, process_id};

/// The longest path that `GCHEAP_SNAPSHOT` can name, in bytes.
pub(crate) const MOST_PATH: usize = 1000;
/// A path with its zero, in which `%p` has become a number.
const PATH_BYTES: usize = MOST_PATH + 32;
/// How much is collected before it is written.
const BUFFER_BYTES: usize = 64 << 10;

/// The path of the snapshot that is still to be written; NULL if there is none. In pages of its own.
static ASKED_FOR: AtomicPtr<u8> = AtomicPtr::new(null_mut());

/// Notes that a snapshot is to be written to this file. Says whether it could: the system may have no memory.
pub(crate) fn ask_for(path: &'static [u8]) -> bool {
    let Ok(copy) = pages::map(pages::page_size()) else { return false };
    for (i, &byte) in path.iter().take(MOST_PATH).enumerate() {
        // SAFETY: a page has room for the longest path and its zero, which is there already.
        unsafe { copy.add(i).write(byte) };
    }
    ASKED_FOR.store(copy.as_ptr(), SeqCst);
    true
}

/// Calls `write` with the path of the snapshot that is asked for, if it was not written yet.
pub(crate) fn write_asked_for(write: impl FnOnce(*const c_char) -> bool) {
    let Some(asked) = NonNull::new(ASKED_FOR.swap(null_mut(), SeqCst)) else { return };
    let mut path = [0; PATH_BYTES];
    // SAFETY: `ask_for`'s string, which is never given back.
    with_process_id(unsafe { core::ffi::CStr::from_ptr(asked.as_ptr().cast()) }.to_bytes(), &mut path);
    if !write(path.as_ptr().cast()) {
        let mut line = crate::report::Line::new();
        line.text("libgcheap: the snapshot could not be written to ")
            .bytes(path.split(|&byte| byte == 0).next().unwrap_or(&[]));
        line.write();
    }
}

/// The path with the process's number for the first `%p`. As much of it as there is room for; the last byte stays 0.
fn with_process_id(path: &[u8], to: &mut [u8; PATH_BYTES]) {
    let at = path.windows(2).position(|two| two == b"%p");
    let (before, behind) = match at {
        Some(at) => (path.get(..at).unwrap_or(&[]), path.get(at + 2..).unwrap_or(&[])),
        None => (path, &[][..]),
    };
    let mut digits = [0; 10];
    let mut first = digits.len();
    let mut number = if at.is_some() { process_id().unsigned_abs() } else { 0 };
    while number != 0 {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    let text = before.iter().chain(digits.iter().skip(first)).chain(behind);
    to.iter_mut().take(PATH_BYTES - 1).zip(text).for_each(|(to, from)| *to = *from);
}

/// A file that is being written. No function of the C library that may be cancelled, or that takes a lock, is called.
pub(crate) struct File {
    descriptor: c_int,
    /// So many bytes, or NULL: then everything is written at once.
    buffer: *mut u8,
    filled: usize,
    failed: bool,
}

impl File {
    /// Makes the file, or empties it: for its owner alone, since all that the program knows may be in it.
    ///
    /// # Safety
    /// The path is a string.
    pub unsafe fn create(path: *const c_char) -> Option<File> {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC;
        // SAFETY: the caller's promise.
        let descriptor = unsafe { libc::syscall(libc::SYS_openat, libc::AT_FDCWD, path, flags, 0o600) };
        let descriptor = c_int::try_from(descriptor).ok().filter(|&descriptor| descriptor >= 0)?;
        let buffer = pages::map(BUFFER_BYTES).map_or(null_mut(), NonNull::as_ptr);
        Some(File { descriptor, buffer, filled: 0, failed: false })
    }

    /// Where a snapshot goes that is to be in the file; valid as long as that.
    pub fn sink(&mut self) -> Sink {
        Sink { write: write_to_file, data: (&raw mut *self).cast(), framed: false }
    }

    /// Writes what is left. Says whether everything was written.
    pub fn close(mut self) -> bool {
        self.flush();
        if let Some(buffer) = NonNull::new(self.buffer) {
            // SAFETY: the buffer's pages, which nobody uses any more.
            unsafe { pages::unmap(buffer, BUFFER_BYTES) };
        }
        // SAFETY: the descriptor is this file's.
        let closed = unsafe { libc::syscall(libc::SYS_close, self.descriptor) } == 0;
        closed && !self.failed
    }

    fn flush(&mut self) {
        let filled = core::mem::take(&mut self.filled);
        self.write_now(self.buffer, filled);
    }

    fn write_now(&mut self, mut bytes: *const u8, mut n: usize) {
        while n > 0 && !self.failed {
            // SAFETY: the bytes can be read.
            let written = unsafe { libc::syscall(libc::SYS_write, self.descriptor, bytes, n) };
            match usize::try_from(written) {
                Ok(written) if written > 0 => (bytes, n) = (bytes.wrapping_add(written), n.saturating_sub(written)),
                _ => self.failed = written == 0 || crate::os::errno() != libc::EINTR,
            }
        }
    }

    fn add(&mut self, bytes: *const u8, n: usize) -> bool {
        let buffered = !self.buffer.is_null() && n < BUFFER_BYTES / 4;
        if self.filled + n > BUFFER_BYTES || !buffered {
            self.flush();
        }
        if buffered {
            // SAFETY: there is room for so many bytes, and they can be read.
            unsafe { self.buffer.add(self.filled).copy_from_nonoverlapping(bytes, n) };
            self.filled += n;
        } else {
            self.write_now(bytes, n);
        }
        !self.failed
    }
}

unsafe extern "C" fn write_to_file(data: *mut c_void, bytes: *const c_void, n: usize) -> bool {
    // SAFETY: `File::sink` gave the address of a file that is still being written, and that nobody else uses.
    unsafe { &mut *data.cast::<File>() }.add(bytes.cast(), n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_process_number_is_put_into_the_path() {
        let made = |path: &[u8]| {
            let mut to = [0; PATH_BYTES];
            with_process_id(path, &mut to);
            String::from_utf8(to.split(|&byte| byte == 0).next().unwrap().to_vec()).unwrap()
        };
        let number = std::process::id();
        assert_eq!(made(b"/tmp/heap"), "/tmp/heap");
        assert_eq!(made(b"%p"), number.to_string());
        assert_eq!(made(b"a%pb%p%"), format!("a{number}b%p%"));
        assert_eq!(made(&[b'x'; MOST_PATH]), "x".repeat(MOST_PATH));
    }
}

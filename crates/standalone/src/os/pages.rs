//! Whole pages from the kernel.

use super::{OutOfMemory, errno, set_errno};
use core::ffi::c_int;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering};

/// Returns the size of a page in bytes, a power of two.
pub fn page_size() -> usize {
    static KNOWN: AtomicUsize = AtomicUsize::new(0);
    match KNOWN.load(Ordering::Relaxed) {
        0 => {
            // SAFETY: sysconf has no preconditions.
            let asked = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
            let bytes = usize::try_from(asked).ok().filter(|bytes| bytes.is_power_of_two()).unwrap_or(4096);
            KNOWN.store(bytes, Ordering::Relaxed);
            bytes
        }
        bytes => bytes,
    }
}

/// Rounds a number of bytes up to whole pages; `None` if that overflows.
pub fn round_up(bytes: usize) -> Option<usize> {
    bytes.checked_next_multiple_of(page_size())
}

/// Maps `bytes` bytes of zeros that can be read and written. The address is a multiple of the page size.
pub fn map(bytes: usize) -> Result<NonNull<u8>, OutOfMemory> {
    map_with(bytes, libc::PROT_READ | libc::PROT_WRITE, 0)
}

/// Sets `bytes` bytes of address space aside. They cannot be read or written before [`make_usable`].
pub fn reserve(bytes: usize) -> Result<NonNull<u8>, OutOfMemory> {
    map_with(bytes, libc::PROT_NONE, libc::MAP_NORESERVE)
}

fn map_with(bytes: usize, protection: c_int, flags: c_int) -> Result<NonNull<u8>, OutOfMemory> {
    let flags = flags | libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
    // SAFETY: the kernel chooses an address where nothing is mapped.
    let address = unsafe { libc::mmap(ptr::null_mut(), bytes, protection, flags, -1, 0) };
    if address == libc::MAP_FAILED { Err(OutOfMemory) } else { NonNull::new(address.cast()).ok_or(OutOfMemory) }
}

/// Gives a mapping back to the system.
///
/// # Safety
/// `start` and `bytes` describe a mapping of [`map`] or [`reserve`], or the end of one from a page on, and nothing uses
/// it any more.
pub unsafe fn unmap(start: NonNull<u8>, bytes: usize) {
    // SAFETY: the caller promises that nobody uses the mapping. Unmapping whole mappings does not fail.
    unsafe { libc::munmap(start.as_ptr().cast(), bytes) };
}

/// Makes a mapping larger, moving it if need be. The new part is zero. On failure the old mapping is untouched.
///
/// # Safety
/// `start` and `old_bytes` describe a mapping of [`map`], and nothing keeps an address inside it.
pub unsafe fn grow(start: NonNull<u8>, old_bytes: usize, new_bytes: usize) -> Result<NonNull<u8>, OutOfMemory> {
    // SAFETY: the caller owns the mapping and expects it to move.
    let address = unsafe { libc::mremap(start.as_ptr().cast(), old_bytes, new_bytes, libc::MREMAP_MAYMOVE) };
    if address == libc::MAP_FAILED { Err(OutOfMemory) } else { NonNull::new(address.cast()).ok_or(OutOfMemory) }
}

/// Makes reserved pages readable and writable. They are zero at first. Pages that are usable already are left as they are.
///
/// # Safety
/// The pages lie inside a mapping of [`reserve`] that the caller owns; `start` and `bytes` are multiples of the page size.
pub unsafe fn make_usable(start: NonNull<u8>, bytes: usize) -> Result<(), OutOfMemory> {
    // SAFETY: the pages are the caller's.
    let result = unsafe { libc::mprotect(start.as_ptr().cast(), bytes, libc::PROT_READ | libc::PROT_WRITE) };
    if result == 0 { Ok(()) } else { Err(OutOfMemory) }
}

/// Whether all of this range is mapped at the moment, readable or not. Async-signal-safe; it changes `errno`.
///
/// For data of libraries that another thread may have unloaded: asked while the world is stopped, the answer stays right.
pub fn is_mapped(start: usize, bytes: usize) -> bool {
    let first = start - start % page_size();
    let Some(length) = start.checked_add(bytes).map(|end| end - first) else { return false };
    // Not the C library's msync: there a thread can be cancelled, and would leave the world stopped for ever.
    // SAFETY: the kernel only looks whether there are mappings; MS_ASYNC has done nothing else since Linux 2.6.19.
    unsafe { libc::syscall(libc::SYS_msync, first, length, libc::MS_ASYNC) == 0 }
}

/// Provides the memory of usable pages now. What they hold does not change. False if the kernel (before 5.14) cannot do that.
///
/// # Safety
/// The pages lie inside a mapping that the caller owns; `start` and `bytes` are multiples of the page size.
pub unsafe fn populate(start: NonNull<u8>, bytes: usize) -> bool {
    let saved = errno();
    // SAFETY: the caller owns the pages.
    let done = unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_POPULATE_WRITE) == 0 };
    set_errno(saved);
    done
}

/// Gives the memory of pages back, but keeps their addresses: they read as zero afterwards.
///
/// # Safety
/// The pages lie inside a mapping that the caller owns, and their contents are of no use; `start` and `bytes` are
/// multiples of the page size.
pub unsafe fn discard(start: NonNull<u8>, bytes: usize) -> bool {
    // SAFETY: the caller owns the pages and does not need what they hold.
    unsafe { libc::madvise(start.as_ptr().cast(), bytes, libc::MADV_DONTNEED) == 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg_attr(target_pointer_width = "32", ignore = "qemu-user reserves all addresses of a 32-bit program in its own")]
    fn what_is_unmapped_is_not_mapped() {
        let bytes = 3 * page_size();
        let start = map(bytes).unwrap();
        let address = start.addr().get();
        assert!(is_mapped(address + 1, bytes - 2) && is_mapped(address, 0));
        // Linux maps nothing at the lowest addresses. (Another test might map a page that this one unmaps.)
        assert!(!is_mapped(1, 1) && !is_mapped(usize::MAX, 2));
        // SAFETY: the test does not use the pages any more.
        unsafe { unmap(start, bytes) };
    }
}

//! Clearing and copying memory. On bare metal the compiler would call `__aeabi_memclr` and the like, which most
//! microcontrollers' programs do not have otherwise; and the loops here, which know that they deal in whole words, are no
//! slower than the `memset` that those have.

use core::ptr::NonNull;

use crate::config::{BLOCK_BYTES, COMPACT, WORD_BYTES};

/// Clears `bytes` bytes.
///
/// # Safety
/// They can be written.
#[inline(always)]
pub(crate) unsafe fn clear(start: NonNull<u8>, bytes: usize) {
    if COMPACT {
        // SAFETY: the caller's promise.
        unsafe { clear_words(start, bytes) }
    } else {
        // SAFETY: the caller's promise.
        unsafe { start.write_bytes(0, bytes) }
    }
}

/// # Safety
/// As for [`clear`].
#[inline(never)]
unsafe fn clear_words(mut at: NonNull<u8>, bytes: usize) {
    // SAFETY: one past the bytes.
    let end = unsafe { at.add(bytes) };
    while at != end {
        // Volatile, here and below: or the compiler makes it a call of the function that it is to replace.
        // SAFETY: before the end, so a byte can be written, and at an aligned place with a word left a word.
        at = unsafe {
            if at.addr().get() % WORD_BYTES == 0 && end.addr().get() - at.addr().get() >= WORD_BYTES {
                at.cast::<usize>().write_volatile(0);
                at.add(WORD_BYTES)
            } else {
                at.write_volatile(0);
                at.add(1)
            }
        };
    }
}

/// Clears `n` blocks, at least one.
///
/// # Safety
/// They can be written, and the first one is word aligned.
#[inline(always)]
pub(crate) unsafe fn clear_blocks(mut at: NonNull<u8>, n: usize) {
    if !COMPACT {
        // SAFETY: the caller's promise.
        return unsafe { at.write_bytes(0, n * BLOCK_BYTES) };
    }
    // SAFETY: the caller's promise: one past the blocks.
    let end = unsafe { at.add(n * BLOCK_BYTES) };
    while at != end {
        for i in 0..BLOCK_BYTES / WORD_BYTES {
            // SAFETY: the caller's promise: word i of one of the blocks.
            unsafe { at.cast::<usize>().add(i).write_volatile(0) };
        }
        // SAFETY: at most the end.
        at = unsafe { at.add(BLOCK_BYTES) };
    }
}

/// Copies whole words.
///
/// # Safety
/// `bytes` is a multiple of the word size; both places are word aligned, don't overlap, and can be read and written.
#[inline(always)]
pub(crate) unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
    if !COMPACT {
        // SAFETY: the caller's promise.
        return unsafe { to.copy_from_nonoverlapping(from, bytes) };
    }
    let (from, to) = (from.cast::<usize>(), to.cast::<usize>());
    for i in 0..bytes / WORD_BYTES {
        // SAFETY: the caller's promise: word i of both.
        unsafe { to.add(i).write_volatile(from.add(i).read_volatile()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clears_these_bytes_and_no_others() {
        for start in 0..2 * WORD_BYTES {
            for bytes in 0..4 * WORD_BYTES {
                let mut memory = [[0xa5u8; WORD_BYTES]; 8].map(usize::from_ne_bytes);
                let first = NonNull::new(memory.as_mut_ptr().cast::<u8>()).unwrap();
                // SAFETY: inside `memory`.
                unsafe { clear_words(first.add(start), bytes) };
                let after = memory.iter().flat_map(|w| w.to_ne_bytes());
                for (i, byte) in after.enumerate() {
                    let cleared = (start..start + bytes).contains(&i);
                    assert_eq!(byte, if cleared { 0 } else { 0xa5 }, "byte {i} of {start}+{bytes}");
                }
            }
        }
    }
}

//! Clearing and copying memory.
//!
//! On bare metal the compiler would call `__aeabi_memclr` and the like, which most microcontrollers' programs contain for
//! no other reason. The loops here know that they deal in whole words, and are no slower than the `memset` of such
//! programs.

use core::ptr::NonNull;

use crate::config::{BLOCK_BYTES, WORD_BYTES};

/// How many words `Loops` clears at a time.
const AT_ONCE: usize = if (BLOCK_BYTES / WORD_BYTES) % 4 == 0 { 4 } else { 1 };

/// How a variant clears and copies memory.
pub trait Memory {
    /// Clears `bytes` bytes.
    ///
    /// # Safety
    /// They can be written.
    unsafe fn clear(start: NonNull<u8>, bytes: usize);

    /// Clears `n` blocks, at least one.
    ///
    /// # Safety
    /// They can be written, and the first one is word aligned.
    unsafe fn clear_blocks(start: NonNull<u8>, n: usize);

    /// Copies whole words.
    ///
    /// # Safety
    /// `bytes` is a multiple of the word size; both places are word aligned, do not overlap, and can be read and
    /// written.
    unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize);
}

/// The C library's functions, as the compiler calls them.
pub struct Library;

impl Memory for Library {
    unsafe fn clear(start: NonNull<u8>, bytes: usize) {
        // SAFETY: the caller's promise.
        unsafe { start.write_bytes(0, bytes) }
    }

    unsafe fn clear_blocks(start: NonNull<u8>, n: usize) {
        if n == 1 {
            // Most objects have one block, which is not worth a call.
            // SAFETY: the caller's promise.
            unsafe { start.cast::<[usize; BLOCK_BYTES / WORD_BYTES]>().write([0; BLOCK_BYTES / WORD_BYTES]) }
        } else {
            // SAFETY: the caller's promise.
            unsafe { start.write_bytes(0, n * BLOCK_BYTES) }
        }
    }

    unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
        // SAFETY: the caller's promise.
        unsafe { to.copy_from_nonoverlapping(from, bytes) }
    }
}

/// Loops over words. Their accesses are volatile: otherwise the compiler turns a loop into a call of the function that it
/// is meant to replace.
pub struct Loops;

impl Memory for Loops {
    #[inline(never)]
    unsafe fn clear(mut start: NonNull<u8>, bytes: usize) {
        // SAFETY: one past the bytes.
        let end = unsafe { start.add(bytes) };
        while start != end {
            // SAFETY: before the end, so a byte can be written; and a word, at an aligned place with a word left.
            start = unsafe {
                if start.addr().get() % WORD_BYTES == 0 && end.addr().get() - start.addr().get() >= WORD_BYTES {
                    start.cast::<usize>().write_volatile(0);
                    start.add(WORD_BYTES)
                } else {
                    start.write_volatile(0);
                    start.add(1)
                }
            };
        }
    }

    unsafe fn clear_blocks(mut start: NonNull<u8>, n: usize) {
        // SAFETY: the caller's promise: one past the blocks.
        let end = unsafe { start.add(n * BLOCK_BYTES) };
        while start != end {
            // Where a block has four words, four at a time take half of the instructions.
            // SAFETY: the caller's promise: words of one of the blocks, and at most the end.
            unsafe {
                let words = start.cast::<usize>();
                words.write_volatile(0);
                if AT_ONCE == 4 {
                    words.add(1).write_volatile(0);
                    words.add(2).write_volatile(0);
                    words.add(3).write_volatile(0);
                }
                start = words.add(AT_ONCE).cast();
            }
        }
    }

    unsafe fn copy(from: *const u8, to: *mut u8, bytes: usize) {
        let (from, to) = (from.cast::<usize>(), to.cast::<usize>());
        for i in 0..bytes / WORD_BYTES {
            // SAFETY: the caller's promise: word i of both.
            unsafe { to.add(i).write_volatile(from.add(i).read_volatile()) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: usize = 4 * BLOCK_BYTES / WORD_BYTES;

    /// Memory that is full of a pattern, after `change`; which of its bytes are 0.
    fn cleared_by(change: impl Fn(NonNull<u8>)) -> Vec<bool> {
        let mut memory = [usize::from_ne_bytes([0xa5; WORD_BYTES]); WORDS];
        change(NonNull::from(&mut memory).cast());
        let bytes = memory.iter().flat_map(|word| word.to_ne_bytes());
        bytes.inspect(|&byte| assert!(byte == 0 || byte == 0xa5)).map(|byte| byte == 0).collect()
    }

    fn clears_these_bytes_and_no_others<M: Memory>() {
        for start in 0..2 * WORD_BYTES {
            for bytes in 0..2 * BLOCK_BYTES {
                // SAFETY: inside the memory.
                let cleared = cleared_by(|memory| unsafe { M::clear(memory.add(start), bytes) });
                let expected = (0..4 * BLOCK_BYTES).map(|i| (start..start + bytes).contains(&i));
                assert!(cleared.into_iter().eq(expected), "{bytes} bytes from {start}");
            }
        }
        for n in 1..3 {
            // SAFETY: inside the memory.
            let cleared = cleared_by(|memory| unsafe { M::clear_blocks(memory.add(BLOCK_BYTES), n) });
            let expected = (0..4 * BLOCK_BYTES).map(|i| (BLOCK_BYTES..(1 + n) * BLOCK_BYTES).contains(&i));
            assert!(cleared.into_iter().eq(expected), "{n} blocks");
        }
    }

    #[test]
    fn both_clear_these_bytes_and_no_others() {
        clears_these_bytes_and_no_others::<Library>();
        clears_these_bytes_and_no_others::<Loops>();
    }

    fn copies_these_words_and_no_others<M: Memory>() {
        let from: [usize; 6] = core::array::from_fn(|i| i + 1);
        let mut to = [0usize; 6];
        // SAFETY: four words inside each array.
        unsafe { M::copy(from[1..].as_ptr().cast(), to[1..].as_mut_ptr().cast(), 4 * WORD_BYTES) };
        assert_eq!(to, [0, 2, 3, 4, 5, 0]);
    }

    #[test]
    fn both_copy_these_words_and_no_others() {
        copies_these_words_and_no_others::<Library>();
        copies_these_words_and_no_others::<Loops>();
    }
}

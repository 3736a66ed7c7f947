//! The exported C functions of builds with STATISTICS.

use core::ffi::c_char;

use super::exports::heap;
use crate::inspect::free_runs::FreeRuns;
use crate::inspect::numbers::Statistics;

/// Fills in what the heap has done since gc_init, in the same short time for any heap. Thread-safe. Never collects. Only with
/// STATISTICS=1.
///
/// # Safety
/// numbers points to a writable gc_statistics_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_statistics(numbers: *mut Statistics) {
    // SAFETY: the caller's promise.
    unsafe { numbers.write(heap().statistics()) }
}

/// From now on every every-th allocation collects, if automatic collection is on; 0 ends that. A program that fails then lacks a
/// root. gc_init sets it to 0. Thread-safe. Never collects by itself. Only with STATISTICS=1.
#[unsafe(no_mangle)]
pub extern "C" fn gc_set_stress(every: u32) {
    heap().set_stress(every);
}

/// Counts the free runs, in time in proportion to the heap's size; between gc_collect_start and gc_collect_end all is 0, except in
/// a finaliser. Thread-safe. Never collects. Only with STATISTICS=1.
///
/// # Safety
/// runs points to a writable gc_free_runs_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_free_runs(runs: *mut FreeRuns) {
    // SAFETY: the caller's promise.
    unsafe { runs.write(heap().free_runs()) }
}

/// Fills all free blocks with a byte. A program that uses an object after it was freed shows it then. Between gc_collect_start and
/// gc_collect_end, it does nothing, except in a finaliser. Thread-safe. Never collects. Only with STATISTICS=1.
#[unsafe(no_mangle)]
pub extern "C" fn gc_fill_free(byte: u8) {
    heap().fill_free(byte);
}

/// Checks the invariants of the whole heap (docs/DESIGN.md); true if they hold. If not, the heap's tables were overwritten. Then
/// *block is the block, or the number, that shows it, and what holds the first room - 1 bytes of what is wrong, and a zero.
///
/// room: 1 or more. Not thread-safe; not between gc_collect_start and gc_collect_end. Never collects. Only with STATISTICS=1.
///
/// # Safety
/// what has room for so many bytes, and block points to a size_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_check(what: *mut c_char, room: usize, block: *mut usize) -> bool {
    let Err((sentence, at)) = heap().check() else { return true };
    let end = sentence.len().min(room.wrapping_sub(1));
    for (i, byte) in sentence.bytes().take(end).enumerate() {
        // SAFETY: the caller's promise: there is room. Volatile: small machines have no memcpy.
        unsafe { what.add(i).write_volatile(byte as c_char) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        what.add(end).write(0);
        block.write(at);
    }
    false
}

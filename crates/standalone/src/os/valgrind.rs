//! What valgrind is told, where a program runs under it.

use core::ffi::{c_int, c_void};

unsafe extern "C" {
    fn gcheap_native_valgrind_defined(start: *const c_void, n_bytes: usize) -> c_int;
}

/// Tells valgrind that these words count as written. Returns false, and has done nothing, where there is no valgrind.
pub fn defined(words: &[usize]) -> bool {
    // SAFETY: the function only names the words; valgrind does not change them.
    unsafe { gcheap_native_valgrind_defined(words.as_ptr().cast(), size_of_val(words)) != 0 }
}

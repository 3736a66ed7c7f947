//! Roots.

use core::ffi::c_void;

use gcheap_standalone::program::{self, HeapRef};
use gcheap_standalone::roots::UserRoots;

/// Changes the roots; if there is no memory for that, the program ends with a sentence, as with bdwgc.
fn change(f: impl FnOnce(&mut UserRoots) -> bool) {
    if !program::exists() {
        return;
    }
    if program::with(HeapRef::DEFAULT, |heap| heap.with_roots(f)) == Some(false) {
        gcheap_standalone::os::complain("no memory for another range of roots", 0);
    }
}

/// Makes the words of [low, high) roots.
///
/// # Safety
/// They can be read until they are removed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_add_roots(low: *mut c_void, high: *mut c_void) {
    crate::start::GC_init();
    change(|roots| roots.add(low.addr(), high.addr()).is_ok());
}

/// Removes the roots that were added and lie in [low, high) entirely.
#[unsafe(no_mangle)]
pub extern "C" fn GC_remove_roots(low: *mut c_void, high: *mut c_void) {
    change(|roots| roots.remove_inside(low.addr(), high.addr()).is_ok());
}

/// Removes all roots that were added. (Static data stays: the collector finds it by itself.)
#[unsafe(no_mangle)]
pub extern "C" fn GC_clear_roots() {
    change(|roots| {
        roots.clear();
        true
    });
}

/// Writes to standard error how many bytes of roots were added by the program.
#[unsafe(no_mangle)]
pub extern "C" fn GC_print_static_roots() {
    let count = |roots: &mut UserRoots| roots.iter().map(|range| range.end - range.start).sum();
    let bytes = program::with(HeapRef::DEFAULT, |heap| heap.with_roots(count)).unwrap_or(0);
    gcheap_standalone::report::write_number("bytes of roots added by the program", bytes);
}

//! Disappearing links.

use core::ffi::{c_int, c_void};

use gcheap_standalone::program::{self, HeapRef};

/// What registering returns.
const SUCCESS: c_int = 0;
const DUPLICATE: c_int = 1;
const NO_MEMORY: c_int = 2;

fn register(link: *mut *mut c_void, object: *const c_void, long: bool) -> c_int {
    match program::link(HeapRef::DEFAULT, link, object.cast(), long) {
        Ok(false) => SUCCESS,
        Ok(true) => DUPLICATE,
        Err(_) => NO_MEMORY,
    }
}

fn unregister(link: *mut *mut c_void, long: bool) -> c_int {
    program::with(HeapRef::DEFAULT, |heap| heap.unlink(link.addr(), long)).unwrap_or(false) as c_int
}

fn follow(link: *mut *mut c_void, new: *mut *mut c_void, long: bool) -> c_int {
    const NOT_FOUND: c_int = 4;
    let moved = program::with(HeapRef::DEFAULT, |heap| heap.move_link(link.addr(), new.addr(), long));
    if moved == Some(true) { SUCCESS } else { NOT_FOUND }
}

/// *link is cleared when nothing reaches the object any more. 0 if done, 1 if it was registered before, 2 without memory.
///
/// # Safety
/// The word can be written to until it is unregistered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_general_register_disappearing_link(link: *mut *mut c_void, object: *const c_void) -> c_int {
    register(link, object, false)
}

/// The same, for the object that the word lies in.
///
/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_register_disappearing_link(link: *mut *mut c_void) -> c_int {
    register(link, program::base(HeapRef::DEFAULT, link.cast()).cast(), false)
}

/// *link is cleared when no finaliser can bring the object back to life any more.
///
/// # Safety
/// As above.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_register_long_link(link: *mut *mut c_void, object: *const c_void) -> c_int {
    register(link, object, true)
}

/// 1 if the link was registered; it is not any more.
#[unsafe(no_mangle)]
pub extern "C" fn GC_unregister_disappearing_link(link: *mut *mut c_void) -> c_int {
    unregister(link, false)
}

/// The same for a long link.
#[unsafe(no_mangle)]
pub extern "C" fn GC_unregister_long_link(link: *mut *mut c_void) -> c_int {
    unregister(link, true)
}

/// The link is kept in another word from now on. 0 if done, 4 if it was not registered.
#[unsafe(no_mangle)]
pub extern "C" fn GC_move_disappearing_link(link: *mut *mut c_void, new: *mut *mut c_void) -> c_int {
    follow(link, new, false)
}

/// The same for a long link.
#[unsafe(no_mangle)]
pub extern "C" fn GC_move_long_link(link: *mut *mut c_void, new: *mut *mut c_void) -> c_int {
    follow(link, new, true)
}

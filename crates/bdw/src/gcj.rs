//! Objects whose first word leads to a table that has their descriptor, as Java's have: gc_gcj.h.

use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering};

use gcheap_standalone::os::complain;

use crate::GC_word;
use crate::kinds::{self, GC_mark_proc, GC_ms_entry, GC_new_free_list, GC_new_kind, of_kind};
use crate::start::GC_init;

/// The kind of GC_gcj_malloc's objects; 0 before GC_init_gcj_malloc.
#[unsafe(no_mangle)]
pub static mut GC_gcj_kind: c_int = 0;
/// The kind of GC_debug_gcj_malloc's objects, for which a function marks.
#[unsafe(no_mangle)]
pub static mut GC_gcj_debug_kind: c_int = 0;

static STARTED: AtomicBool = AtomicBool::new(false);

/// Where the descriptor is in the table: its second word.
const OFFSET: usize = size_of::<usize>();

extern "C" fn no_function(_: *mut GC_word, _: *mut GC_ms_entry, _: *mut GC_ms_entry, _: GC_word) -> *mut GC_ms_entry {
    complain("GC_init_gcj_malloc was given no function that marks", 0)
}

/// Prepares GC_gcj_malloc; what comes after the first call changes nothing. The function that marks gets a number below
/// that of GC_new_proc's first, so that a compiler can know it: tables may name it in their descriptors, with any argument but
/// 1, and it marks the objects of GC_debug_gcj_malloc, where the argument is 1. It may be NULL if no descriptor needs it.
#[unsafe(no_mangle)]
pub extern "C" fn GC_init_gcj_malloc(number: c_int, function: *mut c_void) {
    GC_init();
    if STARTED.swap(true, Ordering::AcqRel) {
        return;
    }
    // SAFETY: the caller says that it is such a function; NULL is none.
    let function = unsafe { core::mem::transmute::<*mut c_void, GC_mark_proc>(function) };
    kinds::set_proc(number as usize, function.or(Some(no_function)));
    let kind = GC_new_kind(GC_new_free_list(), kinds::by_first_word(OFFSET), 0, 1);
    let debug = GC_new_kind(GC_new_free_list(), kinds::by_function(number as usize, 1), 0, 1);
    // SAFETY: words, which are written once, before anybody may read them.
    unsafe {
        GC_gcj_debug_kind = debug as c_int;
        GC_gcj_kind = kind as c_int;
    }
}

/// # Safety
/// As for GC_gcj_malloc.
unsafe fn alloc(bytes: usize, kind: c_int, table: *mut c_void) -> *mut c_void {
    if kind == 0 {
        complain("GC_gcj_malloc without GC_init_gcj_malloc", 0);
    }
    let object = of_kind(bytes.max(size_of::<usize>()), kind as usize, false);
    if !object.is_null() {
        // SAFETY: the new object has a word at least. Until now it was 0, which leads to no descriptor.
        unsafe { object.cast::<*mut c_void>().write(table) };
    }
    object
}

/// Allocates an object, all 0 but for its first word, which leads to a table; the table's second word is a descriptor
/// (gc_mark.h), which says where in the object pointers are. The table itself is kept only if the descriptor covers the first
/// word, or something else leads to it. NULL (or what GC_set_oom_fn's function says) if there is no memory.
///
/// # Safety
/// The program has called GC_init_gcj_malloc; the table is there as long as the object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_gcj_malloc(bytes: usize, table: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's promise; the variable was written before.
    unsafe { alloc(bytes, GC_gcj_kind, table) }
}

/// The same for large objects. Here any address in them counts.
///
/// # Safety
/// As for GC_gcj_malloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_gcj_malloc_ignore_off_page(bytes: usize, table: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { GC_gcj_malloc(bytes, table) }
}

/// The same for an object that GC_init_gcj_malloc's function marks, with 1 for its argument. As all objects of the debugging
/// functions it has no header here.
///
/// # Safety
/// As for GC_gcj_malloc.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_debug_gcj_malloc(
    bytes: usize,
    table: *mut c_void,
    _caller: GC_word,
    _file: *const c_char,
    _line: c_int,
) -> *mut c_void {
    // SAFETY: the caller's promise; the variable was written before.
    unsafe { alloc(bytes, GC_gcj_debug_kind, table) }
}

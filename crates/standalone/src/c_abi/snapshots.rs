//! Snapshots of a heap.

use core::ffi::{c_char, c_uint, c_void};
use core::ptr;

use gcheap::inspect::snapshot::Cause;
use gcheap::inspect::snapshot::stream::Sink;

use super::{DEFAULT, gcheap_t, named};
use crate::program::{self, HeapRef};

/// For gcheap_snapshot: as lines of text, each with a number and a checksum, for a serial line or a log.
pub const GCHEAP_SNAPSHOT_TEXT: c_uint = 1;
/// For gcheap_snapshot: without the contents of objects. What keeps an object alive cannot be told from it then.
pub const GCHEAP_SNAPSHOT_NO_CONTENTS: c_uint = 2;

/// Writes a snapshot of the heap (docs/SNAPSHOT.md): what each block is, what objects contain, the roots with their kind, and
/// the names of objects (see gcheap_set_namer). heapview reads it. Needs no memory, so that it may be called by the function of
/// gcheap_set_out_of_memory; not by hooks.
///
/// write: called with data and parts of the snapshot, in order; n_bytes is 1 or more. It returns false to stop. The other threads
/// are stopped meanwhile, so it must not wait for what one of them may hold: no malloc, no FILE. It must not call the heap, and
/// must return (no longjmp). flags: 0, or GCHEAP_SNAPSHOT_TEXT and the like. Returns whether all of it was written; false also in
/// a signal handler that came in the middle of another call. Thread-safe. Never collects.
///
/// # Safety
/// write can be called with data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_snapshot(
    write: Option<unsafe extern "C" fn(data: *mut c_void, bytes: *const c_void, n_bytes: usize) -> bool>,
    data: *mut c_void,
    flags: c_uint,
) -> bool {
    // SAFETY: the caller's promise.
    unsafe { gcheap_snapshot_in(ptr::null_mut(), write, data, flags) }
}

/// gcheap_snapshot of a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and write can be called with data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_snapshot_in(
    heap: *mut gcheap_t,
    write: Option<unsafe extern "C" fn(data: *mut c_void, bytes: *const c_void, n_bytes: usize) -> bool>,
    data: *mut c_void,
    flags: c_uint,
) -> bool {
    let Some(write) = write else { return false };
    let sink = Sink { write, data, framed: flags & GCHEAP_SNAPSHOT_TEXT != 0 };
    // SAFETY: the caller's promise.
    unsafe { program::snapshot(named(heap), Cause::Asked, flags & GCHEAP_SNAPSHOT_NO_CONTENTS == 0, sink) }
}

/// gcheap_snapshot to a file, which is made or replaced, and which only its owner may read.
///
/// path: not NULL. Returns whether all of it was written; if not, errno may say why. Thread-safe. Never collects.
///
/// # Safety
/// path is a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_snapshot_file(path: *const c_char) -> bool {
    // SAFETY: the caller's promise.
    unsafe { program::snapshot_to_file(DEFAULT, Cause::Asked, path) }
}

/// gcheap_snapshot_file of a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and path is a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_snapshot_file_in(heap: *mut gcheap_t, path: *const c_char) -> bool {
    // SAFETY: the caller's promise.
    unsafe { program::snapshot_to_file(named(heap), Cause::Asked, path) }
}

/// Sets what names objects in snapshots, or NULL. It writes a name for the object to name, which has room for `room` (100)
/// bytes with the zero at the end, and returns the name's length, as snprintf does; 0: it has no name. A name is "TYPE", or
/// "TYPE: DETAIL". object: an object's start; n_bytes: what it can hold. The object may be new, with only zeros in it, or (if it
/// was allocated with GCHEAP_NOT_CLEARED) anything; it may also be dead, and what it points at freed and used again: so pointers
/// in it should be followed only with care. The function must not allocate, not even by malloc, must not call the heap, and must
/// return. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_set_namer(
    function: Option<extern "C" fn(object: *const c_void, n_bytes: usize, name: *mut c_char, room: usize) -> usize>,
) {
    set_namer(DEFAULT, function);
}

/// gcheap_set_namer for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_namer_in(
    heap: *mut gcheap_t,
    function: Option<extern "C" fn(object: *const c_void, n_bytes: usize, name: *mut c_char, room: usize) -> usize>,
) {
    set_namer(named(heap), function);
}

fn set_namer(heap: HeapRef, namer: Option<crate::heap::Namer>) {
    program::with(heap, |heap| heap.change_hooks(|hooks| hooks.namer = namer));
}

//! The exported C functions: py/gc.h's, with its prototypes, and gcheap_version. Each is one call into the heap.
//!
//! include/gcheap.h is generated from this file and from imports.rs, doc comments included.

use core::ffi::{c_char, c_uint, c_void};

#[cfg(gcheap_snapshot)]
use super::imports::gcheap_report_t;
use super::imports::{CHost, CPrinter, mp_print_t};
#[cfg(gcheap_snapshot)]
use crate::config::WORD_BYTES;
use crate::counting::Info;
use crate::heap::Heap;
#[cfg(gcheap_snapshot)]
use crate::inspect::snapshot::{
    About, Cause,
    report::{Report, RootKind, RootRange},
    stream::Sink,
};
use crate::marker::MARKER;
use crate::objects::AllocFlags;

/// What tells a binary with this heap from one without.
#[unsafe(no_mangle)]
static gcheap_marker: [u8; 16] = MARKER;

pub(super) fn heap() -> Heap<CHost> {
    // SAFETY: I1, I2: whoever links the archive provides the symbols that its configuration names.
    unsafe { Heap::new(CHost) }
}

/// The library's name and version, "libgcheap 0.1.0". Never NULL, never freed. Thread-safe; never collects.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_version() -> *const c_char {
    gcheap_marker.as_ptr().cast()
}

/// Makes a heap of the memory [start, end); an earlier heap is forgotten, without running its finalisers (and without
/// gcheap_host_free_heap for areas that it got by itself; gc_sweep_all does both).
///
/// start, end: byte addresses of any alignment; end is rounded down to a whole block. The memory belongs to the heap
/// until the next gc_init. Sets this thread's lock depth to 0, automatic collection on, the allocation threshold off.
/// Errors: end before start, or less than one table byte and its four blocks between them, is reported to
/// gcheap_host_fatal; if that returns, the heap is empty and every gc_alloc returns NULL.
/// Not thread-safe: no other thread may use the heap yet. Never collects. From gc.c: gc_init.
///
/// # Safety
/// [start, end) is writable memory that nobody else uses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_init(start: *mut c_void, end: *mut c_void) {
    // SAFETY: I3: the caller lends the memory.
    unsafe { heap().init(start.cast(), end.cast()) }
}

/// Adds the area [start, end) to the heap, behind the areas it has.
///
/// start, end: byte addresses; end is rounded down to a whole block. The area's record is kept at start, which should
/// be aligned for a pointer: if it is not, the record moves up and the area may have four blocks less. gc_init comes
/// first. With MICROPY_GC_SPLIT_HEAP_AUTO a collection that leaves nothing in the area hands start to
/// gcheap_host_free_heap. Errors: as for gc_init; the area is then not added. Not thread-safe. Never collects. Only
/// with MICROPY_GC_SPLIT_HEAP. From gc.c: gc_add.
///
/// # Safety
/// [start, end) is writable memory that nobody else uses.
#[cfg(gcheap_split_heap)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_add(start: *mut c_void, end: *mut c_void) {
    // SAFETY: I3: the caller lends the memory.
    unsafe { heap().add(start.cast(), end.cast()) }
}

/// From now on gc_alloc and gc_realloc return NULL in this thread, and gc_free does nothing: the next collection finds
/// what it should have freed. Nests, up to 32767 deep.
///
/// Thread-safe, and safe in an interrupt handler that also unlocks. Never collects. From gc.c: gc_lock.
#[unsafe(no_mangle)]
pub extern "C" fn gc_lock() {
    heap().lock();
}

/// Reverses one gc_lock of this thread. Thread-safe. Never collects. From gc.c: gc_unlock.
#[unsafe(no_mangle)]
pub extern "C" fn gc_unlock() {
    heap().unlock();
}

/// Whether this thread may not allocate now: it has the heap locked, or is between
/// gc_collect_start and the end of gc_collect_end (in a finaliser, for instance).
///
/// Thread-safe. Never collects. From gc.c: gc_is_locked.
#[unsafe(no_mangle)]
pub extern "C" fn gc_is_locked() -> bool {
    heap().is_locked()
}

/// Begins a collection: takes the mutex, then marks what the host's own roots reach (gcheap_host_roots).
///
/// gc_collect_root and gc_collect_end must follow, in the same thread. Between start and end that thread may call
/// gc_collect_root; gc_alloc and gc_realloc return NULL, and gc_free does nothing: it leaves the object to the
/// collection. gc_nbytes, gc_info and the dumps do no harm there, but their answers mean nothing yet. Inside a
/// collection (from a finaliser) gc_collect_start does nothing, and neither do the root and end that belong to it; such
/// collections may nest. Thread-safe. From gc.c: gc_collect_start.
#[unsafe(no_mangle)]
pub extern "C" fn gc_collect_start() {
    heap().collect_start();
}

/// Marks every object that can be reached from the len words at ptrs. Any word that is the address of an object's
/// first byte counts as a pointer to it.
///
/// ptrs: word aligned; may be NULL if len is 0. len: in words. Only between gc_collect_start and gc_collect_end;
/// elsewhere it does nothing. Takes no lock and uses nothing of the thread's own: other threads may call it from a
/// signal handler, one at a time, while the collecting thread waits. From gc.c: gc_collect_root.
///
/// # Safety
/// The words can be read.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_collect_root(ptrs: *mut *mut c_void, len: usize) {
    // SAFETY: the caller's promise.
    unsafe { heap().collect_root(ptrs.cast(), len) }
}

/// Ends a collection: runs the finalisers of all unreached objects in address order, frees these objects, releases the
/// mutex. A finaliser may call gc_free, but cannot allocate.
///
/// Without a gc_collect_start of its own before it, it does nothing, in a finaliser too. From gc.c: gc_collect_end.
#[unsafe(no_mangle)]
pub extern "C" fn gc_collect_end() {
    heap().collect_end();
}

/// Collects as if nothing could be reached: runs all finalisers, frees everything. For the end of a program.
///
/// Thread-safe. From gc.c: gc_sweep_all.
#[unsafe(no_mangle)]
pub extern "C" fn gc_sweep_all() {
    heap().sweep_all();
}

/// Allocates an object of n_bytes bytes, at the lowest address where it fits; NULL if it does not fit.
///
/// n_bytes: rounded up to whole blocks; 0 gives NULL. The blocks are cleared (in a build without
/// MICROPY_GC_CONSERVATIVE_CLEAR only what n_bytes leaves of them). alloc_flags: 1 (GC_ALLOC_FLAG_HAS_FINALISER) if
/// the object may have a finaliser, else 0. NULL also while the heap is locked.
/// May collect, through the host's gc_collect: when the allocation threshold is reached, or once when nothing fits,
/// if automatic collection is on. Thread-safe. From gc.c: gc_alloc.
#[unsafe(no_mangle)]
pub extern "C" fn gc_alloc(n_bytes: usize, alloc_flags: c_uint) -> *mut c_void {
    heap().alloc_with(n_bytes, AllocFlags::from_bits(alloc_flags)).cast()
}

/// Frees an object at once, without running its finaliser. NULL is allowed and does nothing.
///
/// While this thread has the heap locked, and between gc_collect_start and gc_collect_end, it does nothing: the object
/// is left to a collection. Errors: a pointer that is not an object's first byte is reported to gcheap_host_fatal, and
/// nothing is freed. Thread-safe. Never collects. From gc.c: gc_free.
///
/// # Safety
/// Nothing uses the object afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_free(ptr: *mut c_void) {
    heap().free(ptr.cast());
}

/// The size of an object in bytes, a multiple of the block size; 0 for NULL and for anything else that is not an
/// object's first byte. Thread-safe. Never collects. From gc.c: gc_nbytes.
#[unsafe(no_mangle)]
pub extern "C" fn gc_nbytes(ptr: *const c_void) -> usize {
    heap().nbytes(ptr.cast())
}

/// Makes an object n_bytes bytes large: in place if there is room, else, with allow_move, as a copy elsewhere.
///
/// Returns the object's address, or NULL if that cannot be; the object is then as it was. ptr NULL: as gc_alloc without
/// a finaliser. n_bytes 0: as gc_free, returns NULL. A moved object keeps its finaliser. New blocks are cleared as by
/// gc_alloc. NULL while the heap is locked. May collect, as gc_alloc, but only to move. So the object must be reachable
/// during the call, from a root or from the stack that the host marks: if a collection frees it, that is reported to
/// gcheap_host_fatal (GCHEAP_MISUSE_FREE_BLOCK) and the result is NULL. Other errors: as gc_free, and returns NULL.
/// Thread-safe. From gc.c: gc_realloc.
///
/// # Safety
/// Nothing uses the old address afterwards if another one is returned.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_realloc(ptr: *mut c_void, n_bytes: usize, allow_move: bool) -> *mut c_void {
    heap().realloc(ptr.cast(), n_bytes, allow_move).cast()
}

/// Fills in how full the heap is. info: not NULL. Takes time in proportion to the heap's size.
///
/// Thread-safe. Never collects. From gc.c: gc_info.
///
/// # Safety
/// info points to a writable gc_info_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_info(info: *mut Info) {
    // SAFETY: the caller's promise.
    unsafe { info.write(heap().info()) }
}

/// Fills in total, used and free, and 0 for the rest. info: not NULL. In the fast variant it takes the same short
/// time for any heap; in the compact one, time in proportion to the heap's size, as gc_info.
///
/// Thread-safe. Never collects. From gc.c: gc_info_fast, of MicroPython 1.29.
///
/// # Safety
/// info points to a writable gc_info_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_info_fast(info: *mut Info) {
    // SAFETY: the caller's promise.
    unsafe { info.write(heap().info_fast()) }
}

/// Notes that an object has a weak reference: when a collection is about to free it, gc_weakref_about_to_be_freed is
/// called, once; it takes another gc_weakref_mark to be told again.
///
/// ptr: what gc_alloc returned. From now on the object cannot be freed with gc_free nor moved by gc_realloc: both
/// report it to gcheap_host_fatal and leave it. Errors: a pointer that is not an object's first byte is reported too.
/// Thread-safe. Never collects. Only with MICROPY_PY_WEAKREF. From gc.c: gc_weakref_mark, of MicroPython 1.29.
///
/// # Safety
/// The heap was made with gc_init.
#[cfg(gcheap_weakref)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_weakref_mark(ptr: *mut c_void) {
    heap().weakref_mark(ptr.cast());
}

/// Prints the numbers of gc_info through the host (gcheap_host_print). Thread-safe. Never collects.
/// From gc.c: gc_dump_info.
///
/// # Safety
/// print is what the host's gcheap_host_print expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_dump_info(print: *const mp_print_t) {
    heap().dump_info(&mut CPrinter(print));
}

/// Prints a letter for each block through the host: '.' free, '=' tail, 'm' marked, and for a head what
/// gcheap_host_letter says. Thread-safe. Never collects. From gc.c: gc_dump_alloc_table.
///
/// # Safety
/// print is what the host's gcheap_host_print expects.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_dump_alloc_table(print: *const mp_print_t) {
    heap().dump_alloc_table(&mut CPrinter(print));
}

/// Writes a snapshot of the heap (docs/SNAPSHOT.md): areas, tables, what objects contain, and what gcheap_host_snapshot and
/// gcheap_host_name add. Needs no memory but some 700 bytes of stack, so that it works when the heap is full.
///
/// write: called with data and parts of the snapshot, in order, while the heap is locked for this thread and the mutex is held.
/// It returns false to stop, and must return (no longjmp). flags: 1: as lines of text for a serial line, each with a number and
/// a checksum; 2: without the contents of objects; add them up. host: a string that names the program, "MicroPython 1.26".
/// Returns whether all of it was written; false also between gc_collect_start and gc_collect_end, except in a finaliser.
/// Thread-safe. Never collects. Only with SNAPSHOT=1.
///
/// # Safety
/// write can be called with data; host is a string.
#[cfg(gcheap_snapshot)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_snapshot(
    write: unsafe extern "C" fn(data: *mut c_void, bytes: *const c_void, n_bytes: usize) -> bool,
    data: *mut c_void,
    flags: c_uint,
    host: *const c_char,
) -> bool {
    // SAFETY: the caller's promise.
    let host = unsafe { text(host) };
    let about = About { host, cause: Cause::Asked, contents: flags & 2 == 0 };
    // SAFETY: the caller's promise.
    unsafe { heap().snapshot(&about, Sink { write, data, framed: flags & 1 != 0 }) }
}

/// The bytes of a string. Small machines have no strlen; volatile, so that the compiler makes none of it.
///
/// # Safety
/// It is one.
#[cfg(gcheap_snapshot)]
unsafe fn text<'a>(string: *const c_char) -> &'a [u8] {
    let mut len = 0;
    // SAFETY: the caller's promise: it ends with a zero.
    unsafe {
        while string.add(len).read_volatile() != 0 {
            len += 1;
        }
        core::slice::from_raw_parts(string.cast(), len)
    }
}

/// In gcheap_host_snapshot: adds a range of roots, the words of which are written that point into the heap.
///
/// report: what gcheap_host_snapshot got. kind: 0 other, 1 static data, 2 stack, 3 registers, 4 thread-local storage, 5 added by
/// hand, 6 the host's own. name: a string that tells it from others, or NULL. ptrs, len: as for gc_collect_root. Only with
/// SNAPSHOT=1.
///
/// # Safety
/// The words can be read; name is a string or NULL; report is what gcheap_host_snapshot got, which has not returned.
#[cfg(gcheap_snapshot)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gc_snapshot_root(
    report: *mut gcheap_report_t,
    kind: c_uint,
    name: *const c_char,
    ptrs: *mut *mut c_void,
    len: usize,
) {
    let kind = match kind {
        1 => RootKind::Static,
        2 => RootKind::Stack,
        3 => RootKind::Registers,
        4 => RootKind::ThreadLocal,
        5 => RootKind::Added,
        6 => RootKind::Host,
        _ => RootKind::Other,
    };
    // SAFETY: the caller's promise.
    let name = if name.is_null() { &[] } else { unsafe { text(name) } };
    let (address, bytes) = (ptrs.expose_provenance(), len * WORD_BYTES);
    let range = RootRange { kind, interior: false, address, bytes, thread: 0, module: 0, name };
    // SAFETY: the caller's promise; the report is the host's as long as it is asked, and this is the only reference.
    unsafe { (*report.cast::<Report>()).range(&range) }
}

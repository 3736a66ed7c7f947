//! Collections: make one, forbid them, say when; numbers.

use core::ffi::{c_uint, c_void};

use super::{DEFAULT, gcheap_t, named};
use crate::heap::Hooks;
use crate::program::{self, HeapRef};

/// Collects now, and then calls the finalisers that are due (unless gcheap_finalise_on_demand). Returns false, and does
/// nothing, in a signal handler that came in the middle of another call. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_collect() -> bool {
    program::collect(DEFAULT)
}

/// gcheap_collect in a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_collect_in(heap: *mut gcheap_t) -> bool {
    program::collect(named(heap))
}

/// From now on no allocation collects: the heap grows instead. Nests. gcheap_collect still collects. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_disable() {
    disable(DEFAULT, true);
}

/// gcheap_disable for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_disable_in(heap: *mut gcheap_t) {
    disable(named(heap), true);
}

/// Reverses one gcheap_disable. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_enable() {
    disable(DEFAULT, false);
}

/// gcheap_enable for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_enable_in(heap: *mut gcheap_t) {
    disable(named(heap), false);
}

fn disable(heap: HeapRef, off: bool) {
    program::with(heap, |heap| heap.disable(off));
}

/// Sets after how much allocation the next collection is due: a share, in percent, of the bytes that the last one left in
/// use; the first MiB of these counts twice. 66 is usual: the heap has up to 1.66 times what is alive, or as much as was in use
/// lately. 0 collects for every 256 KiB. Counts from the next collection on. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_set_factor(percent: c_uint) {
    set_factor(DEFAULT, percent);
}

/// gcheap_set_factor for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_factor_in(heap: *mut gcheap_t, percent: c_uint) {
    set_factor(named(heap), percent);
}

fn set_factor(heap: HeapRef, percent: c_uint) {
    program::with(heap, |heap| heap.policy().set_factor(percent as usize));
}

/// Sets how many bytes the heap may have at most; allocations that would need more collect, and then fail. Memory that the
/// heap has already stays. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_set_limit(n_bytes: usize) {
    set_limit(DEFAULT, n_bytes);
}

/// gcheap_set_limit for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_limit_in(heap: *mut gcheap_t, n_bytes: usize) {
    set_limit(named(heap), n_bytes);
}

fn set_limit(heap: HeapRef, n_bytes: usize) {
    program::with(heap, |heap| heap.policy().limit.set(n_bytes));
}

/// Sets whether a pointer into the middle of an object keeps it alive if it lies in another object of the heap; from
/// registers, stacks and static data such pointers always do. It is so unless the program says otherwise. Objects that are
/// allocated later have no byte more than they asked for, so that a pointer to just behind the end is one to the next
/// object. To be called before the first allocation. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_set_interior_pointers(count: bool) {
    set_interior(DEFAULT, count);
}

/// gcheap_set_interior_pointers for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_interior_pointers_in(heap: *mut gcheap_t, count: bool) {
    set_interior(named(heap), count);
}

fn set_interior(heap: HeapRef, count: bool) {
    program::with(heap, |heap| heap.interior().set(count));
}

/// Sets what is called when there is no memory for an allocation of so many bytes: its result is the allocation's. It may
/// free something and allocate, or not return (longjmp, exit). NULL: such allocations return NULL. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_set_out_of_memory(function: Option<extern "C" fn(usize) -> *mut c_void>) {
    change_hooks(DEFAULT, |hooks| hooks.out_of_memory = function);
}

/// gcheap_set_out_of_memory for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_out_of_memory_in(
    heap: *mut gcheap_t,
    function: Option<extern "C" fn(usize) -> *mut c_void>,
) {
    change_hooks(named(heap), |hooks| hooks.out_of_memory = function);
}

/// Sets what is called with a pointer that is no object's start, and why not (enum gcheap_misuse); if it returns, the call
/// with that pointer has done nothing. NULL: a sentence is written to standard error, and the program ends. The function
/// must return (no longjmp) and must not call the heap. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_set_misuse(function: Option<extern "C" fn(u32, *const c_void)>) {
    change_hooks(DEFAULT, |hooks| hooks.misuse = function);
}

/// gcheap_set_misuse for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_misuse_in(
    heap: *mut gcheap_t,
    function: Option<extern "C" fn(u32, *const c_void)>,
) {
    change_hooks(named(heap), |hooks| hooks.misuse = function);
}

/// Sets what is called before and after every collection, or NULL. The functions must not call the heap. Thread-safe.
#[unsafe(no_mangle)]
pub extern "C" fn gcheap_set_collection_hooks(before: Option<extern "C" fn()>, after: Option<extern "C" fn()>) {
    change_hooks(DEFAULT, |hooks| (hooks.before, hooks.after) = (before, after));
}

/// gcheap_set_collection_hooks for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_set_collection_hooks_in(
    heap: *mut gcheap_t,
    before: Option<extern "C" fn()>,
    after: Option<extern "C" fn()>,
) {
    change_hooks(named(heap), |hooks| (hooks.before, hooks.after) = (before, after));
}

fn change_hooks(heap: HeapRef, f: impl FnOnce(&mut Hooks)) {
    program::with(heap, |heap| heap.change_hooks(f));
}

/// A heap's numbers.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
#[allow(non_camel_case_types)]
pub struct gcheap_stats_t {
    /// Bytes of memory that the heap has.
    pub heap_bytes: usize,
    /// Bytes of it in use, by objects that are alive or not yet known to be dead, and what threads have set aside for the next
    /// small ones.
    pub used_bytes: usize,
    /// Bytes allocated since the last collection.
    pub since_last_bytes: usize,
    /// Bytes allocated in all.
    pub allocated_bytes: u64,
    /// Collections so far.
    pub collections: usize,
    /// Bytes in use when the last collection had ended.
    pub live_bytes: usize,
    /// Nanoseconds for which threads were stopped, by all collections.
    pub stopped_ns: u64,
    /// The same by the longest collection.
    pub longest_stop_ns: u64,
    /// Finalisers that are registered.
    pub finalisers: usize,
}

fn read(heap: HeapRef) -> gcheap_stats_t {
    let now = program::numbers(heap);
    gcheap_stats_t {
        heap_bytes: now.heap_bytes,
        used_bytes: now.used_bytes,
        since_last_bytes: now.since_last,
        allocated_bytes: now.allocated(),
        collections: now.counters.collections,
        live_bytes: now.counters.live_after_last,
        stopped_ns: now.counters.stopped,
        longest_stop_ns: now.counters.longest_stop,
        finalisers: now.finalisers,
    }
}

/// Fills in the heap's numbers. Never collects. Thread-safe.
///
/// # Safety
/// stats points to a writable gcheap_stats_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_stats(stats: *mut gcheap_stats_t) {
    // SAFETY: the caller's promise.
    unsafe { stats.write(read(DEFAULT)) }
}

/// gcheap_stats for a heap of its own. heap: NULL is the default heap.
///
/// # Safety
/// The heap exists, and stats points to a writable gcheap_stats_t.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn gcheap_stats_in(heap: *mut gcheap_t, stats: *mut gcheap_stats_t) {
    // SAFETY: the caller's promise.
    unsafe { stats.write(read(named(heap))) }
}

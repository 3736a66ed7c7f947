//! What bdwgc has beside settings and numbers, as far as it is true here.

use core::cell::Cell;
use core::ffi::{c_char, c_int, c_uint, c_ulong};

use gcheap_standalone::os::complain;
use gcheap_standalone::program::{self, HeapRef};
use gcheap_standalone::report::write_number;

use crate::GC_word;
use crate::collection::GC_gcollect;

/// After how many partial collections bdwgc makes a whole one. Here all are whole: the number is only kept.
#[unsafe(no_mangle)]
pub static mut GC_full_freq: c_int = 19;
/// How often bdwgc collects again when it gets no memory from the system. Here it is once: the number is only kept.
#[unsafe(no_mangle)]
pub static mut GC_max_retries: GC_word = 0;
/// How many milliseconds a step of bdwgc's incremental collection takes. Here there are no steps: the number is only kept.
#[unsafe(no_mangle)]
pub static mut GC_time_limit: c_ulong = 50;
/// How many threads help to mark: none.
#[unsafe(no_mangle)]
pub static mut GC_parallel: c_int = 0;
/// Whether GC_init makes no collection. Here it never makes one.
#[unsafe(no_mangle)]
pub static mut GC_dont_precollect: c_int = 0;

/// Settings of bdwgc's incremental mode and others without effect here, that programs may ask for again.
struct Kept {
    rate: Cell<c_int>,
    prior_attempts: Cell<c_int>,
    manual_vdb: Cell<c_int>,
    force_unmap: Cell<c_int>,
}

// SAFETY: single words, which programs set when they start.
unsafe impl Sync for Kept {}

static KEPT: Kept =
    Kept { rate: Cell::new(10), prior_attempts: Cell::new(1), manual_vdb: Cell::new(0), force_unmap: Cell::new(0) };

/// What GC_try_to_collect asks first: whether not to collect.
pub type GC_stop_func = Option<extern "C" fn() -> c_int>;

/// Collects, unless the function says no (not 0), which is asked once, before. 1 if it has collected.
#[unsafe(no_mangle)]
pub extern "C" fn GC_try_to_collect(stop: GC_stop_func) -> c_int {
    if stop.is_some_and(|stop| stop() != 0) {
        return 0;
    }
    GC_gcollect();
    1
}

/// GC_gcollect: every collection gives memory back that will not be needed soon.
#[unsafe(no_mangle)]
pub extern "C" fn GC_gcollect_and_unmap() {
    GC_gcollect();
}

/// For bdwgc's incremental mode, which this collector does not have: nothing happens.
#[unsafe(no_mangle)]
pub extern "C" fn GC_enable_incremental() {
    crate::start::GC_init();
}

/// Whether collections are incremental: 0.
#[unsafe(no_mangle)]
pub extern "C" fn GC_is_incremental_mode() -> c_int {
    0
}

/// How many threads help to mark: 0.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_parallel() -> c_int {
    0
}

/// No threads help to mark, however many are wished.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_markers_count(_count: c_uint) {}

/// The child of a fork can always use the heap.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_handle_fork(_how: c_int) {}

/// Time is always measured.
#[unsafe(no_mangle)]
pub extern "C" fn GC_start_performance_measurement() {}

/// How many milliseconds the threads have been stopped for by collections.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_full_gc_total_time() -> c_ulong {
    (program::numbers(HeapRef::DEFAULT).counters.stopped / 1_000_000) as c_ulong
}

/// For functions that must have memory: ends the program with a sentence.
#[unsafe(no_mangle)]
pub extern "C" fn GC_abort_on_oom() {
    complain("there is no memory for an object", 0);
}

/// Writes the heap's numbers to standard error.
#[unsafe(no_mangle)]
pub extern "C" fn GC_dump() {
    if program::exists() {
        let now = program::numbers(HeapRef::DEFAULT);
        write_number("bytes of memory", now.heap_bytes);
        write_number("bytes in use", now.used_bytes);
        write_number("bytes allocated since the last collection", now.since_last);
        write_number("collections", now.counters.collections);
        write_number("finalisers registered", now.finalisers);
    }
}

/// The same, below a title.
///
/// # Safety
/// The name is NULL or ends with a 0 byte.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_dump_named(name: *const c_char) {
    if !name.is_null() {
        // SAFETY: the caller's promise.
        unsafe {
            libc::write(libc::STDERR_FILENO, name.cast(), libc::strlen(name));
            libc::write(libc::STDERR_FILENO, c"\n".as_ptr().cast(), 1);
        }
    }
    GC_dump();
}

/// Sets after how many partial collections bdwgc makes a whole one. Here all are whole: the number is only kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_full_freq(number: c_int) {
    // SAFETY: programs do it when they start.
    unsafe { GC_full_freq = number }
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_full_freq() -> c_int {
    // SAFETY: a word.
    unsafe { GC_full_freq }
}

/// Sets how often bdwgc collects again when it gets no memory from the system. Here it is once: the number is only
/// kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_max_retries(number: GC_word) {
    // SAFETY: programs do it when they start.
    unsafe { GC_max_retries = number }
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_max_retries() -> GC_word {
    // SAFETY: a word.
    unsafe { GC_max_retries }
}

/// Sets how many milliseconds a step of an incremental collection takes. Here there are no steps: the number is only
/// kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_time_limit(number: c_ulong) {
    // SAFETY: programs do it when they start.
    unsafe { GC_time_limit = number }
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_time_limit() -> c_ulong {
    // SAFETY: a word.
    unsafe { GC_time_limit }
}

/// Sets how much work a step of an incremental collection is. Here there are no steps: the number is only kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_rate(number: c_int) {
    KEPT.rate.set(number);
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_rate() -> c_int {
    KEPT.rate.get()
}

/// Sets how often an incremental collection is given up. Here none is: the number is only kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_max_prior_attempts(number: c_int) {
    KEPT.prior_attempts.set(number);
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_max_prior_attempts() -> c_int {
    KEPT.prior_attempts.get()
}

/// Sets whether the program tells an incremental collector what it writes to. Nobody needs to know here: only kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_manual_vdb_allowed(on: c_int) {
    KEPT.manual_vdb.set((on != 0) as c_int);
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_manual_vdb_allowed() -> c_int {
    KEPT.manual_vdb.get()
}

/// Sets whether GC_gcollect gives memory back. Every collection does so here: only kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_force_unmap_on_gcollect(on: c_int) {
    KEPT.force_unmap.set((on != 0) as c_int);
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_force_unmap_on_gcollect() -> c_int {
    KEPT.force_unmap.get()
}

/// Sets whether GC_init makes no collection. It never makes one here: only kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_dont_precollect(on: c_int) {
    // SAFETY: programs do it when they start.
    unsafe { GC_dont_precollect = (on != 0) as c_int }
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_dont_precollect() -> c_int {
    // SAFETY: a word.
    unsafe { GC_dont_precollect }
}

/// Which memory an incremental collector protects from writing: none, 0.
#[unsafe(no_mangle)]
pub extern "C" fn GC_incremental_protection_needs() -> c_int {
    0
}

/// Begins an incremental collection where the mode is on. It never is.
#[unsafe(no_mangle)]
pub extern "C" fn GC_start_incremental_collection() {}

/// Whether the collector looks for leaks instead of freeing: 0.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_find_leak() -> c_int {
    0
}

/// For programs that call this around fork after GC_set_handle_fork(-1): the library does all that is needed by itself.
#[unsafe(no_mangle)]
pub extern "C" fn GC_atfork_prepare() {}

/// The same, in the parent.
#[unsafe(no_mangle)]
pub extern "C" fn GC_atfork_parent() {}

/// The same, in the child.
#[unsafe(no_mangle)]
pub extern "C" fn GC_atfork_child() {}

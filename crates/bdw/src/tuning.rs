//! What bdwgc has beside settings and numbers, as far as it is true here.

use core::cell::Cell;
use core::ffi::{c_int, c_uint, c_ulong};

use gcheap_standalone::os::complain;
use gcheap_standalone::program::{self, HeapRef};
use gcheap_standalone::report::write_number;

use crate::GC_word;
use crate::collection::GC_gcollect;

/// Numbers that programs set for bdwgc's way of collecting, and may ask for again.
struct Kept {
    full_freq: Cell<c_int>,
    max_retries: Cell<GC_word>,
    time_limit: Cell<c_ulong>,
}

// SAFETY: single words, which programs set when they start.
unsafe impl Sync for Kept {}

static KEPT: Kept = Kept { full_freq: Cell::new(19), max_retries: Cell::new(0), time_limit: Cell::new(50) };

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

/// Sets after how many partial collections bdwgc makes a whole one. Here all are whole: the number is only kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_full_freq(number: c_int) {
    KEPT.full_freq.set(number);
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_full_freq() -> c_int {
    KEPT.full_freq.get()
}

/// Sets how often bdwgc collects again when it gets no memory from the system. Here it is once: the number is only
/// kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_max_retries(number: GC_word) {
    KEPT.max_retries.set(number);
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_max_retries() -> GC_word {
    KEPT.max_retries.get()
}

/// Sets how many milliseconds a step of an incremental collection takes. Here there are no steps: the number is only
/// kept.
#[unsafe(no_mangle)]
pub extern "C" fn GC_set_time_limit(number: c_ulong) {
    KEPT.time_limit.set(number);
}

/// What was set by that.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_time_limit() -> c_ulong {
    KEPT.time_limit.get()
}

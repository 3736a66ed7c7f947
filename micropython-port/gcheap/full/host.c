// What the library asks of MicroPython when it keeps statistics: a clock, the trace, poison, and what happens when memory is out.
#include "py/mphal.h"
#include "py/smallint.h"
#include "py/stream.h"
#include "full.h"

uint32_t gcheap_trace_start_ms;
uint32_t gcheap_trace_pauses_us;
uint32_t gcheap_trace_freed;

gc_statistics_t *gcheap_host_statistics(void) {
    static gc_statistics_t numbers;
    return &numbers;
}

// Ports without the module time may lack the functions. Then all times are 0.
uint32_t gcheap_host_microseconds(void) {
    #if MICROPY_PY_TIME
    return mp_hal_ticks_us();
    #else
    return 0;
    #endif
}

uint32_t gcheap_milliseconds(void) {
    #if MICROPY_PY_TIME
    return mp_hal_ticks_ms();
    #else
    return 0;
    #endif
}

// gc 12 @3.214s 4%: 0.31+0.12 ms mark+sweep, 96->41 KB (128), 1893 freed, 812 live, hole 33 KB, cause alloc 2816 B
static void trace(void) {
    gc_statistics_t n;
    gc_statistics(&n);
    gc_free_runs_t free;
    gc_free_runs(&free);
    uint32_t objects = -n.objects_freed;
    for (size_t i = 0; i < MP_ARRAY_SIZE(n.objects); i++) {
        objects += n.objects[i];
    }
    uint32_t ms = gcheap_milliseconds() - gcheap_trace_start_ms;
    // In 32 bits: a division of 64 would bring in more of libgcc than all of this is.
    uint32_t pauses_ms = ((uint32_t)n.pauses_us - gcheap_trace_pauses_us) / 1000;
    uint32_t percent = ms < 100 ? 0 : pauses_ms / (ms / 100);
    uint32_t sweep_us = n.last_pause_us - n.last_mark_us;
    const mp_print_t *to = &mp_plat_print;
    mp_printf(to, "gc %u @%u.%03us %u%%: %u.%02u+%u.%02u ms mark+sweep, ",
        (unsigned int)(n.collections_no_room + n.collections_threshold + n.collections_asked),
        (unsigned int)(ms / 1000), (unsigned int)(ms % 1000), (unsigned int)percent,
        (unsigned int)(n.last_mark_us / 1000), (unsigned int)(n.last_mark_us % 1000 / 10),
        (unsigned int)(sweep_us / 1000), (unsigned int)(sweep_us % 1000 / 10));
    mp_printf(to, "%u->%u KB (%u), %u freed, %u live, hole %u KB, cause ",
        (unsigned int)(n.last_before_bytes / 1024), (unsigned int)(n.used_bytes / 1024),
        (unsigned int)((n.used_bytes + free.free_bytes) / 1024), (unsigned int)(n.objects_freed - gcheap_trace_freed),
        (unsigned int)objects, (unsigned int)(free.longest_bytes / 1024));
    gcheap_trace_freed = n.objects_freed;
    if (n.last_cause == 0) {
        mp_printf(to, "asked\n");
    } else {
        mp_printf(to, "%s %u B\n", n.last_cause == 1 ? "alloc" : "threshold", (unsigned int)n.cause_bytes);
    }
}

void gcheap_host_collected(void) {
    if (gcheap_is_on(GCHEAP_POISON)) {
        gc_fill_free(0xdb); // odd, and no address of a block
    }
    if (gcheap_is_on(GCHEAP_TRACE)) {
        trace();
    }
}

// Once: what it does may need memory, too.
void gcheap_host_out_of_memory(size_t n_bytes) {
    if (!gcheap_is_on(GCHEAP_ON_OOM)) {
        return;
    }
    gcheap_switch(GCHEAP_ON_OOM, false);
    mp_obj_t what = MP_STATE_VM(gcheap_on_oom);
    #if MICROPY_ENABLE_SCHEDULER
    if (mp_obj_is_callable(what)) {
        mp_int_t bytes = MIN(n_bytes, (size_t)MP_SMALL_INT_MAX);
        mp_sched_schedule(what, MP_OBJ_NEW_SMALL_INT(bytes));
        gcheap_switch(GCHEAP_ON_OOM, true); // this needs none
        return;
    }
    #endif
    gcheap_write_snapshot(what, 0, NULL);
    MP_STATE_VM(gcheap_on_oom) = mp_const_none;
}

MP_REGISTER_ROOT_POINTER(mp_obj_t gcheap_on_oom);

// What the files of the whole module `gcheap` share (GCHEAP_MODULE=full).
#define GCHEAP_STATISTICS // the library is built with both
#define GCHEAP_SNAPSHOT
#include "py/runtime.h"
#include "py/gc.h"
#include "../../../include/gcheap.h"

// What is switched on: bits of gc_statistics_t.host, so that gc_init switches all of it off.
enum { GCHEAP_TRACE = 1, GCHEAP_POISON = 2, GCHEAP_ON_OOM = 4 };

static inline bool gcheap_is_on(uint8_t what) {
    return (gcheap_host_statistics()->host & what) != 0;
}

static inline void gcheap_switch(uint8_t what, bool on) {
    gc_statistics_t *numbers = gcheap_host_statistics();
    numbers->host = on ? numbers->host | what : numbers->host & ~what;
}

// Since when the lines of the trace count time, in milliseconds, what pauses there were by then, and how
// many objects were freed before the next line.
extern uint32_t gcheap_trace_start_ms;
extern uint32_t gcheap_trace_pauses_us;
extern uint32_t gcheap_trace_freed;

uint32_t gcheap_milliseconds(void);

// An open file or another stream, or a path of a file to make; *opened says whether it must be closed.
mp_obj_t gcheap_stream(mp_obj_t stream_or_path, bool *opened);

// Writes a snapshot to a stream; 0, or the error of the stream. flags: as for gc_snapshot. An exception of the stream is stored in
// *exception, if that is not NULL.
int gcheap_write_snapshot(mp_obj_t stream, unsigned int flags, mp_obj_t *exception);

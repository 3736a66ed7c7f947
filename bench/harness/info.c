// Queries, in a heap that is half full of objects of 1 to 16 blocks, with holes.

#include <stdlib.h>

#include "objects.h"

static void setup(const workload_t *w) {
    size_t count;
    free(fill_mixed(w->heap / 2, 16, 2, &count));
}

static size_t run_info(void) {
    gc_info_t info;
    gc_info(&info);
    return 1;
}

// gc.c has only the full query.
static size_t run_fast(void) {
    gc_info_t info;
    for (size_t i = 0; i < FAST_CALLS; i++) {
        gc_info_fast(&info);
    }
    return FAST_CALLS;
}

const workload_t info_workloads[] = {
    #if BENCH_SMALL
    {"info", "call", 128 * KIB, setup, NULL, run_info, 0, true, 0},
    {"used-free", "call", 128 * KIB, setup, NULL, run_fast, 0, false, 0},
    #else
    {"info-64M", "call", 64 * MIB, setup, NULL, run_info, 0, true, 0},
    {"used-free-1M", "call", MIB, setup, NULL, run_fast, 0, false, 0},
    {"used-free-64M", "call", 64 * MIB, setup, NULL, run_fast, 0, false, 0},
    #endif
    {0},
};

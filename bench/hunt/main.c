// Runs one workload on the heap that this program is linked with:  hunt NAME=VALUE ...      (hunt.h has the names)
//
// Prints "ns" (processor time) per step of the timed part, the number of these ("operations"), "failed" allocations,
// "collections", and for comparison with another heap "used" and a "checksum" of where every object is. Exit code 3: this
// heap cannot run the workload.

#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "../harness/callgrind.h"
#include "hunt.h"

// Processor time, since other programs run on this machine, too.
static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e9 * t.tv_sec + t.tv_nsec;
}

int main(int argc, char **argv) {
    static char text[4096];
    for (int i = 1; i < argc; i++) {
        strncat(text, argv[i], sizeof(text) - strlen(text) - 2);
        strcat(text, " ");
    }
    const char *wrong = hunt_parse(text);
    if (wrong != NULL) {
        fprintf(stderr, "not a parameter, or not a value for it: %s\n", wrong);
        return 2;
    }
    if (!calls_prepare()) {
        return BENCH_CANNOT;
    }
    size_t ops = hunt.ops;
    if (ops == 0) {
        if (!heap_is_exact) {
            fprintf(stderr, "ops=0 cannot be estimated on this heap\n");
            return 2;
        }
        ops = calls_estimate();
        calls_prepare();
    }
    if (hunt.warm) {
        calls_run(ops < PLAN ? ops : PLAN);
    }
    size_t collections = heap_collections();
    double start = now();
    CALLGRIND_START_INSTRUMENTATION;
    calls_run(ops);
    CALLGRIND_STOP_INSTRUMENTATION;
    double ns = now() - start;
    printf("ns %.4f\noperations %zu\nfailed %zu\n", ns / ops, ops, calls_failed());
    printf("collections %zu\n", heap_collections() - collections);
    if (heap_is_exact) {
        gc_info_t info;
        gc_info(&info);
        printf("used %zu\nchecksum %016llx\n", info.used, (unsigned long long)calls_checksum());
    }
    return 0;
}

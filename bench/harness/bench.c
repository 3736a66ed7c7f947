// Runs one workload on the heap that this program is linked with:  bench WORKLOAD [--once]  or  bench --list
//
// Prints "ns" per operation, the number of "operations" in a repetition, and for comparison with another heap that did
// the same work: "used" bytes at the end, and a "checksum" of where the objects are and what gc_info says.
// --once: one repetition, with fewer operations where that makes sense; under callgrind only that is counted.
// Exit code 3: this heap cannot run the workload.

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "callgrind.h"

static bool once;

size_t bench_ops(size_t n) {
    return once ? n / 4 : n;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * t.tv_sec + t.tv_nsec;
}

static void list(void) {
    for (const group_t *g = bench_groups; g->name != NULL; g++) {
        for (const workload_t *w = g->workloads; w->name != NULL; w++) {
            printf("%s\t%s\t%s\n", g->name, w->name, w->unit);
        }
    }
}

// Per operation, the best repetition.
static double measure(const workload_t *w, size_t *operations) {
    const double patience = 60e6; // ns for all repetitions, if their number is not fixed
    const unsigned most = 1000;
    double best = 0, first = now();
    unsigned repeat = once ? 1 : w->repeat;
    for (unsigned i = 0; repeat ? i < repeat : i == 0 || (i < most && now() - first < patience); i++) {
        if (w->before != NULL) {
            w->before(w);
        }
        double start = now();
        CALLGRIND_START_INSTRUMENTATION;
        *operations = w->run();
        CALLGRIND_STOP_INSTRUMENTATION;
        double ns = now() - start;
        if (i == 0 || ns < best) {
            best = ns;
        }
    }
    return best / *operations;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list();
        return 0;
    }
    once = argc == 3 && strcmp(argv[2], "--once") == 0;
    const workload_t *w = argc == 2 || once ? bench_find(argv[1]) : NULL;
    if (w == NULL) {
        fprintf(stderr, "usage: %s WORKLOAD [--once] | --list\n", argv[0]);
        return 2;
    }
    if ((w->exact && !heap_is_exact) || (w->heap != 0 && !heap_open(w->heap))) {
        return BENCH_CANNOT;
    }
    bench_reseed();
    if (w->setup != NULL) {
        w->setup(w);
    }
    size_t operations = 0;
    double ns = measure(w, &operations);
    printf("ns %.4f\noperations %zu\n", ns, operations);
    if (heap_is_exact) {
        gc_info_t info;
        gc_info(&info);
        printf("used %zu\nchecksum %016llx\n", info.used, (unsigned long long)bench_checksum(&info));
    }
    return 0;
}

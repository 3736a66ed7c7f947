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

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

#include "bench.h"

enum { CANNOT = 3 };

void *heap_roots[HEAP_ROOTS];

static bool once;

size_t bench_ops(size_t n) {
    return once ? n / 4 : n;
}

void bench_cannot(void) {
    exit(CANNOT);
}

static uint64_t state;

void bench_reseed(void) {
    state = 0x9e3779b97f4a7c15;
}

uint64_t bench_random(void) {
    // splitmix64
    uint64_t z = state += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

size_t bench_below(size_t limit) {
    return (bench_random() >> 32) * limit >> 32;
}

void *bench_memory(size_t bytes) {
    void *memory = malloc(bytes);
    if (memory == NULL) {
        abort();
    }
    return memory;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * t.tv_sec + t.tv_nsec;
}

static const struct {
    const char *name;
    const workload_t *workloads;
} groups[] = {
    {"allocate", allocate_workloads},
    {"replace", replace_workloads},
    {"collect", collect_workloads},
    {"overflow", overflow_workloads},
    {"resize", resize_workloads},
    {"info", info_workloads},
    {"machine", machine_workloads},
};

static const size_t n_groups = sizeof(groups) / sizeof(groups[0]);

static const workload_t *find(const char *name) {
    for (size_t g = 0; g < n_groups; g++) {
        for (const workload_t *w = groups[g].workloads; w->name != NULL; w++) {
            if (strcmp(w->name, name) == 0) {
                return w;
            }
        }
    }
    return NULL;
}

static void list(void) {
    for (size_t g = 0; g < n_groups; g++) {
        for (const workload_t *w = groups[g].workloads; w->name != NULL; w++) {
            printf("%s\t%s\t%s\n", groups[g].name, w->name, w->unit);
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

static uint64_t mix(uint64_t sum, uint64_t value) {
    return (sum ^ value) * 0x100000001b3;
}

static uint64_t checksum(const gc_info_t *info) {
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < HEAP_ROOTS; i++) {
        sum = mix(sum, heap_offset(heap_roots[i]));
    }
    const size_t *numbers = (const size_t *)info;
    for (size_t i = 0; i < sizeof(*info) / sizeof(*numbers); i++) {
        sum = mix(sum, numbers[i]);
    }
    return sum;
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        list();
        return 0;
    }
    once = argc == 3 && strcmp(argv[2], "--once") == 0;
    const workload_t *w = argc == 2 || once ? find(argv[1]) : NULL;
    if (w == NULL) {
        fprintf(stderr, "usage: %s WORKLOAD [--once] | --list\n", argv[0]);
        return 2;
    }
    if ((w->exact && !heap_is_exact) || (w->heap != 0 && !heap_open(w->heap))) {
        return CANNOT;
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
        printf("used %zu\nchecksum %016llx\n", info.used, (unsigned long long)checksum(&info));
    }
    return 0;
}

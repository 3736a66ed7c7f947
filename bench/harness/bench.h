// The workloads, and helpers for them.
#ifndef BENCH_H
#define BENCH_H

#include "heap.h"

typedef struct workload workload_t;

struct workload {
    const char *name;
    const char *unit; // what `run` counts: one of these is an operation
    size_t heap;      // bytes
    void (*setup)(const workload_t *w);
    void (*before)(const workload_t *w); // before each repetition, not timed; may be NULL
    size_t (*run)(void);  // timed; returns the number of operations
    // Repetitions; the fastest counts. 0: as many as the time allows. 1: for a workload that changes its heap, so that
    // repetitions would differ.
    unsigned repeat;
    bool exact; // needs a heap that can be filled to the last block
    size_t arg; // for setup
};

// Each ends with an entry without a name.
extern const workload_t allocate_workloads[], replace_workloads[], collect_workloads[], overflow_workloads[];
extern const workload_t resize_workloads[], info_workloads[], program_workloads[], machine_workloads[];

// n, or less if instructions are counted, since valgrind is slow.
size_t bench_ops(size_t n);

// Ends the program: this heap cannot run the workload. And the exit code that says so.
enum { BENCH_CANNOT = 3 };
_Noreturn void bench_cannot(void);

// A small generator of numbers, and one below a limit (up to 2^32); bench_reseed starts the sequence over, bench_seed
// starts another one.
void bench_reseed(void);
void bench_seed(uint64_t seed);
uint64_t bench_random(void);
size_t bench_below(size_t limit);

// malloc that cannot fail: without so much memory, the workload cannot be run.
void *bench_memory(size_t bytes);

// For the program around the workloads: all of them in groups; the workload with a name, or NULL; and a number that two
// heaps share only if their roots are at the same places and gc_info gives the same numbers.
typedef struct {
    const char *name;
    const workload_t *workloads;
} group_t;
extern const group_t bench_groups[]; // ends with a group without a name
const workload_t *bench_find(const char *name);
uint64_t bench_checksum(const gc_info_t *info);
uint64_t bench_mix(uint64_t sum, uint64_t value);

#endif

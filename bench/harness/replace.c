// Free and allocate in a heap that is half full: densely, from the bottom up, with a hole of one block behind every
// second object, as in a program that has run for long.

#include <stdlib.h>

#include "objects.h"

enum { LARGEST = 16 * BLOCK };

static size_t count, operations;
static void **objects;
static uint32_t *victims;
static uint16_t sizes[REPLACE_STEPS];

// Plans to replace one of `among` objects, spread evenly over the heap, at each operation.
static void plan(const workload_t *w, size_t among) {
    operations = w->arg;
    free(victims);
    victims = bench_memory(operations * sizeof(*victims));
    for (size_t i = 0; i < operations; i++) {
        victims[i] = bench_below(among) * count / among;
        sizes[i] = BLOCK / 2 + bench_below(LARGEST - BLOCK / 2 + 1);
    }
}

static void setup(const workload_t *w) {
    objects = fill_mixed(w->heap / 2, LARGEST / BLOCK, 2, &count);
    plan(w, count);
}

// The same 64 objects are replaced again and again, whatever the heap's size. With the size grows the time that the heap
// needs to find room, and a little the number of cache misses.
static void before(const workload_t *w) {
    gc_collect(); // nothing is reachable
    free(objects);
    bench_reseed();
    objects = fill_mixed(w->heap / 2, LARGEST / BLOCK, 2, &count);
    plan(w, 64);
}

static size_t run(void) {
    for (size_t i = 0; i < operations; i++) {
        void **object = &objects[victims[i]];
        gc_free(*object);
        *object = gc_alloc(sizes[i], 0);
    }
    return operations;
}

#define HALF(name, bytes) {name, "free and allocation", bytes, NULL, before, run, 0, false, 320}

const workload_t replace_workloads[] = {
    #if BENCH_SMALL
    HALF("half", 128 * KIB),
    {"replace", "free and allocation", 128 * KIB, setup, NULL, run, 1, false, 4000},
    #else
    HALF("half-64K", 64 * KIB),
    HALF("half-256K", 256 * KIB),
    HALF("half-1M", MIB),
    HALF("half-4M", 4 * MIB),
    HALF("half-16M", 16 * MIB),
    HALF("half-64M", 64 * MIB),
    HALF("half-256M", 256 * MIB),
    // Any object may be the next one.
    {"replace-1M", "free and allocation", MIB, setup, NULL, run, 1, false, 16000},
    {"replace-16M", "free and allocation", 16 * MIB, setup, NULL, run, 1, false, 4000},
    #endif
    {0},
};

// Shared by the programs around the workloads: bench.c, and baremetal/main.c where there is no operating system.

#include <stdlib.h>

#include "bench.h"

void *heap_roots[HEAP_ROOTS];

void bench_cannot(void) {
    exit(BENCH_CANNOT);
}

static uint64_t state;

void bench_reseed(void) {
    state = 0x9e3779b97f4a7c15;
}

void bench_seed(uint64_t seed) {
    bench_reseed();
    state ^= seed << 32;
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
        bench_cannot();
    }
    return memory;
}

uint64_t bench_mix(uint64_t sum, uint64_t value) {
    return (sum ^ value) * 0x100000001b3;
}

uint64_t bench_checksum(const gc_info_t *info) {
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < HEAP_ROOTS; i++) {
        sum = bench_mix(sum, heap_offset(heap_roots[i]));
    }
    const size_t *numbers = (const size_t *)info;
    for (size_t i = 0; i < sizeof(*info) / sizeof(*numbers); i++) {
        sum = bench_mix(sum, numbers[i]);
    }
    return sum;
}

// The microbenchmarks of `make bench-standalone`. They are compiled once, against Boehm's <gc.h>, and run on his libgc.so.1
// and on libgcheap's. Each is written anew from a description of the workload.
#ifndef ROWS_H
#define ROWS_H

#define GC_THREADS
#include <gc.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A row does its work so many times. Its result depends on what all the objects contained, and on nothing that may differ
// between two collectors.
typedef uint64_t row_function(unsigned int rounds);

row_function gcbench, binary_trees; // trees.c
row_function small_objects, explicit_free, old_heap; // objects.c
row_function strings, reallocation; // bytes.c
row_function threads; // threads.c
row_function interior, finalisers, weak_references; // pointers.c

// A number beside the result that the runner reads, such as a time.
static inline void print_value(const char *name, uint64_t value) { printf("%s %" PRIu64 "\n", name, value); }

static inline _Noreturn void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

uint64_t nanoseconds(void); // main.c

// The collector reads this object. The compiler cannot know that: it removes what is written to memory that nobody else reads.
static inline void collector_reads(const void *object) { __asm__ volatile("" : : "r"(object) : "memory"); }

// The same sequence of numbers in every run.
static inline uint32_t random_below(uint64_t *state, uint32_t limit) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*state >> 32) * limit >> 32);
}

#endif

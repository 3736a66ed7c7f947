// The size of the workloads: for a computer, or (BENCH_SMALL) for a microcontroller with a heap of 128 KiB, blocks of
// 16 bytes, and another 128 KiB for everything else. Objects, heaps and holes keep their proportions.
#ifndef SCALE_H
#define SCALE_H

#include <stddef.h>

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)

#if BENCH_SMALL
#define BLOCK ((size_t)16)
#define HEAP_ROOTS (256)
enum {
    LIVE = 250, // objects alive while others come and go
    STEPS = 1 << 12,
    CHURN = 20000, // operations
    FAIL_BYTES = 1 << 11, // more than there is in one piece
    OVERFLOW_ROOMY = 1600, // nodes
    OVERFLOW_FULL = 6400,
    REPLACE_STEPS = 1 << 12,
    ARRAYS = 10, // byte arrays
    ARRAY_BYTES = 10 << 10,
    GROW_BYTES = 1 << 14, // an object that grows by half ends here,
    GROW_8_BYTES = 1 << 13, // one that grows by 8 bytes, here,
    SHRINK_BYTES = 1 << 13, // and one that shrinks starts here
    FAST_CALLS = 100, // of gc_info_fast
    STRINGS = 8000, // made one after the other; and dictionaries
    DICTS = 150, // alive at a time
    PROGRAM_STEPS = 1 << 8,
    PROGRAM_HEAP = 1 << 17,
};
#else
// Size of a block, and the number of roots.
#define BLOCK ((size_t)32)
#define HEAP_ROOTS (1024)
enum {
    LIVE = 1000,
    STEPS = 1 << 14,
    CHURN = 1000000,
    FAIL_BYTES = 1 << 16,
    OVERFLOW_ROOMY = 30000,
    OVERFLOW_FULL = 30000,
    REPLACE_STEPS = 1 << 14,
    ARRAYS = 50,
    ARRAY_BYTES = 1 << 20,
    GROW_BYTES = 1 << 20,
    GROW_8_BYTES = 1 << 16,
    SHRINK_BYTES = 1 << 16,
    FAST_CALLS = 10,
    STRINGS = 200000,
    DICTS = 1000,
    PROGRAM_STEPS = 1 << 14,
    PROGRAM_HEAP = 1 << 20,
};
#endif

#endif

// The heap that the workloads use. It is implemented by gc.c and by libgcheap, each with heaps/atb.c around it, and by
// heaps/boehm.c with Boehm's collector. The functions named gc_* are those of MicroPython's py/gc.h.
#ifndef HEAP_H
#define HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scale.h"

typedef struct {
    size_t total, used, free, max_free, num_1block, num_2block, max_block;
} gc_info_t;

void gc_init(void *start, void *end);
void *gc_alloc(size_t bytes, unsigned int flags);
void gc_free(void *ptr);
size_t gc_nbytes(const void *ptr);
void *gc_realloc(void *ptr, size_t bytes, bool allow_move);
void gc_collect_start(void);
void gc_collect_root(void **ptrs, size_t len);
void gc_collect_end(void);
void gc_info(gc_info_t *info);
// gc.c 1.25 has no such function; its host uses gc_info.
void gc_info_fast(gc_info_t *info);

// A whole collection. Its only roots are heap_roots: no stack, no registers (Boehm's collector scans those, too).
void gc_collect(void);

extern void *heap_roots[HEAP_ROOTS];

// Whether the heap consists of blocks of BLOCK bytes, and so can be filled to the last one.
extern const bool heap_is_exact;

// Makes a fresh heap of this many bytes, all pages touched, without automatic collection. False: it cannot.
bool heap_open(size_t bytes);

// Whether an allocation that finds no room collects.
void heap_auto_collect(bool on);

// Collect after so many allocated bytes, too. Boehm's collector has no such limit.
void heap_threshold(size_t bytes);

// The number of collections so far.
size_t heap_collections(void);

// Where an object is, counted from the start of the heap; 0 for NULL.
size_t heap_offset(const void *ptr);

#endif

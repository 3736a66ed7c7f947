// The names of MicroPython's py/gc.h, on the default heap. In an object of their own: a program that has functions of these
// names, and needs none of ours, links all the same.
#include <stdbool.h>
#include <stddef.h>

#include "gcheap.h"

void *gc_alloc(size_t n_bytes, unsigned int alloc_flags) {
    return gcheap_alloc(n_bytes, alloc_flags & GCHEAP_NO_SCAN);
}

void gc_free(void *ptr) {
    gcheap_free(ptr);
}

void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move) {
    if (!allow_move && ptr != NULL && n_bytes > gcheap_size(ptr)) {
        return NULL;
    }
    return gcheap_realloc(ptr, n_bytes);
}

size_t gc_nbytes(const void *ptr) {
    return gcheap_size(ptr);
}

void gc_collect(void) {
    gcheap_collect();
}

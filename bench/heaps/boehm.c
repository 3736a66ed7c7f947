// Boehm's collector in the place of gc.c. Its heap differs: each page holds objects of one size, header and mark bits
// lie outside the heap, and there is no first fit. Later allocations do most of a collection's sweep. The collector
// always scans the stack and the registers, too, and its mark stack grows.

#include "heap.h"

#include <gc.h>
#include <stdlib.h>

const bool heap_is_exact = false;

static void *out_of_memory(size_t bytes) {
    (void)bytes;
    return NULL;
}

bool heap_open(size_t bytes) {
    setenv("GC_MARKERS", "1", 1); // as the others, one thread
    GC_set_no_dls(1);
    GC_set_dont_precollect(1);
    GC_set_all_interior_pointers(0);
    GC_set_warn_proc(GC_ignore_warn_proc);
    GC_INIT();
    GC_disable();
    GC_set_oom_fn(out_of_memory);
    // The roots are the table, nothing else of this program.
    GC_clear_roots();
    GC_add_roots(heap_roots, heap_roots + HEAP_ROOTS);
    size_t have = GC_get_heap_size();
    if (bytes < have || (bytes > have && !GC_expand_hp(bytes - have))) {
        return false;
    }
    GC_set_max_heap_size(GC_get_heap_size());
    return true;
}

static bool enabled;

void heap_auto_collect(bool on) {
    if (on != enabled) {
        enabled = on;
        on ? GC_enable() : GC_disable();
    }
}

void heap_threshold(size_t bytes) {
    (void)bytes;
}

size_t heap_collections(void) {
    return GC_get_gc_no();
}

void *gc_alloc(size_t bytes, unsigned int flags) {
    (void)flags;
    return GC_MALLOC(bytes);
}

void gc_free(void *ptr) {
    GC_FREE(ptr);
}

void *gc_realloc(void *ptr, size_t bytes, bool allow_move) {
    (void)allow_move;
    return GC_REALLOC(ptr, bytes);
}

size_t gc_nbytes(const void *ptr) {
    return GC_size(ptr);
}

void gc_collect(void) {
    // GC_gcollect does nothing while collections are disabled.
    bool was = enabled;
    heap_auto_collect(true);
    GC_gcollect();
    heap_auto_collect(was);
}

void gc_info_fast(gc_info_t *info) {
    *info = (gc_info_t) { .total = GC_get_heap_size(), .free = GC_get_free_bytes() };
    info->used = info->total - info->free;
}

// There is no function that counts objects.
void gc_info(gc_info_t *info) {
    gc_info_fast(info);
}

size_t heap_offset(const void *ptr) {
    return ptr != NULL;
}

// What examples/lisp uses of gcheap.h, on Boehm's collector: bench-standalone builds that Lisp with each of them. Only what its
// memory.c calls is here.
#ifndef GCHEAP_H
#define GCHEAP_H

#include <gc.h>
#include <stdbool.h>
#include <stddef.h>

#define GCHEAP_NO_SCAN 1
#define GCHEAP_NOT_CLEARED 2

typedef struct {
    size_t heap_bytes, used_bytes, live_bytes, collections, finalisers;
} gcheap_stats_t;

static inline const char *gcheap_version(void) { return "libgc"; }

static inline void *gcheap_alloc(size_t bytes, unsigned int flags) {
    return flags & GCHEAP_NO_SCAN ? GC_MALLOC_ATOMIC(bytes) : GC_MALLOC(bytes);
}

static inline void *gcheap_realloc(void *object, size_t bytes) { return GC_REALLOC(object, bytes); }
static inline size_t gcheap_size(const void *object) { return GC_size(object); }
static inline char *gcheap_strndup(const char *text, size_t bytes) { return GC_STRNDUP(text, bytes); }

static inline bool gcheap_collect(void) {
    GC_gcollect();
    return true;
}

static inline size_t gcheap_run_finalisers(void) { return (size_t)GC_invoke_finalizers(); }
static inline void gcheap_finalise_on_demand(bool on) { GC_set_finalize_on_demand(on); }
static inline void gcheap_set_interior_pointers(bool on) { GC_set_all_interior_pointers(on); }
static inline void gcheap_set_out_of_memory(void *(*function)(size_t bytes)) { GC_set_oom_fn(function); }

// The first call that follows gcheap_set_interior_pointers in memory.c: that one must come before the collector starts.
static inline void gcheap_set_limit(size_t bytes) {
    GC_INIT();
    GC_set_max_heap_size(bytes);
}

// The Lisp only wants to know that finalisers may be due.
static inline void gcheap_set_collection_hooks(void (*before)(void), void (*after)(void)) {
    (void)before;
    GC_set_finalizer_notifier(after);
}

static inline bool gcheap_set_finaliser(void *object, void (*function)(void *, void *), void *data, int order) {
    (void)order;
    GC_register_finalizer(object, function, data, NULL, NULL);
    return GC_is_heap_ptr(object);
}

static inline bool gcheap_weak_link(void **link, void *object, bool long_link) {
    (void)long_link;
    return GC_general_register_disappearing_link(link, object) == GC_SUCCESS;
}

// It has no snapshots.
static inline void gcheap_set_namer(size_t (*namer)(const void *, size_t, char *, size_t)) { (void)namer; }

static inline void gcheap_stats(gcheap_stats_t *stats) {
    size_t heap = GC_get_heap_size(), used = heap - GC_get_free_bytes();
    *stats = (gcheap_stats_t) { heap, used, used, GC_get_gc_no(), 0 };
}

#endif

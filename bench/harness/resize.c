// gc_realloc: objects that grow and shrink.

#include <stdlib.h>

#include "objects.h"

static void *objects[2];

static void release(const workload_t *w) {
    (void)w;
    gc_free(objects[0]);
    gc_free(objects[1]);
    objects[0] = objects[1] = NULL;
}

static void setup(const workload_t *w) {
    // Obstacles for an object that has to move.
    size_t count;
    free(fill_mixed(w->heap / 8, 16, 2, &count));
}

static void *resize(void *object, size_t bytes) {
    object = gc_realloc(object, bytes, true);
    if (object == NULL) {
        abort();
    }
    return object;
}

// By half of its size, to GROW_BYTES, as a list of an interpreter does.
static size_t run_grow_half(void) {
    size_t n = 0;
    for (size_t bytes = 64; bytes <= GROW_BYTES; bytes += bytes / 2, n++) {
        objects[0] = resize(objects[0], bytes);
    }
    return n;
}

// Two of them side by side: now they have to move.
static size_t run_grow_half_two(void) {
    size_t n = 0;
    for (size_t bytes = 64; bytes <= GROW_BYTES; bytes += bytes / 2, n += 2) {
        objects[0] = resize(objects[0], bytes);
        objects[1] = resize(objects[1], bytes);
    }
    return n;
}

static size_t run_grow_8(void) {
    size_t n = 0, most = bench_ops(GROW_8_BYTES);
    for (size_t bytes = 8; bytes <= most; bytes += 8, n++) {
        objects[0] = resize(objects[0], bytes);
    }
    return n;
}

static void before_shrink(const workload_t *w) {
    release(w);
    objects[0] = new_object(SHRINK_BYTES);
}

static size_t run_shrink(void) {
    size_t n = 0, least = SHRINK_BYTES - bench_ops(SHRINK_BYTES - 2 * BLOCK);
    for (size_t bytes = SHRINK_BYTES; bytes >= least; bytes -= 2 * BLOCK, n++) {
        objects[0] = resize(objects[0], bytes);
    }
    return n;
}

#if BENCH_SMALL
#define RESIZE_HEAP (128 * KIB)
#define SHRINK_NAME "shrink"
#else
#define RESIZE_HEAP (16 * MIB)
#define SHRINK_NAME "shrink-64"
#endif
#define RESIZE(name, before, run) {name, "call", RESIZE_HEAP, setup, before, run, 0, false, 0}

const workload_t resize_workloads[] = {
    RESIZE("grow-half", release, run_grow_half),
    RESIZE("grow-half-two", release, run_grow_half_two),
    RESIZE("grow-8", release, run_grow_8),
    RESIZE(SHRINK_NAME, before_shrink, run_shrink),
    {0},
};

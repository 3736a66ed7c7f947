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
    // What an object meets when it has to move.
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

// By half of its size, to 1 MiB, as a list of an interpreter does.
static size_t run_grow_half(void) {
    size_t n = 0;
    for (size_t bytes = 64; bytes <= 1 << 20; bytes += bytes / 2, n++) {
        objects[0] = resize(objects[0], bytes);
    }
    return n;
}

// Two of them side by side: now they have to move.
static size_t run_grow_half_two(void) {
    size_t n = 0;
    for (size_t bytes = 64; bytes <= 1 << 20; bytes += bytes / 2, n += 2) {
        objects[0] = resize(objects[0], bytes);
        objects[1] = resize(objects[1], bytes);
    }
    return n;
}

static size_t run_grow_8(void) {
    size_t n = 0, most = bench_ops(1 << 16);
    for (size_t bytes = 8; bytes <= most; bytes += 8, n++) {
        objects[0] = resize(objects[0], bytes);
    }
    return n;
}

static void before_shrink(const workload_t *w) {
    release(w);
    objects[0] = new_object(1 << 16);
}

static size_t run_shrink(void) {
    size_t n = 0, least = (1 << 16) - bench_ops((1 << 16) - 64);
    for (size_t bytes = 1 << 16; bytes >= least; bytes -= 64, n++) {
        objects[0] = resize(objects[0], bytes);
    }
    return n;
}

#define RESIZE(name, before, run) {name, "call", (size_t)16 << 20, setup, before, run, 0, false, 0}

const workload_t resize_workloads[] = {
    RESIZE("grow-half", release, run_grow_half),
    RESIZE("grow-half-two", release, run_grow_half_two),
    RESIZE("grow-8", release, run_grow_8),
    RESIZE("shrink-64", before_shrink, run_shrink),
    {0},
};

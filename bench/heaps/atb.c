// The host of gc.c and of libgcheap, which is the same for both. It uses MicroPython's headers, configured by
// mpconfigport.h in this directory.

#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "../harness/scale.h"
#include "py/gc.h"
#include "py/mpstate.h"

// harness/heap.h declares the same functions as py/gc.h, so they cannot both be included.
extern void *heap_roots[HEAP_ROOTS];
extern const bool heap_is_exact;
bool heap_open(size_t bytes);
void heap_auto_collect(bool on);
size_t heap_offset(const void *ptr);
void heap_threshold(size_t bytes);
size_t heap_collections(void);
void gc_info_fast(gc_info_t *info);

const bool heap_is_exact = true;
mp_state_ctx_t mp_state_ctx;
static char *start;
static size_t collections;

// Memory that starts at a round address, or NULL.
#if BENCH_SMALL
static char *get_memory(size_t bytes) {
    static char memory[128 * KIB] __attribute__((aligned(64)));
    return bytes <= sizeof(memory) ? memory : NULL;
}
#else
#include <sys/mman.h>

static char *get_memory(size_t bytes) {
    const size_t align = 1 << 21;
    char *memory = mmap(NULL, bytes + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return NULL;
    }
    return (char *)(((uintptr_t)memory + align - 1) & -align);
}
#endif

bool heap_open(size_t bytes) {
    start = get_memory(bytes);
    if (start == NULL) {
        return false;
    }
    memset(start, 0, bytes);
    #if BENCH_THREADS
    mp_thread_set_state(&mp_state_ctx.thread);
    #endif
    gc_init(start, start + bytes);
    heap_auto_collect(false);
    return true;
}

void heap_auto_collect(bool on) {
    MP_STATE_MEM(gc_auto_collect_enabled) = on;
}

size_t heap_offset(const void *ptr) {
    return ptr == NULL ? 0 : (const char *)ptr - start;
}

void heap_threshold(size_t bytes) {
    MP_STATE_MEM(gc_alloc_threshold) = bytes / MICROPY_BYTES_PER_GC_BLOCK;
}

size_t heap_collections(void) {
    return collections;
}

void gc_collect(void) {
    collections++;
    gc_collect_start();
    gc_collect_root(heap_roots, HEAP_ROOTS);
    gc_collect_end();
}

#if BENCH_GCHEAP
// The benchmark does not misuse the heap.
void gcheap_host_fatal(unsigned int code, const void *ptr) {
    (void)code;
    (void)ptr;
    abort();
}
#else
void gc_info_fast(gc_info_t *info) {
    gc_info(info);
}
#endif

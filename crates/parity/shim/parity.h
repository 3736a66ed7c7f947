// What the driver sees of a shared object: two heaps with the same functions, side by side.
#ifndef PARITY_H
#define PARITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARITY_MAX_AREAS (8)
#define PARITY_MAX_ROOTS (64)
#define PARITY_TYPES (11)

// One area of a heap: where its tables and its pool are. ftb is NULL without finalisers, wtb without weak references.
typedef struct {
    uint8_t *atb;
    size_t atb_bytes;
    uint8_t *ftb;
    uint8_t *wtb;
    uint8_t *pool_start;
    uint8_t *pool_end;
    size_t last_used;
} parity_area_t;

typedef struct {
    size_t total, used, free, max_free, num_1block, num_2block, max_block, max_new_split;
} parity_info_t;

// One heap. Members that a configuration lacks are NULL.
typedef struct {
    void (*init)(void *start, void *end);
    void (*add)(void *start, void *end);
    void *(*alloc)(size_t bytes, unsigned int flags);
    void (*free)(void *ptr);
    void *(*realloc)(void *ptr, size_t bytes, bool allow_move);
    size_t (*nbytes)(const void *ptr);
    void (*weakref_mark)(void *ptr);
    void (*lock)(void);
    void (*unlock)(void);
    bool (*is_locked)(void);
    void (*collect)(void);
    void (*sweep_all)(void);
    void (*info)(parity_info_t *info);
    void (*info_fast)(parity_info_t *info);
    size_t (*dump_info)(char *text, size_t room);
    size_t (*dump_table)(char *text, size_t room);
    size_t (*areas)(parity_area_t *areas, size_t room);

    // The heap's state inside MicroPython's structures.
    void *state;
    size_t state_bytes;
    uint16_t *lock_depth;
    uint16_t *auto_collect;
    size_t *alloc_amount;
    size_t *alloc_threshold;
    size_t *collected;

    // Roots: a table that gc_collect hands over, and the first and last word of mp_state_ctx's root section and of
    // the Python stack, which gc_collect_start has to find by itself.
    void **roots;
    void **fixed_roots[4];
    // In a build for valgrind: which words of the table may not be read.
    uint8_t *unreadable;

    // How often gc_collect ran; in how many of these the mark stack of gc.c overflowed (gc.c only); how many times the
    // mutex is held; what the library reported as misuse.
    size_t *collections;
    size_t *overflows;
    int *mutex_depth;
    unsigned int *misuse;
} parity_side_t;

typedef struct {
    size_t block_bytes;
    bool clears; // new memory is zeroed whole
    bool grows;  // areas come and go by themselves
    size_t area_bytes;
    const parity_side_t *sides[2];
    // Addresses of object types: the ones a dump shows by a letter, then one with and one without __del__.
    const void *types[PARITY_TYPES];
    const void *type_del;
    const void *type_plain;
    // Called for every object that gc.c asks for its __del__ (what = 0) and whose __del__ it calls (1); for every object
    // with a weak reference that is about to be freed (2), and with NULL when all of them are gone (3).
    void (**on_finaliser)(void *object, int what);
    // Where areas come from that the heap asks for: how large one may be (what = 0, the result is a number), memory (1),
    // and memory back (2).
    void *(**on_heap)(int what, size_t bytes, void *memory);
    // Reserves memory without access, then gives access to parts of it; stops a run that hangs.
    void *(*reserve)(size_t bytes);
    bool (*open)(void *start, size_t bytes);
    unsigned int (*alarm)(unsigned int seconds);
} parity_library_t;

const parity_library_t *parity_library(void);

#endif

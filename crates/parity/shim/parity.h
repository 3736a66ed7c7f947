// The interface of the shared object: two heaps with the same functions, side by side.
// src/heaps/side.rs has the same declarations in Rust.
#ifndef PARITY_H
#define PARITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARITY_MAX_AREAS (8)
#define PARITY_MAX_ROOTS (64)
#define PARITY_TYPES (11)

// An area of a heap: where its tables and its pool are. ftb is NULL without finalisers, wtb without weak references.
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

// What a heap does with an object that has a finaliser or a weak reference.
typedef enum {
    PARITY_FINALISER_ASKED,  // the heap looks for the object's __del__
    PARITY_FINALISER_CALLED, // the heap calls the object's __del__
    PARITY_WEAKREF_DIES,     // the object has a weak reference and is about to be freed
    PARITY_WEAKREFS_GONE,    // all dead objects with weak references have been freed; this event has no object
} parity_object_event_t;

// What a heap with areas that come and go asks of its host.
typedef enum {
    PARITY_AREA_LIMIT,     // the largest size of a new area; the result is a number
    PARITY_AREA_LEND,      // memory for an area
    PARITY_AREA_TAKE_BACK, // the memory of an area that the heap no longer uses
} parity_area_request_t;

typedef void (*parity_on_object_t)(void *object, parity_object_event_t event);
typedef void *(*parity_on_area_t)(parity_area_request_t request, size_t bytes, void *memory);

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

    // The roots that a trace can set: a table that gc_collect passes on, and words that gc_collect_start has to find by
    // itself (the first and the last word of the root section of mp_state_ctx and of the Python stack).
    void **roots;
    void **fixed_roots[4];
    // In a build for valgrind: for each root in the table, whether it is unreadable.
    uint8_t *unreadable;

    // How often gc_collect ran, and in how many of these runs gc.c's mark stack overflowed (gc.c only); how many times
    // the mutex is held; the last misuse that libgcheap reported.
    size_t *collections;
    size_t *overflows;
    int *mutex_depth;
    unsigned int *misuse;
} parity_side_t;

typedef struct {
    size_t block_bytes;
    bool clears;       // new objects are zeroed whole
    bool grows;        // the heap asks for areas and gives them back
    size_t area_bytes; // the size of an area record
    const parity_side_t *sides[2];
    // Addresses of object types: those that a dump shows as a letter, then one type with __del__ and one without.
    const void *types[PARITY_TYPES];
    const void *type_del;
    const void *type_plain;
    // The driver's functions for events and requests of the heaps.
    parity_on_object_t *on_object;
    parity_on_area_t *on_area;
    // Reserves memory that cannot be accessed; makes a part of it accessible; ends a run that hangs.
    void *(*reserve)(size_t bytes);
    bool (*open)(void *start, size_t bytes);
    unsigned int (*alarm)(unsigned int seconds);
} parity_library_t;

const parity_library_t *parity_library(void);

#endif

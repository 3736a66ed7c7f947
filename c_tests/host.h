// The host of the C tests. It records what the library asks for. (examples/minimal_host.c is a host without test code.)
#ifndef HOST_H
#define HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The library's configuration: the default, unless the compiler's command line says otherwise.
#ifndef HOST_BLOCK
#define HOST_BLOCK 32
#endif
#ifndef HOST_FINALISER
#define HOST_FINALISER 1
#endif
#ifndef HOST_SPLIT_HEAP
#define HOST_SPLIT_HEAP 1
#endif
#ifndef HOST_SPLIT_HEAP_AUTO
#define HOST_SPLIT_HEAP_AUTO 0
#endif
#ifndef HOST_WEAKREF
#define HOST_WEAKREF 0
#endif
#ifndef HOST_VALGRIND
#define HOST_VALGRIND 0
#endif

#if HOST_SPLIT_HEAP_AUTO
#define GCHEAP_SPLIT_HEAP_AUTO // gc_info_t has a field for it
#endif
#include "gcheap.h"
#include "gcheap_atb.h"

#define HOST_BLOCK_BYTES ((size_t)HOST_BLOCK)
#define HOST_WORD_BYTES (sizeof(void *))

typedef struct host_area_t {
    #if HOST_SPLIT_HEAP
    struct host_area_t *next;
    #endif
    uint8_t *gc_alloc_table_start;
    size_t gc_alloc_table_byte_len;
    #if HOST_FINALISER
    uint8_t *gc_finaliser_table_start;
    #endif
    #if HOST_WEAKREF
    uint8_t *gc_weakref_table_start;
    #endif
    uint8_t *gc_pool_start;
    uint8_t *gc_pool_end;
    size_t gc_last_free_atb_index;
    size_t gc_last_used_block;
} host_area_t;

// The storage for the state of the library. The layout is that of MicroPython's mp_state_mem_t with its usual options;
// host.c makes the linker compare it with the archive's.
typedef struct host_state_t {
    host_area_t area;
    int gc_stack_overflow;
    size_t gc_block_stack[64];
    #if HOST_SPLIT_HEAP
    host_area_t *gc_area_stack[64];
    #endif
    uint16_t gc_auto_collect_enabled;
    size_t gc_alloc_amount;
    size_t gc_alloc_threshold;
    host_area_t *gc_last_free_area;
    size_t gc_collected;
    uint16_t gc_lock_depth;
} host_state_t;

extern host_state_t gcheap_state;

// What the host has recorded.
typedef struct host_seen_t {
    unsigned collections; // calls of gc_collect
    unsigned fatals;      // calls of gcheap_host_fatal, and the last one's arguments
    unsigned fatal_code;
    const void *fatal_ptr;
} host_seen_t;

extern host_seen_t host_seen;

#if HOST_WEAKREF
// Called for each object with a weak reference that is about to be freed, and with NULL when the collection is over.
// NULL: none.
extern void (*host_on_weakref)(void *object);
#endif

#if HOST_SPLIT_HEAP_AUTO
// The number of bytes by which the heap may grow at once, and the numbers of areas that it has received from malloc and
// has returned.
extern size_t host_max_new_split;
extern unsigned host_areas_given, host_areas_back;
#endif

#if HOST_VALGRIND
// The range of root words that must not be read.
extern void **host_forbidden, **host_forbidden_end;
#endif

// Called by gc_collect for the roots of the running test, between gc_collect_start and gc_collect_end. NULL: none.
extern void (*host_more_roots)(void);

// Called for each finaliser. NULL: none.
extern void (*host_on_finalise)(void *object);

// The host's own roots: the library asks for them in gc_collect_start.
#define HOST_ROOTS 64
extern void *host_roots[HOST_ROOTS];

// Objects whose first word is the address of this are shown as 'L' in dumps, others as 'h'.
extern const char host_list_type;

// Resets everything above.
void host_reset(void);

// Memory for heap areas, one piece for each `which` (0 to 3): `bytes` bytes that start `offset` bytes after an address
// aligned to 64. On both sides are guard bytes that must not change; with valgrind and the address sanitizer they must
// not even be read. The memory is filled with bytes other than zero.
#define HOST_MEMORY_MAX ((size_t)1 << 20)
uint8_t *host_memory(unsigned which, size_t bytes, size_t offset);

// Whether all guard bytes are unchanged.
bool host_guards_whole(void);

// Resets the host, and makes a heap with one area of `bytes` bytes. Returns the first byte of the area.
uint8_t *host_heap(size_t bytes);

// The views of the first area, and of the area whose record is `area`.
gcheap_atb_view_t host_view(void);
gcheap_atb_view_t host_view_of(const host_area_t *area);

// The text of gc_dump_alloc_table or gc_dump_info, ended by a NUL. The next call overwrites it.
const char *host_dump(void (*dump)(const mp_print_t *print));

// A pseudo-random number. The sequence is the same in every run.
uint32_t host_random(void);

#endif // HOST_H

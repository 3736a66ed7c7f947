#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#if defined(__has_include)
#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#endif
#endif
#ifndef VALGRIND_MAKE_MEM_NOACCESS
#define VALGRIND_MAKE_MEM_NOACCESS(start, bytes) ((void)(start), (void)(bytes))
#define VALGRIND_MAKE_MEM_DEFINED(start, bytes) ((void)(start), (void)(bytes))
#endif

#if defined(__SANITIZE_ADDRESS__)
#define HOST_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HOST_ASAN 1
#endif
#endif
#ifdef HOST_ASAN
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(start, bytes) ((void)(start), (void)(bytes))
#endif

host_state_t gcheap_state;
host_seen_t host_seen;
void (*host_more_roots)(void);
void (*host_on_finalise)(void *object);
void *host_roots[HOST_ROOTS];
const char host_list_type;

// A printer that stores the text.
struct _mp_print_t {
    char text[1 << 17];
    size_t length;
};

// ---------------------------------------------------------------------------------------------------------------------
// The functions that the library requires of a host

void gc_collect(void) {
    host_seen.collections += 1;
    gc_collect_start();
    if (host_more_roots != NULL) {
        host_more_roots();
    }
    gc_collect_end();
}

void gcheap_host_roots(void) {
    gc_collect_root(host_roots, HOST_ROOTS);
}

void gcheap_host_finalise(void *object) {
    if (host_on_finalise != NULL) {
        host_on_finalise(object);
    }
}

#if HOST_WEAKREF
void (*host_on_weakref)(void *object);

void gc_weakref_about_to_be_freed(void *object) {
    if (host_on_weakref != NULL) {
        host_on_weakref(object);
    }
}

void gc_weakref_sweep(void) {
    gc_weakref_about_to_be_freed(NULL);
}
#endif

#if HOST_SPLIT_HEAP_AUTO
size_t host_max_new_split;
unsigned host_areas_given, host_areas_back;

size_t gcheap_host_max_new_split(void) {
    return host_max_new_split;
}

void *gcheap_host_alloc_heap(size_t bytes) {
    // A sanitizer's malloc ends the program for a size for which malloc itself returns NULL.
    void *memory = bytes < (size_t)1 << 30 ? malloc(bytes) : NULL;
    if (memory != NULL) {
        memset(memory, 0xee, bytes);
        host_areas_given += 1;
    }
    return memory;
}

// With a sanitizer or in valgrind, free checks that this memory came from malloc.
void gcheap_host_free_heap(void *memory) {
    host_areas_back += 1;
    free(memory);
}
#endif

#if HOST_VALGRIND
void **host_forbidden, **host_forbidden_end;

bool gcheap_host_valgrind_addressable(const void *word) {
    return !((void *const *)word >= host_forbidden && (void *const *)word < host_forbidden_end);
}
#endif

void gcheap_host_fatal(unsigned int code, const void *ptr) {
    host_seen.fatals += 1;
    host_seen.fatal_code = code;
    host_seen.fatal_ptr = ptr;
}

void gcheap_host_print(const mp_print_t *print, const char *format, size_t number) {
    // The printer is const for the library, but not for this host.
    mp_print_t *out = (mp_print_t *)(uintptr_t)print;
    char *to = out->text + out->length;
    size_t room = sizeof(out->text) - out->length;
    const char *address = strstr(format, "%p");
    int length = address == NULL
        ? snprintf(to, room, format, (unsigned int)number)
        // MicroPython prints addresses without 0x.
        : snprintf(to, room, "%.*s%zx%s", (int)(address - format), format, number, address + 2);
    if (length < 0 || (size_t)length >= room) {
        abort();
    }
    out->length += (size_t)length;
}

char gcheap_host_letter(const void *head) {
    const void *type;
    memcpy(&type, head, sizeof(type));
    return type == &host_list_type ? 'L' : 'h';
}

// The offsets in host.h must be those of the archive. Each reference names an absolute symbol that exists only in a
// library with the same value. The references are in a section that takes no memory, and whose name makes the linker
// resolve them even with --gc-sections.
#define HOST_SAME(key, value) \
    __asm__ volatile (".pushsection .debug_gcheap,\"\"\n.long gcheap_config_" key "_%c0\n.popsection" : : "i" (value))

void host_same_configuration(void);
void host_same_configuration(void) {
    HOST_SAME("block_bytes", HOST_BLOCK_BYTES);
    HOST_SAME("state_bytes", sizeof(host_state_t));
    HOST_SAME("state_area", offsetof(host_state_t, area));
    HOST_SAME("state_overflow", offsetof(host_state_t, gc_stack_overflow));
    HOST_SAME("state_mark_stack", offsetof(host_state_t, gc_block_stack));
    HOST_SAME("state_mark_stack_bytes", sizeof(gcheap_state.gc_block_stack));
    HOST_SAME("state_auto_collect", offsetof(host_state_t, gc_auto_collect_enabled));
    HOST_SAME("state_alloc_amount", offsetof(host_state_t, gc_alloc_amount));
    HOST_SAME("state_alloc_threshold", offsetof(host_state_t, gc_alloc_threshold));
    HOST_SAME("state_collected", offsetof(host_state_t, gc_collected));
    HOST_SAME("lock_depth_offset", offsetof(host_state_t, gc_lock_depth));
    HOST_SAME("area_bytes", sizeof(host_area_t));
    HOST_SAME("area_atb_start", offsetof(host_area_t, gc_alloc_table_start));
    HOST_SAME("area_atb_bytes", offsetof(host_area_t, gc_alloc_table_byte_len));
    HOST_SAME("area_pool_start", offsetof(host_area_t, gc_pool_start));
    HOST_SAME("area_pool_end", offsetof(host_area_t, gc_pool_end));
    HOST_SAME("area_last_free", offsetof(host_area_t, gc_last_free_atb_index));
    HOST_SAME("area_last_used", offsetof(host_area_t, gc_last_used_block));
    #if HOST_FINALISER
    HOST_SAME("area_ftb_start", offsetof(host_area_t, gc_finaliser_table_start));
    #endif
    #if HOST_WEAKREF
    HOST_SAME("area_wtb_start", offsetof(host_area_t, gc_weakref_table_start));
    #endif
    HOST_SAME("weakref", HOST_WEAKREF);
    HOST_SAME("split_heap_auto", HOST_SPLIT_HEAP_AUTO);
    HOST_SAME("valgrind", HOST_VALGRIND);
    #if HOST_SPLIT_HEAP
    HOST_SAME("area_next", offsetof(host_area_t, next));
    HOST_SAME("state_area_stack", offsetof(host_state_t, gc_area_stack));
    #endif
}

// ---------------------------------------------------------------------------------------------------------------------
// The functions for tests

#define PIECES 4
#define GUARD ((size_t)64)
#define GUARD_BYTE 0xa5

static struct {
    _Alignas(64) uint8_t bytes[GUARD + 64 + HOST_MEMORY_MAX + GUARD];
    uint8_t *start, *end; // the memory in use; the guards are directly before and after it
} memory[PIECES];

static void forbid(uint8_t *start) {
    VALGRIND_MAKE_MEM_NOACCESS(start, GUARD);
    ASAN_POISON_MEMORY_REGION(start, GUARD);
}

static void permit(uint8_t *start) {
    VALGRIND_MAKE_MEM_DEFINED(start, GUARD);
    ASAN_UNPOISON_MEMORY_REGION(start, GUARD);
}

static bool guard_whole(uint8_t *start) {
    bool whole = true;
    permit(start);
    for (size_t i = 0; i < GUARD; i++) {
        whole = whole && start[i] == GUARD_BYTE;
    }
    forbid(start);
    return whole;
}

static void release_memory(unsigned which) {
    if (memory[which].start != NULL) {
        permit(memory[which].start - GUARD);
        permit(memory[which].end);
        memory[which].start = NULL;
    }
}

uint8_t *host_memory(unsigned which, size_t bytes, size_t offset) {
    if (which >= PIECES || bytes > HOST_MEMORY_MAX || offset > 64) {
        abort();
    }
    release_memory(which);
    uint8_t *start = memory[which].bytes + GUARD + offset;
    // No test may depend on zeroed memory, or find an old heap in it.
    memset(start, 0xee, bytes);
    memset(start - GUARD, GUARD_BYTE, GUARD);
    memset(start + bytes, GUARD_BYTE, GUARD);
    memory[which].start = start;
    memory[which].end = start + bytes;
    forbid(start - GUARD);
    forbid(start + bytes);
    return start;
}

bool host_guards_whole(void) {
    bool whole = true;
    for (unsigned i = 0; i < PIECES; i++) {
        if (memory[i].start != NULL) {
            whole = guard_whole(memory[i].start - GUARD) && guard_whole(memory[i].end) && whole;
        }
    }
    return whole;
}

void host_reset(void) {
    memset(&host_seen, 0, sizeof(host_seen));
    memset(host_roots, 0, sizeof(host_roots));
    host_more_roots = NULL;
    host_on_finalise = NULL;
    #if HOST_WEAKREF
    host_on_weakref = NULL;
    #endif
    #if HOST_SPLIT_HEAP_AUTO
    host_max_new_split = 0;
    host_areas_given = host_areas_back = 0;
    #endif
    #if HOST_VALGRIND
    host_forbidden = host_forbidden_end = NULL;
    #endif
    for (unsigned i = 0; i < PIECES; i++) {
        release_memory(i);
    }
}

uint8_t *host_heap(size_t bytes) {
    host_reset();
    uint8_t *start = host_memory(0, bytes, 0);
    gc_init(start, start + bytes);
    return start;
}

gcheap_atb_view_t host_view(void) {
    return host_view_of(&gcheap_state.area);
}

gcheap_atb_view_t host_view_of(const host_area_t *area) {
    #if HOST_FINALISER
    return GCHEAP_ATB_VIEW_OF_AREA(area, HOST_BLOCK_BYTES);
    #else
    return GCHEAP_ATB_VIEW_OF_AREA_NO_FTB(area, HOST_BLOCK_BYTES);
    #endif
}

const char *host_dump(void (*dump)(const mp_print_t *print)) {
    static mp_print_t print;
    print.length = 0;
    dump(&print);
    print.text[print.length] = '\0';
    return print.text;
}

uint32_t host_random(void) {
    static uint64_t state = 0x9e3779b97f4a7c15;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

// The host of libgcheap inside MicroPython: the functions that the library requires, defined with the headers of this
// build. This file and the library become one object, which replaces that of py/gc.c.
#include <stdlib.h>

#include "py/runtime.h"
#include "config.h"
#include "gcheap.h" // declares the functions that the library calls

#if MICROPY_DEBUG_VALGRIND
#include <valgrind/memcheck.h>
#endif

#if MICROPY_PY_THREAD
mp_state_thread_t *gcheap_host_thread(void); // the name in the library's configuration; only MicroPython has the type
#endif

// 0: no Python module; 1: a small one; 2: the whole, whose library has statistics and snapshots.
#ifndef GCHEAP_MODULE
#define GCHEAP_MODULE 0
#endif

#if GCHEAP_MODULE
size_t gcheap_collections; // for gcheap.collections()
#endif

// A library built for another configuration must not link. Its symbols are named after its values
// (gcheap_config_block_bytes_32), so it is enough to refer to the names that this interpreter needs. If the library
// lacks one, the linker reports an undefined reference whose name says what differs. The references are in a section of
// debugging information, which takes no memory on the target, and which the linker resolves even with --gc-sections.
// (There is no check if the linker strips the program: -s or -Wl,-S.)
#define CONFIG(key, value) __asm__ volatile ( \
    ".pushsection .debug_gcheap,\"\",%%progbits\n.long gcheap_config_" #key "_%c0\n.popsection" \
    : : "i" ((long)(value)));

// Called by gc_collect_start: passes MicroPython's own roots to the collector.
void gcheap_host_roots(void) {
    #include "config.def"
    CONFIG(statistics, GCHEAP_MODULE == 2)
    CONFIG(snapshot, GCHEAP_MODULE == 2)
    // Keeps the library's marker in the image, by a relocation that changes nothing.
    __asm__ volatile (".reloc ., BFD_RELOC_NONE, gcheap_marker");

    #if GCHEAP_MODULE
    gcheap_collections++;
    #endif

    // The roots in mp_state_ctx begin in the thread's state and end in the VM's (see py/mpstate.h).
    void **ctx = (void **)(void *)&mp_state_ctx;
    size_t first = offsetof(mp_state_ctx_t, thread.dict_locals) / sizeof(void *);
    size_t end = offsetof(mp_state_ctx_t, vm.qstr_last_chunk) / sizeof(void *);
    gc_collect_root(ctx + first, end - first);

    #if MICROPY_ENABLE_PYSTACK
    uint8_t *stack = MP_STATE_THREAD(pystack_start);
    gc_collect_root((void **)(void *)stack, (MP_STATE_THREAD(pystack_cur) - stack) / sizeof(void *));
    #endif
}

#if MICROPY_PY_THREAD
// In some ports mp_thread_get_state is only an inline function.
mp_state_thread_t *gcheap_host_thread(void) {
    return mp_thread_get_state();
}

#if !MICROPY_PY_THREAD_GIL
void gcheap_host_mutex_init(void) {
    mp_thread_recursive_mutex_init(&MP_STATE_MEM(gc_mutex));
}

void gcheap_host_enter(void) {
    mp_thread_recursive_mutex_lock(&MP_STATE_MEM(gc_mutex), 1);
}

void gcheap_host_exit(void) {
    mp_thread_recursive_mutex_unlock(&MP_STATE_MEM(gc_mutex));
}
#endif
#endif

#if MICROPY_ENABLE_FINALISER
// Called for each object that has a finaliser and is about to be freed: runs its __del__, if it has one.
void gcheap_host_finalise(void *ptr) {
    mp_obj_base_t *object = ptr;
    if (object->type == NULL) {
        return; // allocated, but never initialised
    }
    mp_obj_t del[2];
    mp_load_method_maybe(MP_OBJ_FROM_PTR(object), MP_QSTR___del__, del);
    if (del[0] == MP_OBJ_NULL) {
        return;
    }
    // An exception is printed and not passed on. No scheduled callback may run inside a collection.
    #if MICROPY_ENABLE_SCHEDULER
    mp_sched_lock();
    #endif
    mp_call_function_1_protected(del[0], del[1]);
    #if MICROPY_ENABLE_SCHEDULER
    mp_sched_unlock();
    #endif
}
#endif

#if MICROPY_GC_SPLIT_HEAP_AUTO
size_t gcheap_host_max_new_split(void) {
    return gc_get_max_new_split();
}

void *gcheap_host_alloc_heap(size_t bytes) {
    return MP_PLAT_ALLOC_HEAP(bytes);
}

void gcheap_host_free_heap(void *memory) {
    MP_PLAT_FREE_HEAP(memory);
}
#endif

#if MICROPY_DEBUG_VALGRIND
// The macro returns 0 if the word can be read, otherwise the address of the first byte that cannot. (gc.c inverts this,
// and so ignores every root that can be read.)
bool gcheap_host_valgrind_addressable(const void *word) {
    return VALGRIND_CHECK_MEM_IS_ADDRESSABLE(word, sizeof(void *)) == 0;
}
#endif

void gcheap_host_hook(size_t step) {
    (void)step;
    MICROPY_GC_HOOK_LOOP(step);
}

// Called on misuse, before anything has been changed. A port may define its own; if that returns, the wrong call does
// nothing.
MP_WEAK void gcheap_host_fatal(unsigned int code, const void *ptr) {
    #if MICROPY_ERROR_REPORTING >= MICROPY_ERROR_REPORTING_DETAILED
    static const char *const what[] = {
        [0] = "unknown misuse of the heap",
        [GCHEAP_MISUSE_HEAP_TOO_SMALL] = "heap has no room for four blocks",
        [GCHEAP_MISUSE_END_BEFORE_START] = "heap ends before it starts",
        [GCHEAP_MISUSE_FOREIGN_POINTER] = "free or realloc of a pointer that is not in the heap",
        [GCHEAP_MISUSE_INTERIOR_POINTER] = "free or realloc of a pointer into the middle of a block",
        [GCHEAP_MISUSE_FREE_BLOCK] = "free or realloc of memory that is already free",
        [GCHEAP_MISUSE_TAIL_BLOCK] = "free or realloc of a pointer into the middle of an object",
        [GCHEAP_MISUSE_WEAK_REFERENCE] = "free or realloc of an object that has a weak reference",
    };
    mp_printf(MICROPY_DEBUG_PRINTER, "gcheap: %s: 0x%p\n", what[code < MP_ARRAY_SIZE(what) ? code : 0], ptr);
    #else
    mp_printf(MICROPY_DEBUG_PRINTER, "gcheap: misuse %u: 0x%p\n", code, ptr); // enum gcheap_misuse in gcheap.h
    #endif
    #ifdef __unix__
    abort();
    #else
    nlr_jump_fail((void *)ptr); // what the port does on fatal errors
    #endif
}

// %u and %08x read an unsigned int: the lower half of the number, if size_t is larger.
void gcheap_host_print(const mp_print_t *print, const char *format, size_t number) {
    mp_printf(print, format, number);
}

// The letter that micropython.mem_info(1) shows for the object with this head.
char gcheap_host_letter(const void *head) {
    static const struct {
        const mp_obj_type_t *type;
        char letter;
    } letters[] = {
        { &mp_type_tuple, 'T' },
        { &mp_type_list, 'L' },
        { &mp_type_dict, 'D' },
        { &mp_type_str, 'S' },
        { &mp_type_bytes, 'S' },
        #if MICROPY_PY_BUILTINS_BYTEARRAY
        { &mp_type_bytearray, 'A' },
        #endif
        #if MICROPY_PY_ARRAY
        { &mp_type_array, 'A' },
        #endif
        #if MICROPY_PY_BUILTINS_FLOAT
        { &mp_type_float, 'F' },
        #endif
        { &mp_type_fun_bc, 'B' },
        { &mp_type_module, 'M' },
    };
    const mp_obj_type_t *type = *(const mp_obj_type_t *const *)head;
    for (size_t i = 0; i < MP_ARRAY_SIZE(letters); i++) {
        if (type == letters[i].type) {
            return letters[i].letter;
        }
    }
    return 'h';
}

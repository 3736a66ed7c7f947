// What both sides share: the part of the interpreter that calls finalisers, the mutex, and memory.

#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "py/runtime.h"
#include "parity.h"

extern const parity_side_t upstream_parity_side, second_parity_side;
extern const char parity_type_del, parity_type_plain;

static parity_on_object_t on_object;
static parity_on_area_t on_area;

void mp_load_method_maybe(mp_obj_t base, qstr attr, mp_obj_t *dest) {
    mp_obj_base_t *object = MP_OBJ_TO_PTR(base);
    dest[0] = dest[1] = MP_OBJ_NULL;
    if (attr != MP_QSTR___del__) {
        abort();
    }
    on_object(object, PARITY_FINALISER_ASKED);
    if ((const void *)object->type == &parity_type_del) {
        dest[0] = MP_OBJ_FROM_PTR(&parity_type_del);
        dest[1] = base;
    }
}

#if MICROPY_GC_SPLIT_HEAP_AUTO
size_t gc_get_max_new_split(void) {
    return (size_t)on_area(PARITY_AREA_LIMIT, 0, NULL);
}

void *parity_alloc_heap(size_t bytes) {
    return on_area(PARITY_AREA_LEND, bytes, NULL);
}

void parity_free_heap(void *memory) {
    on_area(PARITY_AREA_TAKE_BACK, 0, memory);
}
#endif

#if MICROPY_PY_WEAKREF
void parity_weakref(void *object) {
    on_object(object, object != NULL ? PARITY_WEAKREF_DIES : PARITY_WEAKREFS_GONE);
}
#endif

#ifdef PARITY_HOOK
unsigned long parity_hooks; // counted by MICROPY_GC_HOOK_LOOP
#endif

static int sched_locks;

void mp_sched_lock(void) {
    sched_locks++;
}

void mp_sched_unlock(void) {
    sched_locks--;
}

mp_obj_t mp_call_function_1_protected(mp_obj_t fun, mp_obj_t arg) {
    if (fun != MP_OBJ_FROM_PTR(&parity_type_del) || sched_locks != MICROPY_ENABLE_SCHEDULER) {
        abort();
    }
    on_object(MP_OBJ_TO_PTR(arg), PARITY_FINALISER_CALLED);
    return MP_OBJ_NULL;
}

#if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
void mp_thread_recursive_mutex_init(mp_thread_recursive_mutex_t *mutex) {
    *mutex = 0;
}

int mp_thread_recursive_mutex_lock(mp_thread_recursive_mutex_t *mutex, int wait) {
    (void)wait;
    *mutex += 1;
    return 1;
}

void mp_thread_recursive_mutex_unlock(mp_thread_recursive_mutex_t *mutex) {
    *mutex -= 1;
}
#endif

static void *reserve(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool open_memory(void *start, size_t bytes) {
    return mprotect(start, bytes, PROT_READ | PROT_WRITE) == 0;
}

const parity_library_t *parity_library(void) {
    static const parity_library_t library = {
        .block_bytes = MICROPY_BYTES_PER_GC_BLOCK,
        .clears = MICROPY_GC_CONSERVATIVE_CLEAR,
        .grows = MICROPY_GC_SPLIT_HEAP_AUTO,
        .area_bytes = sizeof(mp_state_mem_area_t),
        .sides = {&upstream_parity_side, &second_parity_side},
        .types = {
            &mp_type_tuple, &mp_type_list, &mp_type_dict, &mp_type_str, &mp_type_bytes, &mp_type_bytearray,
            &mp_type_array, &mp_type_float, &mp_type_fun_bc, &mp_type_module, &mp_type_int,
        },
        .type_del = &parity_type_del,
        .type_plain = &parity_type_plain,
        .on_object = &on_object,
        .on_area = &on_area,
        .reserve = reserve,
        .open = open_memory,
        .alarm = alarm,
    };
    return &library;
}

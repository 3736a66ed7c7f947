// Puts one heap behind a table of functions. It is compiled once for each side: options of the compiler (-D) rename the
// gc_* functions, mp_state_ctx, mp_thread_get_state and parity_side differently on each side.

#include <string.h>

#include "py/gc.h"
#include "py/mpstate.h"
#include "parity.h"
#if PARITY_GCHEAP
#include "gcheap.h"
#endif

mp_state_ctx_t mp_state_ctx;

static void *roots[PARITY_MAX_ROOTS];
static size_t collections;
static size_t overflows;

#if MICROPY_ENABLE_PYSTACK
static uint8_t pystack[64] __attribute__((aligned(sizeof(void *))));
#endif

#if MICROPY_PY_THREAD
mp_state_thread_t *mp_thread_get_state(void) {
    return &mp_state_ctx.thread;
}
#endif

#if !PARITY_GCHEAP
// When gc.c's gc_realloc grows an object to the end of the heap, it sets gc_last_used_block to one block behind the
// end, and the next sweep reads one FTB byte too many. This corrects it.
static void clamp_last_used(void) {
    #if MICROPY_GC_SPLIT_HEAP
    for (mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL; area = area->next)
    #else
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    #endif
    {
        if (area->gc_last_used_block >= area->gc_alloc_table_byte_len * 4) {
            area->gc_last_used_block = area->gc_alloc_table_byte_len * 4 - 1;
        }
    }
}
#endif

#if MICROPY_GC_SPLIT_HEAP_AUTO && !PARITY_GCHEAP
// gc.c gives an area back if its last used block is block 0, even if a live object is in it. Such an area is kept, and
// linked in again at its old place after the sweep.
static struct {
    mp_state_mem_area_t *area, *before;
} kept[PARITY_MAX_AREAS];
static size_t n_kept;

void parity_free_or_keep(void *memory, void *before);
void parity_free_or_keep(void *memory, void *before) {
    mp_state_mem_area_t *area = memory;
    if ((area->gc_alloc_table_start[0] & 3) != 0 && n_kept < PARITY_MAX_AREAS) {
        kept[n_kept].area = area;
        kept[n_kept++].before = before;
    } else {
        parity_free_heap(memory);
    }
}

static void link_again(void) {
    // In reverse order, because several kept areas can have had the same area before them.
    while (n_kept > 0) {
        n_kept--;
        kept[n_kept].area->next = kept[n_kept].before->next;
        kept[n_kept].before->next = kept[n_kept].area;
        kept[n_kept].area->gc_last_free_atb_index = 0;
    }
}
#else
static void link_again(void) {
}
#endif

#if MICROPY_PY_WEAKREF
void gc_weakref_about_to_be_freed(void *object) {
    parity_weakref(object);
}

void gc_weakref_sweep(void) {
    link_again();
    parity_weakref(NULL);
}
#endif

#if MICROPY_DEBUG_VALGRIND
static uint8_t unreadable[PARITY_MAX_ROOTS];

bool parity_addressable(const void *word) {
    void *const *root = word;
    return root < roots || root >= roots + PARITY_MAX_ROOTS || !unreadable[root - roots];
}
#endif

// The port's part of a collection. It passes on the roots in two calls, so that more than one call is tested.
void gc_collect(void) {
    collections++;
    gc_collect_start();
    gc_collect_root(roots, 3);
    gc_collect_root(roots + 3, PARITY_MAX_ROOTS - 3);
    #if !PARITY_GCHEAP
    overflows += MP_STATE_MEM(gc_stack_overflow) != 0;
    #endif
    gc_collect_end();
    link_again();
}

static void sweep_all(void) {
    gc_sweep_all();
    link_again();
}

static void *checked_realloc(void *ptr, size_t bytes, bool allow_move) {
    void *result = gc_realloc(ptr, bytes, allow_move);
    #if !PARITY_GCHEAP
    clamp_last_used();
    #endif
    return result;
}

// With a split heap, gc.c of MicroPython 1.29 accepts any address inside an object's first block. Other versions return
// 0 for it, as does 1.29 with one area, and so does libgcheap.
static size_t nbytes(const void *ptr) {
    #if MICROPY_GC_SPLIT_HEAP && !PARITY_GCHEAP
    if ((uintptr_t)ptr % MICROPY_BYTES_PER_GC_BLOCK != 0) {
        return 0;
    }
    #endif
    return gc_nbytes(ptr);
}

static void init(void *start, void *end) {
    #if MICROPY_ENABLE_PYSTACK
    MP_STATE_THREAD(pystack_start) = pystack;
    MP_STATE_THREAD(pystack_cur) = MP_STATE_THREAD(pystack_end) = pystack + sizeof(pystack);
    #endif
    gc_init(start, end);
}

static void copy_info(parity_info_t *to, const gc_info_t *from) {
    *to = (parity_info_t) {
        from->total, from->used, from->free, from->max_free, from->num_1block, from->num_2block, from->max_block,
        #if MICROPY_GC_SPLIT_HEAP_AUTO
        from->max_new_split,
        #else
        0,
        #endif
    };
}

static void info(parity_info_t *to) {
    gc_info_t from;
    memset(&from, 0xa5, sizeof(from));
    gc_info(&from);
    copy_info(to, &from);
}

#if PARITY_GCHEAP
static void info_fast(parity_info_t *to) {
    gc_info_t from;
    memset(&from, 0xa5, sizeof(from));
    gc_info_fast(&from);
    copy_info(to, &from);
}
#endif

typedef struct {
    char *text;
    size_t used, room;
} text_t;

static void print_strn(void *data, const char *bytes, size_t len) {
    text_t *text = data;
    if (len > text->room - text->used) {
        len = text->room - text->used;
    }
    memcpy(text->text + text->used, bytes, len);
    text->used += len;
}

static size_t dump_info(char *to, size_t room) {
    text_t text = {to, 0, room};
    mp_print_t print = {&text, print_strn};
    gc_dump_info(&print);
    return text.used;
}

static size_t dump_table(char *to, size_t room) {
    text_t text = {to, 0, room};
    mp_print_t print = {&text, print_strn};
    gc_dump_alloc_table(&print);
    return text.used;
}

static size_t areas(parity_area_t *to, size_t room) {
    size_t n = 0;
    #if MICROPY_GC_SPLIT_HEAP
    for (mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL && n < room; area = area->next)
    #else
    mp_state_mem_area_t *area = &MP_STATE_MEM(area);
    (void)room;
    #endif
    {
        to[n++] = (parity_area_t) {
            .atb = area->gc_alloc_table_start,
            .atb_bytes = area->gc_alloc_table_byte_len,
            #if MICROPY_ENABLE_FINALISER
            .ftb = area->gc_finaliser_table_start,
            #endif
            #if MICROPY_PY_WEAKREF
            .wtb = area->gc_weakref_table_start,
            #endif
            .pool_start = area->gc_pool_start,
            .pool_end = area->gc_pool_end,
            .last_used = area->gc_last_used_block,
        };
    }
    return n;
}

#if PARITY_GCHEAP
static unsigned int misuse;

// Traces contain no misuse, so a report is a fault of libgcheap. The driver reads it after each call.
void gcheap_host_fatal(unsigned int code, const void *ptr) {
    (void)ptr;
    misuse = code;
}
#endif

const parity_side_t parity_side = {
    .init = init,
    #if MICROPY_GC_SPLIT_HEAP
    .add = gc_add,
    #endif
    .alloc = gc_alloc,
    .free = gc_free,
    .realloc = checked_realloc,
    .nbytes = nbytes,
    .lock = gc_lock,
    .unlock = gc_unlock,
    .is_locked = gc_is_locked,
    .collect = gc_collect,
    .sweep_all = sweep_all,
    #if MICROPY_PY_WEAKREF
    .weakref_mark = gc_weakref_mark,
    #endif
    #if MICROPY_DEBUG_VALGRIND
    .unreadable = unreadable,
    #endif
    .info = info,
    #if PARITY_GCHEAP
    .info_fast = info_fast,
    .misuse = &misuse,
    #endif
    .dump_info = dump_info,
    .dump_table = dump_table,
    .areas = areas,

    .state = &mp_state_ctx.mem,
    .state_bytes = sizeof(mp_state_ctx.mem),
    .lock_depth = &mp_state_ctx.thread.gc_lock_depth,
    .auto_collect = &mp_state_ctx.mem.gc_auto_collect_enabled,
    #if MICROPY_GC_ALLOC_THRESHOLD
    .alloc_amount = &mp_state_ctx.mem.gc_alloc_amount,
    .alloc_threshold = &mp_state_ctx.mem.gc_alloc_threshold,
    #endif
    #if MICROPY_PY_GC_COLLECT_RETVAL
    .collected = &mp_state_ctx.mem.gc_collected,
    #endif

    .roots = roots,
    .fixed_roots = {
        (void **)&mp_state_ctx.thread.dict_locals,
        (void **)&mp_state_ctx.vm.qstr_last_chunk - 1,
        #if MICROPY_ENABLE_PYSTACK
        (void **)(void *)pystack,
        (void **)(void *)(pystack + sizeof(pystack)) - 1,
        #endif
    },

    .collections = &collections,
    #if !PARITY_GCHEAP
    .overflows = &overflows,
    #endif
    #if MICROPY_PY_THREAD && !MICROPY_PY_THREAD_GIL
    .mutex_depth = &mp_state_ctx.mem.gc_mutex,
    #endif
};

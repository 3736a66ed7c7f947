// What a snapshot asks of MicroPython: its roots, and the names of objects.
#include <string.h>

#include "py/builtin.h"
#include "py/objmodule.h"
#include "py/objstr.h"
#include "full.h"

// The roots that the main thread has. (Those of other threads are on stacks that only a collection stops.)
__attribute__((noinline)) void gcheap_host_snapshot(gcheap_report_t *report) {
    void **ctx = (void **)(void *)&mp_state_ctx;
    size_t first = offsetof(mp_state_ctx_t, thread.dict_locals) / sizeof(void *);
    size_t end = offsetof(mp_state_ctx_t, vm.qstr_last_chunk) / sizeof(void *);
    gc_snapshot_root(report, 6, "mp_state_ctx", ctx + first, end - first);
    // From here to the top: registers that a caller has saved, too.
    __builtin_unwind_init();
    void **here = (void **)__builtin_frame_address(0);
    void **top = (void **)(void *)MP_STATE_THREAD(stack_top);
    if (here < top) {
        gc_snapshot_root(report, 2, "the thread that has asked", here, top - here);
    }
    #if MICROPY_ENABLE_PYSTACK
    void **pystack = (void **)(void *)MP_STATE_THREAD(pystack_start);
    gc_snapshot_root(report, 6, "pystack", pystack, (void **)(void *)MP_STATE_THREAD(pystack_cur) - pystack);
    #endif
}

// Whether so many bytes are in the heap, and so can be read whatever they are.
static bool is_in_heap(const void *bytes, size_t n_bytes) {
    for (mp_state_mem_area_t *area = &MP_STATE_MEM(area); area != NULL;) {
        uintptr_t offset = (uintptr_t)bytes - (uintptr_t)area->gc_pool_start;
        uintptr_t size = area->gc_pool_end - area->gc_pool_start;
        if (offset < size && n_bytes <= size - offset) {
            return true;
        }
        #if MICROPY_GC_SPLIT_HEAP
        area = area->next;
        #else
        area = NULL;
        #endif
    }
    return false;
}

static const mp_obj_type_t *const types[] = {
    &mp_type_fun_bc, &mp_type_gen_wrap, &mp_type_gen_instance, &mp_type_module, &mp_type_bound_meth, &mp_type_NoneType,
    #if MICROPY_PY_ARRAY
    &mp_type_array,
    #endif
    #if MICROPY_PY_IO
    &mp_type_stringio,
    #if MICROPY_PY_IO_BYTESIO
    &mp_type_bytesio,
    #endif
    #endif
};

// The type at this address, if it is one of those here, or of the builtin ones, or a class of the program's; otherwise NULL. The
// word may be anything: it is not followed unless that is safe.
static const mp_obj_type_t *known_type(const mp_obj_type_t *word) {
    for (size_t i = 0; i < MP_ARRAY_SIZE(types); i++) {
        if (word == types[i]) {
            return word;
        }
    }
    const mp_map_t *builtins = &mp_module_builtins_globals.map;
    for (size_t i = 0; i < builtins->alloc; i++) {
        if (mp_map_slot_is_filled(builtins, i) && builtins->table[i].value == MP_OBJ_FROM_PTR(word)) {
            return mp_obj_is_type(MP_OBJ_FROM_PTR(word), &mp_type_type) ? word : NULL;
        }
    }
    bool is_class = (uintptr_t)word % sizeof(void *) == 0 && is_in_heap(word, sizeof(mp_obj_type_t))
        && word->base.type == &mp_type_type;
    return is_class ? word : NULL;
}

typedef struct {
    char *bytes;
    size_t len, room;
} text_t;

static void add(text_t *text, const char *bytes, size_t n_bytes) {
    for (size_t i = 0; i < n_bytes && text->len < text->room; i++) {
        byte letter = bytes[i];
        text->bytes[text->len++] = letter < ' ' || letter > '~' ? '?' : letter;
    }
}

static void add_qstr(text_t *text, qstr name) {
    if (name < QSTR_TOTAL()) {
        size_t len;
        const byte *bytes = qstr_data(name, &len);
        add(text, (const char *)bytes, len);
    }
}

size_t gcheap_host_name(const void *object, size_t n_bytes, char *name, size_t room) {
    const mp_obj_type_t *type = known_type(((const mp_obj_base_t *)object)->type);
    if (type == NULL) {
        return 0;
    }
    text_t text = { name, 0, room };
    add_qstr(&text, type->name);
    if (text.len == 0) {
        return 0;
    }
    if (type == &mp_type_str && n_bytes >= sizeof(mp_obj_str_t)) {
        const mp_obj_str_t *str = object;
        size_t len = MIN(str->len, 40);
        if (is_in_heap(str->data, len)) {
            add(&text, ": ", 2);
            add(&text, (const char *)str->data, len);
        }
    } else if (type == &mp_type_type && n_bytes >= sizeof(mp_obj_type_t)) {
        add(&text, ": ", 2);
        add_qstr(&text, ((const mp_obj_type_t *)object)->name);
    }
    return text.len;
}

// The whole Python module `gcheap` (GCHEAP_MODULE=full): docs/MICROPYTHON.md describes it.
#include "py/stream.h"
#include "../module.h"
#include "full.h"

static void put(mp_obj_t dict, qstr key, mp_obj_t value) {
    mp_obj_dict_store(dict, MP_OBJ_NEW_QSTR(key), value);
}

static void put_number(mp_obj_t dict, qstr key, mp_uint_t number) {
    put(dict, key, mp_obj_new_int_from_uint(number));
}

static void put_numbers(mp_obj_t dict, qstr key, const uint32_t *numbers, size_t n) {
    mp_obj_tuple_t *tuple = MP_OBJ_TO_PTR(mp_obj_new_tuple(n, NULL));
    for (size_t i = 0; i < n; i++) {
        tuple->items[i] = mp_obj_new_int_from_uint(numbers[i]);
    }
    put(dict, key, MP_OBJ_FROM_PTR(tuple));
}

// stats() -> dict
static mp_obj_t mod_stats(void) {
    gc_statistics_t n;
    gc_statistics(&n);
    mp_obj_t dict = mp_obj_new_dict(16);
    uint32_t collections[] = { n.collections_no_room, n.collections_threshold, n.collections_asked };
    put_numbers(dict, MP_QSTR_collections, collections, MP_ARRAY_SIZE(collections));
    put(dict, MP_QSTR_pauses_us, mp_obj_new_int_from_ull(n.pauses_us));
    put_number(dict, MP_QSTR_longest_pause_us, n.longest_pause_us);
    uint32_t pauses[MP_ARRAY_SIZE(n.pause_classes)];
    for (size_t i = 0; i < MP_ARRAY_SIZE(pauses); i++) {
        pauses[i] = n.pause_classes[i];
    }
    put_numbers(dict, MP_QSTR_pauses, pauses, MP_ARRAY_SIZE(pauses));
    put_number(dict, MP_QSTR_mark_stack_full, n.mark_stack_full);
    put_numbers(dict, MP_QSTR_objects, n.objects, MP_ARRAY_SIZE(n.objects));
    put_numbers(dict, MP_QSTR_blocks, n.blocks, MP_ARRAY_SIZE(n.blocks));
    put_number(dict, MP_QSTR_freed, n.objects_freed);
    put_number(dict, MP_QSTR_used, n.used_bytes);
    put_number(dict, MP_QSTR_most_used, n.most_used_bytes);
    bool none = n.smallest_hole_bytes == SIZE_MAX;
    put(dict, MP_QSTR_smallest_hole, none ? mp_const_none : mp_obj_new_int_from_uint(n.smallest_hole_bytes));
    put_number(dict, MP_QSTR_failed, n.failed);
    put_number(dict, MP_QSTR_failed_bytes, n.failed_bytes);
    put_number(dict, MP_QSTR_failed_hole, n.failed_hole_bytes);
    return dict;
}
static MP_DEFINE_CONST_FUN_OBJ_0(mod_stats_obj, mod_stats);

// check() -> None, or a str that says what is wrong
static mp_obj_t mod_check(void) {
    char what[100];
    size_t block;
    if (gc_check(what, sizeof(what), &block)) {
        return mp_const_none;
    }
    vstr_t vstr;
    vstr_init(&vstr, sizeof(what));
    vstr_printf(&vstr, "%s: %u", what, (unsigned int)block);
    return mp_obj_new_str_from_vstr(&vstr);
}
static MP_DEFINE_CONST_FUN_OBJ_0(mod_check_obj, mod_check);

// fragmentation() -> dict
static mp_obj_t mod_fragmentation(void) {
    gc_free_runs_t free;
    gc_free_runs(&free);
    uint32_t runs[MP_ARRAY_SIZE(free.runs)];
    for (size_t i = 0; i < MP_ARRAY_SIZE(runs); i++) {
        runs[i] = free.runs[i];
    }
    mp_obj_t dict = mp_obj_new_dict(3);
    put_number(dict, MP_QSTR_free, free.free_bytes);
    put_number(dict, MP_QSTR_largest, free.longest_bytes);
    put_numbers(dict, MP_QSTR_runs, runs, MP_ARRAY_SIZE(runs));
    return dict;
}
static MP_DEFINE_CONST_FUN_OBJ_0(mod_fragmentation_obj, mod_fragmentation);

// snapshot(stream_or_path, *, framed=False, contents=True)
static mp_obj_t mod_snapshot(size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    static const mp_arg_t allowed[] = {
        { MP_QSTR_, MP_ARG_REQUIRED | MP_ARG_OBJ, { .u_obj = MP_OBJ_NULL } },
        { MP_QSTR_framed, MP_ARG_KW_ONLY | MP_ARG_BOOL, { .u_bool = false } },
        { MP_QSTR_contents, MP_ARG_KW_ONLY | MP_ARG_BOOL, { .u_bool = true } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    bool opened;
    mp_obj_t stream = gcheap_stream(args[0].u_obj, &opened);
    mp_obj_t exception;
    int error = gcheap_write_snapshot(stream, args[1].u_bool | !args[2].u_bool << 1, &exception);
    if (opened) {
        mp_stream_close(stream);
    }
    if (exception != MP_OBJ_NULL) {
        nlr_raise(exception);
    }
    if (error != 0) {
        mp_raise_OSError(error);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_KW(mod_snapshot_obj, 1, mod_snapshot);

// trace(on): a line for each collection
static mp_obj_t mod_trace(mp_obj_t on) {
    gc_statistics_t n;
    gc_statistics(&n);
    gcheap_trace_start_ms = gcheap_milliseconds();
    gcheap_trace_pauses_us = n.pauses_us;
    gcheap_trace_freed = n.objects_freed;
    gcheap_switch(GCHEAP_TRACE, mp_obj_is_true(on));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mod_trace_obj, mod_trace);

// stress(n): every n-th allocation collects; 0 ends that
static mp_obj_t mod_stress(mp_obj_t every) {
    mp_int_t n = mp_obj_get_int(every);
    if (n < 0) {
        mp_raise_ValueError(NULL);
    }
    gc_set_stress(n);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mod_stress_obj, mod_stress);

// poison(on): each collection fills what is free
static mp_obj_t mod_poison(mp_obj_t on) {
    gcheap_switch(GCHEAP_POISON, mp_obj_is_true(on));
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mod_poison_obj, mod_poison);

// on_oom(callable, stream or path; None: nothing)
static mp_obj_t mod_on_oom(mp_obj_t what) {
    gcheap_switch(GCHEAP_ON_OOM, false);
    bool is_call = false;
    #if MICROPY_ENABLE_SCHEDULER
    is_call = mp_obj_is_callable(what);
    #endif
    if (what != mp_const_none && !is_call) {
        bool opened;
        what = gcheap_stream(what, &opened); // now, because it takes memory
    }
    MP_STATE_VM(gcheap_on_oom) = what;
    gcheap_switch(GCHEAP_ON_OOM, what != mp_const_none);
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(mod_on_oom_obj, mod_on_oom);

static const mp_rom_map_elem_t mod_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_gcheap) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_PTR(&mod_version_obj) },
    { MP_ROM_QSTR(MP_QSTR_collections), MP_ROM_PTR(&mod_collections_obj) },
    { MP_ROM_QSTR(MP_QSTR_stats), MP_ROM_PTR(&mod_stats_obj) },
    { MP_ROM_QSTR(MP_QSTR_check), MP_ROM_PTR(&mod_check_obj) },
    { MP_ROM_QSTR(MP_QSTR_fragmentation), MP_ROM_PTR(&mod_fragmentation_obj) },
    { MP_ROM_QSTR(MP_QSTR_snapshot), MP_ROM_PTR(&mod_snapshot_obj) },
    { MP_ROM_QSTR(MP_QSTR_trace), MP_ROM_PTR(&mod_trace_obj) },
    { MP_ROM_QSTR(MP_QSTR_stress), MP_ROM_PTR(&mod_stress_obj) },
    { MP_ROM_QSTR(MP_QSTR_poison), MP_ROM_PTR(&mod_poison_obj) },
    { MP_ROM_QSTR(MP_QSTR_on_oom), MP_ROM_PTR(&mod_on_oom_obj) },
};
static MP_DEFINE_CONST_DICT(mod_globals, mod_globals_table);

const mp_obj_module_t gcheap_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mod_globals,
};

MP_REGISTER_MODULE(MP_QSTR_gcheap, gcheap_module);

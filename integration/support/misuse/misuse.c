// A Python module that misuses the heap: misuse.free("what").
#include <string.h>

#include "py/gc.h"
#include "py/runtime.h"

#if MICROPY_GC_SPLIT_HEAP_AUTO
// The largest new area. The unix port does not use this option, and so does not define the function.
size_t gc_get_max_new_split(void) {
    return 1 << 24;
}
#endif

static mp_obj_t misuse_free(mp_obj_t what_in) {
    const char *what = mp_obj_str_get_str(what_in);
    static char foreign[64];
    char *object = m_malloc(3 * MICROPY_BYTES_PER_GC_BLOCK);
    if (strcmp(what, "twice") == 0) {
        gc_free(object);
        gc_free(object);
    } else if (strcmp(what, "foreign") == 0) {
        gc_free(foreign);
    } else if (strcmp(what, "interior") == 0) {
        gc_free(object + 1);
    } else if (strcmp(what, "tail") == 0) {
        gc_free(object + MICROPY_BYTES_PER_GC_BLOCK);
    } else if (strcmp(what, "small") == 0) {
        gc_init(foreign, foreign + 8);
    } else if (strcmp(what, "backwards") == 0) {
        gc_init(foreign + 64, foreign);
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(misuse_free_obj, misuse_free);

static const mp_rom_map_elem_t misuse_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_misuse) },
    { MP_ROM_QSTR(MP_QSTR_free), MP_ROM_PTR(&misuse_free_obj) },
};
static MP_DEFINE_CONST_DICT(misuse_globals, misuse_globals_table);

const mp_obj_module_t misuse_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&misuse_globals,
};

MP_REGISTER_MODULE(MP_QSTR_misuse, misuse_module);

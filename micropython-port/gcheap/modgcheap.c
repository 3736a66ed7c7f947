// The Python module `gcheap`: says which heap the interpreter runs on.
#include <string.h>

#include "py/runtime.h"

const char *gcheap_version(void); // from libgcheap.a
extern size_t gcheap_collections; // from glue.c

// version() -> "libgcheap 0.1.0"
static mp_obj_t mod_version(void) {
    const char *version = gcheap_version();
    return mp_obj_new_str(version, strlen(version));
}
static MP_DEFINE_CONST_FUN_OBJ_0(mod_version_obj, mod_version);

// collections() -> the number of collections since the start
static mp_obj_t mod_collections(void) {
    return mp_obj_new_int_from_uint(gcheap_collections);
}
static MP_DEFINE_CONST_FUN_OBJ_0(mod_collections_obj, mod_collections);

static const mp_rom_map_elem_t mod_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_gcheap) },
    { MP_ROM_QSTR(MP_QSTR_version), MP_ROM_PTR(&mod_version_obj) },
    { MP_ROM_QSTR(MP_QSTR_collections), MP_ROM_PTR(&mod_collections_obj) },
};
static MP_DEFINE_CONST_DICT(mod_globals, mod_globals_table);

const mp_obj_module_t gcheap_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&mod_globals,
};

MP_REGISTER_MODULE(MP_QSTR_gcheap, gcheap_module);

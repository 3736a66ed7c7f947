// The functions that both modules `gcheap` have, the small one and the whole one (GCHEAP_MODULE=full).
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

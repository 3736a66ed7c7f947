// The parts of the interpreter that gc.c and the glue refer to. Types are only compared by address; the functions are
// for dumps and finalisers, which are not used here. MicroPython's headers are not included, since they declare the
// real types.

#include <stdlib.h>

#define TYPE(name) const char name
#define NEVER(name) void name(void) { abort(); }

TYPE(mp_plat_print);
TYPE(mp_type_array);
TYPE(mp_type_bytearray);
TYPE(mp_type_bytes);
TYPE(mp_type_dict);
TYPE(mp_type_float);
TYPE(mp_type_fun_bc);
TYPE(mp_type_list);
TYPE(mp_type_module);
TYPE(mp_type_str);
TYPE(mp_type_tuple);

NEVER(mp_call_function_1_protected)
NEVER(mp_load_method_maybe)
NEVER(mp_print_str)
NEVER(mp_printf)
NEVER(mp_sched_lock)
NEVER(mp_sched_unlock)

// Names of the interpreter that the two heaps or MicroPython's printer refer to. Of the types only the addresses are
// used, and the functions are never called, so this file needs no header.

#include <stdlib.h>

#define TYPE(name) const char name
#define NEVER(name) void name(void) { abort(); }

TYPE(mp_type_tuple);
TYPE(mp_type_list);
TYPE(mp_type_dict);
TYPE(mp_type_str);
TYPE(mp_type_bytes);
TYPE(mp_type_bytearray);
TYPE(mp_type_array);
TYPE(mp_type_float);
TYPE(mp_type_fun_bc);
TYPE(mp_type_module);
TYPE(mp_type_int);
TYPE(parity_type_del);
TYPE(parity_type_plain);

NEVER(m_free)
NEVER(mp_format_float)
NEVER(mp_hal_stdout_tx_strn_cooked)
NEVER(mp_obj_get_int)
NEVER(mp_obj_int_formatted)
NEVER(mp_obj_int_sign)
NEVER(qstr_data)

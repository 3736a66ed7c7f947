// The minimum that MicroPython's headers require of a port, for with_py_gc.c.
// The options match libgcheap's default configuration.
#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_MINIMUM)
#define MICROPY_ENABLE_GC (1)
#ifndef MICROPY_ENABLE_FINALISER
#define MICROPY_ENABLE_FINALISER (1)
#endif
#ifndef MICROPY_GC_SPLIT_HEAP
#define MICROPY_GC_SPLIT_HEAP (1)
#endif
#define MICROPY_GC_ALLOC_THRESHOLD (1)
#define MICROPY_PY_GC_COLLECT_RETVAL (1)
#define MICROPY_BYTES_PER_GC_BLOCK (32)

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef intptr_t mp_off_t;

#define MP_STATE_PORT MP_STATE_VM

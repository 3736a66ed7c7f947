// How gc.c and libgcheap are configured here: as in MicroPython's unix port, standard variant, but without threads; on
// bare metal (BENCH_SMALL) as in its qemu port.
#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (0)
#define MICROPY_ENABLE_GC (1)
#define MICROPY_PY_GC (1)
#if BENCH_SMALL
#define MICROPY_PY_GC_COLLECT_RETVAL (0)
#define MICROPY_BYTES_PER_GC_BLOCK (16)
#define MICROPY_FLOAT_IMPL (1)
#else
#define MICROPY_PY_GC_COLLECT_RETVAL (1)
#define MICROPY_BYTES_PER_GC_BLOCK (32)
#define MICROPY_FLOAT_IMPL (2)
#endif
#define MICROPY_ENABLE_FINALISER (1)
#define MICROPY_GC_ALLOC_THRESHOLD (1)
#define MICROPY_GC_CONSERVATIVE_CLEAR (1)
#define MICROPY_GC_SPLIT_HEAP (0)
#define MICROPY_PY_THREAD (0)
#define MICROPY_ENABLE_SCHEDULER (1)

// With this many entries the mark stack does not overflow: what the shapes of the group "overflow" are compared with.
#if BENCH_BIG_STACK
#define MICROPY_ALLOC_GC_STACK_SIZE (1 << 18)
#endif

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long mp_off_t;

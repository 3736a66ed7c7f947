// The configuration of gc.c and libgcheap here: that of MicroPython's unix port, standard variant, without threads; on
// bare metal (BENCH_SMALL) that of its qemu port.
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
#if BENCH_THREADS // as ports/rp2: two cores, no global lock
#define MICROPY_PY_THREAD (1)
#define MICROPY_PY_THREAD_GIL (0)
#else
#define MICROPY_PY_THREAD (0)
#endif
#define MICROPY_ENABLE_SCHEDULER (1)

// With this many entries the mark stack does not overflow. The shapes of the group "overflow" are compared with that.
#if BENCH_BIG_STACK
#define MICROPY_ALLOC_GC_STACK_SIZE (1 << 18)
#endif

// Bytes of an entry of the mark stack: 2 in ports whose heaps have at most 2^16 blocks (rp2, stm32, samd and others).
#if BENCH_STACK_ENTRY_BYTES == 2
#define MICROPY_GC_STACK_ENTRY_TYPE uint16_t
#endif

typedef intptr_t mp_int_t;
typedef uintptr_t mp_uint_t;
typedef long mp_off_t;

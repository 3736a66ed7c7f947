// The unix port with the opposite of each option of the heap, except for finalisers, which the port's files need.
// MP_CONFIGFILE names this file.
#include "mpconfigport.h"

#undef MICROPY_PY_GC_COLLECT_RETVAL
#define MICROPY_PY_GC_COLLECT_RETVAL (0)
#undef MICROPY_PY_THREAD_GIL
#define MICROPY_PY_THREAD_GIL (1)
#define MICROPY_PY_THREAD_RECURSIVE_MUTEX (1)
#undef MICROPY_ASYNC_KBD_INTR
#define MICROPY_ASYNC_KBD_INTR (0)

#define MICROPY_BYTES_PER_GC_BLOCK (64)
#define MICROPY_GC_ALLOC_THRESHOLD (0)
#define MICROPY_GC_CONSERVATIVE_CLEAR (0)
#define MICROPY_GC_SPLIT_HEAP (1)
#define MICROPY_GC_SPLIT_HEAP_N_HEAPS (3)
#define MICROPY_ENABLE_PYSTACK (1)
#define MICROPY_GC_HOOK_LOOP(i) ((void)(i))

// What both probe.c and glue.c need in order to read the interpreter's configuration (config.def).
#include "py/mpstate.h"
#include "py/gc.h"

#if !MICROPY_ENABLE_GC
#error "gcheap: MICROPY_ENABLE_GC is 0, this interpreter has no heap that libgcheap could replace"
#endif

// 1 if the port's MICROPY_GC_HOOK_LOOP has a body. (An empty macro becomes an empty string.)
#define GCHEAP_STRING_(...) #__VA_ARGS__
#define GCHEAP_STRING(...) GCHEAP_STRING_(__VA_ARGS__)
#define GCHEAP_HAS_HOOK (sizeof(GCHEAP_STRING(MICROPY_GC_HOOK_LOOP(i))) > 1)

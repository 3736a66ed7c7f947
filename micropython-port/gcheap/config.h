// What probe.c and glue.c both need to read the interpreter's configuration (config.def).
#include "py/mpstate.h"
#include "py/gc.h"

#if !MICROPY_ENABLE_GC
#error "gcheap: MICROPY_ENABLE_GC is 0, this interpreter has no heap that libgcheap could replace"
#endif

// 1 if the port gives MICROPY_GC_HOOK_LOOP a body: an empty macro makes an empty string.
#define GCHEAP_STRING_(...) #__VA_ARGS__
#define GCHEAP_STRING(...) GCHEAP_STRING_(__VA_ARGS__)
#define GCHEAP_HAS_HOOK (sizeof(GCHEAP_STRING(MICROPY_GC_HOOK_LOOP(i))) > 1)

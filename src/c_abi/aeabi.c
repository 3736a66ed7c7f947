// The names under which the Arm EABI wants memset. Rust's compiler calls them on bare metal, but firmware without a C
// library has only the functions of C. tools/build.py links these into the object, where they stay private; the
// names of memcpy and memmove take the same arguments as those, so there it renames the calls.
#include <stddef.h>

void *memset(void *start, int byte, size_t bytes);

void __aeabi_memset(void *start, size_t bytes, int byte) {
    memset(start, byte, bytes);
}
void __aeabi_memset4(void *, size_t, int) __attribute__((alias("__aeabi_memset")));
void __aeabi_memset8(void *, size_t, int) __attribute__((alias("__aeabi_memset")));

void __aeabi_memclr(void *start, size_t bytes) {
    memset(start, 0, bytes);
}
void __aeabi_memclr4(void *, size_t) __attribute__((alias("__aeabi_memclr")));
void __aeabi_memclr8(void *, size_t) __attribute__((alias("__aeabi_memclr")));

// The library that libraries.c loads: static data, and a thread-local variable, with pointers that are roots.
#include <stddef.h>

enum { MANY = 1000 };

static void *in_library[MANY];
static void *in_library_data[MANY] = { (void *)1 };

void **library_roots(int initialised);
void **library_roots(int initialised) {
    return initialised ? in_library_data : in_library;
}

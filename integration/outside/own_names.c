// A program that has functions with the names of py/gc.h, which the library has, too. It links with the static library, and
// its own functions are the ones that are called.
#include "where.h"

static int calls;

void *gc_alloc(size_t n_bytes, unsigned int flags);
void gc_free(void *object);

void *gc_alloc(size_t n_bytes, unsigned int flags) {
    calls++;
    return gcheap_alloc(n_bytes, flags);
}

void gc_free(void *object) {
    calls++;
    gcheap_free(object);
}

int main(void) {
    print_where();
    for (int i = 0; i < 1000; i++) {
        gc_free(gc_alloc(100, GCHEAP_NO_SCAN));
    }
    CHECK(calls == 2000);
    CHECK(gcheap_collect());
    printf("ok\n");
    return 0;
}

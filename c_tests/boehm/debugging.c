// A program that is compiled with GC_DEBUG: it uses other functions, or other macros.
#define GC_DEBUG
#include "common.h"

static int finalised;

static void finalise(void *object, void *data) {
    (void)data;
    finalised += memcmp(object, "debugged", 8) == 0;
}

static __attribute__((noinline)) void with_finalisers(void) {
    for (int i = 0; i < MANY; i++) {
        char *object = GC_MALLOC_ATOMIC(32);
        memcpy(object, "debugged", 8);
        GC_REGISTER_FINALIZER(object, finalise, NULL, NULL, NULL);
    }
}

static char **kept;

int main(void) {
    GC_INIT();
    kept = GC_MALLOC(MANY * sizeof(*kept));
    for (int i = 0; i < MANY; i++) {
        char text[32];
        snprintf(text, sizeof(text), "text %d", i);
        kept[i] = i % 2 ? GC_STRDUP(text) : GC_STRNDUP(text, 4);
        if (i % 10 == 0) {
            kept[i] = GC_REALLOC(kept[i], 200);
        }
    }
    void *other = GC_MALLOC_UNCOLLECTABLE(50), *atomic = GC_MALLOC_ATOMIC_UNCOLLECTABLE(50);
    collect();
    printf("%s %s %s\n", kept[10], kept[11], kept[998]);
    GC_FREE(other);
    GC_FREE(atomic);
    void *large = GC_MALLOC_IGNORE_OFF_PAGE(100000), *large_atomic = GC_MALLOC_ATOMIC_IGNORE_OFF_PAGE(100000);
    printf("%d %d\n", large != NULL, large_atomic != NULL);
    with_finalisers();
    collect();
    printf("%d\n", finalised > MANY * 9 / 10);
    return 0;
}

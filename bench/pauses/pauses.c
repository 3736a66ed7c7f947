// Linked into an interpreter with -Wl,--wrap=gc_collect: measures every collection, and at the end writes the times to
// the file that the environment variable PAUSES names, in nanoseconds of processor time, one a line.

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void __real_gc_collect(void);
void __wrap_gc_collect(void);

enum { MOST = 1 << 20 };
static long pauses[MOST];
static size_t count;

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void write_pauses(void) {
    const char *name = getenv("PAUSES");
    FILE *file = name != NULL ? fopen(name, "w") : NULL;
    for (size_t i = 0; file != NULL && i < count; i++) {
        fprintf(file, "%ld\n", pauses[i]);
    }
    if (file != NULL) {
        fclose(file);
    }
}

void __wrap_gc_collect(void) {
    if (count == 0) {
        atexit(write_pauses);
    }
    long start = now();
    __real_gc_collect();
    if (count < MOST) {
        pauses[count++] = now() - start;
    }
}

// Runs one of the rows, or lists them:  rows NAME [ROUNDS]  |  rows --list
//
// A row prints lines of a key and a value: the library that it ran on, as the loader names it, and the result.
#define _GNU_SOURCE
#include "rows.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <time.h>

// An empty program: what remains is the start of the collector.
static uint64_t start_up(unsigned int rounds) { return GC_MALLOC(rounds) != NULL; }

static const struct row {
    const char *name;
    row_function *run;
    unsigned int rounds; // for 0.1 to 1 s on Boehm's collector
    unsigned int processes; // that are measured together
    bool threads; // it has several: the number of instructions differs from run to run
    const char *what;
} rows[] = {
    { "gcbench", gcbench, 1, 1, false, "GCBench: trees of many sizes, a large one and an array that stay" },
    { "binary-trees", binary_trees, 4, 1, false, "binary trees of 16-byte nodes, built, counted and dropped" },
    { "small-objects", small_objects, 6, 1, false, "a million objects of 8 to 64 bytes, kept and dropped" },
    { "strings", strings, 20, 1, false, "strings and buffers, not scanned" },
    { "threads", threads, 10, 1, true, "four threads that allocate" },
    { "old-heap", old_heap, 8, 1, false, "garbage beside 64 MB that stay" },
    { "free", explicit_free, 30, 1, false, "objects that are freed one by one" },
    { "realloc", reallocation, 20, 1, false, "arrays and texts that grow and shrink" },
    { "interior", interior, 100, 1, false, "100k pointers into one object of 64 MiB, and 100k to its start" },
    { "finalisers", finalisers, 6, 1, false, "100k objects with finalisers" },
    { "weak", weak_references, 6, 1, false, "100k weak references" },
    { "start-up", start_up, 16, 50, false, "the start of an empty program" },
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void print_library(void) {
    Dl_info info;
    void *function = dlsym(RTLD_DEFAULT, "GC_malloc");
    if (function == NULL || dladdr(function, &info) == 0) {
        fail("no library with GC_malloc is loaded");
    }
    printf("library %s\n", info.dli_fname);
}

static void run(const struct row *row, unsigned int rounds) {
    GC_INIT();
    print_library();
    print_value("result", row->run(rounds));
    print_value("collections", GC_get_gc_no());
}

int main(int argc, char **argv) {
    for (size_t i = 0; i < ROWS; i++) {
        if (argc > 1 && strcmp(argv[1], "--list") == 0) {
            printf("%s\t%u\t%u\t%d\t%s\n", rows[i].name, rows[i].rounds, rows[i].processes, rows[i].threads, rows[i].what);
        } else if (argc > 1 && strcmp(argv[1], rows[i].name) == 0) {
            run(&rows[i], argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : rows[i].rounds);
            return 0;
        }
    }
    return argc > 1 && strcmp(argv[1], "--list") == 0 ? 0 : 2;
}

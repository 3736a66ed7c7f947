// A program to be looked at with environment variables. What it does is its first argument: "churn" makes garbage, "fill"
// allocates until there is no more, "list" allocates a hundred times, "nothing" only starts the heap, "not" not even that.
#include <gcheap.h>

#include <stdio.h>
#include <string.h>

static void churn(void) {
    for (size_t i = 0; i < 20000; i++) {
        memset(gcheap_alloc(1000, 0), 1, 1000);
    }
}

static size_t fill(void) {
    static void *volatile pieces[100000];
    size_t n = 0;
    while (n < sizeof(pieces) / sizeof(pieces[0]) && (pieces[n] = gcheap_alloc(10000, GCHEAP_NO_SCAN)) != NULL) {
        n++;
    }
    return n * 10000;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "nothing";
    size_t filled = 0;
    if (strcmp(what, "not") == 0) {
        return 0;
    } else if (strcmp(what, "churn") == 0) {
        churn();
        gcheap_collect();
    } else if (strcmp(what, "fill") == 0) {
        filled = fill();
    } else if (strcmp(what, "list") == 0) {
        void **volatile list = NULL;
        for (size_t i = 0; i < 100; i++) {
            void **link = (void **)gcheap_alloc(sizeof(void *), 0);
            *link = list;
            list = link;
        }
    } else {
        gcheap_start();
    }
    gcheap_stats_t stats;
    gcheap_stats(&stats);
    printf("collections %zu filled %zu heap %zu\n", stats.collections, filled, stats.heap_bytes);
    return 0;
}

// Allocation: the cost for a program that makes garbage, in a roomy heap, in a fragmented one, and in a full one.

#include <stdlib.h>

#include "objects.h"

// Which root gets a new object, and its size. Chosen in advance, so that the choice is not part of the time.
static struct {
    uint16_t root, bytes;
} steps[STEPS];

static void plan(size_t smallest, size_t largest) {
    for (size_t i = 0; i < STEPS; i++) {
        steps[i].root = bench_below(LIVE);
        steps[i].bytes = smallest + bench_below(largest - smallest + 1);
    }
    for (size_t i = 0; i < LIVE; i++) {
        heap_roots[i] = new_object(steps[i].bytes);
    }
}

// The old object becomes garbage; a full heap collects.
static size_t replace(size_t n) {
    for (size_t i = 0; i < n; i++) {
        heap_roots[steps[i % STEPS].root] = gc_alloc(steps[i % STEPS].bytes, 0);
    }
    return n;
}

// The old object is freed.
static size_t replace_and_free(size_t n) {
    for (size_t i = 0; i < n; i++) {
        void **root = &heap_roots[steps[i % STEPS].root];
        gc_free(*root);
        *root = gc_alloc(steps[i % STEPS].bytes, 0);
    }
    return n;
}

static void setup_churn(const workload_t *w) {
    (void)w;
    plan(BLOCK, BLOCK);
    heap_auto_collect(true);
}

static size_t run_churn(void) {
    return replace(bench_ops(CHURN));
}

static size_t run_churn_and_free(void) {
    return replace_and_free(bench_ops(CHURN));
}

static size_t operations;

// arg: operations.
static void setup_mixed(const workload_t *w) {
    operations = bench_ops(w->arg);
    plan(BLOCK / 2, 16 * BLOCK);
    heap_auto_collect(true);
}

static size_t run_mixed(void) {
    return replace(operations);
}

static size_t run_mixed_and_free(void) {
    return replace_and_free(operations);
}

// Of the lowest blocks, every second one is free; the others are a linked list.
static void make_holes(size_t holes) {
    node_t *list = NULL;
    for (size_t i = 0; i < holes; i++) {
        node_t *node = new_node();
        node->link[0] = list;
        list = node;
        new_node();
    }
    heap_roots[0] = list;
    gc_collect();
}

static void collect_first(const workload_t *w) {
    (void)w;
    gc_collect();
}

static void setup_holes(const workload_t *w) {
    make_holes(w->arg);
}

static size_t run_holes(void) {
    size_t n = bench_ops(1600);
    for (size_t i = 0; i < n; i++) {
        gc_alloc(2 * BLOCK, 0);
    }
    return n;
}

static size_t run_holes_and_free(void) {
    size_t n = bench_ops(1600);
    for (size_t i = 0; i < n; i++) {
        gc_free(gc_alloc(2 * BLOCK, 0));
    }
    return n;
}

// Holes everywhere, since the heap is filled to the end first.
static void setup_failing(const workload_t *w) {
    make_holes(0);
    node_t *list = NULL;
    while (gc_alloc(BLOCK, 0) != NULL) {
        node_t *node = gc_alloc(BLOCK, 0);
        if (node == NULL) {
            break;
        }
        node->link[0] = list;
        list = node;
    }
    heap_roots[0] = list;
    gc_collect();
    heap_auto_collect(w->arg);
}

static size_t run_failing(void) {
    size_t n = bench_ops(160);
    for (size_t i = 0; i < n; i++) {
        if (gc_alloc(FAIL_BYTES, 0) != NULL) {
            abort();
        }
    }
    return n;
}

static size_t run_failing_once(void) {
    if (gc_alloc(FAIL_BYTES, 0) != NULL) {
        abort();
    }
    return 1;
}

const workload_t allocate_workloads[] = {
    #if BENCH_SMALL
    {"churn", "allocation", 128 * KIB, setup_churn, NULL, run_churn, 3, false, 0},
    {"churn-free", "free and allocation", 128 * KIB, setup_churn, NULL, run_churn_and_free, 3, false, 0},
    {"mixed", "allocation", 128 * KIB, setup_mixed, NULL, run_mixed, 1, false, 8000},
    {"mixed-free", "free and allocation", 128 * KIB, setup_mixed, NULL, run_mixed_and_free, 1, false, 8000},
    {"holes", "allocation", 128 * KIB, setup_holes, collect_first, run_holes, 0, false, 1500},
    {"holes-free", "allocation and free", 128 * KIB, setup_holes, collect_first, run_holes_and_free, 0, false, 1500},
    {"fail", "allocation", 128 * KIB, setup_failing, NULL, run_failing, 0, true, false},
    {"fail-first", "allocation", 128 * KIB, setup_failing, collect_first, run_failing_once, 0, true, false},
    {"fail-collect", "allocation", 128 * KIB, setup_failing, NULL, run_failing_once, 0, true, true},
    #else
    // All room comes from collections; objects of 32 bytes.
    {"churn-32", "allocation", MIB, setup_churn, NULL, run_churn, 3, false, 0},
    {"churn-32-free", "free and allocation", MIB, setup_churn, NULL, run_churn_and_free, 3, false, 0},
    // 16 to 512 bytes, 1000 objects alive.
    {"mixed-1M", "allocation", MIB, setup_mixed, NULL, run_mixed, 1, false, 60000},
    {"mixed-16M", "allocation", 16 * MIB, setup_mixed, NULL, run_mixed, 1, false, 400000},
    {"mixed-1M-free", "free and allocation", MIB, setup_mixed, NULL, run_mixed_and_free, 1, false, 200000},
    // 64 bytes, above 100k holes of one block.
    {"holes-64", "allocation", 16 * MIB, setup_holes, collect_first, run_holes, 0, false, 100000},
    {"holes-64-free", "allocation and free", 16 * MIB, setup_holes, collect_first, run_holes_and_free, 0, false, 100000},
    // An allocation that cannot succeed: again and again; once after a collection; with a collection each time.
    {"fail", "allocation", 4 * MIB, setup_failing, NULL, run_failing, 0, true, false},
    {"fail-first", "allocation", 4 * MIB, setup_failing, collect_first, run_failing_once, 0, true, false},
    {"fail-collect", "allocation", 4 * MIB, setup_failing, NULL, run_failing_once, 0, true, true},
    #endif
    {0},
};

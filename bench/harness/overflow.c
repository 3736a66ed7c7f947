// Graphs on which a mark stack of 64 entries overflows. They are adversarial for a collector that then starts over,
// since objects wait far away from where they were found. An operation is one live object: so collectors and shapes can
// be compared.
//
// Each graph is built in a heap of four times its size, and in one without a single free block. The same programs with
// a stack that does not overflow show the cost of the overflow.

#include <stdlib.h>

#include "objects.h"

static size_t live, n_nodes;
static node_t *nodes[OVERFLOW_FULL]; // in order of address

static size_t run(void) {
    gc_collect();
    return live;
}

// Shapes return the number of their objects.

// One array that points at every second node, in random order; each of these points at a leaf.
static size_t wide(void) {
    node_t **root = new_object(n_nodes / 2 * sizeof(*root));
    uint32_t *order = shuffled(n_nodes / 2);
    for (size_t i = 0; i < n_nodes / 2; i++) {
        root[i] = nodes[2 * order[i]];
        root[i]->link[0] = nodes[2 * order[i] + 1];
    }
    heap_roots[0] = root;
    free(order);
    return n_nodes + 1;
}

// A linked list down through the addresses; before the next node, each points at a leaf that goes on the stack first.
static size_t deep(void) {
    node_t *list = NULL;
    for (size_t i = 0; i < n_nodes; i += 2) {
        nodes[i]->link[0] = nodes[i + 1];
        nodes[i]->link[1] = list;
        list = nodes[i];
    }
    heap_roots[0] = list;
    return n_nodes;
}

// A linked list of arrays, down through the addresses. An array points at 99 nodes with a leaf each, then at the next.
static size_t wide_and_deep(void) {
    const size_t width = 100;
    size_t n = 0;
    void **list = NULL;
    for (size_t i = 0; i + 2 * width <= n_nodes; i += 2 * width) {
        void **next = new_object(width * sizeof(*next));
        for (size_t j = 0; j < width - 1; j++) {
            node_t *node = nodes[i + 2 * j];
            node->link[0] = nodes[i + 2 * j + 1];
            next[j] = node;
        }
        next[width - 1] = list;
        list = next;
        n += 1 + 2 * (width - 1);
    }
    heap_roots[0] = list;
    return n;
}

// A linked list down through the addresses; before the next node, each points at a tooth, a list of eight nodes.
static size_t comb(void) {
    const size_t tooth = 8;
    size_t n = 0;
    node_t *list = NULL;
    for (size_t i = 0; i + tooth < n_nodes; i += tooth + 1, n += tooth + 1) {
        for (size_t j = 1; j < tooth; j++) {
            nodes[i + j]->link[0] = nodes[i + j + 1];
        }
        nodes[i]->link[0] = nodes[i + 1];
        nodes[i]->link[1] = list;
        list = nodes[i];
    }
    heap_roots[0] = list;
    return n;
}

// Every node points at three: two chosen at random, and the next one in a random circle through all nodes.
static size_t scattered(void) {
    uint32_t *circle = shuffled(n_nodes);
    for (size_t i = 0; i < n_nodes; i++) {
        node_t *node = nodes[circle[i]];
        node->link[0] = nodes[circle[(i + 1) % n_nodes]];
        node->link[1] = nodes[bench_below(n_nodes)];
        node->link[2] = nodes[bench_below(n_nodes)];
    }
    heap_roots[0] = nodes[0];
    free(circle);
    return n_nodes;
}

static size_t (*const shapes[])(void) = {wide, deep, wide_and_deep, comb, scattered};

static void setup(const workload_t *w) {
    n_nodes = w->exact ? OVERFLOW_FULL : OVERFLOW_ROOMY;
    for (size_t i = 0; i < n_nodes; i++) {
        nodes[i] = new_node();
    }
    live = shapes[w->arg]();
    if (w->exact) {
        // Fill the heap to the last block, after freeing the nodes that the shape left out.
        gc_collect();
        node_t *list = NULL;
        for (node_t *node; (node = gc_alloc(BLOCK, 0)) != NULL; live++) {
            node->link[0] = list;
            list = node;
        }
        heap_roots[1] = list;
    }
}

#if BENCH_SMALL
#define ROOMY_BYTES (128 * KIB)
#define FULL_BYTES (128 * KIB)
#else
#define ROOMY_BYTES (5000000)
#define FULL_BYTES (1110000)
#endif
#define ROOMY(name, shape) {name "-roomy", "object", ROOMY_BYTES, setup, NULL, run, 0, false, shape}
#define FULL(name, shape) {name "-full", "object", FULL_BYTES, setup, NULL, run, 0, true, shape}

const workload_t overflow_workloads[] = {
    ROOMY("wide", 0), FULL("wide", 0),
    ROOMY("deep", 1), FULL("deep", 1),
    ROOMY("wide-deep", 2), FULL("wide-deep", 2),
    ROOMY("comb", 3), FULL("comb", 3),
    ROOMY("scattered", 4), FULL("scattered", 4),
    {0},
};

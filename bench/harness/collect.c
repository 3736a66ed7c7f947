// Collection: how long one takes, for heaps of different shapes. Every repetition finds the same objects.

#include <stdlib.h>

#include "objects.h"

static size_t run(void) {
    gc_collect();
    return 1;
}

static node_t *tree(unsigned depth) {
    if (depth == 0) {
        return NULL;
    }
    node_t *node = new_node();
    node->link[0] = tree(depth - 1);
    node->link[1] = tree(depth - 1);
    return node;
}

static void setup_tree(const workload_t *w) {
    heap_roots[0] = tree(w->arg);
}

static void setup_list(const workload_t *w) {
    heap_roots[0] = new_list(w->arg);
}

// A list of many lists of three objects each.
static void setup_lists(const workload_t *w) {
    list_t *list = new_empty_list(w->arg);
    heap_roots[0] = list;
    for (size_t i = 0; i < w->arg; i++) {
        list->items[i] = new_list(3);
    }
}

static void setup_linked_forward(const workload_t *w) {
    node_t **end = (node_t **)&heap_roots[0];
    for (size_t i = 0; i < w->arg; i++) {
        *end = new_node();
        end = &(*end)->link[0];
    }
}

static void setup_linked_backward(const workload_t *w) {
    for (size_t i = 0; i < w->arg; i++) {
        node_t *node = new_node();
        node->link[0] = heap_roots[0];
        heap_roots[0] = node;
    }
}

// Every node points at three others: two chosen at random, and the next one in a random circle through all nodes.
static void setup_graph(const workload_t *w) {
    size_t n = w->arg;
    node_t **nodes = bench_memory(n * sizeof(*nodes));
    for (size_t i = 0; i < n; i++) {
        nodes[i] = new_node();
    }
    uint32_t *circle = shuffled(n);
    for (size_t i = 0; i < n; i++) {
        node_t *node = nodes[circle[i]];
        node->link[0] = nodes[bench_below(n)];
        node->link[1] = nodes[bench_below(n)];
        node->link[2] = nodes[circle[(i + 1) % n]];
    }
    heap_roots[0] = nodes[0];
    free(circle);
    free(nodes);
}

#if !BENCH_SMALL
// An array of all nodes of a graph, in order of address. Every node points at four others, chosen at random: whoever
// follows them one by one walks through memory in random order.
static void setup_graph_array(const workload_t *w) {
    size_t n = w->arg;
    node_t **nodes = new_object(n * sizeof(*nodes));
    for (size_t i = 0; i < n; i++) {
        nodes[i] = new_node();
    }
    for (size_t i = 0; i < n; i++) {
        node_t **links = (node_t **)nodes[i];
        for (size_t j = 0; j < sizeof(node_t) / sizeof(*links); j++) {
            links[j] = nodes[bench_below(n)];
        }
    }
    heap_roots[0] = nodes;
}

// An array of strings of four blocks, in random order, as after sorting.
static void setup_sorted_strings(const workload_t *w) {
    size_t n = w->arg;
    char **strings = new_object(n * sizeof(*strings));
    uint32_t *order = shuffled(n);
    for (size_t i = 0; i < n; i++) {
        char *string = new_object(4 * BLOCK);
        for (size_t j = 0; j < 4 * BLOCK; j++) {
            string[j] = 'a' + bench_below(26);
        }
        strings[order[i]] = string;
    }
    heap_roots[0] = strings;
    free(order);
}
#endif

// Garbage, then one live object. arg: bytes of garbage.
static void make_garbage(const workload_t *w) {
    bench_reseed();
    heap_roots[0] = NULL;
    gc_collect();
    for (size_t used = 0; used < w->arg;) {
        size_t blocks = 1 + bench_below(4);
        new_object(blocks * BLOCK);
        new_node(); // see fill_mixed
        used += (blocks + 1) * BLOCK;
    }
    heap_roots[0] = new_node();
}

static void *arrays(size_t i) {
    return heap_roots[i] = new_object(ARRAY_BYTES);
}

static void setup_random_bytes(const workload_t *w) {
    (void)w;
    for (size_t i = 0; i < ARRAYS; i++) {
        uint64_t *words = arrays(i);
        for (size_t j = 0; j < ARRAY_BYTES / sizeof(*words); j++) {
            words[j] = bench_random();
        }
    }
}

static void setup_text_bytes(const workload_t *w) {
    (void)w;
    for (size_t i = 0; i < ARRAYS; i++) {
        char *text = arrays(i);
        for (size_t j = 0; j < ARRAY_BYTES; j++) {
            text[j] = bench_below(6) == 0 ? ' ' : 'a' + bench_below(26);
        }
    }
}

#define COLLECT(name, heap, setup, arg) {name, "collection", heap, setup, NULL, run, 0, false, arg}

const workload_t collect_workloads[] = {
    #if BENCH_SMALL
    COLLECT("tree-4k", 128 * KIB, setup_tree, 12),
    COLLECT("list-4k", 128 * KIB, setup_list, 4000),
    COLLECT("lists-of-3", 128 * KIB, setup_lists, 600),
    // 33 and 60 objects wait on the mark stack at once; gc.c's has 64 entries. The rest of the heap is empty, so a
    // collector that runs out of stack, and then walks over the whole heap, takes several times as long.
    COLLECT("list-of-33-lists", 128 * KIB, setup_lists, 33),
    COLLECT("list-of-60-lists", 128 * KIB, setup_lists, 60),
    COLLECT("linked-forward", 128 * KIB, setup_linked_forward, 6000),
    COLLECT("linked-backward", 128 * KIB, setup_linked_backward, 6000),
    COLLECT("graph-6k", 128 * KIB, setup_graph, 6000),
    COLLECT("bottom-250-linked", 128 * KIB, setup_linked_forward, 250),
    COLLECT("bottom-250-list", 128 * KIB, setup_list, 250),
    {"garbage-80K", "collection", 128 * KIB, NULL, make_garbage, run, 0, false, 80000},
    COLLECT("bytes-text", 128 * KIB, setup_text_bytes, 0),
    COLLECT("bytes-random", 128 * KIB, setup_random_bytes, 0),
    // 7401 objects of 1 block and an array of 370: 97 % of the heap's blocks.
    COLLECT("lists-1480-full", 128 * KIB, setup_lists, 1480),
    #else
    COLLECT("tree-131k", 8 * MIB, setup_tree, 17),
    COLLECT("list-60k", 4 * MIB, setup_list, 60000),
    COLLECT("lists-of-3", 4 * MIB, setup_lists, 10000),
    COLLECT("linked-forward", 4 * MIB, setup_linked_forward, 100000),
    COLLECT("linked-backward", 4 * MIB, setup_linked_backward, 100000),
    COLLECT("graph-400k", 16 * MIB, setup_graph, 400000),
    COLLECT("graph-array-400k", 32 * MIB, setup_graph_array, 400000),
    COLLECT("strings-200k", 32 * MIB, setup_sorted_strings, 200000),
    COLLECT("bottom-2k-linked", 64 * MIB, setup_linked_forward, 2000),
    COLLECT("bottom-2k-list", 64 * MIB, setup_list, 2000),
    {"garbage-20M", "collection", 32 * MIB, NULL, make_garbage, run, 0, false, 20000000},
    COLLECT("bytes-text", 64 * MIB, setup_text_bytes, 0),
    COLLECT("bytes-random", 64 * MIB, setup_random_bytes, 0),
    // 15001 objects of 1 block and an array of 750: 97 % of the heap's blocks.
    COLLECT("lists-3000-full", 526000, setup_lists, 3000),
    #endif
    {0},
};

// The kinds of objects that an interpreter makes.
#ifndef OBJECTS_H
#define OBJECTS_H

#include "bench.h"

// One block, the commonest object there is.
typedef struct node {
    struct node *link[3];
    uintptr_t value;
} node_t;

// gc_alloc that cannot fail: if there is no room, this heap cannot run the workload.
void *new_object(size_t bytes);

// A new node that points at nothing.
node_t *new_node(void);

// A list of n new nodes, like Python's: a header, which points at an array, which points at the nodes.
typedef struct {
    const void *type; // outside the heap, as the first word of most objects is
    size_t length, room;
    void **items;
} list_t;

list_t *new_list(size_t n);

// One whose items are all NULL.
list_t *new_empty_list(size_t n);

// Fills an empty heap up to about `bytes` with objects of 1 to `largest` blocks in random order, all sizes equally
// often. Returns them in order of address, and their number in `count`. Between any two of them lies one more object of
// one block; every `hole`-th of those is then freed (0: none).
void **fill_mixed(size_t bytes, size_t largest, size_t hole, size_t *count);

// The numbers below n in random order.
uint32_t *shuffled(size_t n);

#endif

#include "objects.h"

#include <stdlib.h>

static const char some_type;

void *new_object(size_t bytes) {
    void *object = gc_alloc(bytes, 0);
    if (object == NULL) {
        bench_cannot();
    }
    return object;
}

node_t *new_node(void) {
    return new_object(sizeof(node_t));
}

list_t *new_empty_list(size_t n) {
    list_t *list = new_object(sizeof(list_t));
    list->type = &some_type;
    list->length = list->room = n;
    list->items = new_object(n * sizeof(void *));
    return list;
}

list_t *new_list(size_t n) {
    list_t *list = new_empty_list(n);
    for (size_t i = 0; i < n; i++) {
        node_t *item = new_node();
        item->link[0] = (node_t *)&some_type;
        list->items[i] = item;
    }
    return list;
}

// gc.c's search starts behind the last allocation of one block. One of those after each larger object makes filling the
// heap take linear time.
void **fill_mixed(size_t bytes, size_t largest, size_t hole, size_t *count) {
    size_t most = bytes / BLOCK;
    void **objects = bench_memory(most * sizeof(void *)), **between = bench_memory(most * sizeof(void *));
    size_t n = 0;
    for (size_t used = 0; used < bytes; n++) {
        size_t size = (1 + bench_below(largest)) * BLOCK;
        objects[n] = new_object(size);
        between[n] = new_object(BLOCK);
        used += size + BLOCK;
    }
    for (size_t i = 0; hole != 0 && i < n; i += hole) {
        gc_free(between[i]);
    }
    free(between);
    *count = n;
    return objects;
}

uint32_t *shuffled(size_t n) {
    uint32_t *order = bench_memory(n * sizeof(uint32_t));
    for (size_t i = 0; i < n; i++) {
        size_t j = bench_below(i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    return order;
}

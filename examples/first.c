// A first program on libgcheap: nobody frees anything, and the heap stays small.
//     make && cc -Iinclude examples/first.c build/libgcheap.a -o build/first && build/first
#include <stdio.h>
#include <gcheap.h>

struct node {
    struct node *next;
    int number;
};

static struct node *list_of(int n) {
    struct node *list = NULL;
    for (int i = 0; i < n; i++) {
        struct node *node = gcheap_alloc(sizeof(*node), 0);
        *node = (struct node) { list, i };
        list = node;
    }
    return list;
}

int main(void) {
    struct node *kept = list_of(1000); // alive, because it can be reached from the stack
    for (int i = 0; i < 10000; i++) {
        list_of(1000); // nothing points to it afterwards: the heap uses its memory again
    }
    gcheap_stats_t stats;
    gcheap_stats(&stats);
    printf("%d is the newest number; %s\n", kept->number,
        stats.allocated_bytes > 300000000 && stats.heap_bytes < 4000000 ? "300 MB allocated in less than 4" : "too much");
}

// Threads that allocate objects of a kind, use the lock and links, and register themselves, while all of them collect.
#define GC_THREADS
#include "common.h"

#include <gc/gc_mark.h>
#include <pthread.h>

#define THREADS 6

struct node {
    struct node *next, *hidden;
    GC_word number;
};

static int kind;
static struct node *lists[THREADS]; // static data is a root
static GC_word in_lock, total;

static struct GC_ms_entry *mark_next(GC_word *object, struct GC_ms_entry *top, struct GC_ms_entry *limit,
    GC_word argument) {
    struct node *node = (struct node *)object;
    (void)argument;
    return GC_MARK_AND_PUSH(node->next, top, limit, (void **)&node->next);
}

static void *count(void *argument) {
    in_lock++;
    return argument;
}

static void *work(void *argument) {
    int self = (int)(GC_word)argument;
    for (int i = 0; i < 20000; i++) {
        struct node *node = GC_generic_malloc(sizeof(*node), kind);
        node->number = i;
        if (i % 10 == 0) {
            node->next = lists[self];
            lists[self] = node;
        }
        if (i % 100 == 0) {
            GC_call_with_alloc_lock(count, NULL);
        }
        if (i % 1000 == 0) {
            GC_gcollect();
        }
    }
    return NULL;
}

static void *registered(struct GC_stack_base *base, void *argument) {
    GC_register_my_thread(base);
    work(argument);
    GC_unregister_my_thread();
    return NULL;
}

static void *by_itself(void *argument) {
    return GC_call_with_stack_base(registered, argument);
}

// The macros would take the C library's functions away.
#undef pthread_create
#undef pthread_join

int main(void) {
    GC_INIT();
    GC_allow_register_threads();
    kind = (int)GC_new_kind(GC_new_free_list(), GC_MAKE_PROC(GC_new_proc(mark_next), 0), 0, 1);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        if (i % 2) {
            GC_pthread_create(&threads[i], NULL, work, (void *)(GC_word)i);
        } else {
            pthread_create(&threads[i], NULL, by_itself, (void *)(GC_word)i);
        }
    }
    for (int i = 0; i < THREADS; i++) {
        (i % 2 ? GC_pthread_join : pthread_join)(threads[i], NULL);
        int length = 0;
        for (struct node *node = lists[i]; node != NULL; node = node->next) {
            total += node->number;
            length++;
        }
        printf("thread %d: %d\n", i, length);
    }
    printf("%lu %lu\n", (unsigned long)total, (unsigned long)in_lock);
    return 0;
}

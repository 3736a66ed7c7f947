// A C program that is built with the installed library: garbage, a list that stays, finalisers, a weak link, a thread.
#include "where.h"

struct node {
    struct node *next;
    int number;
};

static struct node *list; // Found by the collector, as all static data is.
static int finalised;

static struct node *make_list(int length) {
    struct node *first = NULL;
    for (int i = 0; i < length; i++) {
        struct node *node = gcheap_alloc(sizeof *node, 0);
        CHECK(node != NULL && node->next == NULL);
        node->next = first;
        node->number = i;
        first = node;
        gcheap_alloc(100, GCHEAP_NO_SCAN); // garbage
    }
    return first;
}

static int length_of(const struct node *node) {
    int length = 0;
    for (; node != NULL; node = node->next) {
        length++;
        CHECK(node->next == NULL || node->next->number == node->number - 1);
    }
    return length;
}

static void finaliser(void *object, void *data) {
    CHECK(object != NULL && data == &finalised);
    finalised++;
}

// Not inline, so that no pointer stays in the caller's frame.
__attribute__((noinline)) static void drop_objects(void **weak) {
    for (int i = 0; i < 100; i++) {
        void *object = gcheap_alloc(64, 0);
        CHECK(gcheap_set_finaliser(object, finaliser, &finalised, 2));
        *weak = object;
    }
    CHECK(gcheap_weak_link(weak, *weak, false));
}

static void *thread(void *argument) {
    CHECK(argument == &finalised);
    return make_list(50000);
}

int main(void) {
    print_where();
    list = make_list(100000);
    // A weak link must lie where the collector does not look for pointers.
    void **weak = gcheap_alloc(sizeof *weak, GCHEAP_NO_SCAN);
    drop_objects(weak);
    // More objects, so that what the stack still holds of the last ones is overwritten.
    CHECK(length_of(make_list(10)) == 10);
    CHECK(gcheap_collect());
    CHECK(finalised >= 90); // A collector that takes any word for a pointer may keep a few.
    CHECK(length_of(list) == 100000);

    pthread_t other;
    void *result;
    CHECK(gcheap_pthread_create(&other, NULL, thread, &finalised) == 0);
    CHECK(length_of(make_list(50000)) == 50000);
    CHECK(gcheap_pthread_join(other, &result) == 0);
    CHECK(length_of((struct node *)result) == 50000);

    gcheap_stats_t stats;
    gcheap_stats(&stats);
    CHECK(stats.collections > 1 && stats.heap_bytes >= stats.used_bytes && stats.used_bytes > 100000 * sizeof *list);
    CHECK(length_of(list) == 100000);
    printf("ok\n");
    return 0;
}

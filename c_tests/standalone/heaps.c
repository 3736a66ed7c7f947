// Several heaps: each has its own objects and its own limit, and can be thrown away.
#include "common.h"

static gcheap_t *one, *other;
static void *kept[MANY];
static void **holders;

static NOINLINE void *in_one(size_t number) {
    return kept[number] = gcheap_alloc_in(one, 40, 0);
}

static NOINLINE size_t alive_in(gcheap_t *heap) {
    clear_stack();
    gcheap_collect_in(heap);
    clear_stack();
    gcheap_collect_in(heap);
    size_t alive = 0;
    for (size_t i = 0; i < MANY; i++) {
        alive += gcheap_size_in(heap, seen(hidden[i])) != 0;
    }
    return alive;
}

TEST(roots_are_those_of_all) {
    REQUIRE((one = gcheap_new(0)) != NULL);
    REQUIRE((other = gcheap_new(64 << 20)) != NULL);
    make_many(in_one);
    CHECK_ALL_LIVE(alive_in(one));
    CHECK_EQUAL(alive_in(other), 0);
    CHECK_EQUAL(alive_in(NULL), 0);
    memset(kept, 0, sizeof(kept));
    gcheap_collect(); // of another heap
    CHECK(gcheap_size_in(one, seen(hidden[0])) != 0);
    CHECK_MOST_DIED(alive_in(one));
}

static NOINLINE void *in_one_held_by_other(size_t number) {
    return holders[number] = gcheap_alloc_in(one, 40, 0);
}

TEST(objects_do_not_keep_those_of_others) {
    holders = (void **)gcheap_alloc_in(other, MANY * sizeof(void *), 0);
    make_many(in_one_held_by_other);
    CHECK_MOST_DIED(alive_in(one));
    holders = (void **)gcheap_alloc_in(one, MANY * sizeof(void *), 0);
    make_many(in_one_held_by_other);
    CHECK_ALL_LIVE(alive_in(one));
    holders = NULL;
}

TEST(each_has_its_own_objects) {
    char *object = (char *)gcheap_alloc_in(one, 100, 0);
    CHECK(gcheap_base_in(one, object + 50) == object);
    CHECK(gcheap_base_in(other, object + 50) == NULL);
    CHECK(gcheap_base(object + 50) == NULL);
    memset(object, 7, 100);
    object = (char *)gcheap_realloc_in(one, object, 5000);
    CHECK(gcheap_base_in(one, object) == object && object[99] == 7 && object[100] == 0);
    gcheap_free_in(one, object);
    CHECK(gcheap_base_in(one, object) == NULL);
    CHECK(gcheap_alloc_in(NULL, 10, 0) != NULL);
}

TEST(each_has_its_own_limit) {
    gcheap_set_limit_in(other, 4 << 20);
    static void *pieces[64];
    size_t n = 0;
    while (n < 64 && (pieces[n] = gcheap_alloc_in(other, 200000, 0)) != NULL) {
        n++;
    }
    CHECK(n > 12 && n <= 21);
    CHECK(gcheap_alloc_in(one, 10 << 20, 0) != NULL);
    gcheap_stats_t numbers;
    gcheap_stats_in(other, &numbers);
    CHECK(numbers.heap_bytes <= 4 << 20);
    memset(pieces, 0, sizeof(pieces));
    gcheap_t *small = gcheap_new(2 << 20);
    REQUIRE(small != NULL);
    CHECK(gcheap_alloc_in(small, 1 << 20, 0) != NULL);
    CHECK(gcheap_alloc_in(small, 3 << 20, 0) == NULL);
    gcheap_delete(small);
}

TEST(deleted) {
    node_t *list = new_list(1000);
    gcheap_delete(one);
    gcheap_delete(other);
    gcheap_delete(NULL);
    collect();
    CHECK(list_is_whole(list, 1000));
    // Often, so that addresses and memory must come back.
    for (int i = 0; i < 3000; i++) {
        gcheap_t *heap = gcheap_new(0);
        REQUIRE(heap != NULL);
        char *object = (char *)gcheap_alloc_in(heap, 300000, 0);
        REQUIRE(object != NULL);
        memset(object, 1, 300000);
        if (i % 100 == 0) {
            gcheap_collect_in(heap);
        }
        gcheap_delete(heap);
    }
    CHECK(list_is_whole(list, 1000));
}

RUN_TESTS(ENTRY(roots_are_those_of_all), ENTRY(objects_do_not_keep_those_of_others), ENTRY(each_has_its_own_objects),
    ENTRY(each_has_its_own_limit), ENTRY(deleted))

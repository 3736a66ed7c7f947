// Several heaps: each has its own objects, its own of all that can be registered and set, and can be thrown away.
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

// ---- Everything in a heap of its own, and nothing of it in the default heap ----------------------------------------------

static size_t n_finalised;

static void finalise(void *object, void *data) {
    n_finalised += gcheap_size_in(one, object) != 0 && (size_t)data == 7;
}

static NOINLINE void *finalised(size_t number) {
    (void)number;
    void *object = gcheap_alloc_in(one, 40, 0);
    CHECK(!gcheap_set_finaliser(object, finalise, NULL, 0)); // is none of the default heap's
    CHECK(gcheap_set_finaliser_in(one, object, finalise, (void *)7, 0));
    return object;
}

TEST(each_has_its_own_finalisers) {
    make_many(finalised);
    gcheap_stats_t numbers;
    gcheap_stats_in(one, &numbers);
    CHECK_EQUAL(numbers.finalisers, MANY);
    gcheap_finalise_on_demand_in(one, true);
    alive_in(one);
    CHECK_EQUAL(n_finalised, 0);
    CHECK_EQUAL(gcheap_run_finalisers(), 0);
    CHECK_EQUAL(gcheap_run_finalisers_in(other), 0);
    size_t called = gcheap_run_finalisers_in(one);
    CHECK(called >= MANY * 9 / 10 && n_finalised == called);
    gcheap_finalise_on_demand_in(one, false);
    make_many(finalised);
    CHECK_MOST_DIED(alive_in(one)); // and so they were called
    CHECK(n_finalised >= called + MANY * 9 / 10);
}

static void **links; // in memory that is no root

static NOINLINE void *linked(size_t number) {
    links[number] = gcheap_alloc_in(one, 40, 0);
    CHECK(!gcheap_weak_link(&links[number], links[number], false));
    CHECK(gcheap_weak_link_in(one, &links[number], links[number], number % 2 != 0));
    return links[number];
}

TEST(each_has_its_own_weak_links) {
    links = (void **)calloc(MANY, sizeof(void *));
    make_many(linked);
    CHECK_MOST_DIED(alive_in(one));
    size_t cleared = 0, unlinked = 0;
    for (size_t i = 0; i < MANY; i++) {
        cleared += links[i] == NULL;
        CHECK(!gcheap_weak_unlink(&links[i]) && !gcheap_weak_unlink_in(other, &links[i]));
        unlinked += gcheap_weak_unlink_in(one, &links[i]);
    }
    CHECK(cleared >= MANY * 9 / 10);
    CHECK_EQUAL(unlinked, MANY - cleared);
    free(links);
}

static void **rooted;

static NOINLINE void *at_root(size_t number) {
    return rooted[number] = gcheap_alloc_in(one, 40, 0);
}

TEST(each_has_its_own_roots) {
    rooted = (void **)calloc(MANY, sizeof(void *));
    CHECK(gcheap_add_roots(rooted, rooted + MANY)); // of the default heap
    make_many(at_root);
    CHECK_MOST_DIED(alive_in(one));
    CHECK(gcheap_add_roots_in(one, rooted, rooted + MANY));
    make_many(at_root);
    gcheap_clear_roots();
    CHECK_ALL_LIVE(alive_in(one));
    CHECK(gcheap_remove_roots_in(one, rooted, rooted + MANY) && !gcheap_remove_roots_in(one, rooted, rooted + MANY));
    CHECK_MOST_DIED(alive_in(one));
    CHECK(gcheap_add_roots_in(one, rooted, rooted + MANY));
    make_many(at_root);
    gcheap_clear_roots_in(one);
    CHECK_MOST_DIED(alive_in(one));
    free(rooted);
}

static size_t n_before, n_after, n_asked, n_mistakes;

static void before(void) {
    n_before++;
}

static void after(void) {
    n_after++;
}

static void *no_memory(size_t bytes) {
    n_asked += bytes;
    return NULL;
}

static void mistake(uint32_t what, const void *pointer) {
    n_mistakes += what == GCHEAP_MISUSE_FOREIGN_POINTER && pointer == &n_mistakes;
}

TEST(each_calls_its_own_functions) {
    gcheap_set_collection_hooks_in(other, before, after);
    gcheap_set_out_of_memory_in(other, no_memory);
    gcheap_set_misuse_in(other, mistake);
    gcheap_collect();
    gcheap_collect_in(one);
    CHECK(n_before == 0 && n_after == 0);
    gcheap_collect_in(other);
    CHECK(n_before == 1 && n_after == 1);
    CHECK(gcheap_alloc_in(one, SIZE_MAX / 4, 0) == NULL && gcheap_alloc(SIZE_MAX / 4, 0) == NULL);
    CHECK_EQUAL(n_asked, 0);
    CHECK(gcheap_alloc_in(other, SIZE_MAX / 4, 0) == NULL);
    CHECK_EQUAL(n_asked, SIZE_MAX / 4);
    gcheap_free_in(other, &n_mistakes);
    CHECK_EQUAL(n_mistakes, 1);
}

static size_t collections_of(gcheap_t *heap) {
    gcheap_stats_t numbers;
    for (int i = 0; i < 20000; i++) { // more than all roots, also with AddressSanitizer
        gcheap_alloc_in(heap, 1000, 0);
    }
    gcheap_stats_in(heap, &numbers);
    return numbers.collections;
}

TEST(each_has_its_own_settings) {
    gcheap_t *heap = gcheap_new(0);
    REQUIRE(heap != NULL);
    gcheap_disable_in(heap);
    CHECK_EQUAL(collections_of(heap), 0);
    CHECK(collections_of(one) > 0);
    gcheap_enable_in(heap);
    gcheap_set_factor_in(heap, 0);
    size_t often = collections_of(heap);
    CHECK(often >= 2);
    gcheap_set_factor_in(heap, 100000);
    static void *volatile alive;
    alive = gcheap_alloc_in(heap, 1 << 20, GCHEAP_NO_SCAN); // 100000 percent of that is never reached
    gcheap_collect_in(heap);
    often = collections_of(heap);
    CHECK_EQUAL(collections_of(heap), often);
    CHECK(gcheap_size_in(heap, alive) != 0);
    alive = NULL;
    gcheap_delete(heap);
    heap = gcheap_new(0);
    REQUIRE(heap != NULL);
    gcheap_set_interior_pointers_in(heap, false);
    CHECK_EQUAL(gcheap_size_in(heap, gcheap_alloc_in(heap, 64, 0)), 64);
    CHECK(gcheap_size_in(one, gcheap_alloc_in(one, 64, 0)) > 64);
    gcheap_delete(heap);
}

TEST(copies_of_strings) {
    char *text = gcheap_strdup_in(one, "a text"), *start = gcheap_strndup_in(one, text, 3);
    CHECK(gcheap_base_in(one, text) == text && gcheap_base(text) == NULL && strcmp(text, "a text") == 0);
    CHECK(gcheap_base_in(one, start) == start && strcmp(start, "a t") == 0);
    CHECK(strcmp(gcheap_strndup_in(NULL, text, 100), text) == 0);
    CHECK(gcheap_strdup_in(one, NULL) == NULL && gcheap_strndup_in(one, NULL, 5) == NULL);
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
    ENTRY(each_has_its_own_limit), ENTRY(each_has_its_own_finalisers), ENTRY(each_has_its_own_weak_links),
    ENTRY(each_has_its_own_roots), ENTRY(each_calls_its_own_functions), ENTRY(each_has_its_own_settings),
    ENTRY(copies_of_strings), ENTRY(deleted))

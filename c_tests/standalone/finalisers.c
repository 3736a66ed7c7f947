// Finalisers: when they are called, in which order, and with what.
#include "common.h"

enum { ORDERED, IGNORE_SELF, NO_ORDER, UNREACHABLE };

// An object that is to be finalised. Where it points decides.
typedef struct thing_t {
    struct thing_t *to;
    size_t number;
} thing_t;

// In which order the things were finalised: 0 is "not at all".
static size_t calls, called_as[3 * MANY];
static void *last_data;

static void note(void *object, void *data) {
    called_as[((thing_t *)object)->number] = ++calls;
    last_data = data;
}

static NOINLINE thing_t *new_thing(size_t number, unsigned order) {
    thing_t *thing = (thing_t *)gcheap_alloc(sizeof(thing_t), 0);
    thing->number = number;
    gcheap_set_finaliser(thing, note, NULL, order);
    return thing;
}

static void start_anew(void) {
    collect();
    collect();
    calls = 0;
    memset(called_as, 0, sizeof(called_as));
}

static size_t called_of(size_t from, size_t step) {
    size_t called = 0;
    for (size_t i = from; i < MANY * step; i += step) {
        called += called_as[i] != 0;
    }
    return called;
}

// The things 2 i lead to 2 i + 1. Those that lead must be finalised first, unless the order does not care.
static NOINLINE void make_pairs(unsigned order) {
    for (size_t i = 0; i < MANY; i++) {
        thing_t *second = new_thing(2 * i + 1, order);
        new_thing(2 * i, order)->to = second;
    }
}

static NOINLINE void make_loops(unsigned order) {
    for (size_t i = 0; i < MANY; i++) {
        thing_t *thing = new_thing(i, order);
        thing->to = thing;
    }
}

static NOINLINE void make_rings(unsigned order) {
    for (size_t i = 0; i < MANY; i++) {
        thing_t *one = new_thing(2 * i, order), *other = new_thing(2 * i + 1, order);
        one->to = other;
        other->to = one;
    }
}

#define MOST(n) ((n) >= MANY * 9 / 10)

TEST(objects_that_lead_to_others_come_first) {
    for (unsigned order = ORDERED; order <= IGNORE_SELF; order++) {
        start_anew();
        make_pairs(order);
        clear_stack();
        gcheap_collect();
        size_t first = called_of(0, 2), second = called_of(1, 2);
        CHECK(MOST(first));
        CHECK(second <= MANY / 10); // those that are led to wait for another collection
        collect();
        CHECK(MOST(called_of(1, 2)));
        for (size_t i = 0; i < MANY; i++) {
            CHECK(called_as[2 * i + 1] == 0 || called_as[2 * i] < called_as[2 * i + 1]);
        }
    }
}

TEST(without_an_order_one_collection_finds_all) {
    start_anew();
    make_pairs(NO_ORDER);
    clear_stack();
    gcheap_collect();
    CHECK(MOST(called_of(0, 2)));
    CHECK(MOST(called_of(1, 2)));
    start_anew();
    make_rings(NO_ORDER);
    collect();
    CHECK(MOST(called_of(0, 2)));
    CHECK(MOST(called_of(1, 2)));
}

TEST(objects_that_lead_to_themselves) {
    static const bool expected[] = { false, true, true, false };
    for (unsigned order = ORDERED; order <= UNREACHABLE; order++) {
        start_anew();
        make_loops(order);
        collect();
        if (expected[order]) {
            CHECK(MOST(called_of(0, 1)));
        } else {
            CHECK_EQUAL(called_of(0, 1), 0);
        }
    }
    start_anew();
    make_rings(ORDERED);
    make_rings(IGNORE_SELF);
    collect();
    CHECK_EQUAL(calls, 0);
}

// An unreachable one waits for all others, even for those that do not keep it alive by their order.
static NOINLINE void make_mixed(void) {
    for (size_t i = 0; i < MANY; i++) {
        thing_t *unreachable = new_thing(2 * i + 1, UNREACHABLE);
        new_thing(2 * i, NO_ORDER)->to = unreachable;
    }
}

TEST(unreachable_ones_come_last) {
    start_anew();
    make_mixed();
    clear_stack();
    gcheap_collect();
    CHECK(MOST(called_of(0, 2)));
    CHECK(called_of(1, 2) <= MANY / 10);
    collect();
    CHECK(MOST(called_of(1, 2)));
}

static void note_and_check(void *object, void *data) {
    thing_t *thing = (thing_t *)object;
    if (list_is_whole((node_t *)thing->to, 10) && strcmp((char *)data, "the data") == 0) {
        note(object, data);
    }
}

static NOINLINE void make_with_data(void) {
    for (size_t i = 0; i < MANY; i++) {
        thing_t *thing = new_thing(i, ORDERED);
        thing->to = (thing_t *)new_list(10);
        // Nothing else keeps the data alive.
        CHECK(gcheap_set_finaliser(thing, note_and_check, gcheap_strdup("the data"), ORDERED));
    }
}

TEST(the_object_and_its_data_are_whole) {
    start_anew();
    make_with_data();
    for (int i = 0; i < 20; i++) {
        new_list(1000); // overwrites what is free
        collect();
    }
    CHECK(MOST(called_of(0, 1)));
    CHECK_EQUAL(calls, called_of(0, 1)); // each of them once
}

TEST(on_demand) {
    start_anew();
    gcheap_finalise_on_demand(true);
    make_loops(NO_ORDER);
    collect();
    new_list(1000);
    CHECK_EQUAL(calls, 0);
    size_t run = gcheap_run_finalisers();
    CHECK(MOST(run));
    CHECK_EQUAL(run, calls);
    CHECK_EQUAL(gcheap_run_finalisers(), 0);
    gcheap_finalise_on_demand(false);
}

static void note_other(void *object, void *data) {
    (void)data;
    called_as[((thing_t *)object)->number + MANY] = ++calls;
}

static NOINLINE void make_replaced(void) {
    for (size_t i = 0; i < MANY; i++) {
        CHECK(gcheap_set_finaliser(new_thing(i, ORDERED), i % 2 == 0 ? note_other : NULL, NULL, ORDERED));
    }
}

TEST(replaced_and_removed) {
    start_anew();
    gcheap_stats_t before, stats;
    gcheap_stats(&before);
    make_replaced();
    gcheap_stats(&stats);
    CHECK_EQUAL(stats.finalisers, before.finalisers + MANY / 2);
    collect();
    CHECK_EQUAL(called_of(0, 1), 0);
    CHECK(calls >= MANY / 2 * 9 / 10 && calls <= MANY / 2);
    gcheap_stats(&stats);
    CHECK_EQUAL(stats.finalisers, before.finalisers + MANY / 2 - calls);
}

static NOINLINE void make_freed_and_moved(void) {
    for (size_t i = 0; i < MANY; i++) {
        thing_t *thing = new_thing(i, ORDERED);
        if (i % 2 == 0) {
            gcheap_free(thing); // without calling the finaliser
        } else {
            gcheap_realloc(thing, 5000); // takes it along
        }
    }
}

TEST(freed_and_moved) {
    start_anew();
    make_freed_and_moved();
    collect();
    size_t even = 0, odd = 0;
    for (size_t i = 0; i < MANY; i++) {
        *(i % 2 == 0 ? &even : &odd) += called_as[i] != 0;
    }
    CHECK_EQUAL(even, 0);
    CHECK(odd >= MANY / 2 * 9 / 10);
}

TEST(what_is_refused) {
    char *object = (char *)gcheap_alloc(100, 0);
    CHECK(!gcheap_set_finaliser(object + 16, note, NULL, ORDERED));
    CHECK(!gcheap_set_finaliser(NULL, note, NULL, ORDERED));
    CHECK(!gcheap_set_finaliser(&object, note, NULL, ORDERED));
    CHECK(!gcheap_set_finaliser(object, note, NULL, 4));
    CHECK(gcheap_set_finaliser(object, NULL, NULL, ORDERED));
}

RUN_TESTS(ENTRY(objects_that_lead_to_others_come_first), ENTRY(without_an_order_one_collection_finds_all),
    ENTRY(objects_that_lead_to_themselves), ENTRY(unreachable_ones_come_last), ENTRY(the_object_and_its_data_are_whole),
    ENTRY(on_demand), ENTRY(replaced_and_removed), ENTRY(freed_and_moved), ENTRY(what_is_refused))

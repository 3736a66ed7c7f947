// Objects in which no collection looks for pointers, objects that only gcheap_free frees, and pointers into objects.
#include "common.h"

static void *holders[MANY];

static NOINLINE void *in_scanned(size_t number) {
    void **holder = holders[number] = (void **)gcheap_alloc(sizeof(void *), 0);
    return *holder = gcheap_alloc(20, 0);
}

static NOINLINE void *in_no_scan(size_t number) {
    void **holder = holders[number] = (void **)gcheap_alloc(sizeof(void *), GCHEAP_NO_SCAN);
    return *holder = gcheap_alloc(20, 0);
}

static NOINLINE void *in_no_scan_that_moved(size_t number) {
    void **holder = (void **)gcheap_alloc(sizeof(void *), GCHEAP_NO_SCAN);
    void *object = *holder = gcheap_alloc(20, 0);
    holders[number] = gcheap_realloc(holder, 500);
    return object;
}

static NOINLINE void *in_scanned_that_moved(size_t number) {
    void **holder = (void **)gcheap_alloc(sizeof(void *), 0);
    void *object = *holder = gcheap_alloc(20, 0);
    holders[number] = gcheap_realloc(holder, 500);
    return object;
}

TEST(a_pointer_in_an_object_keeps_alive) {
    CHECK_ALL_LIVE(survivors(in_scanned));
    CHECK_ALL_LIVE(survivors(in_scanned_that_moved));
}

TEST(a_pointer_in_a_no_scan_object_does_not) {
    CHECK_MOST_DIED(survivors(in_no_scan));
    CHECK_MOST_DIED(survivors(in_no_scan_that_moved));
    // The holders themselves are alive, with their contents.
    size_t right = 0;
    for (size_t i = 0; i < MANY; i++) {
        right += *(uintptr_t *)holders[i] == ~hidden[i];
    }
    CHECK_EQUAL(right, MANY);
}

TEST(no_scan_is_cleared_unless_asked_otherwise) {
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < MANY; i++) {
            char *object = (char *)gcheap_alloc(100, GCHEAP_NO_SCAN);
            for (size_t j = 0; j < 100; j++) {
                REQUIRE(object[j] == 0);
            }
            memset(object, 0x77, 100);
        }
        collect();
    }
    // That it is really not cleared can be seen: memory comes back as it was.
    size_t uncleared = 0;
    for (size_t i = 0; i < MANY; i++) {
        char *object = (char *)gcheap_alloc(1000, GCHEAP_NO_SCAN | GCHEAP_NOT_CLEARED);
        memset(object, 0x77, 1000);
        gcheap_free(object);
        object = (char *)gcheap_alloc(1000, GCHEAP_NO_SCAN | GCHEAP_NOT_CLEARED);
        uncleared += object[500] == 0x77;
        gcheap_free(object);
    }
    CHECK(uncleared > MANY / 2);
}

// ---- Only gcheap_free frees the object -------------------------------------------------------------------------------

static NOINLINE void *uncollectable(size_t number) {
    (void)number;
    return gcheap_alloc(50, GCHEAP_UNCOLLECTABLE);
}

static NOINLINE void *behind_uncollectable(size_t number) {
    void **holder = (void **)gcheap_alloc(50, GCHEAP_UNCOLLECTABLE);
    holders[number] = (void *)hide(holder);
    return *holder = gcheap_alloc(20, 0);
}

static NOINLINE void *behind_uncollectable_no_scan(size_t number) {
    (void)number;
    void **holder = (void **)gcheap_alloc(50, GCHEAP_UNCOLLECTABLE | GCHEAP_NO_SCAN);
    return *holder = gcheap_alloc(20, 0);
}

static NOINLINE void *uncollectable_that_moved(size_t number) {
    (void)number;
    return gcheap_realloc(gcheap_alloc(50, GCHEAP_UNCOLLECTABLE), 2000);
}

TEST(uncollectable_objects_live_by_themselves) {
    CHECK_ALL_LIVE(survivors(uncollectable));
    for (size_t i = 0; i < MANY; i++) {
        gcheap_free(seen(hidden[i]));
    }
    CHECK_EQUAL(count_alive(), 0);
    CHECK_ALL_LIVE(survivors(uncollectable_that_moved));
}

TEST(uncollectable_objects_keep_others_alive) {
    memset(holders, 0, sizeof(holders));
    CHECK_ALL_LIVE(survivors(behind_uncollectable));
    for (size_t i = 0; i < MANY; i++) {
        gcheap_free(seen((uintptr_t)holders[i]));
    }
    collect();
    CHECK_MOST_DIED(count_alive());
    CHECK_MOST_DIED(survivors(behind_uncollectable_no_scan));
}

static NOINLINE void *formerly_uncollectable(size_t number) {
    void *object = gcheap_alloc(50, GCHEAP_UNCOLLECTABLE);
    gcheap_free(object);
    (void)number;
    return gcheap_alloc(50, 0); // in the same place
}

TEST(what_follows_in_its_place_is_collectable) {
    CHECK_MOST_DIED(survivors(formerly_uncollectable));
}

RUN_TESTS(ENTRY(a_pointer_in_an_object_keeps_alive), ENTRY(a_pointer_in_a_no_scan_object_does_not),
    ENTRY(no_scan_is_cleared_unless_asked_otherwise), ENTRY(uncollectable_objects_live_by_themselves),
    ENTRY(uncollectable_objects_keep_others_alive), ENTRY(what_follows_in_its_place_is_collectable))

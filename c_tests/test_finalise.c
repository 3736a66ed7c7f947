// Finalisers: which ones run, when, in which order, and what they may do.
#include "host.h"
#include "test.h"

#define BLOCK HOST_BLOCK_BYTES
#define FINALISER GC_ALLOC_FLAG_HAS_FINALISER

// The objects whose finalisers have run, in that order.
static struct {
    uint8_t *objects[2000];
    size_t n;
} run;

static void note(void *object) {
    run.objects[run.n++] = (uint8_t *)object;
}

static void new_heap(size_t bytes, void (*finaliser)(void *object)) {
    host_heap(bytes);
    host_on_finalise = finaliser;
    run.n = 0;
}

static size_t used_blocks(void) {
    gc_info_t info;
    gc_info(&info);
    return info.used / BLOCK;
}

TEST(each_is_run_once_for_what_is_not_reached) {
    new_heap(10000, note);
    uint8_t *kept = (uint8_t *)gc_alloc(1, FINALISER);
    uint8_t *lost = (uint8_t *)gc_alloc(1, FINALISER);
    gc_alloc(1, 0);
    uint8_t *large = (uint8_t *)gc_alloc(40 * BLOCK, FINALISER);
    host_roots[0] = kept;
    gc_collect();
    REQUIRE(run.n == 2);
    CHECK(run.objects[0] == lost && run.objects[1] == large);
    gc_collect();
    CHECK_EQUAL(run.n, 2);
    host_roots[0] = NULL;
    gc_collect();
    CHECK_EQUAL(run.n, 3);
    CHECK(run.objects[2] == kept);
    CHECK_EQUAL(used_blocks(), 0);
}

TEST(the_order_is_that_of_the_addresses) {
    new_heap(30000, note);
    for (unsigned i = 1; i < 4; i++) {
        uint8_t *start = host_memory(i, 9001, 0);
        gc_add(start, start + 9001);
    }
    gcheap_state.gc_auto_collect_enabled = 0;
    // Objects of one to five blocks, with and without finalisers. Holes make their order in memory differ from this
    // one.
    uint8_t *holes[300];
    size_t n_holes = 0, finalisers = 0;
    for (size_t i = 0;; i++) {
        uint8_t *object = (uint8_t *)gc_alloc((1 + i * 7 % 5) * BLOCK, i % 3 == 0 ? FINALISER : 0);
        if (object == NULL) {
            break;
        }
        finalisers += i % 3 == 0;
        if (i % 4 == 1 && i % 3 != 0 && n_holes < 300) {
            holes[n_holes++] = object;
        }
    }
    for (size_t i = n_holes; i > 0; i--) {
        gc_free(holes[i - 1]);
        finalisers += gc_alloc(1, FINALISER) != NULL;
    }
    gc_collect();
    CHECK_EQUAL(run.n, finalisers);
    // Areas are visited in the order of the list, which is not that of their addresses.
    const host_area_t *area = &gcheap_state.area;
    uint8_t *previous = NULL;
    for (size_t i = 0; i < run.n; i++) {
        while (area != NULL && !(run.objects[i] >= area->gc_pool_start && run.objects[i] < area->gc_pool_end)) {
            area = area->next;
            previous = NULL;
        }
        REQUIRE(area != NULL);
        CHECK(run.objects[i] > previous);
        previous = run.objects[i];
    }
    CHECK(area != NULL && area->next == NULL); // there were objects in the last area
    CHECK_EQUAL(used_blocks(), 0);
}

TEST(gc_free_runs_none) {
    new_heap(10000, note);
    gc_free(gc_alloc(1, FINALISER));
    gc_realloc(gc_alloc(100, FINALISER), 0, true);
    CHECK(gc_alloc(100, 0) != NULL); // in the same place, without a finaliser
    gc_collect();
    CHECK_EQUAL(run.n, 0);
}

TEST(a_moved_object_takes_it_along) {
    new_heap(10000, note);
    void *object = gc_alloc(1, FINALISER);
    gc_alloc(1, 0);
    uint8_t *moved = (uint8_t *)gc_realloc(object, 100, true);
    CHECK(moved != object);
    CHECK(gc_alloc(1, 0) == object);
    gc_collect();
    REQUIRE(run.n == 1);
    CHECK(run.objects[0] == moved);
}

static void look_around(void *object) {
    note(object);
    // What this object refers to still exists, whether it is reachable or not.
    size_t links = 0;
    for (void **link = (void **)object; link != NULL; link = (void **)*link) {
        CHECK(link[3] == (void *)&host_seen);
        links += 1;
    }
    CHECK_EQUAL(links, 3);
    CHECK_EQUAL(gc_nbytes(object), 3 * BLOCK);
    CHECK(gc_is_locked());
    CHECK_EQUAL(gcheap_state.gc_lock_depth, 1); // the collect flag, no lock
    CHECK(gc_alloc(1, 0) == NULL);
    CHECK(gc_alloc(1, FINALISER) == NULL);
    CHECK(gc_realloc(NULL, 1, true) == NULL);
    CHECK(gc_realloc(object, 100, true) == NULL);
    CHECK(gc_realloc(object, 1, true) == NULL);
    CHECK_EQUAL(gc_nbytes(object), 3 * BLOCK);
}

TEST(everything_is_whole_and_nothing_can_be_had) {
    new_heap(10000, look_around);
    void **reached = (void **)gc_alloc(3 * BLOCK, 0);
    void **lost = (void **)gc_alloc(2 * BLOCK, 0);
    void **dying = (void **)gc_alloc(3 * BLOCK, FINALISER);
    dying[0] = lost;
    lost[0] = reached;
    dying[3] = lost[3] = reached[3] = &host_seen;
    host_roots[0] = reached;
    gc_collect();
    REQUIRE(run.n == 1);
    CHECK(run.objects[0] == (uint8_t *)dying);
    CHECK_EQUAL(used_blocks(), 3);
    CHECK_EQUAL(host_seen.collections, 1);
    CHECK_EQUAL(gcheap_state.gc_lock_depth, 0);
}

static uint8_t *victims[8];
static size_t n_victims;

static void free_victims(void *object) {
    note(object);
    for (size_t i = 0; i < n_victims; i++) {
        gc_free(victims[i]);
        CHECK_EQUAL(gc_nbytes(victims[i]), 0);
    }
    n_victims = 0;
}

TEST(it_may_free_other_objects) {
    new_heap(10000, free_victims);
    uint8_t *before = (uint8_t *)gc_alloc(2 * BLOCK, 0);
    uint8_t *first = (uint8_t *)gc_alloc(1, FINALISER);
    uint8_t *next = (uint8_t *)gc_alloc(1, FINALISER);
    uint8_t *marked = (uint8_t *)gc_alloc(5 * BLOCK, FINALISER);
    uint8_t *later = (uint8_t *)gc_alloc(50 * BLOCK, FINALISER);
    uint8_t *last = (uint8_t *)gc_alloc(1, FINALISER);
    host_roots[0] = marked;
    victims[0] = before;
    victims[1] = next;
    victims[2] = marked; // marked by this collection, but freed nevertheless
    victims[3] = later;
    n_victims = 4;
    gc_collect();
    // The finalisers of the freed objects no longer run.
    REQUIRE(run.n == 2);
    CHECK(run.objects[0] == first && run.objects[1] == last);
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK_EQUAL(gcheap_state.gc_collected, 2);
    CHECK_EQUAL(used_blocks(), 0);
    CHECK(gc_alloc(1, 0) == before);
    // And the next objects in their places do not inherit their bits.
    host_roots[0] = NULL;
    gc_alloc(59 * BLOCK, 0);
    gc_collect();
    CHECK_EQUAL(run.n, 2);
}

static void free_itself(void *object) {
    note(object);
    gc_free(object);
    CHECK_EQUAL(gc_nbytes(object), 0);
}

TEST(it_may_free_its_own_object) {
    new_heap(10000, free_itself);
    gc_alloc(3 * BLOCK, FINALISER);
    gc_alloc(1, FINALISER);
    gc_alloc(40 * BLOCK, FINALISER);
    gc_alloc(40 * BLOCK, 0);
    gc_collect();
    CHECK_EQUAL(run.n, 3);
    CHECK_EQUAL(gcheap_state.gc_collected, 1);
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK_EQUAL(used_blocks(), 0);
}

static void free_while_locked(void *object) {
    note(object);
    gc_lock();
    gc_free(victims[0]);
    CHECK_EQUAL(gc_nbytes(victims[0]), 2 * BLOCK);
    gc_unlock();
    CHECK(gc_is_locked());
}

TEST(a_lock_inside_it_refuses_gc_free) {
    new_heap(10000, free_while_locked);
    gc_alloc(1, FINALISER);
    victims[0] = (uint8_t *)gc_alloc(2 * BLOCK, 0);
    gc_collect();
    CHECK_EQUAL(run.n, 1);
    CHECK(!gc_is_locked());
    CHECK_EQUAL(used_blocks(), 0);
}

static void collect_again(void *object) {
    note(object);
    gc_collect();
    gc_sweep_all();
    CHECK(gc_is_locked());
    CHECK(gc_nbytes(object) > 0);
}

TEST(a_collection_inside_it_does_nothing) {
    new_heap(10000, collect_again);
    gc_alloc(1, FINALISER);
    gc_alloc(1, FINALISER);
    host_roots[0] = gc_alloc(3 * BLOCK, FINALISER);
    gc_collect();
    CHECK_EQUAL(run.n, 2);
    CHECK_EQUAL(gcheap_state.gc_collected, 2);
    CHECK_EQUAL(gc_nbytes(host_roots[0]), 3 * BLOCK);
    CHECK(!gc_is_locked());
    CHECK(gc_alloc(1, 0) != NULL);
}

TEST(sweep_all_runs_them_all) {
    new_heap(10000, note);
    host_roots[0] = gc_alloc(1, FINALISER);
    gc_alloc(1, 0);
    gc_alloc(70, FINALISER);
    gc_sweep_all();
    CHECK_EQUAL(run.n, 2);
    CHECK_EQUAL(used_blocks(), 0);
    gc_sweep_all();
    CHECK_EQUAL(run.n, 2);
}

// An object that grew in place to the last block of its area. Here gc.c reads one byte past its finaliser table.
TEST(an_object_that_grew_to_the_end_of_its_area) {
    for (size_t bytes = 3000; bytes < 3300; bytes++) {
        new_heap(bytes, note);
        size_t blocks = host_view().blocks;
        uint8_t *object = (uint8_t *)gc_alloc((blocks - 1) * BLOCK, FINALISER);
        CHECK(gc_realloc(object, blocks * BLOCK, false) == object);
        gc_collect();
        CHECK_EQUAL(run.n, 1);
        CHECK_EQUAL(used_blocks(), 0);
        gc_alloc((blocks - 1) * BLOCK, 0);
        object = (uint8_t *)gc_alloc(BLOCK, FINALISER);
        gc_collect();
        REQUIRE(run.n == 2);
        CHECK(run.objects[1] == object);
        CHECK(host_guards_whole());
    }
}

RUN_TESTS(
    ENTRY(each_is_run_once_for_what_is_not_reached),
    ENTRY(the_order_is_that_of_the_addresses),
    ENTRY(gc_free_runs_none),
    ENTRY(a_moved_object_takes_it_along),
    ENTRY(everything_is_whole_and_nothing_can_be_had),
    ENTRY(it_may_free_other_objects),
    ENTRY(it_may_free_its_own_object),
    ENTRY(a_lock_inside_it_refuses_gc_free),
    ENTRY(a_collection_inside_it_does_nothing),
    ENTRY(sweep_all_runs_them_all),
    ENTRY(an_object_that_grew_to_the_end_of_its_area)
)

// What collections keep and free, when they happen, what the queries say, and heaps of several areas.
#include "host.h"
#include "test.h"

#define BLOCK HOST_BLOCK_BYTES

// The address of block n of the first area.
static void *at(size_t block) {
    gcheap_atb_view_t view = host_view();
    return (void *)PTR_FROM_BLOCK(&view, block);
}

TEST(a_collection_keeps_what_roots_reach) {
    host_heap(100000);
    // root -> a -> b -> c (referred to by its last word), and a cycle d <-> e that nothing reaches.
    void **a = (void **)gc_alloc(BLOCK, 0);
    void **d = (void **)gc_alloc(2 * BLOCK, 0);
    void **b = (void **)gc_alloc(40 * BLOCK, 0);
    void **e = (void **)gc_alloc(BLOCK, 0);
    void **c = (void **)gc_alloc(3 * BLOCK, 0);
    a[0] = b;
    b[40 * BLOCK / sizeof(void *) - 1] = c;
    d[3] = e;
    e[0] = d;
    c[0] = a;
    host_roots[HOST_ROOTS - 1] = a;
    gc_collect();
    CHECK_EQUAL(gc_nbytes(a), BLOCK);
    CHECK_EQUAL(gc_nbytes(b), 40 * BLOCK);
    CHECK_EQUAL(gc_nbytes(c), 3 * BLOCK);
    CHECK_EQUAL(gc_nbytes(d), 0);
    CHECK_EQUAL(gc_nbytes(e), 0);
    CHECK_EQUAL(gcheap_state.gc_collected, 2);
    CHECK(b[40 * BLOCK / sizeof(void *) - 1] == c);
    host_roots[HOST_ROOTS - 1] = NULL;
    gc_collect();
    CHECK_EQUAL(gcheap_state.gc_collected, 3);
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.used, 0);
}

TEST(only_the_address_of_a_head_is_a_pointer) {
    host_heap(10000);
    uint8_t *object = (uint8_t *)gc_alloc(3 * BLOCK, 0);
    gcheap_atb_view_t view = host_view();
    uint8_t *outside[] = {
        object + 1, object + 8, object + BLOCK, object + 2 * BLOCK, object - BLOCK, view.pool - 1,
        view.pool + view.blocks * BLOCK, view.atb, view.ftb, (uint8_t *)(uintptr_t)-1, (uint8_t *)8,
    };
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        host_roots[i] = outside[i];
    }
    gc_collect();
    CHECK_EQUAL(gc_nbytes(object), 0);
    CHECK_EQUAL(gcheap_state.gc_collected, 1);
}

static void *extra_root[1];

static void roots_between_start_and_end(void) {
    gc_collect_root(extra_root, 1);
    gc_collect_root(extra_root, 1);
    gc_collect_root(extra_root, 0);
}

TEST(roots_may_come_between_start_and_end) {
    host_heap(10000);
    extra_root[0] = gc_alloc(1, 0);
    gc_alloc(1, 0);
    host_more_roots = roots_between_start_and_end;
    gc_collect();
    CHECK_EQUAL(gcheap_state.gc_collected, 1);
    CHECK_EQUAL(gc_nbytes(extra_root[0]), BLOCK);
}

TEST(sweep_all_frees_even_what_roots_reach) {
    host_heap(10000);
    host_roots[0] = gc_alloc(1, 0);
    gc_alloc(200, 0);
    gc_sweep_all();
    CHECK_EQUAL(gcheap_state.gc_collected, 2);
    CHECK_EQUAL(host_seen.collections, 0);
    CHECK_EQUAL(gcheap_state.gc_lock_depth, 0);
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.used, 0);
}

// Graphs that overflow a mark stack of 64 entries.
TEST(long_lists_and_wide_objects_are_marked_to_the_end) {
    host_heap(HOST_MEMORY_MAX);
    enum { WIDE = 4000, LONG = 9000 };
    void **wide = (void **)gc_alloc(WIDE * sizeof(void *), 0);
    for (int i = 0; i < WIDE; i++) {
        wide[i] = gc_alloc(BLOCK, 0);
        // Each object has a child of its own; half of the children have a lower address than their parent.
        ((void **)wide[i])[3] = i % 2 ? wide[i - 1] : gc_alloc(BLOCK, 0);
    }
    void **list = NULL;
    for (int i = 0; i < LONG; i++) {
        void **link = (void **)gc_alloc(BLOCK, 0);
        REQUIRE(link != NULL);
        link[1] = list;
        list = link;
    }
    wide[WIDE / 2] = list;
    for (int i = 0; i < 3000; i++) {
        gc_alloc(BLOCK, 0);
    }
    host_roots[5] = wide;
    gc_collect();
    // Everything except the last 3000. (The object that the list replaced has a second parent.)
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(gcheap_state.gc_collected, 3000);
    CHECK_EQUAL(info.num_1block, WIDE + WIDE / 2 + LONG);
    int links = 0;
    for (void **link = (void **)wide[WIDE / 2]; link != NULL; link = (void **)link[1]) {
        links += gc_nbytes(link) == BLOCK;
    }
    CHECK_EQUAL(links, LONG);
    gc_collect();
    CHECK_EQUAL(gcheap_state.gc_collected, 0);
}

TEST(a_full_heap_is_collected_once_before_giving_up) {
    host_heap(10000);
    size_t blocks = host_view().blocks;
    void *big = gc_alloc(blocks * BLOCK, 0);
    CHECK(big == at(0));
    CHECK_EQUAL(host_seen.collections, 0);
    CHECK(gc_alloc(blocks * BLOCK, 0) == big); // nothing refers to the first one
    CHECK_EQUAL(host_seen.collections, 1);
    host_roots[0] = big;
    CHECK(gc_alloc(1, 0) == NULL);
    CHECK_EQUAL(host_seen.collections, 2);
    gcheap_state.gc_auto_collect_enabled = 0;
    host_roots[0] = NULL;
    CHECK(gc_alloc(1, 0) == NULL);
    CHECK_EQUAL(host_seen.collections, 2);
    gc_collect();
    CHECK(gc_alloc(1, 0) == big);
}

TEST(the_threshold_collects_after_so_many_blocks) {
    host_heap(10000);
    gcheap_state.gc_alloc_threshold = 10;
    for (int round = 1; round <= 3; round++) {
        for (int i = 0; i < 5; i++) {
            CHECK(gc_alloc(2 * BLOCK, 0) != NULL);
        }
        CHECK_EQUAL(gcheap_state.gc_alloc_amount, 10);
        CHECK_EQUAL(host_seen.collections, round - 1);
        // The allocation that reaches the threshold collects first, and counts towards the next threshold.
        CHECK(gc_alloc(BLOCK, 0) == at(0));
        CHECK_EQUAL(host_seen.collections, round);
        CHECK_EQUAL(gcheap_state.gc_alloc_amount, 1);
        gcheap_state.gc_alloc_amount = 0;
    }
    gcheap_state.gc_auto_collect_enabled = 0;
    for (int i = 0; i < 20; i++) {
        gc_alloc(1, 0);
    }
    CHECK_EQUAL(host_seen.collections, 3);
    // Growing in place does not count; a move counts the blocks that it allocates.
    gcheap_state.gc_alloc_amount = 0;
    void *last = gc_alloc(1, 0);
    CHECK(gc_realloc(last, 5 * BLOCK, false) == last);
    CHECK_EQUAL(gcheap_state.gc_alloc_amount, 1);
    CHECK(gc_realloc(at(0), 5 * BLOCK, true) != NULL);
    CHECK_EQUAL(gcheap_state.gc_alloc_amount, 6);
}

TEST(info_counts_runs) {
    host_heap(20000);
    size_t blocks = host_view().blocks;
    void *one = gc_alloc(1, 0);
    gc_alloc(2 * BLOCK, 0);
    void *hole = gc_alloc(100 * BLOCK, 0);
    gc_alloc(2 * BLOCK, 0);
    gc_alloc(40 * BLOCK, 0);
    gc_alloc(1, 0);
    gc_free(one);
    gc_free(hole);
    gc_alloc(1, 0);
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.total, blocks * BLOCK);
    CHECK_EQUAL(info.used, 46 * BLOCK);
    CHECK_EQUAL(info.free, (blocks - 46) * BLOCK);
    CHECK_EQUAL(info.num_1block, 2);
    CHECK_EQUAL(info.num_2block, 2);
    CHECK_EQUAL(info.max_block, 40);
    CHECK_EQUAL(info.max_free, blocks - 146);
    gc_info_t fast;
    memset(&fast, 0xff, sizeof(fast));
    gc_info_fast(&fast);
    CHECK_EQUAL(fast.total, info.total);
    CHECK_EQUAL(fast.used, info.used);
    CHECK_EQUAL(fast.free, info.free);
}

TEST(dumps_print_what_gc_c_prints) {
    host_heap(10000);
    size_t blocks = host_view().blocks;
    CHECK_EQUAL(blocks, 308);
    gc_alloc(1, 0);
    *(const void **)gc_alloc(3 * BLOCK, 0) = &host_list_type;
    gc_alloc(2 * BLOCK, 0);
    void *low = gc_alloc(60 * BLOCK, 0);
    gc_alloc(1, 0);
    gc_free(low);
    char expected[2000];
    // Lines 1, 2 and 3 are free. Two or more such lines are printed as one; the line in which the run ends is not part
    // of them.
    snprintf(expected, sizeof(expected),
        "GC memory layout; from %jx:\n"
        "00000000: hL==h=..........................................................\n"
        "00000800: ..h.............................................................\n"
        "       (2 lines all free)\n"
        "00002000: ....................................................\n", (uintmax_t)(uintptr_t)host_view().pool);
    CHECK_TEXT(host_dump(gc_dump_alloc_table), expected);
    CHECK_TEXT(host_dump(gc_dump_info),
        "GC: total: 9856, used: 224, free: 9632\n"
        " No. of 1-blocks: 2, 2-blocks: 1, max blk sz: 3, max free sz: 241\n");
}

TEST(areas_are_filled_in_order_and_collected_together) {
    host_heap(2000);
    for (unsigned i = 1; i < 4; i++) {
        uint8_t *start = host_memory(i, 2000 + 500 * i, 8 * i);
        gc_add(start, start + 2000 + 500 * i);
    }
    gcheap_state.gc_auto_collect_enabled = 0;
    gc_info_t info;
    gc_info(&info);
    size_t total = 0;
    const host_area_t *areas[4];
    const host_area_t *area = &gcheap_state.area;
    for (unsigned i = 0; i < 4; i++, area = area->next) {
        REQUIRE(area != NULL);
        areas[i] = area;
        total += host_view_of(area).blocks;
    }
    CHECK(area == NULL);
    CHECK_EQUAL(info.total, total * BLOCK);
    // One linked list through all of them, lowest area first.
    void **previous = NULL;
    for (unsigned i = 0; i < 4; i++) {
        gcheap_atb_view_t view = host_view_of(areas[i]);
        for (size_t block = 0; block < view.blocks; block++) {
            void **link = (void **)gc_alloc(1, GC_ALLOC_FLAG_HAS_FINALISER);
            CHECK((uintptr_t)link == PTR_FROM_BLOCK(&view, block));
            REQUIRE(link != NULL);
            *link = previous;
            previous = link;
        }
    }
    CHECK(gc_alloc(1, 0) == NULL);
    host_roots[0] = previous;
    gc_collect();
    CHECK_EQUAL(gcheap_state.gc_collected, 0);
    // No object spans two areas.
    host_roots[0] = NULL;
    gc_collect();
    CHECK_EQUAL(gcheap_state.gc_collected, total);
    size_t largest = host_view_of(areas[3]).blocks;
    CHECK(gc_alloc((largest + 1) * BLOCK, 0) == NULL);
    CHECK(gc_alloc(largest * BLOCK, 0) == areas[3]->gc_pool_start);
    CHECK(gc_alloc(1, 0) == areas[0]->gc_pool_start);
    // An object cannot grow beyond the end of its area, so it moves to a later area.
    gcheap_atb_view_t view = host_view();
    void *end = gc_alloc((view.blocks - 1) * BLOCK, 0);
    CHECK(gc_realloc(end, view.blocks * BLOCK, false) == NULL);
    CHECK(gc_realloc(end, view.blocks * BLOCK, true) == areas[1]->gc_pool_start);
    CHECK(host_guards_whole());
}

TEST(init_forgets_the_heap_before_it) {
    host_heap(20000);
    gc_alloc(5000, GC_ALLOC_FLAG_HAS_FINALISER);
    uint8_t *start = host_memory(1, 5000, 0);
    gc_add(start, start + 5000);
    gc_alloc(16000, 0);
    gc_lock();
    uint8_t *other = host_memory(2, 3000, 3);
    gc_init(other, other + 3000);
    CHECK(gcheap_state.area.next == NULL);
    CHECK(!gc_is_locked());
    CHECK(gc_alloc(1, 0) == host_view().pool);
    CHECK((uint8_t *)host_view().pool > other && host_view().pool < other + 3000);
    gc_sweep_all();
    CHECK_EQUAL(gcheap_state.gc_collected, 1);
}

// MicroPython's coverage tests save the whole state, make another heap, and restore the state.
TEST(the_state_can_be_put_aside) {
    host_heap(20000);
    host_roots[0] = gc_alloc(500, 0);
    gc_alloc(BLOCK, 0);
    gc_free(gc_alloc(7 * BLOCK, 0));
    host_state_t saved = gcheap_state;
    uint8_t *other = host_memory(1, 3000, 0);
    gc_init(other, other + 3000);
    CHECK(gc_alloc(1, 0) == host_view().pool);
    CHECK(gc_alloc(2000, 0) != NULL);
    gcheap_state = saved;
    CHECK(gc_alloc(1, 0) == at(17));
    gc_collect();
    CHECK_EQUAL(gcheap_state.gc_collected, 2);
    CHECK_EQUAL(gc_nbytes(host_roots[0]), 512);
    CHECK(gc_alloc(1, 0) == at(16));
}

RUN_TESTS(
    ENTRY(a_collection_keeps_what_roots_reach),
    ENTRY(only_the_address_of_a_head_is_a_pointer),
    ENTRY(roots_may_come_between_start_and_end),
    ENTRY(sweep_all_frees_even_what_roots_reach),
    ENTRY(long_lists_and_wide_objects_are_marked_to_the_end),
    ENTRY(a_full_heap_is_collected_once_before_giving_up),
    ENTRY(the_threshold_collects_after_so_many_blocks),
    ENTRY(info_counts_runs),
    ENTRY(dumps_print_what_gc_c_prints),
    ENTRY(areas_are_filled_in_order_and_collected_together),
    ENTRY(init_forgets_the_heap_before_it),
    ENTRY(the_state_can_be_put_aside)
)

// What each function promises, one function at a time.
#include "host.h"
#include "test.h"

#define BLOCK HOST_BLOCK_BYTES

// The address of block n of the first area.
static void *at(size_t block) {
    gcheap_atb_view_t view = host_view();
    return (void *)PTR_FROM_BLOCK(&view, block);
}

static bool all_bytes(const void *start, size_t bytes, uint8_t value) {
    const uint8_t *p = (const uint8_t *)start;
    for (size_t i = 0; i < bytes; i++) {
        if (p[i] != value) {
            return false;
        }
    }
    return true;
}

// Fills the whole heap with one-block objects; returns their number.
static size_t fill(void) {
    size_t n = 0;
    while (gc_alloc(1, 0) != NULL) {
        n += 1;
    }
    return n;
}

TEST(version_is_the_marker) {
    CHECK_TEXT(gcheap_version(), "libgcheap 0.1.0");
}

TEST(init_makes_an_empty_unlocked_heap) {
    memset(&gcheap_state, 0x77, sizeof(gcheap_state));
    host_heap(10000);
    gcheap_atb_view_t view = host_view();
    CHECK_EQUAL(gcheap_state.gc_lock_depth, 0);
    CHECK_EQUAL(gcheap_state.gc_auto_collect_enabled, 1);
    CHECK_EQUAL(gcheap_state.gc_alloc_threshold, (size_t)-1);
    CHECK_EQUAL(gcheap_state.gc_alloc_amount, 0);
    CHECK(gcheap_state.area.next == NULL);
    CHECK(!gc_is_locked());
    for (size_t block = 0; block < view.blocks; block++) {
        CHECK_EQUAL(ATB_GET_KIND(&view, block), AT_FREE);
        CHECK_EQUAL(FTB_GET(&view, block), 0);
    }
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.total, view.blocks * BLOCK);
    CHECK_EQUAL(info.used, 0);
    CHECK_EQUAL(info.free, info.total);
    CHECK_EQUAL(info.max_free, view.blocks);
    CHECK_EQUAL(info.num_1block, 0);
    CHECK_EQUAL(info.num_2block, 0);
    CHECK_EQUAL(info.max_block, 0);
    CHECK(host_guards_whole());
}

TEST(alloc_takes_the_lowest_run_that_fits) {
    host_heap(10000);
    CHECK(gc_alloc(1, 0) == at(0));
    CHECK(gc_alloc(BLOCK, 0) == at(1));
    CHECK(gc_alloc(BLOCK + 1, 0) == at(2));
    CHECK(gc_alloc(3 * BLOCK, 0) == at(4));
    CHECK(gc_alloc(1, 0) == at(7));
    gc_free(at(4));
    gc_free(at(1));
    CHECK(gc_alloc(2 * BLOCK, 0) == at(4)); // the hole at 1 is too small
    CHECK(gc_alloc(2 * BLOCK, 0) == at(8)); // so is the one at 6
    CHECK(gc_alloc(1, 0) == at(1));
    CHECK(gc_alloc(1, 0) == at(6));
    CHECK(gc_alloc(1, 0) == at(10));
}

TEST(alloc_of_nothing_is_null) {
    host_heap(10000);
    CHECK(gc_alloc(0, 0) == NULL);
    CHECK(gc_alloc(0, GC_ALLOC_FLAG_HAS_FINALISER) == NULL);
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK_EQUAL(host_seen.collections, 0);
}

TEST(alloc_clears_its_blocks_and_no_others) {
    host_heap(10000);
    uint8_t *low = (uint8_t *)gc_alloc(3 * BLOCK, 0);
    uint8_t *middle = (uint8_t *)gc_alloc(5 * BLOCK, 0);
    uint8_t *high = (uint8_t *)gc_alloc(3 * BLOCK, 0);
    memset(low, 0xff, 11 * BLOCK);
    gc_free(middle);
    CHECK(gc_alloc(3 * BLOCK + 1, 0) == middle);
    CHECK(all_bytes(low, 3 * BLOCK, 0xff));
    CHECK(all_bytes(middle, 4 * BLOCK, 0));
    CHECK(all_bytes(middle + 4 * BLOCK, BLOCK, 0xff));
    CHECK(all_bytes(high, 3 * BLOCK, 0xff));
}

TEST(nbytes_is_the_size_in_whole_blocks) {
    host_heap(100000);
    for (size_t bytes = 1; bytes < 600; bytes++) {
        void *object = gc_alloc(bytes, 0);
        REQUIRE(object != NULL);
        CHECK_EQUAL(gc_nbytes(object), (bytes + BLOCK - 1) / BLOCK * BLOCK);
        gc_free(object);
    }
}

TEST(free_frees_the_head_and_its_tails) {
    host_heap(10000);
    gcheap_atb_view_t view = host_view();
    gc_alloc(BLOCK, 0);
    void *object = gc_alloc(70 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    gc_alloc(2 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    CHECK_EQUAL(FTB_GET(&view, 1), 1);
    gc_free(object);
    CHECK_EQUAL(ATB_GET_KIND(&view, 0), AT_HEAD);
    for (size_t block = 1; block <= 70; block++) {
        CHECK_EQUAL(ATB_GET_KIND(&view, block), AT_FREE);
        CHECK_EQUAL(FTB_GET(&view, block), 0);
    }
    CHECK_EQUAL(ATB_GET_KIND(&view, 71), AT_HEAD);
    CHECK_EQUAL(ATB_GET_KIND(&view, 72), AT_TAIL);
    CHECK_EQUAL(FTB_GET(&view, 71), 1);
    gc_free(NULL);
    CHECK_EQUAL(host_seen.fatals, 0);
}

TEST(realloc_of_null_allocates_and_to_nothing_frees) {
    host_heap(10000);
    CHECK(gc_realloc(NULL, 40, true) == at(0));
    CHECK_EQUAL(gc_nbytes(at(0)), 2 * BLOCK);
    CHECK(gc_realloc(NULL, 40, false) == at(2));
    CHECK(gc_realloc(at(0), 0, true) == NULL);
    CHECK_EQUAL(gc_nbytes(at(0)), 0);
    CHECK(gc_realloc(NULL, 0, true) == NULL);
    CHECK_EQUAL(host_seen.fatals, 0);
}

TEST(realloc_shrinks_in_place) {
    host_heap(10000);
    uint8_t *object = (uint8_t *)gc_alloc(50 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    gc_alloc(1, 0);
    memset(object, 0x5a, 50 * BLOCK);
    CHECK(gc_realloc(object, 49 * BLOCK + 1, false) == object);
    CHECK_EQUAL(gc_nbytes(object), 50 * BLOCK);
    CHECK(gc_realloc(object, 3 * BLOCK - 5, false) == object);
    CHECK_EQUAL(gc_nbytes(object), 3 * BLOCK);
    CHECK(all_bytes(object, 50 * BLOCK, 0x5a));
    gcheap_atb_view_t view = host_view();
    CHECK_EQUAL(FTB_GET(&view, 0), 1);
    CHECK(gc_alloc(47 * BLOCK, 0) == at(3)); // exactly the blocks that were released
}

TEST(realloc_grows_in_place_and_clears_what_is_new) {
    host_heap(10000);
    uint8_t *object = (uint8_t *)gc_alloc(2 * BLOCK, 0);
    void *behind = gc_alloc(40 * BLOCK, 0);
    memset(object, 0x5a, 42 * BLOCK);
    gc_free(behind);
    CHECK(gc_realloc(object, 36 * BLOCK + 1, false) == object);
    CHECK_EQUAL(gc_nbytes(object), 37 * BLOCK);
    CHECK(all_bytes(object, 2 * BLOCK, 0x5a));
    CHECK(all_bytes(object + 2 * BLOCK, 35 * BLOCK, 0));
    CHECK(all_bytes(object + 37 * BLOCK, 5 * BLOCK, 0x5a));
    // As far as the last block of the area, and no further.
    size_t blocks = host_view().blocks;
    CHECK(gc_realloc(object, blocks * BLOCK, false) == object);
    CHECK_EQUAL(gc_nbytes(object), blocks * BLOCK);
    CHECK(gc_realloc(object, blocks * BLOCK + 1, false) == NULL);
    CHECK_EQUAL(gc_nbytes(object), blocks * BLOCK);
    CHECK(host_guards_whole());
}

TEST(realloc_moves_if_it_may) {
    host_heap(10000);
    gcheap_atb_view_t view = host_view();
    uint8_t *object = (uint8_t *)gc_alloc(2 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    gc_alloc(1, 0);
    memset(object, 0x5a, 2 * BLOCK);
    CHECK(gc_realloc(object, 4 * BLOCK, false) == NULL);
    CHECK_EQUAL(gc_nbytes(object), 2 * BLOCK);
    memset(at(3), 0xff, 4 * BLOCK);
    CHECK(gc_realloc(object, 4 * BLOCK, true) == at(3));
    CHECK(all_bytes(at(3), 2 * BLOCK, 0x5a));
    CHECK(all_bytes(at(5), 2 * BLOCK, 0));
    CHECK_EQUAL(gc_nbytes(object), 0);
    CHECK_EQUAL(FTB_GET(&view, 0), 0);
    CHECK_EQUAL(FTB_GET(&view, 3), 1);
    CHECK_EQUAL(host_seen.fatals, 0);
}

TEST(realloc_that_finds_no_room_leaves_the_object) {
    host_heap(10000);
    gcheap_state.gc_auto_collect_enabled = 0;
    uint8_t *object = (uint8_t *)gc_alloc(2 * BLOCK, 0);
    memset(object, 0x5a, 2 * BLOCK);
    fill();
    CHECK(gc_realloc(object, 3 * BLOCK, true) == NULL);
    CHECK_EQUAL(gc_nbytes(object), 2 * BLOCK);
    CHECK(all_bytes(object, 2 * BLOCK, 0x5a));
}

TEST(locks_nest_and_refuse_changes) {
    host_heap(10000);
    void *object = gc_alloc(3 * BLOCK, 0);
    gc_lock();
    gc_lock();
    for (int depth = 2; depth > 0; depth--) {
        CHECK(gc_is_locked());
        CHECK(gc_alloc(1, 0) == NULL);
        CHECK(gc_realloc(object, 100 * BLOCK, true) == NULL);
        CHECK(gc_realloc(object, BLOCK, true) == NULL);
        CHECK(gc_realloc(NULL, BLOCK, true) == NULL);
        gc_free(object);
        CHECK(gc_realloc(object, 0, true) == NULL);
        CHECK_EQUAL(gc_nbytes(object), 3 * BLOCK);
        gc_unlock();
    }
    CHECK(!gc_is_locked());
    CHECK_EQUAL(host_seen.collections, 0);
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK(gc_alloc(1, 0) == at(3));
    gc_free(object);
    CHECK_EQUAL(gc_nbytes(object), 0);
    // The depth is counted in steps of 2: bit 0 means that this thread is collecting.
    gc_lock();
    CHECK_EQUAL(gcheap_state.gc_lock_depth, 2);
    gc_collect();
    CHECK_EQUAL(gcheap_state.gc_lock_depth, 2);
    gc_unlock();
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
    ENTRY(version_is_the_marker),
    ENTRY(init_makes_an_empty_unlocked_heap),
    ENTRY(alloc_takes_the_lowest_run_that_fits),
    ENTRY(alloc_of_nothing_is_null),
    ENTRY(alloc_clears_its_blocks_and_no_others),
    ENTRY(nbytes_is_the_size_in_whole_blocks),
    ENTRY(free_frees_the_head_and_its_tails),
    ENTRY(realloc_of_null_allocates_and_to_nothing_frees),
    ENTRY(realloc_shrinks_in_place),
    ENTRY(realloc_grows_in_place_and_clears_what_is_new),
    ENTRY(realloc_moves_if_it_may),
    ENTRY(realloc_that_finds_no_room_leaves_the_object),
    ENTRY(locks_nest_and_refuse_changes),
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

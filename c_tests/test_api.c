// What allocation, free, realloc and the lock promise, one function at a time.
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
    ENTRY(locks_nest_and_refuse_changes)
)

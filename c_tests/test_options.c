// The options that are usually off: weak references, areas that are added and returned automatically, and roots that
// must not be read. run.py builds this file for a configuration with all three.
#include "host.h"
#include "test.h"

#define BLOCK HOST_BLOCK_BYTES
#define FINALISER GC_ALLOC_FLAG_HAS_FINALISER
#define RECORD sizeof(host_area_t)

// What the host was told, in order: finalised objects, dying objects with a weak reference, and NULL at the end.
static void *told[64];
static size_t n_told;

static void note(void *object) {
    if (n_told < 64) {
        told[n_told++] = object;
    }
}

static void new_heap(size_t bytes) {
    host_heap(bytes);
    host_on_weakref = note;
    host_on_finalise = note;
    n_told = 0;
}

static bool was_told(void *first, void *second, void *third, void *fourth) {
    void *expected[4] = { first, second, third, fourth };
    size_t n = fourth != NULL ? 4 : third != NULL ? 3 : second != NULL ? 2 : first != NULL ? 1 : 0;
    bool same = n_told == n + 1 && told[n] == NULL;
    for (size_t i = 0; i < n; i++) {
        same = same && told[i] == expected[i];
    }
    n_told = 0;
    return same;
}

static unsigned wtb(const host_area_t *area, size_t block) {
    return area->gc_weakref_table_start[block / 8] >> (block % 8) & 1u;
}

TEST(the_dead_are_told_of_once) {
    new_heap(10000);
    void *lost = gc_alloc(BLOCK, 0);
    void *kept = gc_alloc(3 * BLOCK, 0);
    void *other = gc_alloc(1, 0);
    gc_weakref_mark(lost);
    gc_weakref_mark(kept);
    CHECK_EQUAL(wtb(&gcheap_state.area, 0) * 100 + wtb(&gcheap_state.area, 1) * 10 + wtb(&gcheap_state.area, 4), 110);
    host_roots[0] = kept;
    gc_collect();
    CHECK(was_told(lost, NULL, NULL, NULL));
    CHECK_EQUAL(wtb(&gcheap_state.area, 0), 0);
    CHECK(gc_alloc(1, 0) == lost);
    gc_collect(); // the object that is there now has no weak reference
    CHECK(was_told(NULL, NULL, NULL, NULL));
    gc_sweep_all();
    CHECK(was_told(kept, NULL, NULL, NULL));
    CHECK_EQUAL(gc_nbytes(other), 0);
    CHECK_EQUAL(host_seen.fatals, 0);
}

TEST(of_eight_blocks_the_finalisers_come_first) {
    new_heap(10000);
    void *objects[16];
    for (size_t i = 0; i < 16; i++) {
        objects[i] = gc_alloc(1, i == 5 || i == 9 ? FINALISER : 0);
    }
    gc_weakref_mark(objects[2]);
    gc_weakref_mark(objects[5]); // both
    gc_free(objects[9]);
    objects[9] = gc_alloc(1, FINALISER);
    gc_collect();
    CHECK(was_told(objects[5], objects[2], objects[5], objects[9]));
}

TEST(it_cannot_be_freed_nor_moved) {
    new_heap(10000);
    void *object = gc_alloc(BLOCK, 0);
    gc_alloc(BLOCK, 0);
    gc_weakref_mark(object);
    gc_free(object);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_WEAK_REFERENCE);
    CHECK(host_seen.fatal_ptr == object);
    CHECK(gc_realloc(object, 2 * BLOCK, true) == NULL);
    CHECK(gc_realloc(object, 0, true) == NULL);
    CHECK_EQUAL(host_seen.fatals, 3);
    CHECK(gc_realloc(object, 2 * BLOCK, false) == NULL); // no room, no mistake
    CHECK(gc_realloc(object, 1, true) == object);
    CHECK_EQUAL(host_seen.fatals, 3);
    CHECK_EQUAL(gc_nbytes(object), BLOCK);
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.used, 2 * BLOCK);
    gc_weakref_mark((uint8_t *)object + 1);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_INTERIOR_POINTER);
    gc_weakref_mark(&info);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_FOREIGN_POINTER);
    gc_collect();
    CHECK(was_told(object, NULL, NULL, NULL));
}

static void *use_the_heap;

static void allocate_after(void *object) {
    note(object);
    if (object == NULL && use_the_heap == NULL) {
        CHECK(!gc_is_locked());
        use_the_heap = gc_alloc(BLOCK, FINALISER);
        CHECK(use_the_heap == told[0]); // its place is free already
        gc_collect(); // which calls this function again
    }
}

TEST(after_the_sweep_the_heap_can_be_used) {
    new_heap(10000);
    use_the_heap = NULL;
    host_on_weakref = allocate_after;
    void *object = gc_alloc(1, 0);
    gc_weakref_mark(object);
    gc_collect();
    CHECK_EQUAL(n_told, 4);
    CHECK(told[0] == object && told[1] == NULL && told[2] == object && told[3] == NULL);
}

TEST(tables_and_pool_lie_apart) {
    for (size_t bytes = 2000; bytes < 9000; bytes += 7) {
        uint8_t *start = host_heap(bytes);
        const host_area_t *area = &gcheap_state.area;
        size_t blocks = area->gc_alloc_table_byte_len * 4, bits = (blocks + 7) / 8;
        CHECK(area->gc_weakref_table_start >= start);
        CHECK(area->gc_weakref_table_start + bits <= area->gc_finaliser_table_start);
        CHECK(area->gc_finaliser_table_start + bits <= area->gc_alloc_table_start);
        CHECK(area->gc_alloc_table_start + blocks / 4 <= area->gc_pool_start);
        CHECK(area->gc_pool_start + blocks * BLOCK == area->gc_pool_end);
        // The object in the last block has a bit of its own.
        gcheap_state.gc_auto_collect_enabled = 0;
        void *last = NULL;
        for (void *object; (object = gc_alloc(1, FINALISER)) != NULL; last = object) {
            gc_weakref_mark(object);
        }
        CHECK(last == area->gc_pool_end - BLOCK);
        CHECK_EQUAL(wtb(area, blocks - 1), 1);
        gc_sweep_all();
        CHECK_EQUAL(wtb(area, blocks - 1), 0);
        REQUIRE(host_guards_whole());
    }
    CHECK_EQUAL(host_seen.fatals, 0);
}

// A tool without MicroPython's headers finds the record's fields by gcheap_atb_layout, and the tables by a view.
TEST(a_tool_finds_the_tables_and_the_pool) {
    new_heap(10000);
    void *first = gc_alloc(BLOCK, 0);
    void *third = gc_alloc(3 * BLOCK, FINALISER);
    gc_weakref_mark(third);
    gcheap_atb_layout_t layout = gcheap_atb_layout(BLOCK, true, true, true);
    CHECK_EQUAL(layout.next, offsetof(host_area_t, next));
    CHECK_EQUAL(layout.atb_start, offsetof(host_area_t, gc_alloc_table_start));
    CHECK_EQUAL(layout.atb_bytes, offsetof(host_area_t, gc_alloc_table_byte_len));
    CHECK_EQUAL(layout.ftb_start, offsetof(host_area_t, gc_finaliser_table_start));
    CHECK_EQUAL(layout.wtb_start, offsetof(host_area_t, gc_weakref_table_start));
    CHECK_EQUAL(layout.pool_start, offsetof(host_area_t, gc_pool_start));
    gcheap_atb_view_t view = gcheap_atb_view_at(&gcheap_state.area, &layout);
    CHECK(view.pool == gcheap_state.area.gc_pool_start);
    CHECK(view.wtb == gcheap_state.area.gc_weakref_table_start);
    CHECK_EQUAL(BLOCK_FROM_PTR(&view, first), 0);
    CHECK_EQUAL(BLOCK_FROM_PTR(&view, third), 1);
    for (size_t block = 0; block < view.blocks; block++) {
        CHECK_EQUAL(WTB_GET(&view, block), block == 1);
        CHECK_EQUAL(FTB_GET(&view, block), block == 1);
    }
    WTB_CLEAR(&view, 1);
    CHECK_EQUAL(wtb(&gcheap_state.area, 1), 0);
    gc_free(third); // which is allowed again
    CHECK_EQUAL(host_seen.fatals, 0);
    WTB_SET(&view, 0);
    gc_collect();
    CHECK(was_told(first, NULL, NULL, NULL));
}

// ---------------------------------------------------------------------------------------------------------------------

static size_t n_areas(void) {
    size_t n = 0;
    for (const host_area_t *area = &gcheap_state.area; area != NULL; area = area->next) {
        n += 1;
    }
    return n;
}

TEST(it_grows_when_a_collection_was_no_help) {
    new_heap(4096);
    host_roots[0] = gc_alloc(gcheap_state.area.gc_alloc_table_byte_len * 4 * BLOCK, 0);
    CHECK(host_roots[0] != NULL);
    CHECK(gc_alloc(1, 0) == NULL);
    CHECK_EQUAL(host_seen.collections, 1);
    host_max_new_split = 2048;
    CHECK(gc_alloc(1, 0) == NULL); // it needs 2049
    host_max_new_split = 1 << 20;
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.max_new_split, 1 << 20);
    host_roots[1] = gc_alloc(1, 0);
    CHECK(host_roots[1] != NULL);
    CHECK_EQUAL(host_seen.collections, 3);
    CHECK_EQUAL(host_areas_given, 1);
    CHECK_EQUAL(n_areas(), 2);
    // As many blocks as there were, apart from what is lost at the ends.
    size_t blocks = gcheap_state.area.gc_alloc_table_byte_len * 4;
    size_t grown = gcheap_state.area.next->gc_alloc_table_byte_len * 4;
    CHECK(grown + 4 >= blocks && grown <= blocks + 4);
    // Now an object that is larger than both areas.
    host_roots[2] = gc_alloc(64 * 1024, 0);
    CHECK(host_roots[2] != NULL);
    CHECK_EQUAL(host_areas_given, 2);
    gcheap_state.gc_auto_collect_enabled = 0;
    CHECK(gc_alloc(64 * 1024, 0) != NULL); // without a collection
    CHECK_EQUAL(host_areas_given, 3);
    CHECK_EQUAL(host_seen.collections, 4);
    gc_sweep_all();
    CHECK_EQUAL(n_areas(), 1);
    CHECK_EQUAL(host_areas_back, 3);
    CHECK(gcheap_state.area.next == NULL);
}

TEST(what_cannot_be_had_does_no_harm) {
    new_heap(4096);
    host_max_new_split = SIZE_MAX;
    CHECK(gc_alloc(SIZE_MAX / 2, 0) == NULL); // the host refuses
    CHECK_EQUAL(host_areas_given, 0);
    CHECK_EQUAL(n_areas(), 1);
    CHECK(gc_alloc(1, 0) != NULL);
    gc_lock();
    CHECK(gc_alloc(10000, 0) == NULL);
    gc_unlock();
    CHECK_EQUAL(host_areas_given, 0);
    gc_sweep_all();
}

TEST(an_area_goes_when_it_is_empty_and_not_before) {
    new_heap(4096);
    host_max_new_split = 3000;
    host_roots[0] = gc_alloc(gcheap_state.area.gc_alloc_table_byte_len * 4 * BLOCK, 0);
    gcheap_state.gc_auto_collect_enabled = 0;
    for (int i = 1; i < 4; i++) {
        // A small object that stays, in the first block of the area, and many others that fill the rest.
        host_roots[i] = gc_alloc(BLOCK, 0);
        CHECK_EQUAL(n_areas(), (size_t)i + 1);
        const host_area_t *area = gcheap_state.area.next;
        while (area->next != NULL) {
            area = area->next;
        }
        CHECK(host_roots[i] == area->gc_pool_start);
        for (size_t block = 1; block < area->gc_alloc_table_byte_len * 4; block++) {
            CHECK(gc_alloc(1, 0) != NULL);
        }
    }
    gc_alloc(1, 0);
    CHECK_EQUAL(n_areas(), 5);
    gc_collect();
    size_t left = n_areas();
    CHECK_EQUAL(left, 4);
    for (int i = 1; i < 4; i++) {
        CHECK_EQUAL(gc_nbytes(host_roots[i]), BLOCK);
    }
    CHECK_EQUAL(host_areas_given - host_areas_back, left - 1);
    host_roots[2] = NULL;
    gc_collect();
    CHECK_EQUAL(n_areas(), left - 1);
    CHECK_EQUAL(gc_nbytes(host_roots[1]), BLOCK);
    CHECK_EQUAL(gc_nbytes(host_roots[3]), BLOCK);
    gc_sweep_all();
    CHECK_EQUAL(n_areas(), 1);
    CHECK_EQUAL(host_areas_given, host_areas_back);
}

// ---------------------------------------------------------------------------------------------------------------------

TEST(a_root_that_may_not_be_read_is_no_root) {
    new_heap(10000);
    for (size_t i = 0; i < 6; i++) {
        host_roots[i] = gc_alloc(BLOCK, 0);
    }
    host_forbidden = host_roots + 1;
    host_forbidden_end = host_roots + 3;
    gc_collect();
    for (size_t i = 0; i < 6; i++) {
        CHECK_EQUAL(gc_nbytes(host_roots[i]), i == 1 || i == 2 ? 0 : BLOCK);
    }
}

RUN_TESTS(
    ENTRY(the_dead_are_told_of_once),
    ENTRY(of_eight_blocks_the_finalisers_come_first),
    ENTRY(it_cannot_be_freed_nor_moved),
    ENTRY(after_the_sweep_the_heap_can_be_used),
    ENTRY(tables_and_pool_lie_apart),
    ENTRY(a_tool_finds_the_tables_and_the_pool),
    ENTRY(it_grows_when_a_collection_was_no_help),
    ENTRY(what_cannot_be_had_does_no_harm),
    ENTRY(an_area_goes_when_it_is_empty_and_not_before),
    ENTRY(a_root_that_may_not_be_read_is_no_root)
    )

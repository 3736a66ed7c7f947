// Misuse: the host is told which mistake was made and where, and the heap is as if the call had not been made.
#include "host.h"
#include "test.h"

#define BLOCK HOST_BLOCK_BYTES
#define HEAP_BYTES ((size_t)9000)

// The heap on which every mistake is made: hhh=h==....h=.. with some finalisers, and a second area.
static struct {
    uint8_t *single, *pair, *triple, *freed, *last;
    uint8_t *elsewhere; // an object of three blocks in the second area
    uint8_t *first_area, *other_area;
} on;

static void make_heap(void) {
    on.first_area = host_heap(HEAP_BYTES);
    gcheap_state.gc_auto_collect_enabled = 0;
    gc_alloc(1, GC_ALLOC_FLAG_HAS_FINALISER);
    on.single = (uint8_t *)gc_alloc(1, GC_ALLOC_FLAG_HAS_FINALISER);
    on.pair = (uint8_t *)gc_alloc(2 * BLOCK, 0);
    on.triple = (uint8_t *)gc_alloc(3 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    on.freed = (uint8_t *)gc_alloc(4 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    on.last = (uint8_t *)gc_alloc(2 * BLOCK, 0);
    memset(on.single, 0x11, (size_t)(on.last + 2 * BLOCK - on.single));
    gc_free(on.freed);
    on.other_area = host_memory(1, HEAP_BYTES, 0);
    gc_add(on.other_area, on.other_area + HEAP_BYTES);
    uint8_t *rest = (uint8_t *)gc_alloc((host_view().blocks - 14) * BLOCK, 0);
    on.elsewhere = (uint8_t *)gc_alloc(5 * BLOCK, 0);
    gc_free(rest);
}

// Everything that a mistake could harm.
static struct {
    uint8_t first[HEAP_BYTES], second[HEAP_BYTES];
    host_state_t state;
    gc_info_t info;
} before;

static void remember(void) {
    memset(&before, 0, sizeof(before));
    memcpy(before.first, on.first_area, HEAP_BYTES);
    memcpy(before.second, on.other_area, HEAP_BYTES);
    before.state = gcheap_state;
    gc_info(&before.info);
    host_seen.fatals = 0;
    host_seen.fatal_code = 0;
    host_seen.fatal_ptr = NULL;
}

static bool objects_unharmed(void) {
    gc_info_t info;
    gc_info(&info);
    return memcmp(before.first, on.first_area, HEAP_BYTES) == 0
        && memcmp(before.second, on.other_area, HEAP_BYTES) == 0
        && memcmp(&before.info, &info, sizeof(info)) == 0
        && host_guards_whole();
}

static bool unharmed(void) {
    return objects_unharmed() && memcmp(&before.state, &gcheap_state, sizeof(gcheap_state)) == 0;
}

// A pointer, and the code that the library must report for it. 0: the pointer is valid.
typedef struct mistake_t {
    const char *what;
    uint8_t *ptr;
    unsigned code;
} mistake_t;

#define MISTAKES 40
static mistake_t mistakes[MISTAKES];
static size_t n_mistakes;

static void list_mistakes(void) {
    static int local;
    static int variable;
    gcheap_atb_view_t view = host_view();
    const mistake_t list[] = {
        { "a variable on the stack", (uint8_t *)&local, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "a static variable", (uint8_t *)&variable, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "the allocation table", view.atb, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "the finaliser table", view.ftb, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "a byte before the pool", view.pool - 1, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "a block before the pool", view.pool - BLOCK, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "the pool's end", view.pool + view.blocks * BLOCK, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "a block behind the pool", view.pool + view.blocks * BLOCK + BLOCK, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "the record of the second area", on.other_area, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "address 1", (uint8_t *)(uintptr_t)1, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "address 32", (uint8_t *)(uintptr_t)32, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "the highest address", (uint8_t *)(uintptr_t)-1, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "the highest block", (uint8_t *)(uintptr_t)-32, GCHEAP_MISUSE_FOREIGN_POINTER },
        { "the second byte of a head", on.pair + 1, GCHEAP_MISUSE_INTERIOR_POINTER },
        { "the second word of a head", on.pair + HOST_WORD_BYTES, GCHEAP_MISUSE_INTERIOR_POINTER },
        { "the last byte of a head", on.single + BLOCK - 1, GCHEAP_MISUSE_INTERIOR_POINTER },
        { "the middle of a tail", on.pair + BLOCK + 16, GCHEAP_MISUSE_INTERIOR_POINTER },
        { "the middle of a free block", on.freed + 16, GCHEAP_MISUSE_INTERIOR_POINTER },
        { "the pool's last byte", view.pool + view.blocks * BLOCK - 1, GCHEAP_MISUSE_INTERIOR_POINTER },
        { "an object freed before", on.freed, GCHEAP_MISUSE_FREE_BLOCK },
        { "what was a tail of it", on.freed + BLOCK, GCHEAP_MISUSE_FREE_BLOCK },
        { "a block never used", on.last + 10 * BLOCK, GCHEAP_MISUSE_FREE_BLOCK },
        { "the pool's last block", view.pool + (view.blocks - 1) * BLOCK, GCHEAP_MISUSE_FREE_BLOCK },
        { "a tail", on.pair + BLOCK, GCHEAP_MISUSE_TAIL_BLOCK },
        { "the last tail", on.triple + 2 * BLOCK, GCHEAP_MISUSE_TAIL_BLOCK },
        { "the second area's head, inside", on.elsewhere + 8, GCHEAP_MISUSE_INTERIOR_POINTER },
        { "the second area's tail", on.elsewhere + BLOCK, GCHEAP_MISUSE_TAIL_BLOCK },
        { "the second area's free block", on.elsewhere + 5 * BLOCK, GCHEAP_MISUSE_FREE_BLOCK },
        { "behind the second area", on.other_area + HEAP_BYTES, GCHEAP_MISUSE_FOREIGN_POINTER },
    };
    n_mistakes = sizeof(list) / sizeof(list[0]);
    memcpy(mistakes, list, sizeof(list));
}

// After a mistake the heap still works: valid objects are still valid, and the next object is placed as it would have
// been.
static void works_on(void) {
    CHECK_EQUAL(gc_nbytes(on.single), BLOCK);
    CHECK_EQUAL(gc_nbytes(on.triple), 3 * BLOCK);
    void *object = gc_alloc(4 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    CHECK(object == on.freed);
    gc_free(object);
    gc_free(on.pair);
    CHECK(gc_alloc(2 * BLOCK, 0) == on.pair);
    host_seen.fatals = 0;
    gc_collect();
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.used, 0);
    CHECK_EQUAL(host_seen.fatals, 0);
}

static void check_report(const mistake_t *mistake) {
    bool right = host_seen.fatals == 1 && host_seen.fatal_code == mistake->code && host_seen.fatal_ptr == mistake->ptr;
    if (!CHECK(right) || !CHECK(unharmed())) {
        printf("    with: %s, %p; %u reports, the last one %u for %p\n", mistake->what, (void *)mistake->ptr,
            host_seen.fatals, host_seen.fatal_code, host_seen.fatal_ptr);
    }
}

TEST(free_of_what_is_no_object) {
    make_heap();
    list_mistakes();
    for (size_t i = 0; i < n_mistakes; i++) {
        remember();
        gc_free(mistakes[i].ptr);
        check_report(&mistakes[i]);
    }
    works_on();
}

TEST(realloc_of_what_is_no_object) {
    static const size_t sizes[] = { 1, 32, 64, 2000, 100000, 0, SIZE_MAX, SIZE_MAX / 2 };
    make_heap();
    list_mistakes();
    for (size_t i = 0; i < n_mistakes; i++) {
        for (size_t j = 0; j < 2 * sizeof(sizes) / sizeof(sizes[0]); j++) {
            remember();
            CHECK(gc_realloc(mistakes[i].ptr, sizes[j / 2], j % 2) == NULL);
            check_report(&mistakes[i]);
        }
    }
    works_on();
}

TEST(nbytes_of_what_is_no_object_is_0) {
    make_heap();
    list_mistakes();
    remember();
    CHECK_EQUAL(gc_nbytes(NULL), 0);
    for (size_t i = 0; i < n_mistakes; i++) {
        CHECK_EQUAL(gc_nbytes(mistakes[i].ptr), 0);
    }
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK(unharmed());
}

TEST(a_second_free_of_the_same_object) {
    make_heap();
    gc_free(on.triple);
    remember();
    gc_free(on.triple);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_FREE_BLOCK);
    CHECK(host_seen.fatal_ptr == on.triple);
    CHECK(unharmed());
    // Not detected once the address is in use again, because it is the address of another object then. A test in
    // constant time cannot do better.
    remember();
    CHECK(gc_alloc(3 * BLOCK, 0) == on.triple);
    gc_free(on.triple);
    CHECK_EQUAL(host_seen.fatals, 0);
}

TEST(realloc_to_nothing_of_a_freed_object) {
    make_heap();
    remember();
    CHECK(gc_realloc(on.freed, 0, true) == NULL);
    CHECK_EQUAL(host_seen.fatals, 1);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_FREE_BLOCK);
    CHECK(unharmed());
}

TEST(null_is_no_mistake) {
    make_heap();
    remember();
    gc_free(NULL);
    CHECK(gc_realloc(NULL, 0, true) == NULL);
    CHECK_EQUAL(gc_nbytes(NULL), 0);
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK(unharmed());
}

TEST(a_locked_heap_ignores_mistakes_as_it_ignores_all) {
    make_heap();
    list_mistakes();
    gc_lock();
    remember();
    for (size_t i = 0; i < n_mistakes; i++) {
        gc_free(mistakes[i].ptr);
        CHECK(gc_realloc(mistakes[i].ptr, 100, true) == NULL);
    }
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK(unharmed());
    gc_unlock();
}

TEST(absurd_sizes_are_refused) {
    make_heap();
    remember();
    for (size_t less = 0; less < 200; less++) {
        const size_t sizes[] = {
            SIZE_MAX - less, SIZE_MAX / 2 - less, SIZE_MAX / 2 + 1 + less, SIZE_MAX / 32 - less,
            SIZE_MAX / 32 + 1 + less, SIZE_MAX / 64 * less, HEAP_BYTES + less,
        };
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            if (sizes[i] == 0) {
                continue;
            }
            CHECK(gc_alloc(sizes[i], 0) == NULL);
            CHECK(gc_alloc(sizes[i], GC_ALLOC_FLAG_HAS_FINALISER) == NULL);
            CHECK(gc_realloc(on.triple, sizes[i], false) == NULL);
            CHECK(gc_realloc(on.triple, sizes[i], true) == NULL);
            CHECK(gc_realloc(on.last, sizes[i], false) == NULL);
            CHECK(gc_realloc(on.last, sizes[i], true) == NULL);
            CHECK(gc_realloc(NULL, sizes[i], true) == NULL);
        }
    }
    CHECK_EQUAL(host_seen.fatals, 0);
    CHECK(objects_unharmed()); // the state may record that there was no room
    works_on();
}

// With automatic collection, a size that is too large may cause a collection, but no reachable object is lost.
TEST(absurd_sizes_cost_no_object) {
    make_heap();
    host_roots[0] = on.triple;
    gc_collect();
    gcheap_state.gc_auto_collect_enabled = 1;
    uint8_t content[3 * BLOCK];
    memcpy(content, on.triple, sizeof(content));
    CHECK(gc_alloc(SIZE_MAX, 0) == NULL);
    CHECK(gc_alloc(SIZE_MAX - 31, 0) == NULL);
    CHECK(gc_alloc(SIZE_MAX / 2, 0) == NULL);
    CHECK(gc_realloc(on.triple, SIZE_MAX, true) == NULL);
    CHECK(gc_realloc(on.triple, SIZE_MAX - 100, true) == NULL);
    CHECK_EQUAL(gc_nbytes(on.triple), 3 * BLOCK);
    CHECK(memcmp(content, on.triple, sizeof(content)) == 0);
    CHECK_EQUAL(host_seen.fatals, 0);
}

// gc_init with a range that is too small for a heap: it is reported, and the heap is empty. A valid range works
// afterwards.
static void bad_init(uint8_t *start, uint8_t *end, unsigned code, const void *ptr) {
    host_seen.fatals = 0;
    gc_init(start, end);
    CHECK_EQUAL(host_seen.fatals, 1);
    CHECK_EQUAL(host_seen.fatal_code, code);
    CHECK(host_seen.fatal_ptr == ptr);
    CHECK(host_guards_whole());
    gc_info_t info;
    memset(&info, 0xff, sizeof(info));
    gc_info(&info);
    CHECK_EQUAL(info.total, 0);
    CHECK_EQUAL(info.free, 0);
    CHECK_EQUAL(info.used, 0);
    CHECK_EQUAL(info.max_free, 0);
    CHECK_EQUAL(info.max_block, 0);
    CHECK(gc_alloc(1, 0) == NULL);
    CHECK(gc_alloc(100, GC_ALLOC_FLAG_HAS_FINALISER) == NULL);
    CHECK(gc_realloc(NULL, 1, true) == NULL);
    CHECK_EQUAL(gc_nbytes(start), 0);
    gc_collect();
    gc_sweep_all();
    host_dump(gc_dump_alloc_table);
    host_dump(gc_dump_info);
    CHECK(!gc_is_locked());
    CHECK_EQUAL(host_seen.fatals, 1);
    gc_free(&gcheap_state);
    CHECK_EQUAL(host_seen.fatals, 2);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_FOREIGN_POINTER);
    CHECK(host_guards_whole());
}

TEST(init_without_room) {
    host_reset();
    // By gc.c's formula 131 bytes have room for the first table byte: 1 + (1 + 1/2 + 4 * 32), rounded up.
    for (size_t bytes = 0; bytes < 131; bytes++) {
        for (size_t offset = 0; offset < 64; offset++) {
            uint8_t *start = host_memory(0, bytes, offset);
            bad_init(start, start + bytes, GCHEAP_MISUSE_HEAP_TOO_SMALL, start);
        }
    }
    host_heap(5000);
    CHECK(gc_alloc(1, 0) == host_view().pool);
}

TEST(init_with_its_end_before_its_start) {
    host_reset();
    uint8_t *start = host_memory(0, 10000, 0);
    bad_init(start + 10000, start, GCHEAP_MISUSE_END_BEFORE_START, start);
    bad_init(start + 1, start, GCHEAP_MISUSE_END_BEFORE_START, start);
    bad_init(start + 5000, start + 4999, GCHEAP_MISUSE_END_BEFORE_START, start + 4999);
    // end is not before start, except after it has been rounded down.
    bad_init(start + 33, start + 40, GCHEAP_MISUSE_HEAP_TOO_SMALL, start + 33);
    bad_init((uint8_t *)(uintptr_t)-64, NULL, GCHEAP_MISUSE_END_BEFORE_START, NULL);
    bad_init(NULL, NULL, GCHEAP_MISUSE_HEAP_TOO_SMALL, NULL);
    gc_init(start, start + 10000);
    CHECK(gc_alloc(1, 0) == host_view().pool);
}

TEST(add_of_a_bad_range_leaves_the_heap) {
    make_heap();
    uint8_t *extra = host_memory(2, 4000, 0);
    for (size_t bytes = 0; bytes < sizeof(host_area_t) + 131; bytes++) {
        remember();
        gc_add(extra, extra + bytes);
        CHECK_EQUAL(host_seen.fatals, 1);
        CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_HEAP_TOO_SMALL);
        CHECK(host_seen.fatal_ptr == extra);
        CHECK(unharmed());
    }
    remember();
    gc_add(extra + 4000, extra);
    CHECK_EQUAL(host_seen.fatals, 1);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_END_BEFORE_START);
    CHECK(host_seen.fatal_ptr == extra);
    CHECK(unharmed());
    works_on();
}

static unsigned in_finaliser;

static void make_mistakes(void *object) {
    in_finaliser += 1;
    host_seen.fatals = 0;
    gc_free((uint8_t *)object + 1);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_INTERIOR_POINTER);
    gc_free((uint8_t *)object + BLOCK);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_TAIL_BLOCK);
    gc_free(&in_finaliser);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_FOREIGN_POINTER);
    CHECK_EQUAL(host_seen.fatals, 3);
    gc_free(object);
    CHECK_EQUAL(host_seen.fatals, 3);
    gc_free(object);
    CHECK_EQUAL(host_seen.fatals, 4);
    CHECK_EQUAL(host_seen.fatal_code, GCHEAP_MISUSE_FREE_BLOCK);
}

TEST(mistakes_in_a_finaliser) {
    host_heap(9000);
    gc_alloc(3 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    gc_alloc(2 * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER);
    host_on_finalise = make_mistakes;
    in_finaliser = 0;
    gc_collect();
    CHECK_EQUAL(in_finaliser, 2);
    gc_info_t info;
    gc_info(&info);
    CHECK_EQUAL(info.used, 0);
    CHECK(gc_alloc(1, 0) == host_view().pool);
}

// Calls of a collection without those that must come before or after them.
TEST(parts_of_a_collection_alone) {
    make_heap();
    remember();
    gc_collect_end();
    gc_collect_end();
    void *root = on.single;
    gc_collect_root(&root, 1);
    gc_collect_root(NULL, 0);
    CHECK_EQUAL(gc_nbytes(on.single), BLOCK);
    CHECK(unharmed());
    works_on();
}

RUN_TESTS(
    ENTRY(free_of_what_is_no_object),
    ENTRY(realloc_of_what_is_no_object),
    ENTRY(nbytes_of_what_is_no_object_is_0),
    ENTRY(a_second_free_of_the_same_object),
    ENTRY(realloc_to_nothing_of_a_freed_object),
    ENTRY(null_is_no_mistake),
    ENTRY(a_locked_heap_ignores_mistakes_as_it_ignores_all),
    ENTRY(absurd_sizes_are_refused),
    ENTRY(absurd_sizes_cost_no_object),
    ENTRY(init_without_room),
    ENTRY(init_with_its_end_before_its_start),
    ENTRY(add_of_a_bad_range_leaves_the_heap),
    ENTRY(mistakes_in_a_finaliser),
    ENTRY(parts_of_a_collection_alone)
)

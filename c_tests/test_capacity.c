// Capacity: a heap never has fewer blocks than gc.c would have in the same memory, all of them can be allocated, and
// nothing outside the memory is accessed. Tested for every size from 256 bytes to 64 KiB and every alignment of its
// start.
//
// gc.c's rule: of the bytes between start and end (end rounded down to a block) one is a gap. The rest is divided by
// what each table byte needs: that byte, half a byte of the finaliser table and half a byte of the weak-reference table
// (in builds that have them), and four blocks. With T bytes in total and blocks of 32 bytes:
//
//      table bytes = floor((T - 1) / (1 + 1/2 + 4 * 32)) = floor(2 * (T - 1) / 259),   blocks = 4 * table bytes.
//
// run.py also compiles this file for other configurations.
#include <stdlib.h>

#include "host.h"
#include "test.h"

#define BLOCK HOST_BLOCK_BYTES
// Enough for a table byte and its four blocks at any alignment.
#define SMALLEST ((size_t)(HOST_BLOCK > 32 ? 512 : 256))
#define LARGEST ((size_t)65536)

static size_t gc_c_blocks(const uint8_t *start, const uint8_t *end) {
    uintptr_t whole_end = (uintptr_t)end / BLOCK * BLOCK;
    size_t bytes = (size_t)(whole_end - (uintptr_t)start);
    return 2 * (bytes - 1) / (2 + HOST_FINALISER + HOST_WEAKREF + 8 * BLOCK) * 4;
}

// The stride through the sizes; 1 tests all of them. run.py sets a larger one where each step is slow (valgrind,
// sanitizers).
static size_t stride(void) {
    const char *text = getenv("CAPACITY_STRIDE");
    return text != NULL ? (size_t)strtoul(text, NULL, 10) : 1;
}

// The memory, with guards of 64 bytes on both sides, which are checked after each heap.
static uint8_t buffer[63 + 64 + 63 + LARGEST + 64];

static uint8_t *first_byte(size_t alignment) {
    return (uint8_t *)(((uintptr_t)buffer + 64 + 63) / 64 * 64) + alignment;
}

static bool guards_whole(const uint8_t *start, const uint8_t *end) {
    uint64_t before[8], behind[8], all = UINT64_MAX;
    memcpy(before, start - 64, 64);
    memcpy(behind, end, 64);
    for (int i = 0; i < 8; i++) {
        all &= before[i] & behind[i];
    }
    return all == UINT64_MAX;
}

// Checks the layout of the only area, in [start, end), by its view: every part is inside, complete, and overlaps no
// other.
static bool well_laid_out(const gcheap_atb_view_t *view, const uint8_t *start, const uint8_t *end) {
    const uint8_t *pool_end = view->pool + view->blocks * BLOCK;
    const uint8_t *atb_end = view->atb + view->blocks / BLOCKS_PER_ATB;
    if ((uintptr_t)pool_end != (uintptr_t)end / BLOCK * BLOCK || view->atb < start || atb_end > view->pool) {
        return false;
    }
    if (!HOST_FINALISER) {
        return view->ftb == NULL;
    }
    const uint8_t *ftb_end = view->ftb + (view->blocks + BLOCKS_PER_FTB - 1) / BLOCKS_PER_FTB;
    return view->ftb >= start && ftb_end <= view->pool && (atb_end <= view->ftb || ftb_end <= view->atb);
}

TEST(no_fewer_blocks_than_gc_c_and_all_in_one_piece) {
    size_t heaps = 0;
    host_reset();
    for (size_t alignment = 0; alignment < 64; alignment++) {
        uint8_t *start = first_byte(alignment);
        // Each heap is a little larger than the one before, so its guards are still untouched.
        memset(buffer, 0xff, sizeof(buffer));
        for (size_t size = SMALLEST; size <= LARGEST; size += stride()) {
            uint8_t *end = start + size;
            gc_init(start, end);
            gcheap_state.gc_auto_collect_enabled = 0;
            gcheap_atb_view_t view = host_view();
            bool right = view.blocks >= gc_c_blocks(start, end) && well_laid_out(&view, start, end);
            // One object of all blocks: it clears them, and there is a tail at every place of the table.
            right = right && gc_alloc(view.blocks * BLOCK, GC_ALLOC_FLAG_HAS_FINALISER) == view.pool
                && gc_nbytes(view.pool) == view.blocks * BLOCK
                && gc_alloc(1, 0) == NULL
                && gc_realloc(view.pool, view.blocks * BLOCK + 1, false) == NULL;
            right = right && guards_whole(start, end);
            if (!CHECK(right)) {
                printf("    with %zu bytes at an address of 64 n + %zu: %zu blocks, in gc.c %zu\n", size, alignment,
                    view.blocks, gc_c_blocks(start, end));
                return;
            }
            heaps += 1;
        }
    }
    printf("    %zu heaps\n", heaps);
    CHECK_EQUAL(host_seen.fatals, 0);
}

TEST(every_block_can_be_had_one_at_a_time) {
    host_reset();
    for (size_t size = SMALLEST; size <= LARGEST; size += 7 * stride()) {
        uint8_t *start = first_byte(size % 61);
        uint8_t *end = start + size;
        memset(start - 64, 0xff, 64);
        memset(end, 0xff, 64);
        gc_init(start, end);
        gcheap_state.gc_auto_collect_enabled = 0;
        gcheap_atb_view_t view = host_view();
        for (size_t block = 0; block < view.blocks; block++) {
            uint8_t *object = (uint8_t *)gc_alloc(1, block % 2);
            REQUIRE((uintptr_t)object == PTR_FROM_BLOCK(&view, block));
            memset(object, 0xff, BLOCK); // all of it belongs to the caller
        }
        CHECK(gc_alloc(1, 0) == NULL);
        gc_info_t info;
        gc_info(&info);
        CHECK_EQUAL(info.total, view.blocks * BLOCK);
        CHECK_EQUAL(info.used, info.total);
        CHECK_EQUAL(info.num_1block, view.blocks);
        gc_collect();
        gc_info(&info);
        CHECK_EQUAL(info.free, info.total);
        CHECK(gc_alloc(view.blocks * BLOCK, 0) == view.pool);
        REQUIRE(guards_whole(start, end));
    }
}

#if HOST_SPLIT_HEAP
TEST(added_areas_have_gc_c_s_blocks_too) {
    for (size_t offset = 0; offset < 64; offset++) {
        for (size_t size = SMALLEST; size < 1400; size += stride()) {
            host_heap(1000);
            uint8_t *start = host_memory(1, size, offset), *end = start + size;
            gc_add(start, end);
            gcheap_state.gc_auto_collect_enabled = 0;
            REQUIRE(gcheap_state.area.next != NULL);
            // gc.c puts the area's record at start, even if that is not aligned for it. libgcheap moves the record up
            // to the next aligned address, which may cost one table byte (four blocks).
            size_t least = gc_c_blocks(start + sizeof(host_area_t), end);
            if (offset % HOST_WORD_BYTES != 0) {
                uint8_t *aligned = start + HOST_WORD_BYTES - offset % HOST_WORD_BYTES;
                least = gc_c_blocks(aligned + sizeof(host_area_t), end);
            }
            gcheap_atb_view_t view = host_view_of(gcheap_state.area.next);
            CHECK(view.blocks >= least);
            CHECK((const uint8_t *)gcheap_state.area.next >= start);
            CHECK(well_laid_out(&view, (const uint8_t *)(gcheap_state.area.next + 1), end));
            gc_alloc(host_view().blocks * BLOCK, 0);
            for (size_t block = 0; block < view.blocks; block++) {
                REQUIRE((uintptr_t)gc_alloc(1, 1) == PTR_FROM_BLOCK(&view, block));
            }
            CHECK(gc_alloc(1, 0) == NULL);
            gc_collect();
            REQUIRE(host_guards_whole());
        }
    }
}

#endif

// With valgrind and the address sanitizer, this also checks that no byte outside the memory is read.
TEST(small_heaps_stay_inside_their_memory) {
    for (size_t size = SMALLEST; size < 700; size += stride() < 8 ? 1 : 3) {
        for (size_t offset = 0; offset < 64; offset += 1) {
            host_reset();
            uint8_t *start = host_memory(0, size, offset);
            gc_init(start, start + size);
            gcheap_state.gc_auto_collect_enabled = 0;
            gcheap_atb_view_t view = host_view();
            for (size_t block = 0; block + 1 < view.blocks; block += 2) {
                gc_alloc(2 * BLOCK, 1);
            }
            host_roots[0] = view.pool;
            gc_collect();
            CHECK_EQUAL(gc_nbytes(view.pool), 2 * BLOCK);
            gc_realloc(view.pool, view.blocks * BLOCK, false);
            gc_free(view.pool);
            gc_info_t info;
            gc_info(&info);
            CHECK_EQUAL(info.used, 0);
            REQUIRE(host_guards_whole());
        }
    }
}

#if HOST_SPLIT_HEAP
#define ADDED_AREAS ENTRY(added_areas_have_gc_c_s_blocks_too),
#else
#define ADDED_AREAS
#endif

RUN_TESTS(
    ENTRY(no_fewer_blocks_than_gc_c_and_all_in_one_piece),
    ENTRY(every_block_can_be_had_one_at_a_time),
    ADDED_AREAS
    ENTRY(small_heaps_stay_inside_their_memory)
)

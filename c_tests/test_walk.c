// Walks live heaps with only gcheap_atb.h, and compares the result with the dump, with gc_info, with gc_nbytes and with
// the test's own list of objects. Then tests the macros of the header one by one.
#include <inttypes.h>

#include "host.h"
#include "test.h"

#define BLOCK HOST_BLOCK_BYTES

// The record of the first area, as a tool without host.h's struct finds it: in the state, by the usual layout.
static const void *first_record(gcheap_atb_layout_t *layout) {
    *layout = gcheap_atb_layout(32, true, true, false);
    return &gcheap_state;
}

// ---------------------------------------------------------------------------------------------------------------------
// The dump: its text, converted back into one letter per block

// Reads one area of the dump into `letters`; returns the start of the next area, or NULL if the text is not a dump.
static const char *read_area(const char *text, const gcheap_atb_view_t *view, char *letters) {
    static const char title[] = "GC memory layout; from ";
    char *after;
    if (strncmp(text, title, sizeof(title) - 1) != 0) {
        return NULL;
    }
    if (strtoumax(text + sizeof(title) - 1, &after, 16) != PTR_FROM_BLOCK(view, 0) || *after != ':') {
        return NULL;
    }
    text = after + 1;
    size_t block = 0;
    while (strncmp(text, "\n       (", 9) == 0 || (*text == '\n' && text[1] != 'G' && text[1] != '\0')) {
        if (text[1] == ' ') {
            for (size_t lines = strtoumax(text + 9, &after, 10); lines > 0; lines--) {
                for (int i = 0; i < 64 && block < view->blocks; i++) {
                    letters[block++] = '.';
                }
            }
            static const char rest[] = " lines all free)";
            if (strncmp(after, rest, sizeof(rest) - 1) != 0) {
                return NULL;
            }
            text = after + sizeof(rest) - 1;
        } else {
            // The number before each line is the offset of its first block from the start of the pool, in bytes.
            if (strtoumax(text + 1, &after, 16) != block * BLOCK || after != text + 9 || strncmp(after, ": ", 2) != 0) {
                return NULL;
            }
            text = after + 2;
            for (int i = 0; i < 64 && block < view->blocks; i++) {
                letters[block++] = *text++;
            }
        }
    }
    return *text == '\n' && block == view->blocks ? text + 1 : NULL;
}

// ---------------------------------------------------------------------------------------------------------------------
// The test's own list of all objects

typedef struct object_t {
    uint8_t *address;
    size_t blocks;
    bool finaliser;
    bool marked;
} object_t;

#define OBJECTS 600
static object_t objects[OBJECTS];
static size_t n_objects;

static object_t *find(uintptr_t address) {
    for (size_t i = 0; i < n_objects; i++) {
        if ((uintptr_t)objects[i].address == address) {
            return &objects[i];
        }
    }
    return NULL;
}

// Walks through all areas, and compares them with the dump, gc_info, gc_nbytes and the list.
static void compare(void) {
    static char letters[HOST_MEMORY_MAX / 32];
    const char *text = host_dump(gc_dump_alloc_table);
    gcheap_atb_layout_t layout;
    size_t seen = 0, total = 0, used = 0, free_blocks = 0, ones = 0, twos = 0, largest = 0, longest_free = 0;
    bool marks = false;
    for (const void *record = first_record(&layout); record != NULL; record = gcheap_atb_next_record(record, &layout)) {
        gcheap_atb_view_t view = gcheap_atb_view_at(record, &layout);
        text = read_area(text, &view, letters);
        REQUIRE(text != NULL);
        total += view.blocks;
        size_t free_run = 0;
        for (size_t block = 0; block < view.blocks;) {
            size_t first = block;
            uint8_t byte = view.atb[ATB_FROM_BLOCK(block)];
            bool is_free[4] = { ATB_0_IS_FREE(byte), ATB_1_IS_FREE(byte), ATB_2_IS_FREE(byte), ATB_3_IS_FREE(byte) };
            CHECK(is_free[block % BLOCKS_PER_ATB] == (ATB_GET_KIND(&view, block) == AT_FREE));
            if (ATB_GET_KIND(&view, block) == AT_FREE) {
                CHECK(letters[block] == '.');
                CHECK_EQUAL(FTB_GET(&view, block), 0);
                block += 1;
                free_blocks += 1;
                free_run += 1;
                longest_free = free_run > longest_free ? free_run : longest_free;
                continue;
            }
            free_run = 0;
            // A tail without a head would be found here.
            unsigned kind = ATB_GET_KIND(&view, block);
            REQUIRE(kind == AT_HEAD || kind == AT_MARK);
            marks = marks || kind == AT_MARK;
            CHECK(letters[block] == (kind == AT_MARK ? 'm' : 'h'));
            do {
                block += 1;
            } while (block < view.blocks && ATB_GET_KIND(&view, block) == AT_TAIL);
            for (size_t tail = first + 1; tail < block; tail++) {
                CHECK(letters[tail] == '=');
                CHECK_EQUAL(FTB_GET(&view, tail), 0);
            }
            size_t blocks = block - first;
            used += blocks;
            ones += blocks == 1;
            twos += blocks == 2;
            largest = blocks > largest ? blocks : largest;
            void *address = (void *)PTR_FROM_BLOCK(&view, first);
            CHECK_EQUAL(BLOCK_FROM_PTR(&view, address), first);
            CHECK_EQUAL(BLOCK_FROM_PTR(&view, (uint8_t *)address + BLOCK - 1), first);
            CHECK_EQUAL(gc_nbytes(address), kind == AT_HEAD ? blocks * BLOCK : 0);
            const object_t *object = find((uintptr_t)address);
            REQUIRE(object != NULL);
            CHECK_EQUAL(object->blocks, blocks);
            CHECK_EQUAL(object->marked, kind == AT_MARK);
            CHECK_EQUAL(object->finaliser, FTB_GET(&view, first));
            seen += 1;
        }
    }
    CHECK_EQUAL(*text, '\0');
    CHECK_EQUAL(seen, n_objects);
    if (!marks) {
        gc_info_t info;
        gc_info(&info);
        CHECK_EQUAL(info.total, total * BLOCK);
        CHECK_EQUAL(info.used, used * BLOCK);
        CHECK_EQUAL(info.free, free_blocks * BLOCK);
        CHECK_EQUAL(info.num_1block, ones);
        CHECK_EQUAL(info.num_2block, twos);
        CHECK_EQUAL(info.max_block, largest);
        CHECK_EQUAL(info.max_free, longest_free);
    }
    CHECK(host_guards_whole());
}

// The address where first fit must place an object of this many blocks, according to the table alone. 0: there is no
// room.
static uintptr_t first_fit(size_t blocks) {
    gcheap_atb_layout_t layout;
    for (const void *record = first_record(&layout); record != NULL; record = gcheap_atb_next_record(record, &layout)) {
        gcheap_atb_view_t view = gcheap_atb_view_at(record, &layout);
        size_t run = 0;
        for (size_t block = 0; block < view.blocks; block++) {
            run = ATB_GET_KIND(&view, block) == AT_FREE ? run + 1 : 0;
            if (run == blocks) {
                return PTR_FROM_BLOCK(&view, block + 1 - run);
            }
        }
    }
    return 0;
}

static size_t random_blocks(void) {
    switch (host_random() % 8) {
        case 0: return 1 + host_random() % 100;
        case 1: return 1 + host_random() % 20;
        default: return 1 + host_random() % 4;
    }
}

static void allocate(void) {
    size_t blocks = random_blocks();
    bool finaliser = host_random() % 4 == 0;
    uintptr_t place = n_objects < OBJECTS ? first_fit(blocks) : 0;
    if (place == 0) {
        return;
    }
    size_t bytes = blocks * BLOCK - host_random() % BLOCK;
    uint8_t *object = (uint8_t *)gc_alloc(bytes, finaliser ? GC_ALLOC_FLAG_HAS_FINALISER : 0);
    CHECK_EQUAL((uintptr_t)object, place);
    objects[n_objects++] = (object_t) { object, blocks, finaliser, false };
}

static void reallocate(object_t *object) {
    size_t blocks = random_blocks();
    bool move = host_random() % 2;
    uint8_t *to = (uint8_t *)gc_realloc(object->address, blocks * BLOCK, move);
    if (to != NULL) {
        CHECK(move || to == object->address);
        object->address = to;
        object->blocks = blocks;
    } else {
        CHECK(blocks > object->blocks);
    }
}

// A collection with some of the objects as roots. Between start and end they are marked, and the dump shows it.
static void collect(void) {
    gc_collect_start();
    for (size_t i = 0; i < n_objects; i++) {
        if (host_random() % 3 != 0) {
            void *root = objects[i].address;
            gc_collect_root(&root, 1);
            objects[i].marked = true;
        }
    }
    compare();
    gc_collect_end();
    size_t kept = 0;
    for (size_t i = 0; i < n_objects; i++) {
        if (objects[i].marked) {
            objects[kept] = objects[i];
            objects[kept++].marked = false;
        }
    }
    CHECK_EQUAL(gcheap_state.gc_collected, n_objects - kept);
    n_objects = kept;
}

static void live_heap(unsigned areas) {
    // The sizes are uneven, so that the tables start and end anywhere in a word. The objects contain no pointers.
    static const size_t sizes[] = { 30011, 4999, 13337, 8642 };
    host_heap(sizes[0]);
    gcheap_state.gc_auto_collect_enabled = 0;
    for (unsigned i = 1; i < areas; i++) {
        uint8_t *start = host_memory(i, sizes[i], 8 * (i % 3));
        gc_add(start, start + sizes[i]);
    }
    n_objects = 0;
    for (int step = 0; step < 4000 && !test_failed; step++) {
        uint32_t choice = host_random() % 32;
        object_t *object = n_objects > 0 ? &objects[host_random() % n_objects] : NULL;
        if (choice < 16 || object == NULL) {
            allocate();
        } else if (choice < 25) {
            gc_free(object->address);
            *object = objects[--n_objects];
        } else if (choice < 31) {
            reallocate(object);
        } else if (host_random() % 4 == 0) {
            collect();
        }
        if (step % 8 == 0) {
            compare();
        }
    }
    CHECK_EQUAL(host_seen.fatals, 0);
}

TEST(a_live_heap_of_one_area) {
    live_heap(1);
}

TEST(a_live_heap_of_two_areas) {
    live_heap(2);
}

TEST(a_live_heap_of_four_areas) {
    live_heap(4);
}

// ---------------------------------------------------------------------------------------------------------------------
// The macros of the header, on a table of the test itself

TEST(the_masks_take_a_byte_apart) {
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned kinds[4] = { byte & 3, byte >> 2 & 3, byte >> 4 & 3, byte >> 6 };
        CHECK_EQUAL(byte & ATB_MASK_0, kinds[0]);
        CHECK_EQUAL(byte & ATB_MASK_1, kinds[1] * 4);
        CHECK_EQUAL(byte & ATB_MASK_2, kinds[2] * 16);
        CHECK_EQUAL(byte & ATB_MASK_3, kinds[3] * 64);
        CHECK(ATB_0_IS_FREE(byte) == (kinds[0] == AT_FREE));
        CHECK(ATB_1_IS_FREE(byte) == (kinds[1] == AT_FREE));
        CHECK(ATB_2_IS_FREE(byte) == (kinds[2] == AT_FREE));
        CHECK(ATB_3_IS_FREE(byte) == (kinds[3] == AT_FREE));
        uint8_t table[2] = { (uint8_t)byte, (uint8_t)~byte };
        gcheap_atb_view_t view = gcheap_atb_view(table, 2, NULL, table, 32);
        CHECK_EQUAL(view.blocks, 8);
        for (size_t block = 0; block < 4; block++) {
            CHECK_EQUAL(BLOCK_SHIFT(block), 2 * block);
            CHECK_EQUAL(BLOCK_SHIFT(block + 4), 2 * block);
            CHECK_EQUAL(ATB_FROM_BLOCK(block), 0);
            CHECK_EQUAL(ATB_FROM_BLOCK(block + 4), 1);
            CHECK_EQUAL(ATB_GET_KIND(&view, block), kinds[block]);
            CHECK_EQUAL(ATB_GET_KIND(&view, block + 4), 3 - kinds[block]);
            CHECK_EQUAL(FTB_GET(&view, block), 0);
            CHECK_EQUAL(WTB_GET(&view, block), 0);
        }
    }
}

TEST(the_transitions_change_one_block_and_no_other) {
    for (unsigned others = 0; others < 4; others++) {
        for (size_t block = 0; block < 8; block++) {
            uint8_t clean[2], table[2], ftb[1] = { 0 };
            memset(clean, (int)(others * 0x55), 2);
            clean[block / 4] = (uint8_t)(clean[block / 4] & ~(3u << block % 4 * 2));
            memcpy(table, clean, 2);
            gcheap_atb_view_t view = gcheap_atb_view(table, 2, ftb, NULL, 16);
            ATB_FREE_TO_HEAD(&view, block);
            CHECK_EQUAL(ATB_GET_KIND(&view, block), AT_HEAD);
            ATB_HEAD_TO_MARK(&view, block);
            CHECK_EQUAL(ATB_GET_KIND(&view, block), AT_MARK);
            ATB_MARK_TO_HEAD(&view, block);
            CHECK_EQUAL(ATB_GET_KIND(&view, block), AT_HEAD);
            ATB_ANY_TO_FREE(&view, block);
            CHECK(memcmp(table, clean, 2) == 0);
            ATB_FREE_TO_TAIL(&view, block);
            CHECK_EQUAL(ATB_GET_KIND(&view, block), AT_TAIL);
            for (size_t other = 0; other < 8; other++) {
                CHECK_EQUAL(ATB_GET_KIND(&view, other), other == block ? AT_TAIL : others);
            }
            ATB_ANY_TO_FREE(&view, block);
            CHECK(memcmp(table, clean, 2) == 0);
            FTB_SET(&view, block);
            CHECK_EQUAL(ftb[0], 1u << block);
            CHECK_EQUAL(FTB_GET(&view, block), 1);
            ftb[0] = 0xff;
            FTB_CLEAR(&view, block);
            CHECK_EQUAL(ftb[0], 0xff & ~(1u << block));
            CHECK_EQUAL(FTB_GET(&view, block), 0);
            uint8_t wtb[1] = { (uint8_t)~(1u << block) };
            view.wtb = wtb;
            CHECK_EQUAL(WTB_GET(&view, block), 0);
            WTB_SET(&view, block);
            CHECK_EQUAL(wtb[0], 0xff);
            WTB_CLEAR(&view, block);
            CHECK_EQUAL(wtb[0], 0xff & ~(1u << block));
        }
    }
}

TEST(arguments_are_evaluated_once) {
    uint8_t table[1] = { 0xe4 }; // 11 10 01 00: block n is of kind n
    gcheap_atb_view_t view = gcheap_atb_view(table, 1, NULL, NULL, 16);
    size_t block = 0;
    CHECK_EQUAL(ATB_GET_KIND(&view, block++), 0);
    CHECK_EQUAL(ATB_GET_KIND(&view, block++), 1);
    ATB_ANY_TO_FREE(&view, block++);
    CHECK_EQUAL(block, 3);
    CHECK_EQUAL(table[0], 0xc4);
}

TEST(addresses_and_blocks_of_any_size) {
    for (size_t block_bytes = 16; block_bytes <= 4096; block_bytes *= 2) {
        // The pool is never read, so it may be elsewhere, for instance in another process.
        gcheap_atb_view_t view = gcheap_atb_view(NULL, 25, NULL, (void *)(uintptr_t)0x12345640, block_bytes);
        CHECK_EQUAL(view.blocks, 100);
        for (size_t block = 0; block < 100; block++) {
            uintptr_t address = 0x12345640 + block * block_bytes;
            CHECK_EQUAL(PTR_FROM_BLOCK(&view, block), address);
            CHECK_EQUAL(BLOCK_FROM_PTR(&view, address), block);
            CHECK_EQUAL(BLOCK_FROM_PTR(&view, address + block_bytes - 1), block);
        }
        CHECK(BLOCK_FROM_PTR(&view, 0x12345640 - 1) > 100);
        CHECK(BLOCK_FROM_PTR(&view, 0x12345640 + 100 * block_bytes) == 100);
    }
}

// The three ways to make a view of the same area.
TEST(views_of_one_area_agree) {
    host_heap(5000);
    gcheap_atb_layout_t layout;
    const void *record = first_record(&layout);
    gcheap_atb_view_t by_bytes = gcheap_atb_view_at(record, &layout);
    gcheap_atb_view_t by_struct = GCHEAP_ATB_VIEW_OF_AREA(&gcheap_state.area, 32);
    CHECK(memcmp(&by_bytes, &by_struct, sizeof(by_bytes)) == 0);
    gcheap_atb_view_t no_ftb = GCHEAP_ATB_VIEW_OF_AREA_NO_FTB(&gcheap_state.area, 32);
    CHECK(no_ftb.ftb == NULL && no_ftb.atb == by_bytes.atb && no_ftb.pool == by_bytes.pool);
    CHECK(gcheap_atb_next_record(record, &layout) == NULL);
    CHECK_EQUAL(layout.next, offsetof(host_area_t, next));
    CHECK_EQUAL(layout.pool_start, offsetof(host_area_t, gc_pool_start));
    layout = gcheap_atb_layout(16, false, false, false);
    CHECK_EQUAL(layout.next, GCHEAP_ATB_ABSENT);
    CHECK_EQUAL(layout.ftb_start, GCHEAP_ATB_ABSENT);
    CHECK_EQUAL(layout.wtb_start, GCHEAP_ATB_ABSENT);
    CHECK_EQUAL(layout.atb_start, 0);
    CHECK_EQUAL(layout.atb_bytes, sizeof(void *));
    CHECK_EQUAL(layout.pool_start, 2 * sizeof(void *));
    const void *fields[3] = { record, (void *)(uintptr_t)7, &layout };
    gcheap_atb_view_t view = gcheap_atb_view_at(fields, &layout);
    CHECK(view.atb == record && view.blocks == 28 && view.ftb == NULL && view.wtb == NULL && view.block_bytes == 16);
    CHECK(gcheap_atb_next_record(fields, &layout) == NULL);
}

RUN_TESTS(
    ENTRY(a_live_heap_of_one_area),
    ENTRY(a_live_heap_of_two_areas),
    ENTRY(a_live_heap_of_four_areas),
    ENTRY(the_masks_take_a_byte_apart),
    ENTRY(the_transitions_change_one_block_and_no_other),
    ENTRY(arguments_are_evaluated_once),
    ENTRY(addresses_and_blocks_of_any_size),
    ENTRY(views_of_one_area_agree)
)

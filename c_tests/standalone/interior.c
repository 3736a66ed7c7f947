// Pointers into objects: from outside the heap they always count; from objects, unless the program switches that off.
// The program's first argument says which: "on" or "off".
#include "common.h"

enum { BYTES = 200 };
static char *outside[MANY];
static char **holders;

static size_t offset; // of the pointers

static NOINLINE void *from_outside(size_t number) {
    char *object = (char *)gcheap_alloc(BYTES, 0);
    outside[number] = object + offset;
    return object;
}

static NOINLINE void *from_object(size_t number) {
    char *object = (char *)gcheap_alloc(BYTES, 0);
    holders[number] = object + offset;
    return object;
}

static NOINLINE void *first_page_of_large(size_t number) {
    char *object = (char *)gcheap_alloc(100000, GCHEAP_NO_SCAN);
    outside[number] = object + 99999 - number % 99999;
    return object;
}

static bool on = true;

TEST(from_static_data) {
    static const size_t offsets[] = { 0, 1, 15, 16, 17, 100, BYTES - 1 };
    for (size_t i = 0; i < COUNT(offsets); i++) {
        offset = offsets[i];
        CHECK_ALL_LIVE(survivors(from_outside));
    }
    memset(outside, 0, sizeof(outside));
    collect();
    CHECK_MOST_DIED(count_alive());
}

TEST(into_a_large_object) {
    CHECK_ALL_LIVE(survivors(first_page_of_large));
    memset(outside, 0, sizeof(outside));
}

TEST(from_another_object) {
    static const size_t offsets[] = { 1, 16, 100, BYTES - 1 };
    for (size_t i = 0; i < COUNT(offsets); i++) {
        holders = (char **)gcheap_alloc(MANY * sizeof(char *), 0);
        offset = offsets[i];
        size_t alive = survivors(from_object);
        if (on) {
            CHECK_ALL_LIVE(alive);
        } else {
            CHECK_MOST_DIED(alive);
        }
    }
    holders = (char **)gcheap_alloc(MANY * sizeof(char *), 0);
    offset = 0;
    CHECK_ALL_LIVE(survivors(from_object));
    holders = NULL;
    collect();
    CHECK_MOST_DIED(count_alive());
}

TEST(just_behind_the_end) {
    // With pointers into objects, every object has a byte more than it was asked for.
    holders = (char **)gcheap_alloc(MANY * sizeof(char *), 0);
    offset = BYTES + 8; // a whole number of blocks
    size_t alive = survivors(from_object);
    CHECK(on || alive < MANY);
    for (size_t bytes = 16; bytes <= 160; bytes += 16) {
        char *object = (char *)gcheap_alloc(bytes, 0);
        CHECK(gcheap_size(object) >= bytes);
        CHECK((gcheap_base(object + bytes) == object) == on);
    }
    holders = NULL;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "off") == 0) {
        on = false;
        gcheap_set_interior_pointers(false);
    }
    static const test_t tests[] = { ENTRY(from_static_data), ENTRY(into_a_large_object), ENTRY(from_another_object),
        ENTRY(just_behind_the_end) };
    return run_tests(tests, COUNT(tests));
}

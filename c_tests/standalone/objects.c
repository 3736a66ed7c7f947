// Objects: what an allocation promises, how objects change their size, and which sizes there are.
#include "common.h"

static bool aligned(const void *object) {
    return (uintptr_t)object % (sizeof(void *) == 8 ? 16 : 8) == 0;
}

TEST(zeroed_and_aligned) {
    // Filled objects die first, so that their memory comes back.
    for (int round = 0; round < 3; round++) {
        for (size_t bytes = 1; bytes < 3000; bytes += 7) {
            void *object = gcheap_alloc(bytes, 0);
            REQUIRE(object != NULL);
            REQUIRE(aligned(object));
            REQUIRE(all_are(object, bytes, 0));
            memset(object, 0xa5, bytes);
        }
        collect();
    }
}

TEST(size_is_what_was_asked_for_or_more) {
    for (size_t bytes = 0; bytes < 2000; bytes++) {
        char *object = (char *)gcheap_alloc(bytes, 0);
        size_t size = gcheap_size(object);
        REQUIRE(size >= bytes && size > 0);
        REQUIRE(size <= bytes + 32);
        // All of it can be used: the neighbours do not change.
        char *neighbour = (char *)gcheap_alloc(16, 0);
        memset(object, 0xff, size);
        REQUIRE(all_are(neighbour, 16, 0));
    }
    CHECK_EQUAL(gcheap_size(NULL), 0);
    int local = 0;
    CHECK_EQUAL(gcheap_size(&local), 0);
    CHECK_EQUAL(gcheap_size((char *)gcheap_alloc(100, 0) + 16), 0);
}

TEST(base_of_every_byte_and_of_the_end) {
    for (size_t bytes = 0; bytes <= 400; bytes += 5) {
        char *object = (char *)gcheap_alloc(bytes, 0);
        for (size_t i = 0; i <= bytes; i++) {
            REQUIRE(gcheap_base(object + i) == object);
        }
        REQUIRE(gcheap_base(object - 1) != object);
    }
    int local = 0;
    CHECK(gcheap_base(&local) == NULL);
    CHECK(gcheap_base(NULL) == NULL);
    CHECK(gcheap_base((void *)UINTPTR_MAX) == NULL);
    char *large = (char *)gcheap_alloc(5 << 20, 0);
    CHECK(gcheap_base(large + (5 << 20)) == large);
    gcheap_free(large);
    CHECK(gcheap_base(large) == NULL);
}

TEST(no_bytes_are_an_object_of_its_own) {
    void *one = gcheap_alloc(0, 0), *other = gcheap_alloc(0, 0);
    CHECK(one != NULL && other != NULL && one != other);
    CHECK(gcheap_base(one) == one);
}

static void fill(unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (unsigned char)(i * 7 + 1);
    }
}

static bool filled(const unsigned char *bytes, size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != (unsigned char)(i * 7 + 1)) {
            return false;
        }
    }
    return true;
}

TEST(realloc_keeps_contents) {
    unsigned char *object = (unsigned char *)gcheap_alloc(10, 0);
    fill(object, 10);
    size_t size = 10;
    for (size_t next = 10; next < 3000000; next = next * 3 / 2 + 1) {
        object = (unsigned char *)gcheap_realloc(object, next);
        REQUIRE(object != NULL && aligned(object));
        REQUIRE(filled(object, size));
        REQUIRE(all_are(object + size, next - size, 0));
        fill(object, next);
        size = next;
        // Something behind it, so that it has to move sometimes.
        REQUIRE(gcheap_alloc(100, 0) != NULL);
    }
    while (size > 10) {
        size = size / 2;
        object = (unsigned char *)gcheap_realloc(object, size);
        REQUIRE(object != NULL);
        REQUIRE(filled(object, size));
        REQUIRE(gcheap_size(object) < size + 64);
    }
}

TEST(bytes_that_come_back_are_new) {
    for (size_t less = 1; less < 100; less++) {
        unsigned char *object = (unsigned char *)gcheap_alloc(100, 0);
        memset(object, 0xee, 100);
        object = (unsigned char *)gcheap_realloc(object, less);
        object = (unsigned char *)gcheap_realloc(object, 100);
        REQUIRE(all_are(object, less, 0xee));
        REQUIRE(all_are(object + less, 100 - less, 0));
    }
}

TEST(new_bytes_of_an_object_that_was_not_cleared) {
    unsigned char *object = (unsigned char *)gcheap_alloc(10, GCHEAP_NO_SCAN | GCHEAP_NOT_CLEARED);
    object = (unsigned char *)gcheap_realloc(object, 3000);
    CHECK(all_are(object + 10, 2990, 0));
}

TEST(realloc_of_null_and_to_nothing) {
    void *object = gcheap_realloc(NULL, 40);
    REQUIRE(object != NULL);
    CHECK(all_are(object, 40, 0));
    CHECK(gcheap_realloc(object, 0) == NULL);
    CHECK_EQUAL(gcheap_size(object), 0);
    gcheap_free(NULL);
}

TEST(strings) {
    char *copy = gcheap_strdup("garbage");
    CHECK_TEXT(copy, "garbage");
    CHECK_TEXT(gcheap_strdup(""), "");
    CHECK(gcheap_strdup(NULL) == NULL);
    CHECK_TEXT(gcheap_strndup("garbage", 4), "garb");
    CHECK_TEXT(gcheap_strndup("garbage", 100), "garbage");
    CHECK_TEXT(gcheap_strndup("garbage", 0), "");
    CHECK(gcheap_strndup(NULL, 5) == NULL);
    const char open[3] = { 'a', 'b', 'c' };
    CHECK_TEXT(gcheap_strndup(open, 3), "abc");
    CHECK(gcheap_base(copy) == copy);
}

TEST(sizes_that_are_too_large) {
    node_t *list = new_list(1000);
    void *kept = gcheap_alloc(100, 0);
    static const size_t back[] = { 0, 1, 2, 15, 16, 17, 31, 32, 100, 4095, 4096, 65536 };
    for (size_t i = 0; i < COUNT(back); i++) {
        for (unsigned flags = 0; flags < 16; flags += 2) {
            REQUIRE(gcheap_alloc(SIZE_MAX - back[i], flags) == NULL);
            REQUIRE(gcheap_alloc(SIZE_MAX / 2 - back[i], flags) == NULL);
            REQUIRE(gcheap_alloc(SIZE_MAX / 16 + back[i], flags) == NULL || sizeof(void *) == 4);
        }
        REQUIRE(gcheap_realloc(kept, SIZE_MAX - back[i]) == NULL);
        REQUIRE(gcheap_realloc(kept, SIZE_MAX / 2 - back[i]) == NULL);
        REQUIRE(gcheap_base(kept) == kept);
    }
    CHECK(list_is_whole(list, 1000));
    CHECK(list_is_whole(new_list(1000), 1000));
}

TEST(freed_memory_comes_back) {
    gcheap_stats_t before, stats;
    gcheap_stats(&before);
    // 2 GB in all: only if free works does this need little.
    for (int i = 0; i < 2000; i++) {
        char *object = (char *)gcheap_alloc(1 << 20, GCHEAP_NO_SCAN);
        REQUIRE(object != NULL);
        object[1000] = 1;
        gcheap_free(object);
    }
    gcheap_stats(&stats);
    CHECK(stats.heap_bytes < before.heap_bytes + (64 << 20));
}

TEST(version) {
    CHECK_TEXT(gcheap_version(), "libgcheap 0.1.0");
}

// Whichever function makes them, small objects are made of all that was set aside for them.
TEST(small_objects_take_little_memory) {
    static char *texts[10000];
    gcheap_collect();
    gcheap_stats_t before, after;
    gcheap_stats(&before);
    for (int i = 0; i < 10000; i++) {
        texts[i] = i % 3 == 0 ? gcheap_strdup("text") : i % 3 == 1 ? gcheap_strndup("text", 9)
                                                                  : gcheap_realloc(NULL, 5);
    }
    gcheap_stats(&after);
    CHECK(after.collections > before.collections || after.used_bytes - before.used_bytes < 10000 * 32);
    CHECK(after.allocated_bytes - before.allocated_bytes < 10000 * 32);
    CHECK_TEXT(texts[9999], "text");
}

RUN_TESTS(ENTRY(zeroed_and_aligned), ENTRY(size_is_what_was_asked_for_or_more), ENTRY(base_of_every_byte_and_of_the_end),
    ENTRY(no_bytes_are_an_object_of_its_own), ENTRY(realloc_keeps_contents), ENTRY(bytes_that_come_back_are_new),
    ENTRY(new_bytes_of_an_object_that_was_not_cleared), ENTRY(realloc_of_null_and_to_nothing), ENTRY(strings),
    ENTRY(sizes_that_are_too_large), ENTRY(freed_memory_comes_back),
    ENTRY(small_objects_take_little_memory), ENTRY(version))

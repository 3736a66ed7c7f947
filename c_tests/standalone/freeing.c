// Objects that are freed by hand: small ones are kept for the thread's next allocations of their size, or of a smaller one.
#include "common.h"

#include <pthread.h>
#include <stdatomic.h>

enum { KEPT_BYTES = 1000 }; // the sizes that are kept, in tests

static const unsigned flags_of[] = { 0, GCHEAP_NO_SCAN, GCHEAP_NO_SCAN | GCHEAP_NOT_CLEARED };

// Whether an object of so many bytes is allocated at this address again before many others are.
static bool comes_back(const void *freed, size_t bytes, unsigned flags) {
    for (int i = 0; i < 1000; i++) {
        if (gcheap_alloc(bytes, flags) == freed) {
            return true;
        }
    }
    return false;
}

TEST(a_freed_place_is_used_again) {
    for (size_t bytes = 1; bytes < KEPT_BYTES; bytes += 13) {
        for (size_t i = 0; i < COUNT(flags_of); i++) {
            void *object = gcheap_alloc(bytes, flags_of[i]);
            gcheap_free(object);
            REQUIRE(comes_back(object, bytes, flags_of[i]));
        }
    }
}

TEST(a_place_that_is_used_again_is_cleared) {
    for (size_t bytes = 1; bytes < KEPT_BYTES; bytes += 7) {
        unsigned char *objects[50];
        for (size_t i = 0; i < COUNT(objects); i++) {
            objects[i] = (unsigned char *)gcheap_alloc(bytes, GCHEAP_NO_SCAN);
            memset(objects[i], 0xee, bytes);
        }
        for (size_t i = 0; i < COUNT(objects); i++) {
            gcheap_free(objects[i]);
        }
        for (size_t i = 0; i < COUNT(objects); i++) {
            unsigned char *object = (unsigned char *)gcheap_alloc(bytes, GCHEAP_NO_SCAN);
            REQUIRE(all_are(object, bytes, 0));
            object = (unsigned char *)gcheap_alloc(bytes, GCHEAP_NO_SCAN | GCHEAP_NOT_CLEARED);
            object = (unsigned char *)gcheap_realloc(object, bytes + 100);
            REQUIRE(all_are(object + bytes, 100, 0));
        }
    }
}

static void *kept[MANY];

static NOINLINE void free_many(size_t bytes, unsigned flags) {
    void *objects[60];
    for (size_t i = 0; i < COUNT(objects); i++) {
        objects[i] = gcheap_alloc(bytes, flags);
    }
    for (size_t i = 0; i < COUNT(objects); i++) {
        gcheap_free(objects[i]);
    }
}

static NOINLINE void *holder_of_a_list(void) {
    free_many(700, GCHEAP_NO_SCAN);
    // The second one is a part of one that was freed, if that were allowed.
    void **holder = (void **)gcheap_alloc(700, 0);
    holder[0] = gcheap_alloc(300, 0);
    holder[80] = new_list(1000);
    ((void **)holder[0])[30] = new_list(1000);
    return holder;
}

static bool is_alive(const node_t *list) {
    size_t length = 0;
    for (; list != NULL && gcheap_size(list) != 0; list = list->next) {
        length++;
    }
    return length == 1000;
}

TEST(a_place_without_pointers_is_not_used_for_pointers) {
    void **holder = (void **)holder_of_a_list();
    collect();
    CHECK(is_alive((node_t *)holder[80]));
    CHECK(is_alive(((node_t **)holder[0])[30]));
}

static NOINLINE void *parts_of_a_scanned_object(void) {
    free_many(900, 0);
    // The last one is what is left of the others.
    void **parts = (void **)gcheap_alloc(300, 0);
    parts[0] = gcheap_alloc(300, 0);
    ((void **)parts[0])[20] = new_list(1000);
    return parts;
}

TEST(parts_of_a_place_with_pointers_have_pointers) {
    void **parts = (void **)parts_of_a_scanned_object();
    collect();
    CHECK(is_alive(((node_t **)parts[0])[20]));
}

static NOINLINE void remember_parts_without_pointers(void) {
    free_many(900, GCHEAP_NO_SCAN);
    for (size_t i = 0; i < MANY; i++) {
        void **part = (void **)gcheap_alloc(300, GCHEAP_NO_SCAN);
        hidden[i] = hide(gcheap_alloc(40, 0));
        part[20] = seen(hidden[i]);
        kept[i] = part;
    }
}

TEST(parts_of_a_place_without_pointers_have_none) {
    gcheap_disable();
    remember_parts_without_pointers();
    gcheap_enable();
    collect();
    CHECK(gcheap_size(kept[0]) != 0);
    CHECK_MOST_DIED(count_alive());
}

static size_t reports;

static void count_report(enum gcheap_misuse what, const void *address) {
    (void)address;
    reports += what == GCHEAP_MISUSE_FREE_BLOCK;
}

// Whether no two of many new objects are the same.
static bool all_differ(size_t bytes) {
    void *objects[300];
    for (size_t i = 0; i < COUNT(objects); i++) {
        objects[i] = gcheap_alloc(bytes, 0);
        memset(objects[i], (int)i, bytes);
        for (size_t j = 0; j < i; j++) {
            if (objects[i] == objects[j]) {
                return false;
            }
        }
        if (gcheap_base(objects[i]) != objects[i] || gcheap_size(objects[i]) < bytes) {
            return false;
        }
    }
    return true;
}

TEST(freeing_twice_is_reported_and_does_no_harm) {
    static void *objects[100];
    gcheap_set_misuse(count_report);
    for (size_t bytes = 8; bytes < 2000; bytes += 150) {
        reports = 0;
        for (size_t i = 0; i < COUNT(objects); i++) {
            objects[i] = gcheap_alloc(bytes, 0);
        }
        for (size_t i = 0; i < COUNT(objects); i++) {
            gcheap_free(objects[i]);
            REQUIRE(gcheap_size(objects[i]) == 0 && gcheap_base(objects[i]) == NULL);
        }
        for (size_t i = 0; i < COUNT(objects); i++) {
            gcheap_free(objects[i]);
            REQUIRE(gcheap_realloc(objects[i], bytes / 2) == NULL);
            REQUIRE(gcheap_realloc(objects[i], 0) == NULL);
        }
        CHECK_EQUAL(reports, 3 * COUNT(objects));
        CHECK(all_differ(bytes));
    }
    gcheap_set_misuse(NULL);
}

// What is written to an object that was freed is not taken for the next object of a list: not a number, nor an address outside
// the heap, nor one inside an object.
TEST(writing_to_what_was_freed_does_not_reach_other_objects) {
    static size_t *objects[60];
    for (size_t which = 0; which < 8; which++) {
        for (size_t bytes = 2 * sizeof(size_t); bytes < KEPT_BYTES; bytes += 100) {
            for (size_t i = 0; i < COUNT(objects); i++) {
                objects[i] = (size_t *)gcheap_alloc(bytes, 0);
            }
            const size_t written[] = { 0x1234567, ~(size_t)&reports, ~(size_t)objects[0] - 8, ~(size_t)objects[0] - 16 };
            for (size_t i = 0; i < COUNT(objects); i++) {
                gcheap_free(objects[i]);
                objects[i][which % 2] = written[which / 2];
            }
            REQUIRE(all_differ(bytes));
        }
    }
}

TEST(parts_of_a_larger_object) {
    static unsigned char *parts[400];
    for (size_t bytes = 20; bytes < 400; bytes += 30) {
        for (size_t i = 0; i < COUNT(flags_of); i++) {
            free_many(900, flags_of[i]);
            for (size_t j = 0; j < COUNT(parts); j++) {
                parts[j] = (unsigned char *)gcheap_alloc(bytes, flags_of[i]);
                REQUIRE(gcheap_size(parts[j]) >= bytes && gcheap_size(parts[j]) < bytes + 32);
                memset(parts[j], (int)j, bytes);
            }
            collect();
            for (size_t j = 0; j < COUNT(parts); j++) {
                REQUIRE(all_are(parts[j], bytes, (unsigned char)j));
                REQUIRE(gcheap_base(parts[j] + bytes - 1) == parts[j]);
            }
        }
    }
}

TEST(what_was_freed_does_not_count_as_used) {
    static void *objects[5000];
    for (size_t bytes = 24; bytes < 2000; bytes *= 3) {
        gcheap_collect();
        for (size_t i = 0; i < COUNT(objects); i++) {
            objects[i] = gcheap_alloc(bytes, 0);
        }
        gcheap_stats_t before, after;
        gcheap_stats(&before);
        for (size_t i = 0; i < COUNT(objects); i++) {
            gcheap_free(objects[i]);
        }
        gcheap_stats(&after);
        CHECK_EQUAL(after.collections, before.collections);
        CHECK(before.used_bytes - after.used_bytes >= COUNT(objects) * bytes);
    }
}

// Where small objects were, there is room for a large one after a collection: without more memory.
TEST(a_collection_joins_what_was_freed) {
    static void *objects[20000];
    for (size_t i = 0; i < COUNT(objects); i++) {
        objects[i] = gcheap_alloc(40, 0);
    }
    for (size_t i = 0; i < COUNT(objects); i++) {
        gcheap_free(objects[i]);
        objects[i] = NULL;
    }
    collect();
    gcheap_stats_t before, after;
    gcheap_stats(&before);
    CHECK(gcheap_alloc(COUNT(objects) * 40, 0) != NULL);
    gcheap_stats(&after);
    CHECK_EQUAL(after.heap_bytes, before.heap_bytes);
}

enum { THREADS = 4, TABLE = 200, STEPS = 60000 };

static atomic_size_t broken;

// Objects of many sizes come and go while other threads collect.
static void *churn(void *argument) {
    unsigned char *table[TABLE] = { NULL };
    size_t sizes[TABLE] = { 0 }, state = (size_t)argument;
    for (int step = 0; step < STEPS; step++) {
        state = state * 1103515245 + 12345;
        size_t i = state / 65536 % TABLE;
        if (table[i] != NULL) {
            broken += !all_are(table[i], sizes[i], (unsigned char)i);
            gcheap_free(table[i]);
        }
        sizes[i] = 1 + state / 16777216 % 128 * (step % 8);
        table[i] = (unsigned char *)gcheap_alloc(sizes[i], flags_of[step % 3]);
        memset(table[i], (int)i, sizes[i]);
        if (step % 100 == 0) {
            broken += !gcheap_collect();
        }
    }
    return NULL;
}

TEST(threads_free_while_others_collect) {
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        REQUIRE(gcheap_pthread_create(&threads[i], NULL, churn, (void *)(i + 1)) == 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        CHECK_EQUAL(gcheap_pthread_join(threads[i], NULL), 0);
    }
    CHECK_EQUAL(broken, 0);
}

RUN_TESTS(ENTRY(a_freed_place_is_used_again), ENTRY(a_place_that_is_used_again_is_cleared),
    ENTRY(a_place_without_pointers_is_not_used_for_pointers), ENTRY(parts_of_a_place_with_pointers_have_pointers),
    ENTRY(parts_of_a_place_without_pointers_have_none), ENTRY(freeing_twice_is_reported_and_does_no_harm),
    ENTRY(writing_to_what_was_freed_does_not_reach_other_objects), ENTRY(parts_of_a_larger_object),
    ENTRY(what_was_freed_does_not_count_as_used), ENTRY(a_collection_joins_what_was_freed),
    ENTRY(threads_free_while_others_collect))

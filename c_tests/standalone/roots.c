// Roots: where a pointer keeps an object alive, and where it does not.
#include "common.h"

#include <sys/mman.h>

static void *in_bss[MANY];
static void *in_data[MANY] = { (void *)1 };
static __thread void *in_tls[MANY];
static __thread void *in_tls_data[MANY] = { (void *)1 };

#define KEEPS_IN(name, place) \
    static NOINLINE void *name(size_t number) { return place[number] = gcheap_alloc(40, 0); }

KEEPS_IN(bss, in_bss)
KEEPS_IN(data, in_data)
KEEPS_IN(tls, in_tls)
KEEPS_IN(tls_data, in_tls_data)

static NOINLINE void *nowhere(size_t number) {
    (void)number;
    return gcheap_alloc(40, 0);
}

TEST(unreachable_objects_die) {
    CHECK_MOST_DIED(survivors(nowhere));
}

TEST(static_data) {
    CHECK_ALL_LIVE(survivors(bss));
    CHECK_ALL_LIVE(survivors(data));
    memset(in_bss, 0, sizeof(in_bss));
    memset(in_data, 0, sizeof(in_data));
    collect();
    CHECK_MOST_DIED(count_alive());
}

TEST(thread_local_data) {
    CHECK_ALL_LIVE(survivors(tls));
    CHECK_ALL_LIVE(survivors(tls_data));
    memset(in_tls, 0, sizeof(in_tls));
    memset(in_tls_data, 0, sizeof(in_tls_data));
    collect();
    CHECK_MOST_DIED(count_alive());
}

TEST(the_stack) {
    void *volatile on_stack[MANY];
    for (size_t i = 0; i < MANY; i++) {
        on_stack[i] = gcheap_alloc(40, 0);
        hidden[i] = hide(on_stack[i]);
    }
    collect();
    CHECK_ALL_LIVE(count_alive());
    CHECK(on_stack[0] != NULL);
}

static NOINLINE void *end_of_list(size_t number) {
    node_t *last = new_node(NULL, number);
    in_bss[number] = new_node(new_node(new_node(last, 0), 0), 0);
    return last;
}

TEST(chains) {
    CHECK_ALL_LIVE(survivors(end_of_list));
    memset(in_bss, 0, sizeof(in_bss));
}

// ---- Roots that are added by hand -------------------------------------------------------------------------------------

static void **of_malloc;

KEEPS_IN(malloced, of_malloc)

static NOINLINE size_t alive_after_collection(void) {
    collect();
    return count_alive();
}

TEST(memory_of_malloc_only_when_added) {
    of_malloc = (void **)calloc(MANY, sizeof(void *));
    CHECK_MOST_DIED(survivors(malloced));
    CHECK(gcheap_add_roots(of_malloc, of_malloc + MANY));
    CHECK_ALL_LIVE(survivors(malloced));
    CHECK(gcheap_remove_roots(of_malloc, of_malloc + MANY));
    CHECK_MOST_DIED(alive_after_collection());
    CHECK(!gcheap_remove_roots(of_malloc, of_malloc + MANY));
    free(of_malloc);
}

TEST(memory_of_mmap) {
    size_t bytes = MANY * sizeof(void *);
    of_malloc = (void **)mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(of_malloc != MAP_FAILED);
    CHECK(gcheap_add_roots(of_malloc, of_malloc + MANY));
    CHECK_ALL_LIVE(survivors(malloced));
    CHECK(gcheap_remove_roots(of_malloc, of_malloc + MANY));
    munmap(of_malloc, bytes);
    collect(); // must not look there
}

TEST(overlapping_ranges) {
    of_malloc = (void **)calloc(MANY, sizeof(void *));
    CHECK(gcheap_add_roots(of_malloc, of_malloc + 600));
    CHECK(gcheap_add_roots(of_malloc + 400, of_malloc + MANY));
    CHECK(gcheap_add_roots(of_malloc + 400, of_malloc + MANY)); // twice changes nothing
    CHECK_ALL_LIVE(survivors(malloced));
    // A range in the middle, over both.
    CHECK(gcheap_remove_roots(of_malloc + 100, of_malloc + 900));
    size_t alive = alive_after_collection();
    CHECK(alive >= 200 && alive <= 280);
    for (size_t i = 0; i < 100; i++) {
        CHECK(gcheap_size(seen(hidden[i])) != 0);
        CHECK(gcheap_size(seen(hidden[MANY - 1 - i])) != 0);
    }
    CHECK(!gcheap_remove_roots(of_malloc + 100, of_malloc + 900));
    gcheap_clear_roots();
    CHECK(!gcheap_remove_roots(of_malloc, of_malloc + MANY));
    CHECK_MOST_DIED(alive_after_collection());
    free(of_malloc);
}

TEST(strange_ranges) {
    static void *words[4];
    char *bytes = (char *)words;
    CHECK(gcheap_add_roots(words, words)); // empty
    CHECK(gcheap_add_roots(NULL, NULL));
    CHECK(!gcheap_add_roots(words + 1, words)); // end before start
    CHECK(!gcheap_remove_roots(words + 1, words));
    CHECK(!gcheap_remove_roots(words, words + 4));
    CHECK(gcheap_add_roots(bytes + 1, bytes + sizeof(void *) - 1)); // no whole word
    CHECK(!gcheap_remove_roots(words, words + 4));
    CHECK(gcheap_add_roots(bytes + 1, bytes + 3 * sizeof(void *) + 1)); // the words 1 and 2
    CHECK(!gcheap_remove_roots(words, words + 1));
    CHECK(!gcheap_remove_roots(words + 3, words + 4));
    CHECK(gcheap_remove_roots(words + 1, words + 2));
    CHECK(gcheap_remove_roots(words, words + 4));
    collect();
}

TEST(many_ranges) {
    enum { RANGES = 20000 };
    of_malloc = (void **)calloc(2 * RANGES, sizeof(void *));
    for (size_t i = 0; i < RANGES; i++) {
        REQUIRE(gcheap_add_roots(of_malloc + 2 * i, of_malloc + 2 * i + 1));
    }
    void **all = of_malloc;
    for (size_t i = 0; i < MANY; i++) {
        all[40 * i] = gcheap_alloc(40, 0);
        hidden[i] = hide(all[40 * i]);
    }
    CHECK_ALL_LIVE(alive_after_collection());
    for (size_t i = 0; i < RANGES; i++) {
        REQUIRE(gcheap_remove_roots(of_malloc + 2 * i, of_malloc + 2 * i + 1));
    }
    CHECK_MOST_DIED(alive_after_collection());
    free(of_malloc);
}

RUN_TESTS(ENTRY(unreachable_objects_die), ENTRY(static_data), ENTRY(thread_local_data), ENTRY(the_stack), ENTRY(chains),
    ENTRY(memory_of_malloc_only_when_added), ENTRY(memory_of_mmap), ENTRY(overlapping_ranges), ENTRY(strange_ranges),
    ENTRY(many_ranges))

// When there is no memory: NULL, or what the program's function for that says; and afterwards the heap goes on.
#include "common.h"

#include <setjmp.h>
#include <sys/resource.h>

enum { PIECE = 100000 };
static void *pieces[100000];

// Allocates until there is no more; returns how many pieces there are.
static NOINLINE size_t fill(size_t bytes) {
    size_t n = 0;
    while (n < COUNT(pieces) && (pieces[n] = gcheap_alloc(bytes, GCHEAP_NO_SCAN)) != NULL) {
        n++;
    }
    return n;
}

static NOINLINE void drop_all(void) {
    memset(pieces, 0, sizeof(pieces));
    collect();
}

static void goes_on(void) {
    node_t *list = new_list(10000);
    CHECK(list_is_whole(list, 10000));
    collect();
    CHECK(list_is_whole(list, 10000));
}

TEST(null_and_then_on) {
    gcheap_set_limit(16 << 20);
    for (int round = 0; round < 3; round++) {
        size_t n = fill(PIECE);
        CHECK(n * PIECE > 12 << 20);
        CHECK(n * PIECE <= 16 << 20);
        CHECK(gcheap_alloc(3 << 20, 0) == NULL); // a collection may find room for less
        CHECK(gcheap_realloc(pieces[0], 2 << 20) == NULL);
        CHECK(gcheap_size(pieces[0]) >= PIECE);
        gcheap_stats_t stats;
        gcheap_stats(&stats);
        CHECK(stats.heap_bytes <= 16 << 20);
        drop_all();
        goes_on();
    }
    gcheap_set_limit(32 << 20);
    CHECK(fill(PIECE) * PIECE > 24 << 20);
    drop_all();
}

TEST(what_can_never_be_had_needs_no_memory) {
    gcheap_set_limit(64 << 20);
    gcheap_stats_t before, after;
    gcheap_stats(&before);
    CHECK(gcheap_alloc(100 << 20, 0) == NULL);
    CHECK(gcheap_alloc(SIZE_MAX / 4, 0) == NULL);
    gcheap_stats(&after);
    CHECK(after.heap_bytes <= before.heap_bytes + (1 << 20));
    goes_on();
}

TEST(garbage_is_collected_before_the_limit_counts) {
    gcheap_set_limit(8 << 20);
    for (size_t i = 0; i < 2000; i++) {
        void *object = gcheap_alloc(1 << 20, GCHEAP_NO_SCAN);
        REQUIRE(object != NULL);
        memset(object, 1, 1000);
    }
}

TEST(the_whole_heap_can_be_one_object) {
    drop_all();
    gcheap_set_limit(64 << 20);
    void *object = gcheap_alloc(40 << 20, GCHEAP_NO_SCAN);
    CHECK(object != NULL);
    gcheap_free(object);
}

static size_t asked, times;
static jmp_buf back;

static void *give_up(size_t bytes) {
    asked = bytes;
    times++;
    return NULL;
}

static void *free_and_try_again(size_t bytes) {
    times++;
    gcheap_set_out_of_memory(NULL);
    drop_all();
    return gcheap_alloc(bytes, 0);
}

static void *leap(size_t bytes) {
    (void)bytes;
    longjmp(back, 1);
}

TEST(the_function_for_it) {
    gcheap_set_limit(16 << 20);
    times = 0;
    gcheap_set_out_of_memory(give_up);
    fill(PIECE);
    CHECK_EQUAL(times, 1);
    CHECK_EQUAL(asked, PIECE);
    CHECK(gcheap_realloc(pieces[0], 5 << 20) == NULL);
    CHECK_EQUAL(times, 2);
    CHECK_EQUAL(asked, 5 << 20);
    gcheap_set_out_of_memory(free_and_try_again);
    static void *more[20]; // a collection may have found some room
    for (size_t i = 0; i < COUNT(more) && times == 2; i++) {
        CHECK((more[i] = gcheap_alloc(PIECE, 0)) != NULL);
    }
    CHECK_EQUAL(times, 3);
    memset(more, 0, sizeof(more));
    fill(PIECE);
    gcheap_set_out_of_memory(leap);
    if (setjmp(back) == 0) {
        CHECK(gcheap_alloc(PIECE, 0) != NULL); // does not return
    }
    gcheap_set_out_of_memory(NULL);
    CHECK(gcheap_alloc(PIECE, 0) == NULL);
    drop_all();
    goes_on();
}

static NOINLINE void fill_with_a_list(void) {
    node_t *list = NULL;
    size_t n = 0;
    for (node_t *node; (node = new_node(list, n)) != NULL; n++) {
        list = node;
    }
    CHECK(n > 100000);
    CHECK(list_is_whole(list, n));
}

TEST(small_objects_to_the_end) {
    gcheap_set_limit(8 << 20);
    drop_all();
    fill_with_a_list();
    drop_all();
    goes_on();
}

// Under `ulimit -v` the system says no, and not the library.
static int under_the_systems_limit(void) {
    gcheap_stats_t stats;
    size_t n = fill(PIECE);
    gcheap_stats(&stats);
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    printf("  %zu pieces, %zu bytes of %zu\n", n, stats.heap_bytes, (size_t)limit.rlim_cur);
    if (!CHECK(n > 100 && n < COUNT(pieces))) {
        return 1;
    }
    CHECK(stats.heap_bytes > limit.rlim_cur / 2); // the rest is for the program
    CHECK(gcheap_alloc(50 << 20, 0) == NULL);
    drop_all();
    goes_on();
    size_t again = fill(PIECE);
    CHECK(again >= n / 10 * 9);
    drop_all();
    goes_on();
    printf("%s under_the_systems_limit\n", test_failed ? "FAILED" : "ok");
    return test_failed;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "system") == 0) {
        return under_the_systems_limit();
    }
    static const test_t tests[] = { ENTRY(null_and_then_on), ENTRY(what_can_never_be_had_needs_no_memory),
        ENTRY(garbage_is_collected_before_the_limit_counts), ENTRY(the_whole_heap_can_be_one_object),
        ENTRY(the_function_for_it), ENTRY(small_objects_to_the_end) };
    return run_tests(tests, COUNT(tests));
}

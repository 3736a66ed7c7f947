// When collections happen, and how much memory a program needs.
#include "common.h"

#include <sys/resource.h>

static gcheap_stats_t stats(void) {
    gcheap_stats_t now;
    gcheap_stats(&now);
    return now;
}

static size_t most_kilobytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (size_t)usage.ru_maxrss;
}

static NOINLINE void churn(size_t bytes) {
    for (size_t done = 0, size = 16; done < bytes; done += size, size = size % 1000 + 16) {
        char *object = (char *)gcheap_alloc(size, 0);
        object[0] = 1;
    }
}

TEST(a_gigabyte_of_garbage_needs_little_memory) {
    // First, since the system tells only the most that there ever was.
    size_t before = most_kilobytes();
    node_t *list = new_list((1 << 20) / 32); // a megabyte
    churn((size_t)1 << 30);
    size_t needed = most_kilobytes() - before;
    if (!CHECK(needed <= 8192)) {
        printf("    %zu kilobytes\n", needed);
    }
    CHECK(list_is_whole(list, (1 << 20) / 32));
    CHECK(stats().collections > 50);
}

TEST(collections_happen_by_themselves) {
    gcheap_stats_t before = stats();
    churn(50 << 20);
    gcheap_stats_t after = stats();
    CHECK(after.collections > before.collections + 10);
    CHECK(after.allocated_bytes >= before.allocated_bytes + (50 << 20));
    CHECK(after.stopped_ns > before.stopped_ns);
    CHECK(after.longest_stop_ns > 0 && after.longest_stop_ns <= after.stopped_ns);
    CHECK(after.used_bytes <= after.heap_bytes);
    CHECK(after.live_bytes <= after.used_bytes);
}

TEST(collect_is_one_collection) {
    size_t before = stats().collections;
    CHECK(gcheap_collect());
    CHECK_EQUAL(stats().collections, before + 1);
    CHECK(stats().since_last_bytes < 4096);
}

TEST(a_larger_factor_collects_less_often) {
    node_t *list = new_list(300000); // so that the factor counts
    size_t collections[2];
    for (int i = 0; i < 2; i++) {
        gcheap_set_factor(i == 0 ? 50 : 400);
        gcheap_collect();
        size_t before = stats().collections;
        churn(200 << 20);
        collections[i] = stats().collections - before;
    }
    CHECK(collections[1] * 3 < collections[0]);
    gcheap_set_factor(UINT32_MAX); // never, by itself; and nothing overflows
    gcheap_collect();
    size_t before = stats().collections;
    churn(100 << 20);
    CHECK_EQUAL(stats().collections, before);
    gcheap_set_factor(0);
    gcheap_collect();
    before = stats().collections;
    churn(20 << 20);
    CHECK(stats().collections > before + 10);
    gcheap_set_factor(75);
    CHECK(list_is_whole(list, 300000));
}

TEST(disabled_collections) {
    gcheap_disable();
    gcheap_disable();
    size_t before = stats().collections;
    churn(30 << 20);
    gcheap_enable();
    churn(30 << 20);
    CHECK_EQUAL(stats().collections, before);
    CHECK(gcheap_collect()); // is still possible
    CHECK_EQUAL(stats().collections, before + 1);
    gcheap_enable();
    churn(30 << 20);
    CHECK(stats().collections > before + 1);
    gcheap_enable(); // one too many does nothing
    gcheap_disable();
    before = stats().collections;
    churn(30 << 20);
    CHECK_EQUAL(stats().collections, before);
    gcheap_enable();
}

static size_t begun, ended;

static void begin(void) {
    CHECK_EQUAL(begun++, ended);
}

static void end(void) {
    CHECK_EQUAL(begun, ++ended);
}

TEST(hooks) {
    size_t before = stats().collections;
    gcheap_set_collection_hooks(begin, end);
    churn(50 << 20);
    gcheap_collect();
    CHECK_EQUAL(begun, stats().collections - before);
    CHECK_EQUAL(ended, begun);
    CHECK(begun > 2);
    gcheap_set_collection_hooks(NULL, NULL);
    gcheap_collect();
    CHECK_EQUAL(ended, stats().collections - before - 1);
}

RUN_TESTS(ENTRY(a_gigabyte_of_garbage_needs_little_memory), ENTRY(collections_happen_by_themselves),
    ENTRY(collect_is_one_collection), ENTRY(a_larger_factor_collects_less_often), ENTRY(disabled_collections), ENTRY(hooks))

// Two thousand threads at once, each with a list on its stack.
#include "common.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 2000, LENGTH = 20 };

static atomic_size_t ready, broken;
static pthread_mutex_t go_on = PTHREAD_MUTEX_INITIALIZER;

static void *hold(void *argument) {
    node_t *list = new_list(LENGTH);
    ready++;
    // All wait for the same mutex, without waking up.
    pthread_mutex_lock(&go_on);
    pthread_mutex_unlock(&go_on);
    broken += !list_is_whole(list, LENGTH);
    return argument;
}

TEST(two_thousand) {
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    size_t n = 0;
    pthread_mutex_lock(&go_on);
    while (n < THREADS && gcheap_pthread_create(&threads[n], &attributes, hold, NULL) == 0) {
        n++;
    }
    if (n < THREADS) {
        printf("    the system allows only %zu threads\n", n);
    }
    CHECK(n > 100);
    while (ready < n) {
        usleep(1000);
    }
    for (int i = 0; i < 5; i++) {
        new_list(5000);
        CHECK(gcheap_collect());
    }
    pthread_mutex_unlock(&go_on);
    for (size_t i = 0; i < n; i++) {
        CHECK_EQUAL(gcheap_pthread_join(threads[i], NULL), 0);
    }
    CHECK_EQUAL(broken, 0);
    collect();
}

TEST(a_thousand_one_after_the_other) {
    for (int i = 0; i < 1000; i++) {
        pthread_t thread;
        REQUIRE(gcheap_pthread_create(&thread, NULL, hold, NULL) == 0);
        CHECK_EQUAL(gcheap_pthread_join(thread, NULL), 0);
    }
    CHECK_EQUAL(broken, 0);
    collect();
}

RUN_TESTS(ENTRY(two_thousand), ENTRY(a_thousand_one_after_the_other))

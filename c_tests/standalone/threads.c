// Threads: all of them allocate, any of them collects, and what each of them holds is alive.
#include "common.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 200, LENGTH = 300 };

static atomic_size_t broken;

static __thread node_t *in_tls;

// Keeps one list on the stack and one in a thread-local variable, while others come and go.
static NOINLINE void *churn(void *argument) {
    node_t *list = new_list(LENGTH);
    in_tls = new_list(LENGTH);
    for (int i = 0; i < ROUNDS; i++) {
        broken += !list_is_whole(new_list(LENGTH), LENGTH);
        broken += !list_is_whole(list, LENGTH);
        broken += !list_is_whole(in_tls, LENGTH);
        if (i % 20 == (int)(size_t)argument) {
            broken += !gcheap_collect();
        }
    }
    return list;
}

TEST(lists_of_four_threads) {
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        REQUIRE(gcheap_pthread_create(&threads[i], NULL, churn, (void *)i) == 0);
    }
    broken += churn((void *)5) == NULL;
    for (size_t i = 0; i < THREADS; i++) {
        gcheap_collect();
        void *list = NULL;
        CHECK_EQUAL(gcheap_pthread_join(threads[i], &list), 0);
        CHECK(list_is_whole((node_t *)list, LENGTH));
    }
    CHECK_EQUAL(broken, 0);
}

static void *make_list(void *argument) {
    return new_list((size_t)argument);
}

TEST(results_are_kept_until_join) {
    pthread_t threads[20];
    for (size_t i = 0; i < COUNT(threads); i++) {
        REQUIRE(gcheap_pthread_create(&threads[i], NULL, make_list, (void *)(i * 10)) == 0);
    }
    usleep(100000); // all have ended
    for (int i = 0; i < 5; i++) {
        collect();
        new_list(2000);
    }
    for (size_t i = 0; i < COUNT(threads); i++) {
        void *list = NULL;
        CHECK_EQUAL(gcheap_pthread_join(threads[i], &list), 0);
        CHECK(list_is_whole((node_t *)list, i * 10));
    }
}

static atomic_bool go_on;

static void *checks_argument(void *list) {
    while (!go_on) {
        usleep(1000);
    }
    return (void *)(size_t)list_is_whole((node_t *)list, LENGTH);
}

static NOINLINE int create_with_list(pthread_t *thread) {
    return gcheap_pthread_create(thread, NULL, checks_argument, new_list(LENGTH));
}

TEST(arguments_are_kept) {
    pthread_t thread;
    void *result = NULL;
    REQUIRE(create_with_list(&thread) == 0);
    // Only the new thread has the list now.
    for (int i = 0; i < 5; i++) {
        collect();
        new_list(2000);
    }
    go_on = true;
    CHECK_EQUAL(gcheap_pthread_join(thread, &result), 0);
    CHECK(result != NULL);
}

static void *registers_itself(void *argument) {
    broken += !gcheap_register_thread();
    broken += !gcheap_register_thread(); // twice changes nothing
    churn(argument);
    if (argument != NULL) {
        broken += !gcheap_unregister_thread();
        broken += gcheap_unregister_thread(); // is not registered any more
    }
    return NULL; // or ends without that
}

TEST(registered_by_hand) {
    REQUIRE(gcheap_allow_threads());
    REQUIRE(gcheap_allow_threads());
    for (size_t round = 0; round < 3; round++) {
        pthread_t threads[THREADS];
        for (size_t i = 0; i < THREADS; i++) {
            REQUIRE(pthread_create(&threads[i], NULL, registers_itself, (void *)(i % 2)) == 0);
        }
        for (size_t i = 0; i < THREADS; i++) {
            gcheap_collect();
            pthread_join(threads[i], NULL);
        }
    }
    collect(); // does not wait for those that have ended
    CHECK_EQUAL(broken, 0);
}

// A thread that is not registered may look at and keep nothing; but it may end, and disturb nobody.
static void *does_not_register(void *argument) {
    return argument;
}

TEST(threads_that_do_not_use_the_heap) {
    pthread_t thread;
    REQUIRE(pthread_create(&thread, NULL, does_not_register, NULL) == 0);
    collect();
    CHECK_EQUAL(pthread_join(thread, NULL), 0);
}

static int pipe_ends[2];

static void *reads(void *argument) {
    node_t *list = new_list(LENGTH);
    char byte = 0;
    ssize_t n = read(pipe_ends[0], &byte, 1);
    broken += n != 1 || byte != 'x' || argument != NULL; // nor is it interrupted
    broken += !list_is_whole(list, LENGTH);
    return NULL;
}

TEST(a_thread_that_waits_in_read) {
    REQUIRE(pipe(pipe_ends) == 0);
    pthread_t thread;
    REQUIRE(gcheap_pthread_create(&thread, NULL, reads, NULL) == 0);
    for (int i = 0; i < 50; i++) {
        new_list(1000);
        CHECK(gcheap_collect());
        usleep(1000);
    }
    CHECK_EQUAL(write(pipe_ends[1], "x", 1), 1);
    CHECK_EQUAL(gcheap_pthread_join(thread, NULL), 0);
    CHECK_EQUAL(broken, 0);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
}

static void *exits(void *argument) {
    node_t *list = new_list(100);
    if (argument != NULL) {
        pthread_exit(list);
    }
    for (;;) {
        broken += !list_is_whole(new_list(100), 100);
        pthread_testcancel();
    }
    return NULL;
}

TEST(threads_that_exit_or_are_cancelled) {
    pthread_t thread;
    void *result = NULL;
    REQUIRE(gcheap_pthread_create(&thread, NULL, exits, &result) == 0);
    CHECK_EQUAL(gcheap_pthread_join(thread, &result), 0);
    collect();
    CHECK(list_is_whole((node_t *)result, 100));
    REQUIRE(gcheap_pthread_create(&thread, NULL, exits, NULL) == 0);
    usleep(10000);
    CHECK_EQUAL(pthread_cancel(thread), 0);
    CHECK_EQUAL(gcheap_pthread_join(thread, &result), 0);
    CHECK(result == PTHREAD_CANCELED);
    collect();
    CHECK_EQUAL(broken, 0);
}

static atomic_size_t detached;

static void *is_detached(void *argument) {
    broken += !list_is_whole(new_list((size_t)argument), (size_t)argument);
    detached++;
    return NULL;
}

TEST(detached_threads) {
    detached = 0;
    for (size_t i = 0; i < 50; i++) {
        pthread_t thread;
        REQUIRE(gcheap_pthread_create(&thread, NULL, is_detached, (void *)i) == 0);
        CHECK_EQUAL(gcheap_pthread_detach(thread), 0);
    }
    while (detached < 50) {
        gcheap_collect();
        usleep(1000);
    }
    usleep(20000);
    collect();
    CHECK_EQUAL(broken, 0);
}

// What died in one thread is not kept by its old stack.
static NOINLINE void *dropped(size_t number) {
    (void)number;
    return gcheap_alloc(40, 0);
}

static void *makes_many(void *argument) {
    make_many(dropped);
    return argument;
}

TEST(what_ended_threads_had_dies) {
    pthread_t thread;
    REQUIRE(gcheap_pthread_create(&thread, NULL, makes_many, NULL) == 0);
    CHECK_EQUAL(gcheap_pthread_join(thread, NULL), 0);
    collect();
    CHECK_MOST_DIED(count_alive());
}

static void finalise(void *object, void *data) {
    (void)object;
    *(size_t *)data += 1;
}

static void *makes_finalised(void *argument) {
    for (int i = 0; i < 1000; i++) {
        gcheap_set_finaliser(gcheap_alloc(40, 0), finalise, argument, 0);
    }
    return NULL;
}

TEST(finalisers_of_ended_threads) {
    static size_t count;
    gcheap_finalise_on_demand(true);
    pthread_t thread;
    REQUIRE(gcheap_pthread_create(&thread, NULL, makes_finalised, &count) == 0);
    CHECK_EQUAL(gcheap_pthread_join(thread, NULL), 0);
    collect();
    CHECK(gcheap_run_finalisers() >= 900);
    CHECK(count >= 900 && count <= 1000);
    gcheap_finalise_on_demand(false);
}

RUN_TESTS(ENTRY(lists_of_four_threads), ENTRY(results_are_kept_until_join), ENTRY(arguments_are_kept),
    ENTRY(registered_by_hand), ENTRY(threads_that_do_not_use_the_heap), ENTRY(a_thread_that_waits_in_read),
    ENTRY(threads_that_exit_or_are_cancelled), ENTRY(detached_threads), ENTRY(what_ended_threads_had_dies),
    ENTRY(finalisers_of_ended_threads))

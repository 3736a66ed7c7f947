// fork: both processes go on with their heap, also if a thread forks while others allocate.
#include "common.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LENGTH = 1000 };

static atomic_bool stop;
static atomic_size_t broken;

static void *churn(void *argument) {
    (void)argument;
    while (!stop) {
        broken += !list_is_whole(new_list(LENGTH), LENGTH);
    }
    return NULL;
}

static void *makes_list(void *argument) {
    (void)argument;
    return new_list(10);
}

// What the child does; 0 if all is well.
static int as_child(const node_t *list) {
    alarm(30);
    for (int i = 0; i < 20; i++) {
        if (!list_is_whole(new_list(LENGTH), LENGTH) || !gcheap_collect()) {
            return 1;
        }
    }
    pthread_t thread;
    void *result = NULL;
    if (gcheap_pthread_create(&thread, NULL, makes_list, NULL) != 0 || gcheap_pthread_join(thread, &result) != 0) {
        return 2;
    }
    if (!list_is_whole((node_t *)result, 10)) {
        return 3;
    }
    return list_is_whole(list, LENGTH) ? 0 : 4;
}

static NOINLINE void *forks(void *argument) {
    node_t *list = new_list(LENGTH);
    for (int i = 0; i < 10; i++) {
        pid_t child = fork();
        if (child == 0) {
            _exit(as_child(list));
        }
        new_list(LENGTH);
        int status = -1;
        waitpid(child, &status, 0);
        if (status != 0) {
            printf("    status of the child: %x\n", (unsigned)status);
            broken++;
        }
        broken += !list_is_whole(list, LENGTH);
    }
    return argument;
}

TEST(with_one_thread) {
    forks(NULL);
    CHECK_EQUAL(broken, 0);
}

TEST(in_a_thread_while_others_allocate) {
    pthread_t others[3], forking;
    for (size_t i = 0; i < COUNT(others); i++) {
        REQUIRE(gcheap_pthread_create(&others[i], NULL, churn, NULL) == 0);
    }
    REQUIRE(gcheap_pthread_create(&forking, NULL, forks, NULL) == 0);
    CHECK_EQUAL(gcheap_pthread_join(forking, NULL), 0);
    stop = true;
    for (size_t i = 0; i < COUNT(others); i++) {
        CHECK_EQUAL(gcheap_pthread_join(others[i], NULL), 0);
    }
    CHECK_EQUAL(broken, 0);
}

RUN_TESTS(ENTRY(with_one_thread), ENTRY(in_a_thread_while_others_allocate))

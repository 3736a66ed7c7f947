// A signal handler that allocates while the program allocates: it gets an object or NULL, and nothing breaks.
#include "common.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <unistd.h>

static atomic_size_t got, refused, broken, other_calls;
static node_t *kept_by_handler;

static void handler(int number) {
    (void)number;
    node_t *list = new_list(3);
    if (list != NULL) {
        got++;
        broken += !list_is_whole(list, 3);
        kept_by_handler = list;
    } else {
        refused++;
    }
    // All of these may be refused, too; none of them may hang.
    other_calls += gcheap_size(list);
    other_calls += gcheap_collect();
    gcheap_free(gcheap_alloc(1000, 0));
    other_calls += gcheap_base(list) != NULL;
}

static void set_timer(long microseconds) {
    struct itimerval every = { { 0, microseconds }, { 0, microseconds } };
    setitimer(ITIMER_REAL, &every, NULL);
}

static NOINLINE void work(size_t wanted) {
    node_t *list = new_list(2000);
    while (got + refused < wanted) {
        node_t *other = new_list(2000);
        broken += !list_is_whole(other, 2000);
        broken += !list_is_whole(list, 2000);
        void *object = gcheap_alloc(500, 0);
        object = gcheap_realloc(object, 3000);
        gcheap_free(object);
        gcheap_set_finaliser(other, NULL, NULL, 0);
    }
}

static void begin(void) {
    got = refused = broken = 0;
    struct sigaction action;
    memset(&action, 0, sizeof(action));
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    set_timer(300);
}

static void finish(void) {
    set_timer(0);
    CHECK_EQUAL(broken, 0);
    CHECK(got > 0);
    CHECK(refused > 0); // else no signal came in the middle of anything
    CHECK(list_is_whole(kept_by_handler, 3));
    printf("  %zu times there was an object, %zu times not\n", got, refused);
}

TEST(one_thread) {
    gcheap_start();
    begin();
    work(3000);
    finish();
}

static void *works(void *argument) {
    work((size_t)argument);
    return NULL;
}

TEST(three_threads) {
    pthread_t threads[2];
    REQUIRE(gcheap_allow_threads());
    begin();
    for (size_t i = 0; i < 2; i++) {
        REQUIRE(gcheap_pthread_create(&threads[i], NULL, works, (void *)3000) == 0);
    }
    work(3000);
    for (size_t i = 0; i < 2; i++) {
        CHECK_EQUAL(gcheap_pthread_join(threads[i], NULL), 0);
    }
    finish();
}

TEST(an_alternate_stack) {
    static char space[65536];
    stack_t stack = { .ss_sp = space, .ss_size = sizeof(space) };
    REQUIRE(sigaltstack(&stack, NULL) == 0);
    begin();
    struct sigaction action;
    sigaction(SIGALRM, NULL, &action);
    action.sa_flags |= SA_ONSTACK;
    sigaction(SIGALRM, &action, NULL);
    work(2000);
    finish();
}

RUN_TESTS(ENTRY(one_thread), ENTRY(three_threads), ENTRY(an_alternate_stack))

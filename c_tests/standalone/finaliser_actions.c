// What a finaliser may do: allocate, free, register, collect, keep the object, and not return.
#include "common.h"

#include <setjmp.h>

static size_t calls;
static void (*action)(void *object, void *data);

static void act(void *object, void *data) {
    calls++;
    action(object, data);
}

static NOINLINE void make(size_t n) {
    void **before = NULL;
    for (size_t i = 0; i < n; i++) {
        void **object = (void **)gcheap_alloc(32, 0);
        object[1] = (void *)hide(before);
        REQUIRE(gcheap_set_finaliser(object, act, NULL, 2));
        before = object;
    }
}

static void start_anew(void (*what)(void *, void *)) {
    action = what;
    calls = 0;
}

static void allocate(void *object, void *data) {
    (void)object, (void)data;
    CHECK(list_is_whole(new_list(20), 20));
}

TEST(a_hundred_thousand_that_allocate) {
    // Each allocation may call finalisers: that must not use up the stack.
    start_anew(allocate);
    gcheap_disable();
    make(100000);
    gcheap_enable();
    collect();
    collect();
    gcheap_run_finalisers();
    CHECK(calls >= 90000 && calls <= 100000);
}

static void collect_inside(void *object, void *data) {
    (void)object, (void)data;
    gcheap_collect();
}

TEST(a_finaliser_that_collects) {
    start_anew(collect_inside);
    make(300);
    collect();
    gcheap_run_finalisers();
    CHECK(calls >= 270 && calls <= 300);
}

static void free_itself(void *object, void *data) {
    (void)data;
    gcheap_free(object);
}

TEST(a_finaliser_that_frees_its_object) {
    start_anew(free_itself);
    make(100000);
    collect();
    gcheap_run_finalisers();
    CHECK(calls >= 90000 && calls <= 100000);
}

static bool gone[MANY];

static NOINLINE void make_pairs(void) {
    for (size_t i = 0; i < MANY; i++) {
        void *object = gcheap_alloc(32, 0);
        hidden[i] = hide(object);
        REQUIRE(gcheap_set_finaliser(object, act, (void *)i, 2));
    }
}

static void free_the_other_one(void *object, void *data) {
    size_t which = (size_t)data;
    CHECK(!gone[which] && hide(object) == hidden[which]);
    gone[which] = true;
    if (!gone[which ^ 1]) {
        gone[which ^ 1] = true;
        gcheap_free(seen(hidden[which ^ 1]));
        void *other = gcheap_alloc(32, 0); // takes its place
        memset(other, 0, 32);
    }
}

TEST(a_finaliser_that_frees_one_whose_turn_has_not_come) {
    gcheap_finalise_on_demand(true);
    start_anew(free_the_other_one);
    make_pairs();
    collect();
    size_t run = gcheap_run_finalisers();
    CHECK(run >= MANY / 2 - 10 && run <= MANY / 2); // what was freed is not finalised
    gcheap_finalise_on_demand(false);
}

static void register_again(void *object, void *data) {
    (void)data;
    CHECK(gcheap_set_finaliser(object, act, NULL, 2));
}

TEST(a_finaliser_that_registers_itself_again) {
    start_anew(register_again);
    make(1000);
    for (size_t i = 1; i <= 5; i++) {
        clear_stack();
        gcheap_collect();
        CHECK(calls >= 900 * i && calls <= 1010 * i); // one of an earlier test may be among them
    }
    // And no more.
    start_anew(allocate);
    collect();
}

static void *kept[2000];
static size_t n_kept;

static void resurrect(void *object, void *data) {
    (void)data;
    if (n_kept < COUNT(kept)) {
        kept[n_kept++] = object;
    }
}

TEST(a_finaliser_that_keeps_its_object) {
    start_anew(resurrect);
    n_kept = 0;
    make(1000);
    collect();
    collect();
    CHECK(n_kept >= 900);
    for (size_t i = 0; i < n_kept; i++) {
        CHECK(gcheap_size(kept[i]) >= 32);
        hidden[i] = hide(kept[i]);
    }
    size_t before = calls;
    memset(kept, 0, sizeof(kept));
    collect();
    CHECK_EQUAL(calls, before); // called once only
    size_t alive = 0;
    for (size_t i = 0; i < n_kept && i < MANY; i++) {
        alive += gcheap_size(seen(hidden[i])) != 0;
    }
    CHECK(alive <= MANY / 10);
}

static jmp_buf back;

static void leap(void *object, void *data) {
    (void)object, (void)data;
    longjmp(back, 1);
}

TEST(a_finaliser_that_leaves_by_longjmp) {
    start_anew(leap);
    make(100);
    volatile int leaps = 0;
    while (setjmp(back) != 0) {
        leaps++;
        break;
    }
    if (leaps == 0) {
        collect();
    }
    // Later ones are still called.
    start_anew(allocate);
    for (int i = 0; i < 100; i++) {
        collect();
    }
    CHECK(leaps == 1);
    CHECK(calls >= 80);
}

static NOINLINE void make_moved_when_due(size_t n) {
    for (size_t i = 0; i < n; i++) {
        hidden[i] = hide(gcheap_alloc(32, 0));
        gcheap_set_finaliser(seen(hidden[i]), act, NULL, 2);
    }
}

static size_t found;

static void find_mark(void *object, void *data) {
    (void)data;
    found += ((size_t *)object)[0] == 1234567 && gcheap_size(object) >= 5000;
}

TEST(an_object_that_moves_before_its_turn) {
    gcheap_finalise_on_demand(true);
    start_anew(find_mark);
    found = 0;
    make_moved_when_due(500);
    collect();
    for (size_t i = 0; i < 500; i++) {
        *(size_t *)seen(hidden[i]) = 1234567;
        REQUIRE(gcheap_realloc(seen(hidden[i]), 5000) != NULL);
    }
    gcheap_run_finalisers();
    CHECK(found >= 450);
    gcheap_finalise_on_demand(false);
}

RUN_TESTS(ENTRY(a_hundred_thousand_that_allocate), ENTRY(a_finaliser_that_collects),
    ENTRY(a_finaliser_that_frees_its_object), ENTRY(a_finaliser_that_frees_one_whose_turn_has_not_come),
    ENTRY(a_finaliser_that_registers_itself_again), ENTRY(a_finaliser_that_keeps_its_object),
    ENTRY(an_object_that_moves_before_its_turn), ENTRY(a_finaliser_that_leaves_by_longjmp))

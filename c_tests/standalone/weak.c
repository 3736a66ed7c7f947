// Weak links: words that become NULL when what they are about is gone.
#include "common.h"

static void **links; // in memory that is no root
static void *strong[MANY];

static NOINLINE void link_many(bool long_lived, bool keep) {
    for (size_t i = 0; i < MANY; i++) {
        links[i] = gcheap_alloc(40, 0);
        hidden[i] = hide(links[i]);
        strong[i] = keep ? links[i] : NULL;
        REQUIRE(gcheap_weak_link(&links[i], links[i], long_lived));
    }
}

static size_t cleared(void) {
    size_t n = 0;
    for (size_t i = 0; i < MANY; i++) {
        n += links[i] == NULL;
    }
    return n;
}

static void unlink_all(void) {
    for (size_t i = 0; i < MANY; i++) {
        gcheap_weak_unlink(&links[i]);
    }
}

static void links_die_with_their_objects(void) {
    for (int long_lived = 0; long_lived < 2; long_lived++) {
        link_many(long_lived, true);
        collect();
        CHECK_EQUAL(cleared(), 0);
        CHECK_ALL_LIVE(count_alive());
        memset(strong, 0, sizeof(strong));
        collect();
        CHECK(cleared() >= MANY * 9 / 10);
        for (size_t i = 0; i < MANY; i++) {
            CHECK((links[i] == NULL) == (gcheap_size(seen(hidden[i])) == 0));
        }
        // A link that was cleared is one no more.
        size_t still = 0;
        for (size_t i = 0; i < MANY; i++) {
            still += gcheap_weak_unlink(&links[i]);
        }
        CHECK_EQUAL(still, MANY - cleared());
    }
}

TEST(in_memory_of_malloc) {
    links = (void **)calloc(MANY, sizeof(void *));
    links_die_with_their_objects();
    free(links);
}

TEST(in_a_no_scan_object) {
    links = (void **)gcheap_alloc(MANY * sizeof(void *), GCHEAP_NO_SCAN);
    links_die_with_their_objects();
}

TEST(unregistered_links_stay) {
    links = (void **)calloc(MANY, sizeof(void *));
    link_many(false, false);
    for (size_t i = 0; i < MANY; i++) {
        CHECK(gcheap_weak_unlink(&links[i]));
        CHECK(!gcheap_weak_unlink(&links[i]));
    }
    collect();
    CHECK_EQUAL(cleared(), 0);
    free(links);
}

TEST(registered_twice) {
    links = (void **)calloc(MANY, sizeof(void *));
    link_many(false, false);
    for (size_t i = 0; i < MANY; i++) {
        strong[i] = links[i] = gcheap_alloc(40, 0);
        REQUIRE(gcheap_weak_link(&links[i], links[i], false)); // about another object from now on
        REQUIRE(gcheap_weak_link(&links[i], links[i], false));
    }
    collect();
    CHECK_EQUAL(cleared(), 0);
    memset(strong, 0, sizeof(strong));
    collect();
    CHECK(cleared() >= MANY * 9 / 10);
    unlink_all();
    free(links);
}

TEST(what_is_refused) {
    static void *word;
    char *object = (char *)gcheap_alloc(100, 0);
    CHECK(!gcheap_weak_link(&word, NULL, false));
    CHECK(!gcheap_weak_link(&word, object + 16, false));
    CHECK(!gcheap_weak_link(&word, &word, false));
    CHECK(!gcheap_weak_link(NULL, object, false));
    CHECK(!gcheap_weak_unlink(&word));
    CHECK(!gcheap_weak_unlink(NULL));
}

// ---- With finalisers --------------------------------------------------------------------------------------------------

static size_t n_finalised, cleared_when_finalised;
static void *saved[MANY];
static bool save;

static void finalise(void *object, void *data) {
    size_t i = (size_t)data / 2; // odd numbers are no addresses
    cleared_when_finalised += links[i] == NULL;
    n_finalised++;
    saved[i] = save ? object : NULL;
}

static NOINLINE void link_finalised(bool long_lived) {
    n_finalised = cleared_when_finalised = 0;
    link_many(long_lived, false);
    for (size_t i = 0; i < MANY; i++) {
        REQUIRE(gcheap_set_finaliser(seen(hidden[i]), finalise, (void *)(2 * i + 1), 0));
    }
    clear_stack();
    gcheap_collect();
    CHECK(n_finalised >= MANY * 9 / 10);
}

TEST(short_links_are_cleared_before_the_finaliser) {
    links = (void **)calloc(MANY, sizeof(void *));
    link_finalised(false);
    CHECK_EQUAL(cleared_when_finalised, n_finalised);
    unlink_all();
    free(links);
}

TEST(long_links_are_cleared_after_it) {
    links = (void **)calloc(MANY, sizeof(void *));
    link_finalised(true);
    CHECK_EQUAL(cleared_when_finalised, 0);
    collect();
    CHECK(cleared() >= MANY * 9 / 10);
    unlink_all();
    free(links);
}

TEST(long_links_survive_resurrection) {
    links = (void **)calloc(MANY, sizeof(void *));
    save = true;
    link_finalised(true);
    collect();
    CHECK_EQUAL(cleared(), 0);
    for (size_t i = 0; i < MANY; i++) {
        CHECK(saved[i] == NULL || links[i] == saved[i]);
    }
    memset(saved, 0, sizeof(saved));
    collect();
    CHECK(cleared() >= MANY * 9 / 10);
    save = false;
    unlink_all();
    free(links);
}

// ---- Links whose holder goes first ------------------------------------------------------------------------------------

enum { HOLDER_BYTES = 48 };

// Makes holders of links; what becomes of them is up to `end`, which returns the holder's new address or NULL.
static NOINLINE void make_holders(void *(*end)(void *holder)) {
    static void **holders[MANY];
    for (size_t i = 0; i < MANY; i++) {
        strong[i] = gcheap_alloc(40, 0);
    }
    for (size_t i = 0; i < MANY; i++) {
        holders[i] = (void **)gcheap_alloc(HOLDER_BYTES, GCHEAP_NO_SCAN);
        holders[i][3] = strong[i];
        REQUIRE(gcheap_weak_link(&holders[i][3], strong[i], i % 2 == 0));
    }
    for (size_t i = 0; i < MANY; i++) {
        hidden[i] = hide(end(holders[i]));
        holders[i] = NULL;
    }
}

static NOINLINE void *drop(void *holder) {
    (void)holder;
    return NULL;
}

static NOINLINE void *free_it(void *holder) {
    gcheap_free(holder);
    return NULL;
}

static NOINLINE void *shrink(void *holder) {
    return gcheap_realloc(holder, 8);
}

// Objects in the place of the holders are not written to when what the links were about dies.
static void nothing_is_written(void *(*end)(void *holder)) {
    make_holders(end);
    collect();
    enum { WORDS = HOLDER_BYTES / sizeof(void *) };
    static size_t *all[3 * MANY];
    for (size_t i = 0; i < COUNT(all); i++) {
        all[i] = (size_t *)gcheap_alloc(HOLDER_BYTES, 0);
        memset(all[i], 0x55, HOLDER_BYTES);
    }
    memset(strong, 0, sizeof(strong));
    collect();
    size_t changed = 0;
    for (size_t i = 0; i < COUNT(all); i++) {
        for (size_t j = 0; j < WORDS; j++) {
            changed += all[i][j] == 0;
        }
    }
    CHECK_EQUAL(changed, 0);
    memset(all, 0, sizeof(all));
}

TEST(a_holder_that_dies) {
    nothing_is_written(drop);
}

TEST(a_holder_that_is_freed) {
    nothing_is_written(free_it);
}

TEST(a_holder_that_shrinks) {
    nothing_is_written(shrink);
}

static void *moved[MANY];

static NOINLINE void *move(void *holder) {
    static size_t n;
    return moved[n++ % MANY] = gcheap_realloc(holder, 4000);
}

TEST(a_holder_that_moves_takes_its_links_along) {
    nothing_is_written(move);
    size_t cleared_there = 0;
    for (size_t i = 0; i < MANY; i++) {
        cleared_there += ((void **)moved[i])[3] == NULL;
    }
    CHECK(cleared_there >= MANY * 9 / 10);
}

// ---- Objects that the program frees or moves itself ---------------------------------------------------------------------

TEST(an_object_that_moves_takes_the_links_to_it_along) {
    links = (void **)calloc(MANY, sizeof(void *));
    link_many(false, true);
    static void *disguised;
    disguised = (void *)hide(strong[0]);
    REQUIRE(gcheap_weak_link(&disguised, strong[0], true));
    size_t moves = 0;
    for (size_t i = 0; i < MANY; i++) {
        void *before = strong[i];
        strong[i] = gcheap_realloc(strong[i], 4000);
        moves += strong[i] != before;
        CHECK(links[i] == strong[i]);
        hidden[i] = hide(strong[i]);
    }
    CHECK(moves > MANY / 2);
    collect();
    CHECK_EQUAL(cleared(), 0);
    CHECK(disguised != NULL);
    memset(strong, 0, sizeof(strong));
    collect();
    CHECK(cleared() >= MANY * 9 / 10);
    for (size_t i = 0; i < MANY; i++) {
        CHECK((links[i] == NULL) == (gcheap_size(seen(hidden[i])) == 0));
    }
    gcheap_weak_unlink(&disguised);
    unlink_all();
    free(links);
}

TEST(links_to_an_object_that_is_freed_are_cleared) {
    links = (void **)calloc(MANY, sizeof(void *));
    for (int long_lived = 0; long_lived < 2; long_lived++) {
        link_many(long_lived, true);
        for (size_t i = 0; i < MANY; i++) {
            gcheap_free(strong[i]);
            CHECK(links[i] == NULL);
            links[i] = gcheap_alloc(40, 0); // in the same place, and nothing holds it
            CHECK(!gcheap_weak_unlink(&links[i]));
        }
        collect();
        CHECK_EQUAL(cleared(), 0); // these are no links any more
    }
    free(links);
}

RUN_TESTS(ENTRY(in_memory_of_malloc), ENTRY(in_a_no_scan_object), ENTRY(unregistered_links_stay), ENTRY(registered_twice),
    ENTRY(what_is_refused), ENTRY(short_links_are_cleared_before_the_finaliser), ENTRY(long_links_are_cleared_after_it),
    ENTRY(long_links_survive_resurrection), ENTRY(a_holder_that_dies), ENTRY(a_holder_that_is_freed),
    ENTRY(a_holder_that_shrinks), ENTRY(a_holder_that_moves_takes_its_links_along),
    ENTRY(an_object_that_moves_takes_the_links_to_it_along), ENTRY(links_to_an_object_that_is_freed_are_cleared))

// A library that comes and goes between collections: its static data are roots while it is there. Its path is the
// program's first argument.
#include "common.h"

#include <dlfcn.h>

static const char *path;
static void **roots;

static NOINLINE void *in_library(size_t number) {
    return roots[number] = gcheap_alloc(40, 0);
}

static NOINLINE bool load(void **library, int initialised) {
    *library = dlopen(path, RTLD_NOW);
    if (*library == NULL) {
        printf("    %s\n", dlerror());
        return false;
    }
    void **(*find)(int) = NULL;
    *(void **)&find = dlsym(*library, "library_roots");
    roots = find(initialised);
    return true;
}

TEST(static_data_of_a_library) {
    for (int round = 0; round < 20; round++) {
        void *library = NULL;
        REQUIRE(load(&library, round % 2));
        CHECK_ALL_LIVE(survivors(in_library));
        dlclose(library);
        roots = NULL;
        collect(); // does not look there any more
        CHECK_MOST_DIED(count_alive());
        collect();
    }
}

TEST(without_a_collection_between) {
    for (int round = 0; round < 20; round++) {
        void *library = NULL;
        REQUIRE(load(&library, 0));
        make_many(in_library);
        dlclose(library);
        REQUIRE(load(&library, 1));
        CHECK_ALL_LIVE(survivors(in_library));
        dlclose(library);
        roots = NULL;
    }
    collect();
    CHECK_MOST_DIED(count_alive());
}

int main(int argc, char **argv) {
    path = argc > 1 ? argv[1] : "./library_with_roots.so";
    static const test_t tests[] = { ENTRY(static_data_of_a_library), ENTRY(without_a_collection_between) };
    return run_tests(tests, COUNT(tests));
}

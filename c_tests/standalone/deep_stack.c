// Deep stacks: all of them is looked at, and marking needs none itself.
#include "common.h"

#include <pthread.h>

// A frame of a kilobyte at least, with an object that only it holds.
static NOINLINE size_t recurse(size_t depth) {
    char *volatile space[128];
    space[depth % 128] = (char *)gcheap_alloc(24, 0);
    *(size_t *)space[depth % 128] = depth;
    if (depth == 0) {
        collect();
        new_list(20000);
    }
    size_t wrong = depth == 0 ? 0 : recurse(depth - 1);
    return wrong + (*(size_t *)space[depth % 128] != depth);
}

static void *in_thread(void *depth) {
    return (void *)recurse((size_t)depth);
}

TEST(sixty_four_megabytes_in_a_thread) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    REQUIRE(pthread_attr_setstacksize(&attributes, (size_t)(sizeof(void *) == 8 ? 1024 : 256) << 20) == 0);
    pthread_t thread;
    REQUIRE(gcheap_pthread_create(&thread, &attributes, in_thread, (void *)(size_t)(64 << 10)) == 0);
    void *wrong = NULL;
    CHECK_EQUAL(gcheap_pthread_join(thread, &wrong), 0);
    CHECK(wrong == NULL);
}

TEST(six_megabytes_in_the_first_thread) {
    CHECK_EQUAL(recurse(5000), 0);
}

TEST(a_list_of_millions) {
    node_t *list = new_list(3000000);
    collect();
    CHECK(list_is_whole(list, 3000000));
}

static NOINLINE void **new_tree(size_t depth) {
    void **tree = (void **)gcheap_alloc(4 * sizeof(void *), 0);
    for (size_t i = 0; depth > 0 && i < 4; i++) {
        tree[i] = new_tree(depth - 1);
    }
    return tree;
}

static NOINLINE size_t count_tree(void **tree) {
    size_t n = 1;
    for (size_t i = 0; i < 4; i++) {
        n += tree[i] == NULL ? 0 : count_tree((void **)tree[i]);
    }
    return n;
}

TEST(wide_trees) {
    void **tree = new_tree(9);
    collect();
    CHECK_EQUAL(count_tree(tree), 349525);
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "unlimited") == 0) {
        // 64 MB of the first thread's stack, under `ulimit -s unlimited`.
        size_t wrong = recurse(64 << 10);
        printf("%s unlimited\n", wrong == 0 ? "ok" : "FAILED");
        return wrong != 0;
    }
    static const test_t tests[] = { ENTRY(sixty_four_megabytes_in_a_thread), ENTRY(six_megabytes_in_the_first_thread),
        ENTRY(a_list_of_millions), ENTRY(wide_trees) };
    return run_tests(tests, COUNT(tests));
}

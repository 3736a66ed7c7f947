// Every function can be the first one: it makes the heap, or does nothing. Each is tried in a process of its own.
#include "common.h"

#include <sys/wait.h>
#include <unistd.h>

static void nothing(void *object, void *data) {
    (void)object, (void)data;
}

static void *word;
static gcheap_stats_t stats;

static bool f_alloc(void) { return gcheap_alloc(10, 0) != NULL; }
static bool f_alloc_in(void) { return gcheap_alloc_in(NULL, 10, 0) != NULL; }
static bool f_realloc(void) { return gcheap_realloc(NULL, 10) != NULL; }
static bool f_free(void) { return gcheap_free(NULL), true; }
static bool f_size(void) { return gcheap_size(&word) == 0; }
static bool f_base(void) { return gcheap_base(&word) == NULL; }
static bool f_strdup(void) { return strcmp(gcheap_strdup("x"), "x") == 0; }
static bool f_collect(void) { return gcheap_collect(); }
static bool f_disable(void) { return gcheap_disable(), gcheap_enable(), true; }
static bool f_enable(void) { return gcheap_enable(), true; }
static bool f_factor(void) { return gcheap_set_factor(100), true; }
static bool f_limit(void) { return gcheap_set_limit(1 << 30), true; }
static bool f_interior(void) { return gcheap_set_interior_pointers(true), true; }
static bool f_oom(void) { return gcheap_set_out_of_memory(NULL), true; }
static bool f_misuse(void) { return gcheap_set_misuse(NULL), true; }
static bool f_hooks(void) { return gcheap_set_collection_hooks(NULL, NULL), true; }
static bool f_stats(void) { return gcheap_stats(&stats), stats.collections == 0 && stats.allocated_bytes == 0; }
static bool f_finaliser(void) { return !gcheap_set_finaliser(&word, nothing, NULL, 0); }
static bool f_run(void) { return gcheap_run_finalisers() == 0; }
static bool f_demand(void) { return gcheap_finalise_on_demand(false), true; }
static bool f_link(void) { return !gcheap_weak_link(&word, &word, false); }
static bool f_unlink(void) { return !gcheap_weak_unlink(&word); }
static bool f_add(void) { return gcheap_add_roots(&word, &word + 1); }
static bool f_remove(void) { return !gcheap_remove_roots(&word, &word + 1); }
static bool f_clear(void) { return gcheap_clear_roots(), true; }
static bool f_allow(void) { return gcheap_allow_threads(); }
static bool f_register(void) { return gcheap_register_thread(); }
static bool f_unregister(void) { return !gcheap_unregister_thread(); }
static bool f_start(void) { return gcheap_start(); }
static bool f_twice(void) { return gcheap_start() && gcheap_start(); }
static bool f_new(void) { return gcheap_new(0) != NULL; }
static bool f_delete(void) { return gcheap_delete(NULL), true; }

#define FIRST(name) { #name, f_##name }

static const struct first_t {
    const char *name;
    bool (*call)(void);
} firsts[] = {
    FIRST(alloc), FIRST(alloc_in), FIRST(realloc), FIRST(free), FIRST(size), FIRST(base), FIRST(strdup), FIRST(collect),
    FIRST(disable), FIRST(enable), FIRST(factor), FIRST(limit), FIRST(interior), FIRST(oom), FIRST(misuse), FIRST(hooks),
    FIRST(stats), FIRST(finaliser), FIRST(run), FIRST(demand), FIRST(link), FIRST(unlink), FIRST(add), FIRST(remove),
    FIRST(clear), FIRST(allow), FIRST(register), FIRST(unregister), FIRST(start), FIRST(twice), FIRST(new), FIRST(delete),
};

static void *makes_list(void *argument) {
    (void)argument;
    return new_list(10);
}

static int as_first(const struct first_t *first) {
    alarm(30);
    if (!first->call()) {
        return 1;
    }
    node_t *list = new_list(1000);
    collect();
    if (!list_is_whole(list, 1000) || !gcheap_start()) {
        return 2;
    }
    pthread_t thread;
    void *result = NULL;
    if (gcheap_pthread_create(&thread, NULL, makes_list, NULL) != 0 || gcheap_pthread_join(thread, &result) != 0) {
        return 3;
    }
    return list_is_whole((node_t *)result, 10) ? 0 : 4;
}

TEST(every_function_can_be_the_first) {
    for (size_t i = 0; i < COUNT(firsts); i++) {
        fflush(stdout);
        pid_t child = fork();
        if (child == 0) {
            _exit(as_first(&firsts[i]));
        }
        int status = -1;
        waitpid(child, &status, 0);
        if (!CHECK(status == 0)) {
            printf("    %s: status %x\n", firsts[i].name, (unsigned)status);
        }
    }
}

TEST(a_second_start_changes_nothing) {
    node_t *list = new_list(1000);
    CHECK(gcheap_start());
    CHECK(gcheap_start());
    collect();
    CHECK(list_is_whole(list, 1000));
}

RUN_TESTS(ENTRY(every_function_can_be_the_first), ENTRY(a_second_start_changes_nothing))

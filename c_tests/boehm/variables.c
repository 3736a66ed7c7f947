// Variables that older programs read and set, and functions that a program calls when it writes to objects.
#include "common.h"

// Not in all versions of the headers.
void GC_dump_named(const char *name);
int GC_incremental_protection_needs(void);

static int refused, told;

static void *refuse(size_t bytes) {
    refused += bytes == (size_t)-1 / 4;
    return NULL;
}

// It allocates, as Guile's does. If that collects, there is something to tell again.
static void notify(void) {
    told += GC_malloc(16) != NULL;
}

static void finalise(void *object, void *data) {
    (void)object;
    (void)data;
}

static __attribute__((noinline)) void garbage(void) {
    for (int i = 0; i < 100; i++) {
        GC_register_finalizer(GC_malloc(16), finalise, NULL, NULL, NULL);
    }
}

int main(void) {
    GC_free_space_divisor = 4;
    GC_INIT();
    printf("divisor %d, full_freq %d, max_retries %d\n", (int)GC_get_free_space_divisor(), GC_full_freq, (int)GC_max_retries);
    GC_set_full_freq(7);
    GC_max_retries = 2;
    printf("set: %d %d\n", GC_full_freq, (int)GC_get_max_retries());
    printf("no memory at first: %d\n", GC_oom_fn(1) == NULL && GC_get_oom_fn() == GC_oom_fn);
    GC_oom_fn = refuse;
    int none = GC_malloc((size_t)-1 / 4) == NULL;
    printf("refused: %d %d\n", none, refused);
    GC_word before = GC_gc_no;
    GC_gcollect();
    printf("collections: %d\n", GC_gc_no > before && GC_gc_no == GC_get_gc_no());
    GC_set_finalize_on_demand(1);
    GC_finalizer_notifier = notify;
    garbage();
    collect();
    GC_malloc(16);
    printf("told: %d\n", told > 0 && GC_get_finalizer_notifier() == notify && GC_invoke_finalizers() > 0);

    char **place = GC_malloc(sizeof(*place)), *text = GC_malloc(100);
    GC_ptr_store_and_dirty(place, text);
    GC_end_stubborn_change(place);
    printf("stored: %d\n", *place == text);
    char *old = GC_post_incr((void **)place, 10), *new = GC_pre_incr((void **)place, 20);
    printf("added: %d %d\n", (int)(old - text), (int)(new - text));
    char *replaced = GC_debug_realloc_replacement(GC_debug_malloc_replacement(10), 20);
    memset(replaced, 1, 20);
    GC_debug_free(replaced);
    GC_set_dont_precollect(1);
    printf("kept: %d; leaks: %d; protected: %d\n", GC_get_dont_precollect(), GC_get_find_leak(),
        GC_is_incremental_mode() ? 0 : GC_incremental_protection_needs() & 4);
    return 0;
}

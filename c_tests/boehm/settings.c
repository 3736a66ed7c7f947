// Alignment, displacements, tagged pointers, numbers that are set and asked for.
#include "common.h"

static char *tagged[MANY];
static char *holder;
static int finalised, at_tag;

static void finalise(void *object, void *data) {
    (void)data;
    finalised++;
    at_tag += (GC_word)object % 16 == 3;
}

static __attribute__((noinline)) void with_tags(void) {
    for (int i = 0; i < MANY; i++) {
        GC_register_finalizer_no_order((char *)GC_malloc(24) + 3, finalise, NULL, NULL, NULL);
    }
}

int main(void) {
    GC_set_all_interior_pointers(0);
    GC_INIT();
    printf("interior: %d\n", GC_get_all_interior_pointers());
    // Where pointers into objects do not count in the heap, those at a registered distance do.
    GC_REGISTER_DISPLACEMENT(5);
    char **objects = GC_malloc(MANY * sizeof(*objects));
    holder = (char *)objects;
    watch_none();
    for (int i = 0; i < MANY; i++) {
        char *object = GC_malloc(40);
        watch(object);
        objects[i] = object + 5;
    }
    printf("displaced: %s\n", left());
    memset(objects, 0, MANY * sizeof(*objects));
    with_tags();
    collect();
    printf("finalisers by tagged pointers: %d %d\n", finalised > MANY * 9 / 10, finalised == at_tag);
    for (size_t alignment = 16; alignment <= 4096; alignment *= 2) {
        int good = 1;
        for (int i = 0; i < 20; i++) {
            char *object = GC_memalign(alignment, 100 + i);
            good = good && (GC_word)object % alignment == 0 && GC_base(object) != NULL;
            good = good && object[0] == 0 && object[99 + i] == 0;
            memset(object, 1, 100 + i);
            tagged[i] = object;
        }
        collect();
        for (int i = 0; i < 20; i++) {
            good = good && tagged[i][0] == 1 && tagged[i][99 + i] == 1;
        }
        printf("aligned to %d: %d\n", (int)alignment, good);
    }
    void *place = NULL;
    printf("posix_memalign: %d", GC_posix_memalign(&place, 256, 1000));
    printf(" %d", place != NULL && (GC_word)place % 256 == 0);
    printf(" %d %d\n", GC_posix_memalign(&place, 24, 10) != 0, GC_posix_memalign(&place, sizeof(void *) / 2, 10) != 0);
    char *object = GC_malloc(100);
    printf("same: %d, visible: %d\n", GC_same_obj(object + 50, object + 60) == object + 50, GC_is_visible(object) == object);
    printf("defaults: %d %d %d %d\n", GC_get_full_freq(), (int)GC_get_max_retries(), GC_get_dont_expand(), GC_get_no_dls());
    GC_set_full_freq(7);
    GC_set_max_retries(2);
    GC_set_time_limit(33);
    GC_set_dont_expand(1);
    GC_set_no_dls(1);
    GC_set_java_finalization(1);
    printf("set: %d %d %d %d %d %d\n", GC_get_full_freq(), (int)GC_get_max_retries(), (int)GC_get_time_limit(),
        GC_get_dont_expand(), GC_get_no_dls(), GC_get_java_finalization());
    printf("incremental: %d\n", GC_is_incremental_mode());
    GC_gcollect_and_unmap();
    return 0;
}

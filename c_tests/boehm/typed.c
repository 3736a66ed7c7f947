// Objects with descriptors made from bitmaps.
#include "common.h"

#include <gc/gc_typed.h>

struct record {
    GC_word number;
    void *pointer;
    void *disguised; // has no bit
    void *other;
};

static struct record *kept[MANY];
static void **wide[MANY];

int main(void) {
    GC_INIT();
    GC_word bits[GC_BITMAP_SIZE(struct record)] = { 0 };
    GC_set_bit(bits, GC_WORD_OFFSET(struct record, pointer));
    GC_set_bit(bits, GC_WORD_OFFSET(struct record, other));
    for (int bit = 0; bit < 4; bit++) {
        printf("%d%s", (int)GC_get_bit(bits, bit), bit == 3 ? "\n" : "");
    }
    GC_descr descriptor = GC_make_descriptor(bits, GC_WORD_LEN(struct record));
    for (int field = 0; field < 3; field++) {
        watch_none();
        for (int i = 0; i < MANY; i++) {
            kept[i] = GC_MALLOC_EXPLICITLY_TYPED(sizeof(struct record), descriptor);
            void *object = GC_malloc(24);
            watch(object);
            *(field == 0 ? &kept[i]->pointer : field == 1 ? &kept[i]->disguised : &kept[i]->other) = object;
            kept[i]->number = i;
        }
        const char *result = left();
        int sum = 0;
        for (int i = 0; i < MANY; i++) {
            sum += (int)kept[i]->number;
        }
        printf("field %d: %s %d\n", field, result, sum);
    }
    // No bits: as GC_malloc_atomic. The array of records: at least what has a bit is kept.
    GC_word none[1] = { 0 };
    printf("no bits: %d\n", (int)GC_make_descriptor(none, 8));
    watch_none();
    struct record *array = GC_CALLOC_EXPLICITLY_TYPED(MANY, sizeof(struct record), descriptor);
    kept[0] = array;
    for (int i = 0; i < MANY; i++) {
        array[i].other = GC_malloc(24);
        watch(array[i].other);
    }
    printf("array: %s\n", left());
    // A bitmap of more than a word.
    GC_word long_bits[4] = { 0 };
    GC_set_bit(long_bits, 0);
    GC_set_bit(long_bits, 200);
    GC_descr far = GC_make_descriptor(long_bits, 201);
    watch_none();
    for (int i = 0; i < MANY; i++) {
        wide[i] = GC_malloc_explicitly_typed(201 * sizeof(void *), far);
        wide[i][i % 2 ? 200 : 0] = GC_malloc(24);
        watch(wide[i][i % 2 ? 200 : 0]);
    }
    printf("long bitmap: %s\n", left());
    return 0;
}

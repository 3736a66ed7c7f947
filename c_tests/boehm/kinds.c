// Kinds of objects: descriptors that are lengths, bitmaps, functions, and in the object itself.
#include "common.h"

#include <gc/gc_mark.h>

// In bdwgc's gc_inline.h.
void GC_generic_malloc_many(size_t bytes, int kind, void **result);

struct pair {
    void *strong, *weak; // a function marks the first one only
    GC_word more[2];
};

static struct pair *kept[MANY]; // static data is a root
static int calls, arguments_differ;

static struct GC_ms_entry *mark_first(GC_word *object, struct GC_ms_entry *top, struct GC_ms_entry *limit,
    GC_word argument) {
    struct pair *pair = (struct pair *)object;
    calls++;
    if (pair->strong != NULL) {
        arguments_differ += argument != 77;
    }
    return GC_MARK_AND_PUSH(pair->strong, top, limit, &pair->strong);
}

static __attribute__((noinline)) void fill(int kind, int strong, int weak) {
    watch_none();
    for (int i = 0; i < MANY; i++) {
        struct pair *pair = GC_generic_malloc(sizeof(*pair), kind);
        void *a = GC_malloc(40), *b = GC_malloc(40);
        if (pair->strong != NULL || pair->weak != NULL) {
            puts("not cleared");
        }
        pair->strong = strong ? a : NULL;
        pair->weak = weak ? b : NULL;
        pair->more[0] = pair->more[1] = i;
        kept[i] = pair;
        watch(strong ? a : b);
    }
}

static int intact(void) {
    int good = 0;
    for (int i = 0; i < MANY; i++) {
        good += kept[i]->more[0] == (GC_word)i && kept[i]->more[1] == (GC_word)i;
    }
    return good;
}

static void kind_of(const char *name, int kind) {
    fill(kind, 1, 0);
    const char *strong = left();
    fill(kind, 0, 1);
    printf("%s: first word keeps %s, second %s; intact %d\n", name, strong, left(), intact());
}

// A list through objects of a kind: only the first is kept.
static struct pair *list;

static __attribute__((noinline)) void make_list(int kind, int plain) {
    list = NULL;
    for (int i = 0; i < 20000; i++) {
        struct pair *pair = GC_generic_malloc(sizeof(*pair), kind);
        // Every second step leads through an object of the usual kind.
        void **step = plain ? GC_malloc(sizeof(void *)) : NULL;
        if (step != NULL) {
            *step = list;
        }
        pair->strong = step != NULL ? (void *)step : (void *)list;
        pair->more[1] = 5;
        list = pair;
    }
}

static int length(int plain) {
    int n = 0;
    for (struct pair *pair = list; pair != NULL && pair->more[1] == 5; n++) {
        pair = plain ? *(void **)pair->strong : pair->strong;
    }
    return n;
}

struct with_descriptor {
    GC_word descriptor;
    void *first, *second;
};

static struct with_descriptor *described[MANY];

static void per_object(int kind) {
    watch_none();
    for (int i = 0; i < MANY; i++) {
        described[i] = GC_generic_malloc(sizeof(**described), kind);
        described[i]->descriptor = GC_DS_BITMAP | (GC_word)1 << (8 * sizeof(GC_word) - 2); // the word after it
        described[i]->first = GC_malloc(16);
        described[i]->second = GC_malloc(16);
        watch(described[i]->first);
    }
    const char *first = left();
    watch_none();
    for (int i = 0; i < MANY; i++) {
        described[i]->second = GC_malloc(16);
        watch(described[i]->second);
    }
    printf("descriptor in the object: keeps %s, and %s\n", first, left());
}

static int finalised[2];

static void finalise(void *object, void *data) {
    (void)object;
    finalised[(size_t)data]++;
}

// The finaliser of what a described object leads to waits for the object's own.
static __attribute__((noinline)) void ordered(int kind) {
    for (int i = 0; i < MANY; i++) {
        struct pair *outer = GC_generic_malloc(sizeof(*outer), kind);
        outer->strong = GC_malloc(16);
        GC_register_finalizer(outer, finalise, (void *)0, NULL, NULL);
        GC_register_finalizer(outer->strong, finalise, (void *)1, NULL, NULL);
    }
}

// Lists of several objects at once: the objects are all different, however often a collection comes.
static GC_word *taken[MANY];

static void lists_of(const char *name, int kind) {
    int n = 0, lists = 0;
    while (n < MANY) {
        void *all = NULL;
        GC_generic_malloc_many(64, kind, &all);
        lists++;
        // Nothing is allocated until each object of the list is in the array.
        for (; all != NULL && n < MANY; n++) {
            taken[n] = all;
            all = GC_NEXT(all);
        }
        for (int i = n - 1; i >= 0 && i >= n - 70; i--) {
            for (int word = 1; word < 8; word++) {
                taken[i][word] = (GC_word)i;
            }
            taken[i][0] = 0;
        }
    }
    collect();
    int good = 0;
    for (int i = 0; i < MANY; i++) {
        good += taken[i][1] == (GC_word)i && taken[i][7] == (GC_word)i;
    }
    printf("several at once, %s: %d good, several in a list: %d\n", name, good, lists < MANY);
}

int main(void) {
    GC_INIT();
    unsigned proc = GC_new_proc(mark_first);
    printf("first number of a function: %u\n", proc);
    int by_function = (int)GC_new_kind(GC_new_free_list(), GC_MAKE_PROC(proc, 77), 0, 1);
    int other = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    printf("kinds are different: %d\n", by_function != other);
    kind_of("function", by_function);
    printf("called: %d, other argument: %d\n", calls > 0, arguments_differ);
    kind_of("whole size", other);
    kind_of("length 0", (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 0, 1));
    kind_of("bitmap, second word", (int)GC_new_kind(GC_new_free_list(),
        GC_DS_BITMAP | (GC_word)1 << (8 * sizeof(GC_word) - 2), 0, 1));
    kind_of("normal", 1);
    for (int plain = 0; plain < 2; plain++) {
        make_list(by_function, plain);
        collect();
        make_list(by_function, plain);
        collect();
        printf("list: %d\n", length(plain));
    }
    per_object((int)GC_new_kind(GC_new_free_list(), GC_DS_PER_OBJECT, 0, 1));
    ordered(by_function);
    collect();
    printf("inner ones before outer ones: %d\n", finalised[1] > finalised[0]);
    for (int i = 0; i < 5; i++) {
        collect();
    }
    printf("in the end most of both: %d %d\n", finalised[0] > MANY * 9 / 10, finalised[1] > MANY * 9 / 10);
    lists_of("normal", 1);
    lists_of("no pointers", 0);
    lists_of("function", by_function);
    // Several at once, freeing one by one, and another size.
    for (int round = 0; round < 50; round++) {
        void *all = NULL;
        GC_generic_malloc_many(32, by_function, &all);
        while (all != NULL) {
            void *next = GC_NEXT(all);
            GC_NEXT(all) = NULL;
            GC_free(all);
            all = next;
        }
    }
    fill(by_function, 1, 0);
    for (int i = 0; i < MANY; i++) {
        kept[i] = GC_realloc(kept[i], 400);
    }
    printf("after realloc: %s, intact %d\n", left(), intact());
    return 0;
}

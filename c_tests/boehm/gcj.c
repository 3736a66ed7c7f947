// Objects whose first word leads to a table with their descriptor.
#include "common.h"

#include <gc/gc_gcj.h>
#include <gc/gc_mark.h>

struct table {
    void *name;
    GC_word descriptor;
};

struct object {
    struct table *table;
    void *first, *second;
    GC_word number;
};

#define BIT(word) ((GC_word)1 << (8 * sizeof(GC_word) - 1 - (word)))

static struct table first_only = { NULL, GC_DS_BITMAP | BIT(1) };
static struct table second_only = { NULL, GC_DS_BITMAP | BIT(2) };
static struct table both = { NULL, sizeof(struct object) };
static struct table none = { NULL, 0 };
static struct table by_function = { NULL, GC_MAKE_PROC(0, 5) };

static struct object *kept[MANY]; // static data is a root
static int plain, debugging;

static struct GC_ms_entry *mark_second(GC_word *address, struct GC_ms_entry *top, struct GC_ms_entry *limit,
    GC_word argument) {
    struct object *object = (struct object *)(argument == 1 ? GC_USR_PTR_FROM_BASE(address) : address);
    plain += argument == 5;
    debugging += argument == 1;
    return GC_MARK_AND_PUSH(object->second, top, limit, &object->second);
}

enum how { PLAIN, OFF_PAGE, DEBUGGING };

static struct object *make(struct table *table, enum how how) {
    if (how == DEBUGGING) {
#ifdef GC_EXTRAS // in bdwgc's header, which may have been told to leave the caller out
        return GC_debug_gcj_malloc(sizeof(struct object), table, GC_EXTRAS);
#else
        return GC_debug_gcj_malloc(sizeof(struct object), table, 0, __FILE__, __LINE__);
#endif
    }
    return how == PLAIN ? GC_gcj_malloc(sizeof(struct object), table)
        : GC_gcj_malloc_ignore_off_page(sizeof(struct object), table);
}

static __attribute__((noinline)) void fill(struct table *table, enum how how, int second) {
    watch_none();
    for (int i = 0; i < MANY; i++) {
        struct object *object = make(table, how);
        void *leaf = GC_malloc(40);
        if (object->table != table || object->first != NULL || object->second != NULL || object->number != 0) {
            puts("not new");
        }
        *(second ? &object->second : &object->first) = leaf;
        object->number = i;
        kept[i] = object;
        watch(leaf);
    }
}

static int intact(struct table *table) {
    int good = 0;
    for (int i = 0; i < MANY; i++) {
        good += kept[i]->table == table && kept[i]->number == (GC_word)i;
    }
    return good;
}

static void uses(const char *name, struct table *table, enum how how) {
    fill(table, how, 0);
    const char *first = left();
    fill(table, how, 1);
    printf("%s: first keeps %s, second %s; intact %d\n", name, first, left(), intact(table));
}

// Objects that nothing leads to are freed.
static __attribute__((noinline)) void drop(void) {
    watch_none();
    for (int i = 0; i < MANY; i++) {
        kept[i] = NULL;
        watch(make(&both, i & 1 ? PLAIN : DEBUGGING));
    }
}

int main(void) {
    GC_INIT();
    printf("kinds before: %d %d\n", GC_gcj_kind, GC_gcj_debug_kind);
    GC_init_gcj_malloc(0, (void *)mark_second);
    int kind = GC_gcj_kind;
    GC_init_gcj_malloc(1, NULL); // changes nothing
    printf("kinds differ: %d, and stay: %d\n", GC_gcj_kind != GC_gcj_debug_kind, GC_gcj_kind == kind);
    uses("bitmap, first", &first_only, PLAIN);
    uses("bitmap, second", &second_only, OFF_PAGE);
    uses("whole length", &both, PLAIN);
    uses("nothing", &none, PLAIN);
    printf("not called: %d %d\n", plain, debugging);
    uses("function", &by_function, PLAIN);
    printf("called: %d %d\n", plain > 0, debugging > 0);
    uses("for debugging", &first_only, DEBUGGING);
    printf("called: %d %d\n", plain > 0, debugging > 0);
    drop();
    printf("dropped, of them left: %s\n", left());
    char *large = GC_GCJ_MALLOC(100000, &none);
    int zeros = 1;
    for (int i = sizeof(void *); i < 100000; i++) {
        zeros &= large[i] == 0;
    }
    printf("large: table %d, zeros %d\n", *(struct table **)large == &none, zeros);
    return 0;
}

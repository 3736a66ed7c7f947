// Pointers of special kinds: into the middle of an object, finalisers, and weak references.
//
// A collector that takes every word on the stack for a pointer may keep a few objects that are dead. So the results say
// whether nearly all of them are gone.
#include "rows.h"

enum { COUNT = 100000, NEARLY_ALL = COUNT / 100 * 99 };

static uint64_t time_of_collections(unsigned int rounds) {
    uint64_t start = nanoseconds();
    for (unsigned int round = 0; round < rounds; round++) {
        GC_gcollect();
    }
    return nanoseconds() - start;
}

uint64_t interior(unsigned int rounds) {
    const uint32_t bytes = 64 << 20;
    uint64_t state = 5;
    char *object = GC_MALLOC_ATOMIC(bytes);
    char **pointers = GC_MALLOC(COUNT * sizeof(*pointers));
    for (int i = 0; i < COUNT; i++) {
        pointers[i] = object + random_below(&state, bytes);
    }
    collector_reads(pointers);
    print_value("interior", time_of_collections(rounds));
    for (int i = 0; i < COUNT; i++) {
        pointers[i] = object;
    }
    collector_reads(pointers);
    print_value("base", time_of_collections(rounds));
    return GC_base(pointers[COUNT / 2] + bytes / 2) == object;
}

static uint64_t finalised;

static void finalise(void *object, void *data) {
    (void)data;
    finalised += *(uint64_t *)object;
}

// All are alive until the last one is made.
static void make_objects_with_finalisers(uint64_t **objects) {
    for (int i = 0; i < COUNT; i++) {
        objects[i] = GC_MALLOC(32);
        *objects[i] = 1;
        collector_reads(objects);
        GC_register_finalizer_no_order(objects[i], finalise, NULL, NULL, NULL);
    }
}

uint64_t finalisers(unsigned int rounds) {
    uint64_t result = 0;
    uint64_t **objects = GC_MALLOC(COUNT * sizeof(*objects));
    for (unsigned int round = 0; round < rounds; round++) {
        make_objects_with_finalisers(objects);
        memset(objects, 0, COUNT * sizeof(*objects));
        collector_reads(objects);
        GC_gcollect();
        GC_invoke_finalizers();
        result += finalised >= (uint64_t)NEARLY_ALL * (round + 1);
    }
    return result;
}

struct kept {
    struct kept *next;
    uint64_t number;
};

// The table of links is not scanned: that of objects keeps them until the last one is made, and then a list every second.
static struct kept *make_links(struct kept **objects, void **links) {
    struct kept *list = NULL;
    for (int i = 0; i < COUNT; i++) {
        struct kept *object = objects[i] = GC_MALLOC(sizeof(*object));
        object->number = (uint64_t)i;
        links[i] = object;
        collector_reads(objects);
        GC_general_register_disappearing_link(&links[i], object);
        if (i % 2 == 0) {
            object->next = list;
            list = object;
        }
    }
    memset(objects, 0, COUNT * sizeof(*objects));
    collector_reads(objects);
    return list;
}

uint64_t weak_references(unsigned int rounds) {
    uint64_t result = 0;
    struct kept **objects = GC_MALLOC(COUNT * sizeof(*objects));
    for (unsigned int round = 0; round < rounds; round++) {
        void **links = GC_MALLOC_ATOMIC(COUNT * sizeof(*links));
        struct kept *list = make_links(objects, links);
        GC_gcollect();
        int gone = 0;
        for (int i = 1; i < COUNT; i += 2) {
            gone += links[i] == NULL;
        }
        for (; list != NULL; list = list->next) {
            result += links[list->number] == list;
        }
        result += gone >= NEARLY_ALL / 2;
    }
    return result;
}

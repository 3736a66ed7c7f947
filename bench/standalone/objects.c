// Objects that stay, objects that are dropped, and objects that are freed.
#include "rows.h"

struct object {
    struct object *next;
    uint64_t words[];
};

// A million objects of 8 to 64 bytes, in a list, every second one of which is then dropped; at last all of them.
uint64_t small_objects(unsigned int rounds) {
    enum { COUNT = 1000000 };
    uint64_t sum = 0, state = 1;
    for (unsigned int round = 0; round < rounds; round++) {
        struct object *list = NULL;
        for (int i = 0; i < COUNT; i++) {
            uint32_t words = random_below(&state, 8);
            struct object *object = GC_MALLOC(sizeof(*object) + words * sizeof(uint64_t));
            object->next = list;
            if (words > 0) {
                object->words[words - 1] = (uint64_t)i + 1; // a small number is no address
                sum += object->words[0];
            }
            list = object;
        }
        for (struct object *object = list; object != NULL; object = object->next) {
            object->next = object->next != NULL ? object->next->next : NULL;
            sum++;
        }
    }
    return sum;
}

// Objects of 16 to 512 bytes in a table: a random one is freed, another one allocated in its place.
uint64_t explicit_free(unsigned int rounds) {
    enum { TABLE = 10000, STEPS = 100000 };
    uint64_t sum = 0, state = 2;
    uint32_t **table = GC_MALLOC(TABLE * sizeof(*table));
    for (unsigned int step = 0; step < rounds * STEPS; step++) {
        uint32_t **place = &table[random_below(&state, TABLE)];
        uint32_t bytes = 16 + random_below(&state, 497);
        if (*place != NULL) {
            sum += **place;
            GC_FREE(*place);
        }
        *place = GC_MALLOC(bytes);
        sum += **place; // 0, since new memory is cleared
        **place = bytes;
    }
    return sum;
}

struct old {
    struct old *left, *right;
    uint64_t key;
    void *more;
};

static struct old *old_tree(unsigned int depth, uint64_t key) {
    struct old *old = GC_MALLOC(sizeof(*old));
    old->key = key;
    old->more = GC_MALLOC_ATOMIC(8);
    if (depth > 0) {
        old->left = old_tree(depth - 1, 2 * key);
        old->right = old_tree(depth - 1, 2 * key + 1);
    }
    return old;
}

static uint64_t sum_of_keys(const struct old *old) {
    return old == NULL ? 0 : old->key + sum_of_keys(old->left) + sum_of_keys(old->right);
}

// A tree of a million nodes and as many small objects stays, beside lists that are dropped. The longest time of a few
// allocations is that of the longest collection: the clock itself takes too long to be read at each of them.
uint64_t old_heap(unsigned int rounds) {
    enum { DEPTH = 19, LISTS = 20000, LENGTH = 20 };
    uint64_t sum = 0, longest = 0;
    struct old *tree = old_tree(DEPTH, 1);
    for (unsigned int list = 0; list < rounds * LISTS; list++) {
        struct object *head = NULL;
        uint64_t start = nanoseconds();
        for (int i = 0; i < LENGTH; i++) {
            struct object *object = GC_MALLOC(sizeof(*object) + 4 * sizeof(uint64_t));
            object->next = head;
            object->words[0] = (uint64_t)i;
            head = object;
        }
        uint64_t took = nanoseconds() - start;
        longest = took > longest ? took : longest;
        sum += head->next->words[0];
    }
    print_value("pause", longest);
    return sum + sum_of_keys(tree);
}

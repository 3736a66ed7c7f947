// What the tests of the standalone library share: objects that should die or live, seen from a program that must not keep
// them alive itself.
//
// The collector is conservative: a register or an old stack frame may still hold a pointer. So what should die is made many
// times, in a function of its own, and most of it must be gone.
#ifndef COMMON_H
#define COMMON_H

#include <gcheap.h>

#include "../test.h"

#include <stdlib.h>

#define NOINLINE __attribute__((noinline, unused))
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MANY = 1000 };

// Addresses of objects, disguised so that no collection takes them for pointers.
static uintptr_t hidden[MANY];

static inline uintptr_t hide(const void *object) {
    return ~(uintptr_t)object;
}

static inline void *seen(uintptr_t disguised) {
    return (void *)~disguised;
}

// Overwrites what earlier calls have left on the stack.
static NOINLINE void clear_stack(void) {
    char space[32768];
    memset(space, 0, sizeof(space));
    __asm__ volatile ("" : : "r" (space) : "memory");
}

// A link of a list.
typedef struct node_t {
    struct node_t *next;
    size_t number;
} node_t;

static inline node_t *new_node(node_t *next, size_t number) {
    node_t *node = (node_t *)gcheap_alloc(sizeof(node_t), 0);
    if (node != NULL) {
        node->next = next;
        node->number = number;
    }
    return node;
}

// A list with the numbers below length, the last one first.
static NOINLINE node_t *new_list(size_t length) {
    node_t *list = NULL;
    for (size_t i = 0; i < length; i++) {
        node_t *node = new_node(list, i);
        if (node == NULL) {
            return NULL;
        }
        list = node;
    }
    return list;
}

static NOINLINE bool list_is_whole(const node_t *list, size_t length) {
    for (size_t i = length; i-- > 0; list = list->next) {
        if (list == NULL || list->number != i) {
            return false;
        }
    }
    return list == NULL;
}

static inline bool all_are(const void *memory, size_t n, int value) {
    const unsigned char *bytes = (const unsigned char *)memory;
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] != value) {
            return false;
        }
    }
    return true;
}

// Remembers, disguised, what make returns for each number.
static NOINLINE void make_many(void *(*make)(size_t number)) {
    for (size_t i = 0; i < MANY; i++) {
        hidden[i] = hide(make(i));
    }
}

static NOINLINE size_t count_alive(void) {
    size_t alive = 0;
    for (size_t i = 0; i < MANY; i++) {
        alive += gcheap_size(seen(hidden[i])) != 0;
    }
    return alive;
}

// Collects twice: what the first collection found only by an old pointer on the stack is gone after the second.
static NOINLINE void collect(void) {
    clear_stack();
    gcheap_collect();
    clear_stack();
    gcheap_collect();
    clear_stack();
}

// How many of MANY objects are still there after a collection.
static NOINLINE size_t survivors(void *(*make)(size_t number)) {
    gcheap_disable(); // no object takes the place of one that has gone already
    make_many(make);
    gcheap_enable();
    collect();
    return count_alive();
}

#define CHECK_MOST_DIED(survivors_) do { \
        size_t survivors_of_ = (survivors_); \
        if (!CHECK(survivors_of_ <= MANY / 10)) { \
            printf("    %zu of %d are alive\n", survivors_of_, MANY); \
        } \
    } while (0)

#define CHECK_ALL_LIVE(survivors_) CHECK_EQUAL(survivors_, MANY)

#endif // COMMON_H

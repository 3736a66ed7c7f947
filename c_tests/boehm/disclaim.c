// Kinds whose objects are shown to the program before they are freed.
#include "common.h"

#include <gc/gc_disclaim.h>
#include <gc/gc_mark.h>

#define IN_USE 1

struct node {
    GC_word tag; // bdwgc tells objects in use from free ones by it
    struct node *next;
    GC_word number;
};

static struct node *kept[MANY]; // static data is a root
static int asked, broken, refuse;

// What an object leads to is there as long as the object, in a kind that keeps it.
static int ask(void *base) {
    struct node *node = base;
    if (node->tag != IN_USE) {
        return 0;
    }
    asked++;
    broken += GC_base(&node->number) != node || GC_is_marked(node);
    if (node->next != NULL) {
        broken += node->next->tag != IN_USE || node->next->number != node->number + 1;
    }
    if (refuse) {
        return 1;
    }
    node->tag = 0;
    return 0;
}

static struct node *make(int kind, struct node *next, GC_word number) {
    struct node *node = GC_generic_malloc(sizeof(*node), kind);
    node->next = next;
    node->number = number;
    node->tag = IN_USE;
    return node;
}

static __attribute__((noinline)) void fill(int kind) {
    for (int i = 0; i < MANY; i++) {
        kept[i] = make(kind, make(kind, NULL, (GC_word)i + 1), (GC_word)i);
    }
}

static __attribute__((noinline)) void drop(void) {
    memset(kept, 0, sizeof(kept));
    wipe(16);
}

static const char *about(int n, int of) {
    return n == 0 ? "none" : n == of ? "all" : n > of * 9 / 10 && n < of ? "most" : n > of ? "too many" : "some";
}

// Collections and allocations: bdwgc asks when it looks for free memory, which may be later.
static __attribute__((noinline)) void settle(void) {
    for (int i = 0; i < 6; i++) {
        collect();
    }
}

static const char *rounded(int n, int of) {
    return n > of * 9 / 10 && n <= of ? "nearly all" : about(n, of);
}

static void a_kind_that_keeps(int kind) {
    fill(kind);
    settle();
    printf("while they are in use asked for %s\n", about(asked, MANY));
    drop();
    settle();
    printf("then for %s; broken: %d\n", rounded(asked, 2 * MANY), broken);
}

static void refusing(int kind) {
    asked = 0;
    fill(kind);
    refuse = 1;
    drop();
    settle();
    int before = asked;
    printf("refused more than once: %d; broken: %d\n", before > 2 * MANY, broken);
    refuse = 0;
    asked = 0;
    settle();
    printf("in the end freed: %s; broken: %d\n", rounded(asked, 2 * MANY), broken);
}

static void freed_by_hand(int kind) {
    asked = 0;
    fill(kind);
    for (int i = 0; i < MANY; i++) {
        kept[i]->next->tag = 0;
        GC_free(kept[i]->next);
        kept[i]->tag = 0;
        GC_free(kept[i]);
    }
    drop();
    settle();
    printf("freed by hand: asked for %s\n", about(asked, MANY));
}

static void resized(int kind) {
    asked = 0;
    for (int i = 0; i < MANY; i++) {
        kept[i] = make(kind, NULL, (GC_word)i);
        struct node *larger = GC_realloc(kept[i], 500);
        kept[i]->tag = larger == kept[i] ? IN_USE : 0;
        kept[i] = larger;
    }
    settle();
    int good = 0;
    for (int i = 0; i < MANY; i++) {
        good += kept[i]->tag == IN_USE && kept[i]->number == (GC_word)i;
    }
    printf("resized: %d intact, asked for %s", good, about(asked, MANY));
    drop();
    settle();
    printf(", later for %s\n", rounded(asked, MANY));
}

static int finalised, wrong;

static void finalise(void *object, void *data) {
    char **words = object;
    finalised++;
    wrong += strcmp(words[0], "text") != 0 || data != &finalised || (char *)GC_base(object) != (char *)object - sizeof(void *);
    words[0] = NULL;
}

static const struct GC_finalizer_closure fixed = { finalise, &finalised };
static void *held[MANY];

static __attribute__((noinline)) void finalised_objects(int in_heap) {
    for (int i = 0; i < MANY; i++) {
        struct GC_finalizer_closure *closure = NULL;
        if (in_heap) {
            closure = GC_malloc(sizeof(*closure));
            *closure = fixed;
        }
        void **words = GC_finalized_malloc(2 * sizeof(void *), in_heap ? closure : &fixed);
        wrong += words[0] != NULL || words[1] != NULL;
        words[0] = GC_strdup("text");
        held[i] = words;
    }
}

static void finalisers(const char *name, int in_heap) {
    finalised = 0;
    finalised_objects(in_heap);
    settle();
    printf("%s: while in use %d", name, finalised);
    memset(held, 0, sizeof(held));
    settle();
    printf(", then %s; wrong: %d\n", rounded(finalised, MANY), wrong);
}

int main(void) {
    GC_INIT();
    int kind = (int)GC_new_kind(GC_new_free_list(), GC_DS_LENGTH, 1, 1);
    GC_register_disclaim_proc(kind, ask, 1);
    a_kind_that_keeps(kind);
    refusing(kind);
    freed_by_hand(kind);
    resized(kind);
    GC_init_finalized_malloc();
    GC_init_finalized_malloc();
    finalisers("closure in static data", 0);
    finalisers("closure in the heap", 1);
    return 0;
}

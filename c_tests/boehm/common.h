// What the programs in this directory share. They are compiled with bdwgc's own headers and with ours, run on both
// libraries, and must print the same; so they print no address, and no number that depends on how conservative a
// collector is.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gc/gc.h>

#define MANY 1000

// Objects that are watched: a link to each, in memory that no collection looks at.
static GC_word *links;
static int watched;

static inline void watch_none(void) {
    if (links == NULL) {
        links = (GC_word *)malloc(MANY * sizeof(*links));
    }
    for (int i = 0; i < watched; i++) {
        GC_unregister_disappearing_link((void **)&links[i]);
    }
    watched = 0;
}

static inline void watch(void *object) {
    links[watched] = ~(GC_word)object;
    GC_general_register_disappearing_link((void **)&links[watched], object);
    watched++;
}

// Overwrites what earlier calls have left on the stack.
static __attribute__((noinline, unused)) int wipe(int depth) {
    volatile char space[4096];
    memset((char *)space, 0, sizeof(space));
    return depth == 0 ? space[17] : wipe(depth - 1) + space[5];
}

static inline void collect(void) {
    wipe(16);
    GC_gcollect();
    wipe(16);
    GC_gcollect();
}

// What of the watched objects is left after a collection: all, none, or some. A few words on the stack may keep a few
// alive.
static inline const char *left(void) {
    int alive = 0;
    collect();
    for (int i = 0; i < watched; i++) {
        alive += links[i] != 0;
    }
    return alive == watched ? "all" : alive <= watched / 10 ? "none" : "some";
}

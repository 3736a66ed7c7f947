// A workload made from parameters: a live shape is built, then calls are made. The same parameters and seed make the
// same calls on every heap.
#ifndef HUNT_H
#define HUNT_H

#include "../harness/bench.h"

// The parameters: NUMBER(name, default, least, most), and WORD(name, choices), whose first choice is the default.
#if BENCH_SMALL
#define HEAP_MOST_KIB 128
typedef uint16_t index_t; // of an object, a slot or a block; or a number of bytes
enum { PLAN = 1 << 10 };
#else
#define HEAP_MOST_KIB (64 << 10)
typedef uint32_t index_t;
enum { PLAN = 1 << 13 };
#endif

#define HUNT_PARAMS(NUMBER, WORD) \
    NUMBER(heap, 128, 16, HEAP_MOST_KIB) /* KiB */ \
    NUMBER(seed, 1, 0, UINT32_MAX) \
    /* The live shape */ \
    NUMBER(peak, 0, 0, 100)      /* percent of the heap that were in use before everything was freed */ \
    NUMBER(peakmax, 1, 1, 4096)  /* the largest of those objects, in blocks */ \
    WORD(peakfree, "collect oldest newest") \
    NUMBER(fill, 0, 0, 99)       /* percent of the heap's blocks that the shape takes, with its gaps */ \
    NUMBER(smin, 1, 1, 65535)    /* blocks of an object */ \
    NUMBER(smax, 1, 1, 65535) \
    WORD(sdist, "even small two") \
    WORD(tree, "chain kary random near comb buckets") /* which object points at an object first */ \
    NUMBER(arity, 2, 1, 65535)   /* children in kary, length of a tooth in comb, of a chain in buckets */ \
    NUMBER(near, 16, 1, 65535)   /* how far a near object is, counted in links from the first one */ \
    NUMBER(extra, 0, 0, 64)      /* more links of each object */ \
    NUMBER(far, 100, 0, 100)     /* percent of these that go to any object; the others go to a near one */ \
    NUMBER(up, 0, 0, 1)          /* each object points at the one that points at it */ \
    WORD(hold, "no forward random") /* an array that holds every object */ \
    NUMBER(leaf, 0, 0, 100)      /* percent of the objects that have no pointers */ \
    WORD(place, "first last random") /* where in an object its pointers are */ \
    WORD(words, "zero small text random type inside tail") /* the words that are no pointers */ \
    WORD(order, "forward backward random depth mixed stride") /* in which the objects are made */ \
    NUMBER(gap, 0, 0, 100)       /* percent of the objects that are followed by one that is freed */ \
    NUMBER(gapmax, 1, 1, 4096)   /* blocks of these */ \
    WORD(gapfree, "free collect") \
    /* The calls */ \
    WORD(life, "none random fifo burst walk heavy nursery") /* none: only collections */ \
    NUMBER(slots, 100, 1, 1 << 20) /* objects that can be alive */ \
    WORD(table, "roots heap outside") /* where the pointers to them are */ \
    NUMBER(prefill, 0, 0, 100)   /* percent of the slots in use before */ \
    NUMBER(amin, 16, 1, 1 << 24) /* bytes of an allocation */ \
    NUMBER(amax, 16, 1, 1 << 24) \
    WORD(adist, "even small two alternate") \
    NUMBER(free, 0, 0, 100)      /* percent of the replaced objects that are freed; the others become garbage */ \
    NUMBER(burst, 100, 1, 1 << 20) /* objects in a burst, in a nursery, and in a run of a walk */ \
    WORD(release, "newest oldest random") /* the order of a burst's frees */ \
    NUMBER(grow, 0, 0, 100)      /* percent of the steps that resize */ \
    WORD(by, "step half shrink random") \
    NUMBER(step, 8, 1, 65535)    /* bytes */ \
    NUMBER(link, 0, 0, 95)       /* percent of the new objects that point at another */ \
    WORD(linkto, "last random") \
    NUMBER(fin, 0, 0, 100)       /* percent with the flag for a finaliser */ \
    NUMBER(nbytes, 0, 0, 100)    /* percent of the steps that ask for an object's size */ \
    NUMBER(every, 0, 0, 1 << 20) /* steps between two calls of: */ \
    WORD(then, "collect info") \
    NUMBER(auto_collect, 1, 0, 1) /* whether an allocation may collect */ \
    NUMBER(thresh, 0, 0, 100)    /* percent of the heap: collects after so much was allocated */ \
    NUMBER(warm, 0, 0, 1)        /* the calls are made once before they are timed */ \
    NUMBER(ops, 0, 0, 1 << 30)   /* steps; 0: as many as take about BUDGET */

#define NUMBER(name, value, least, most) uint32_t name;
#define WORD(name, choices) uint32_t name;
typedef struct {
    HUNT_PARAMS(NUMBER, WORD)
} hunt_t;
#undef NUMBER
#undef WORD

// The choices of words, in the order of their lists.
enum { COLLECT, OLDEST, NEWEST }; // peakfree
enum { EVEN, SMALL, TWO, ALTERNATE }; // sdist, adist
enum { CHAIN, KARY, RANDOM_TREE, NEAR, COMB, BUCKETS }; // tree
enum { HOLD_NONE, HOLD_FORWARD, HOLD_RANDOM }; // hold
enum { FIRST, LAST, ANYWHERE }; // place
enum { ZERO, SMALL_NUMBERS, TEXT, RANDOM_WORDS, TYPE, INSIDE, TAIL }; // words
enum { FORWARD, BACKWARD, RANDOM_ORDER, DEPTH, MIXED, STRIDE }; // order
enum { GAP_FREE, GAP_COLLECT }; // gapfree
enum { NONE, RANDOM_LIFE, FIFO, BURST, WALK, HEAVY, NURSERY }; // life
enum { ROOTS, HEAP, OUTSIDE }; // table
enum { RELEASE_NEWEST, RELEASE_OLDEST, RELEASE_RANDOM }; // release
enum { STEP, HALF, SHRINK, RESIZE_RANDOM }; // by
enum { LINK_LAST, LINK_RANDOM }; // linkto
enum { THEN_COLLECT, THEN_INFO }; // then

extern hunt_t hunt;

// Reads `name=value` pairs, separated by spaces, over the defaults. Returns the part that is wrong, or NULL.
const char *hunt_parse(const char *text);

// A size between the two, by a distribution; `i` counts the draws.
size_t draw_size(size_t least, size_t most, unsigned distribution, size_t i);
bool draw_percent(unsigned percent);

// The blocks of the heap, estimated from its size, and so the same for every heap.
size_t heap_blocks(void);

// An object of any size, which is made in constant time if it is above all others. Ends the program if there is no room.
void *make_object(size_t bytes);

void shape_build(void);
size_t shape_objects(void);
// Blocks: the highest object that was made, and where gc.c's next search for one block starts, about.
size_t shape_top(void);
size_t shape_searched(void);
uint64_t shape_checksum(uint64_t sum);

// One call: of what is in a slot.
typedef struct {
    index_t bytes, slot, other;
    uint8_t call, flags;
} step_t;
enum { REPLACE, RELEASE, RESIZE, SIZE_OF }; // call
enum { FREES = 1, LINKS = 2, FINALISER = 4 }; // flags
extern step_t plan[PLAN]; // repeated if there are more steps

void plan_make(void);

// Heap, shape, plan and slots. False: this heap cannot be that small.
bool calls_prepare(void);
// The timed part.
void calls_run(size_t ops);
// How many steps take about BUDGET: from a model of gc.c's work, so that the number is the same on every machine.
size_t calls_estimate(void);
size_t calls_failed(void);
uint64_t calls_checksum(void);

#endif

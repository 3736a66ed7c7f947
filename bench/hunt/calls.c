// The calls of a workload: preparation, the timed part, and an estimate of how many steps it should have.

#include <string.h>

#include "hunt.h"

enum { FIRST_SLOT = 8 }; // in the roots
static void **slots;
static size_t failed;

static void make_slots(void) {
    bool collects = hunt.auto_collect || (hunt.every != 0 && hunt.then == THEN_COLLECT);
    size_t bytes = hunt.slots * sizeof(void *);
    if (hunt.table == ROOTS && hunt.slots <= HEAP_ROOTS - FIRST_SLOT) {
        slots = &heap_roots[FIRST_SLOT];
    } else if (hunt.table == OUTSIDE && !collects) {
        slots = bench_memory(bytes);
        memset(slots, 0, bytes);
    } else {
        slots = heap_roots[2] = make_object(bytes);
    }
    for (size_t i = 0; i * 100 < (size_t)hunt.slots * hunt.prefill; i++) {
        slots[i] = make_object(draw_size(hunt.amin, hunt.amax, hunt.adist, i));
    }
}

static inline void make_call(const step_t *step) {
    void **slot = &slots[step->slot], **object;
    switch (step->call) {
        case REPLACE:
            if (step->flags & FREES) {
                gc_free(*slot);
            }
            *slot = object = gc_alloc(step->bytes, (step->flags & FINALISER) != 0);
            if (object == NULL) {
                failed++;
            } else if (step->flags & LINKS) {
                object[1] = slots[step->other];
            }
            break;
        case RELEASE:
            if (step->flags & FREES) {
                gc_free(*slot);
            }
            *slot = NULL;
            break;
        case RESIZE:
            object = gc_realloc(*slot, step->bytes, true);
            if (object == NULL) {
                failed++;
            } else {
                *slot = object;
            }
            break;
        case SIZE_OF:
            if (*slot != NULL && gc_nbytes(*slot) == 0) {
                failed++;
            }
            break;
    }
}

static void interrupt(void) {
    gc_info_t info;
    if (hunt.life == NONE || hunt.then == THEN_COLLECT) {
        gc_collect();
    } else {
        gc_info(&info);
    }
}

void calls_run(size_t ops) {
    size_t every = hunt.life == NONE ? 1 : hunt.every;
    size_t next = every != 0 ? every : SIZE_MAX, at = 0;
    for (size_t done = 0; done < ops;) {
        size_t end = next < ops ? next : ops;
        if (hunt.life == NONE) {
            done = end;
        }
        while (done < end) {
            size_t n = end - done < PLAN - at ? end - done : PLAN - at;
            for (const step_t *step = &plan[at], *last = step + n; step < last; step++) {
                make_call(step);
            }
            done += n;
            at = (at + n) % PLAN;
        }
        if (done == next) {
            interrupt();
            next += every;
        }
    }
}

bool calls_prepare(void) {
    memset(heap_roots, 0, HEAP_ROOTS * sizeof(void *));
    if (!heap_open((size_t)hunt.heap << 10)) {
        return false;
    }
    bench_seed(hunt.seed);
    shape_build();
    plan_make();
    if (hunt.life != NONE) {
        make_slots();
    }
    heap_auto_collect(hunt.auto_collect);
    if (hunt.thresh != 0) {
        heap_threshold(((size_t)hunt.heap << 10) / 100 * hunt.thresh);
    }
    failed = 0;
    return true;
}

// In nanoseconds, roughly: a call costs 15 and the clearing of an object, gc.c's search one for two blocks from where
// it starts, and a collection one for each root, two for each block up to the top, and ten for each object.
enum { CALL = 15, CLEARED_BYTES = 32, SEARCHED_BLOCKS = 2, SWEPT_BLOCK = 2, MARKED_OBJECT = 10 };
#if BENCH_SMALL
enum { BUDGET = 1000 * 1000 };
#else
enum { BUDGET = 8 * 1000 * 1000 };
#endif

static size_t collection_cost(size_t top) {
    size_t objects = shape_objects() + (hunt.life == NONE ? 0 : hunt.slots);
    return HEAP_ROOTS + SWEPT_BLOCK * top + MARKED_OBJECT * objects;
}

size_t calls_estimate(void) {
    size_t ops = 0, cost = 0, searched = shape_searched(), top = shape_top(), collections = heap_collections();
    if (hunt.life == NONE) {
        return BUDGET / collection_cost(top) + 1;
    }
    for (; cost < BUDGET; ops++) {
        const step_t *step = &plan[ops % PLAN];
        size_t before = heap_offset(slots[step->slot]) / BLOCK, failures = failed;
        make_call(step);
        if (hunt.every != 0 && ops % hunt.every == hunt.every - 1) {
            interrupt();
            cost += hunt.then == THEN_INFO ? heap_blocks() : 0;
        }
        cost += CALL + step->bytes / CLEARED_BYTES;
        if (heap_collections() != collections) {
            cost += collection_cost(top) * (heap_collections() - collections);
            collections = heap_collections();
            searched = 0;
        }
        if (step->flags & FREES && before != 0 && before < searched) {
            searched = before;
        }
        size_t now = failed == failures ? heap_offset(slots[step->slot]) / BLOCK : heap_blocks();
        top = now > top ? now : top;
        if (step->call == REPLACE || (step->call == RESIZE && now != before)) {
            cost += now > searched ? (now - searched) / SEARCHED_BLOCKS : 0;
            searched = step->bytes <= BLOCK && now > searched && failed == failures ? now : searched;
        }
    }
    return ops;
}

size_t calls_failed(void) {
    return failed;
}

uint64_t calls_checksum(void) {
    gc_info_t info;
    gc_info(&info);
    uint64_t sum = shape_checksum(bench_checksum(&info));
    for (size_t i = 0; hunt.life != NONE && i < hunt.slots; i++) {
        sum = bench_mix(sum, heap_offset(slots[i]));
    }
    return bench_mix(sum, failed);
}

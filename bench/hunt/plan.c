// The steps, chosen in advance, so that the choice is not part of the time. A step may find its slot empty or in use:
// so the plan can be repeated.

#include <stdlib.h>

#include "hunt.h"

step_t plan[PLAN];
static size_t planned;
static uint32_t *sizes; // of what is in each slot, as far as the plan knows

static bool is_full(void) {
    return planned == PLAN;
}

static bool frees(void) {
    // What nothing ever collects has to be freed.
    bool collects = hunt.auto_collect || (hunt.every != 0 && hunt.then == THEN_COLLECT);
    return !collects || draw_percent(hunt.free);
}

static step_t *add(unsigned call, size_t slot) {
    step_t *step = &plan[planned++];
    *step = (step_t) { .slot = slot, .call = call };
    return step;
}

static size_t resized(size_t bytes) {
    switch (hunt.by) {
        case HALF:
            return bytes + bytes / 2 + 1;
        case SHRINK:
            return bytes > 1 + hunt.step ? bytes - hunt.step : 1;
        case RESIZE_RANDOM:
            return draw_size(hunt.amin, hunt.amax, hunt.adist, planned);
        default:
            return bytes + hunt.step;
    }
}

static void add_replace(size_t slot) {
    size_t last = planned == 0 ? 0 : plan[planned - 1].slot;
    step_t *step = add(REPLACE, slot);
    step->bytes = draw_size(hunt.amin, hunt.amax, hunt.adist, planned);
    step->flags |= frees() ? FREES : 0;
    step->flags |= draw_percent(hunt.fin) ? FINALISER : 0;
    if (step->bytes >= 2 * sizeof(void *) && draw_percent(hunt.link)) {
        step->flags |= LINKS;
        step->other = hunt.linkto == LINK_LAST ? last : bench_below(hunt.slots);
    }
    sizes[slot] = step->bytes;
}

static void add_release(size_t slot) {
    add(RELEASE, slot)->flags = frees() ? FREES : 0;
    sizes[slot] = 0;
}

// One that grew to several times the largest is replaced.
static void add_any(size_t slot) {
    if (sizes[slot] != 0 && sizes[slot] <= 8 * (size_t)hunt.amax + 8 * hunt.step && draw_percent(hunt.grow)) {
        sizes[slot] = add(RESIZE, slot)->bytes = resized(sizes[slot]);
    } else if (sizes[slot] != 0 && draw_percent(hunt.nbytes)) {
        add(SIZE_OF, slot);
    } else {
        add_replace(slot);
    }
}

static void plan_bursts(void) {
    size_t n = hunt.burst < hunt.slots ? hunt.burst : hunt.slots;
    uint32_t *order = bench_memory(n * sizeof(*order));
    while (!is_full()) {
        size_t first = bench_below(hunt.slots - n + 1);
        for (size_t i = 0; i < n && !is_full(); i++) {
            add_any(first + i);
            size_t j = hunt.release == RELEASE_RANDOM ? bench_below(i + 1) : i;
            order[i] = order[j];
            order[j] = i;
        }
        for (size_t i = 0; i < n && !is_full(); i++) {
            add_release(first + order[hunt.release == RELEASE_NEWEST ? n - 1 - i : i]);
        }
    }
    free(order);
}

// A stack that grows and shrinks at random.
static void plan_walk(void) {
    size_t depth = 0;
    while (!is_full()) {
        bool up = bench_below(2) == 0;
        for (size_t run = 1 + bench_below(hunt.burst); run > 0 && !is_full(); run--) {
            if (up && depth < hunt.slots) {
                add_any(depth++);
            } else if (!up && depth > 0) {
                add_release(--depth);
            }
        }
    }
}

// Most slots are replaced rarely.
static size_t heavy_tailed(void) {
    size_t n = hunt.slots;
    for (unsigned i = 0; i < 3; i++) {
        n = 1 + bench_below(n);
    }
    return n - 1;
}

static size_t choose_slot(void) {
    size_t young = hunt.burst < hunt.slots ? hunt.burst : hunt.slots;
    switch (hunt.life) {
        case FIFO:
            return planned % hunt.slots;
        case HEAVY:
            return heavy_tailed();
        case NURSERY: // one of eight grows old
            return bench_below(8) == 0 ? bench_below(hunt.slots) : planned % young;
        default:
            return bench_below(hunt.slots);
    }
}

void plan_make(void) {
    planned = 0;
    if (hunt.life == NONE) {
        return;
    }
    sizes = bench_memory(hunt.slots * sizeof(*sizes));
    for (size_t i = 0; i < hunt.slots; i++) {
        sizes[i] = i * 100 < (size_t)hunt.slots * hunt.prefill ? hunt.amin : 0;
    }
    if (hunt.life == BURST) {
        plan_bursts();
    } else if (hunt.life == WALK) {
        plan_walk();
    }
    while (!is_full()) {
        add_any(choose_slot());
    }
    free(sizes);
}

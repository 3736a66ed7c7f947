// The live shape: objects in a logical order, in which each is linked from an earlier one, are made in another order.

#include <string.h>

#include "hunt.h"

#define WORD_BYTES sizeof(void *)
#define NO_PARENT ((index_t)-1)

static const char some_type[4 * BLOCK];
static size_t count, parentless;
static index_t *blocks, *parents, *order, *links; // of each object: its size, who points at it, who is made when, links
static void **objects;
static size_t top, searched; // blocks: the highest object so far, and where gc.c's search starts

size_t heap_blocks(void) {
    // A block takes two bits of one table and one of another.
    return ((size_t)hunt.heap << 10) * 8 / (8 * BLOCK + 3);
}

void *make_object(size_t bytes) {
    // gc.c's search starts behind the last object of one block, and so would walk over all larger ones.
    void *object = gc_alloc(heap_is_exact && bytes > BLOCK ? BLOCK : bytes, 0);
    if (object != NULL && heap_is_exact && bytes > BLOCK) {
        object = gc_realloc(object, bytes, true);
    }
    if (object == NULL) {
        bench_cannot();
    }
    size_t block = heap_offset(object) / BLOCK;
    searched = searched < block ? block : searched;
    top = searched < top ? top : searched;
    return object;
}

// The heap's top was once higher than it is now.
static void build_peak(void) {
    size_t goal = heap_blocks() * hunt.peak / 100, used = 0;
    void **oldest = NULL, **newest = NULL;
    while (used < goal) {
        size_t n = 1 + bench_below(hunt.peakmax);
        if (used + n > goal) {
            break;
        }
        used += n;
        void **object = make_object(n * BLOCK);
        if (hunt.peakfree == OLDEST && newest != NULL) {
            *newest = object;
        } else if (hunt.peakfree == NEWEST) {
            *object = newest;
        }
        oldest = oldest == NULL ? object : oldest;
        newest = object;
    }
    if (hunt.peakfree == COLLECT) {
        gc_collect();
        return;
    }
    for (void **next, **object = hunt.peakfree == OLDEST ? oldest : newest; object != NULL; object = next) {
        next = *object;
        gc_free(object);
    }
}

static size_t words_of(size_t i) {
    return blocks[i] * BLOCK / WORD_BYTES;
}

// Without a stored bit: a leaf is one by its number.
static bool is_leaf(size_t i) {
    return hunt.leaf != 0 && i != 0 && ((i * 0x9e3779b1u + hunt.seed) >> 7) % 100 < hunt.leaf;
}

// The first word is not used for links: it is the type of an object.
static bool has_room(size_t i) {
    return !is_leaf(i) && links[i] + 1u + hunt.up < words_of(i);
}

static void draw_sizes(void) {
    size_t room = heap_blocks() * hunt.fill / 100 * BLOCK, most = heap_blocks() * hunt.fill / 100;
    blocks = bench_memory((most + 1) * sizeof(*blocks));
    size_t each = hunt.hold != HOLD_NONE ? WORD_BYTES : 0;
    each += hunt.tree == BUCKETS ? WORD_BYTES / hunt.arity : 0;
    size_t gaps = hunt.gap * (1 + hunt.gapmax) * BLOCK / 2 / 100; // on average
    for (count = 0; count < most; count++) {
        size_t size = draw_size(hunt.smin, hunt.smax, hunt.sdist, count);
        size_t bytes = size * BLOCK + each + gaps;
        if (bytes > room) {
            break;
        }
        room -= bytes;
        blocks[count] = size;
    }
}

static size_t first_wish(size_t i) {
    switch (hunt.tree) {
        case KARY:
            return (i - 1) / hunt.arity;
        case RANDOM_TREE:
            return bench_below(i);
        case NEAR:
            return i - 1 - bench_below(i < hunt.near ? i : hunt.near);
        case COMB:
            return i % hunt.arity == 0 && i >= hunt.arity ? i - hunt.arity : i - 1;
        default:
            return i - 1;
    }
}

static index_t parent_of(size_t i) {
    if (i == 0 || (hunt.tree == BUCKETS && i % hunt.arity == 0)) {
        return NO_PARENT;
    }
    size_t wish = first_wish(i);
    for (unsigned attempts = 0; attempts < 4 && !has_room(wish); attempts++) {
        wish = hunt.tree == RANDOM_TREE ? bench_below(i) : first_wish(i);
    }
    for (size_t back = 1; back <= 64 && back <= i && !has_room(wish); back++) {
        wish = i - back;
    }
    return has_room(wish) ? wish : NO_PARENT;
}

static void choose_parents(void) {
    parentless = 0;
    for (size_t i = 0; i < count; i++) {
        parents[i] = parent_of(i);
        if (parents[i] == NO_PARENT) {
            parentless++;
        } else {
            links[parents[i]]++;
        }
    }
    memset(links, 0, count * sizeof(*links));
}

// Parents directly before their first child. `next` is memory for an index of each object.
static void depth_first(index_t *next) {
    for (size_t i = 0; i < count; i++) {
        next[i] = 1;
    }
    for (size_t i = count; i-- > 0;) {
        if (parents[i] != NO_PARENT) {
            next[parents[i]] += next[i];
        }
    }
    size_t top = 0;
    for (size_t i = 0; i < count; i++) {
        // next[i] has been the size of i's subtree; from now on it is where i's next child goes.
        size_t size = next[i], position;
        if (parents[i] == NO_PARENT) {
            position = top;
            top += size;
        } else {
            position = next[parents[i]];
            next[parents[i]] += size;
        }
        order[position] = i;
        next[i] = position + 1;
    }
}

static void shuffle(size_t start, size_t end) {
    for (size_t i = start; i + 1 < end; i++) {
        size_t j = i + bench_below(end - i);
        index_t other = order[i];
        order[i] = order[j];
        order[j] = other;
    }
}

static void choose_order(void) {
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        order[i] = hunt.order == BACKWARD ? count - 1 - i : i;
    }
    switch (hunt.order) {
        case RANDOM_ORDER:
            shuffle(0, count);
            break;
        case DEPTH:
            depth_first((index_t *)objects);
            break;
        case MIXED:
            for (size_t i = 0; i < count; i += hunt.near) {
                shuffle(i, i + hunt.near < count ? i + hunt.near : count);
            }
            break;
        case STRIDE:
            for (size_t i = 0; i < hunt.near; i++) {
                for (size_t j = i; j < count; j += hunt.near) {
                    order[at++] = j;
                }
            }
            break;
    }
}

static void make_objects(void) {
    void **gaps = NULL;
    for (size_t i = 0; i < count; i++) {
        objects[order[i]] = make_object(blocks[order[i]] * BLOCK);
        if (hunt.gap != 0 && draw_percent(hunt.gap)) {
            void **gap = make_object((1 + bench_below(hunt.gapmax)) * BLOCK);
            *gap = gaps;
            gaps = gap;
        }
    }
    for (void **next; hunt.gapfree == GAP_FREE && gaps != NULL; gaps = next) {
        next = *gaps;
        gc_free(gaps);
        searched = 0;
    }
}

static void put_link(size_t from, void *target) {
    size_t words = words_of(from), at = 1 + links[from];
    void **object = objects[from];
    if (hunt.place == LAST) {
        at = words - at;
    } else if (hunt.place == ANYWHERE) {
        at = 1 + bench_below(words - 1);
        while (object[at] != NULL) {
            at = at + 1 < words ? at + 1 : 1;
        }
    }
    object[at] = target;
    links[from]++;
}

static void link_objects(void) {
    for (size_t i = 0; i < count; i++) {
        if (parents[i] != NO_PARENT) {
            put_link(parents[i], objects[i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (unsigned j = 0; j < hunt.extra && has_room(i); j++) {
            size_t window = hunt.near < count ? hunt.near : count;
            put_link(i, objects[draw_percent(hunt.far) ? bench_below(count) : (i + bench_below(window)) % count]);
        }
        if (hunt.up && parents[i] != NO_PARENT && !is_leaf(i) && links[i] + 1u < words_of(i)) {
            put_link(i, objects[parents[i]]);
        }
    }
}

static uintptr_t other_word(void) {
    uintptr_t word = 0;
    size_t i;
    switch (hunt.words) {
        case SMALL_NUMBERS:
            return bench_below(1000) << 1 | 1;
        case TEXT:
            for (unsigned j = 0; j < WORD_BYTES; j++) {
                word = word << 8 | (bench_below(6) == 0 ? ' ' : 'a' + bench_below(26));
            }
            return word;
        case RANDOM_WORDS:
            return bench_random() >> (64 - 8 * WORD_BYTES);
        case TYPE:
            return (uintptr_t)some_type + bench_below(4) * BLOCK;
        case INSIDE: // not even a multiple of a block
            return (uintptr_t)objects[bench_below(count)] + WORD_BYTES * (1 + bench_below(BLOCK / WORD_BYTES - 1));
        case TAIL: // a block, but not the first of an object, unless that has only one
            i = bench_below(count);
            return (uintptr_t)objects[i] + (blocks[i] > 1 ? (1 + bench_below(blocks[i] - 1)) * BLOCK : WORD_BYTES);
        default:
            return 0;
    }
}

static void fill_words(void) {
    for (size_t i = 0; hunt.words != ZERO && i < count; i++) {
        uintptr_t *object = objects[i];
        for (size_t j = 0; j < words_of(i); j++) {
            if (object[j] == 0) {
                object[j] = other_word();
            }
        }
    }
}

// What keeps the shape alive: the parentless objects, and the array of all.
static void make_roots(void) {
    if (parentless == 1) {
        heap_roots[0] = objects[0];
    } else if (parentless != 0) {
        void **index = heap_roots[0] = make_object(parentless * WORD_BYTES);
        for (size_t i = 0; i < count; i++) {
            if (parents[i] == NO_PARENT) {
                *index++ = objects[i];
            }
        }
    }
    if (hunt.hold != HOLD_NONE && count != 0) {
        void **array = heap_roots[1] = make_object(count * WORD_BYTES);
        if (hunt.hold == HOLD_RANDOM) {
            shuffle(0, count);
        }
        for (size_t i = 0; i < count; i++) {
            array[i] = objects[hunt.hold == HOLD_RANDOM ? order[i] : i];
        }
    }
}

void shape_build(void) {
    top = searched = 0;
    build_peak();
    top = searched = 0;
    draw_sizes();
    size_t bytes = (count + 1) * sizeof(index_t);
    parents = bench_memory(bytes);
    order = bench_memory(bytes);
    links = bench_memory(bytes);
    objects = bench_memory((count + 1) * sizeof(void *));
    memset(links, 0, bytes);
    choose_parents();
    choose_order();
    make_objects();
    link_objects();
    fill_words();
    make_roots();
    if (hunt.gap != 0 && hunt.gapfree == GAP_COLLECT) {
        gc_collect();
        searched = 0;
    }
}

size_t shape_objects(void) {
    return count;
}

size_t shape_top(void) {
    return top;
}

size_t shape_searched(void) {
    return searched;
}

uint64_t shape_checksum(uint64_t sum) {
    for (size_t i = 0; i < count; i++) {
        sum = bench_mix(sum, heap_offset(objects[i]));
    }
    return sum;
}

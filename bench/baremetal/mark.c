// The cost of the mark phase for each scanned word that is no pointer: one live array full of such words, in two sizes.
// Prints "mark KIND BYTES TICKS SPINS" for gc_collect_start and the roots, and "collect ..." for a whole collection.

#include <string.h>

#include "board.h"
#include "../harness/bench.h"

typedef uint32_t (*fill_t)(size_t i);

static uint32_t zero(size_t i) {
    (void)i;
    return 0;
}

static uint32_t text(size_t i) {
    uint32_t word = 0;
    (void)i;
    for (unsigned j = 0; j < sizeof(word); j++) {
        word = word << 8 | (bench_below(6) == 0 ? ' ' : 'a' + bench_below(26));
    }
    return word;
}

static uint32_t random_word(size_t i) {
    (void)i;
    return bench_random() >> 32;
}

// Like the type in an object's first word: an address in flash, a multiple of the block size.
static uint32_t address(size_t i) {
    return 0x1000 + i % 1024 * BLOCK;
}

static const struct {
    const char *name;
    fill_t fill;
} kinds[] = {{"zeros", zero}, {"text", text}, {"random", random_word}, {"addresses", address}};

static void print(const char *what, const char *kind, size_t bytes, timing_t timing) {
    board_print(what);
    board_print(" ");
    board_print(kind);
    board_print_number(" ", bytes, " ");
    board_print_number("", timing.ticks, " ");
    board_print_number("", timing.spins, "\n");
}

int mark(void) {
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (size_t bytes = 16 << 10; bytes <= 96 << 10; bytes += 80 << 10) {
            if (!heap_open(128 * KIB)) {
                return BENCH_CANNOT;
            }
            bench_reseed();
            uint32_t *words = gc_alloc(bytes, 0);
            if (words == NULL) {
                return BENCH_CANNOT;
            }
            for (size_t i = 0; i < bytes / sizeof(*words); i++) {
                words[i] = kinds[k].fill(i);
            }
            heap_roots[0] = words;
            timer_start();
            gc_collect_start();
            gc_collect_root(heap_roots, HEAP_ROOTS);
            timing_t timing = timer_stop();
            gc_collect_end();
            print("mark", kinds[k].name, bytes, timing);
            timer_start();
            gc_collect();
            timing = timer_stop();
            print("collect", kinds[k].name, bytes, timing);
            // Both collections scan the array, so it must still be there.
            if (gc_nbytes(words) != bytes) {
                board_print("the array was freed\n");
                return 1;
            }
        }
    }
    return 0;
}

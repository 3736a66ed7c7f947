// Random choices.

#include "hunt.h"

bool draw_percent(unsigned percent) {
    return bench_below(100) < percent;
}

// Every power of two is as likely as any other: few are large.
static size_t heavy_tailed(size_t least, size_t most) {
    size_t limit = least;
    while (limit < most && bench_below(2) != 0) {
        limit *= 2;
    }
    limit = limit < most ? limit : most;
    return least + bench_below(limit - least + 1);
}

size_t draw_size(size_t least, size_t most, unsigned distribution, size_t i) {
    switch (distribution) {
        case SMALL:
            return heavy_tailed(least, most);
        case TWO:
            return bench_below(16) == 0 ? most : least;
        case ALTERNATE:
            return i % 2 == 0 ? least : most;
        default:
            return least + bench_below(most - least + 1);
    }
}

// The layout of gc_info_t. It is asserted both for the definition in gcheap.h and for the one in py/gc.h, so they are
// the same.
#ifndef LAYOUT_H
#define LAYOUT_H

#include <stddef.h>

#ifdef __cplusplus
#define LAYOUT_ASSERT(condition) static_assert(condition, #condition)
#else
#define LAYOUT_ASSERT(condition) _Static_assert(condition, #condition)
#endif

#define LAYOUT_FIELD(field, index) \
    LAYOUT_ASSERT(offsetof(gc_info_t, field) == (index) * sizeof(size_t) \
        && sizeof(((gc_info_t *)0)->field) == sizeof(size_t))

LAYOUT_FIELD(total, 0);
LAYOUT_FIELD(used, 1);
LAYOUT_FIELD(free, 2);
LAYOUT_FIELD(max_free, 3);
LAYOUT_FIELD(num_1block, 4);
LAYOUT_FIELD(num_2block, 5);
LAYOUT_FIELD(max_block, 6);
#if defined(GCHEAP_SPLIT_HEAP_AUTO) || MICROPY_GC_SPLIT_HEAP_AUTO
LAYOUT_FIELD(max_new_split, 7);
LAYOUT_ASSERT(sizeof(gc_info_t) == 8 * sizeof(size_t));
#else
LAYOUT_ASSERT(sizeof(gc_info_t) == 7 * sizeof(size_t));
#endif

#endif // LAYOUT_H

// Compiled but never run: gcheap.h together with MicroPython's own py/gc.h. A different prototype is an error here, and
// so is a field of the heap's state at another offset. ORDER says which header comes first.
#if ORDER == 1
#include "py/gc.h"
#include "gcheap.h"
#elif ORDER == 2
#include "gcheap.h"
#include "py/gc.h"
#elif ORDER == 3
#include "py/mpprint.h"
#include "gcheap.h"
#include "py/gc.h"
#else
#include "gcheap.h"
#endif

#include "layout.h"
#include "gcheap_atb.h"

#ifndef MICROPY_INCLUDED_PY_GC_H
#error "py/gc.h was not included: nothing was compared"
#endif

#include "py/mpstate.h"

gcheap_atb_view_t view_of_micropython(void);
gcheap_atb_view_t view_of_micropython(void) {
    #if MICROPY_ENABLE_FINALISER
    return GCHEAP_ATB_VIEW_OF_AREA(&MP_STATE_MEM(area), MICROPY_BYTES_PER_GC_BLOCK);
    #else
    return GCHEAP_ATB_VIEW_OF_AREA_NO_FTB(&MP_STATE_MEM(area), MICROPY_BYTES_PER_GC_BLOCK);
    #endif
}

#if MICROPY_ENABLE_FINALISER && MICROPY_GC_SPLIT_HEAP
// The state in the host of the C tests must have the same layout as MicroPython's.
#include "host.h"

#define SAME(theirs, their_field, ours, our_field) \
    _Static_assert(offsetof(theirs, their_field) == offsetof(ours, our_field) \
        && sizeof(((theirs *)0)->their_field) == sizeof(((ours *)0)->our_field), #their_field)
#define SAME_IN_AREA(field) SAME(mp_state_mem_area_t, field, host_area_t, field)
#define SAME_IN_STATE(field) SAME(mp_state_mem_t, field, host_state_t, field)

SAME_IN_AREA(next);
SAME_IN_AREA(gc_alloc_table_start);
SAME_IN_AREA(gc_alloc_table_byte_len);
SAME_IN_AREA(gc_finaliser_table_start);
SAME_IN_AREA(gc_pool_start);
SAME_IN_AREA(gc_pool_end);
SAME_IN_AREA(gc_last_free_atb_index);
SAME_IN_AREA(gc_last_used_block);
_Static_assert(sizeof(mp_state_mem_area_t) == sizeof(host_area_t), "an area's record");

SAME_IN_STATE(area);
SAME_IN_STATE(gc_stack_overflow);
SAME_IN_STATE(gc_block_stack);
SAME_IN_STATE(gc_area_stack);
SAME_IN_STATE(gc_auto_collect_enabled);
SAME_IN_STATE(gc_alloc_amount);
SAME_IN_STATE(gc_alloc_threshold);
SAME_IN_STATE(gc_last_free_area);
SAME_IN_STATE(gc_collected);
#endif

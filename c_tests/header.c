// Compiled but never run: gcheap.h and gcheap_atb.h without other headers, as C11 and as C++17.
#include "gcheap.h"
#include "gcheap_atb.h"

// Both can be included again.
#include "gcheap.h"
#include "gcheap_atb.h"

#include "layout.h"

LAYOUT_ASSERT(GC_ALLOC_FLAG_HAS_FINALISER == 1);
LAYOUT_ASSERT(GCHEAP_MISUSE_HEAP_TOO_SMALL == 1);
LAYOUT_ASSERT(GCHEAP_MISUSE_END_BEFORE_START == 2);
LAYOUT_ASSERT(GCHEAP_MISUSE_FOREIGN_POINTER == 3);
LAYOUT_ASSERT(GCHEAP_MISUSE_INTERIOR_POINTER == 4);
LAYOUT_ASSERT(GCHEAP_MISUSE_FREE_BLOCK == 5);
LAYOUT_ASSERT(GCHEAP_MISUSE_TAIL_BLOCK == 6);
LAYOUT_ASSERT(GCHEAP_MISUSE_WEAK_REFERENCE == 7);

// Expands every macro of gcheap_atb.h, in this language and with these warnings.
unsigned use_every_macro(const gcheap_atb_view_t *view, size_t block, const void *ptr);
unsigned use_every_macro(const gcheap_atb_view_t *view, size_t block, const void *ptr) {
    unsigned a = view->atb[ATB_FROM_BLOCK(block)];
    unsigned n = ATB_GET_KIND(view, block) + FTB_GET(view, block) + (unsigned)BLOCK_SHIFT(block);
    n += (a & ATB_MASK_0) + (a & ATB_MASK_1) + (a & ATB_MASK_2) + (a & ATB_MASK_3);
    n += ATB_0_IS_FREE(a) && ATB_1_IS_FREE(a) && ATB_2_IS_FREE(a) && ATB_3_IS_FREE(a);
    n += PTR_FROM_BLOCK(view, BLOCK_FROM_PTR(view, ptr)) != 0;
    n += view->blocks / BLOCKS_PER_ATB + view->blocks / BLOCKS_PER_FTB + view->blocks / BLOCKS_PER_WTB > 5;
    ATB_ANY_TO_FREE(view, block);
    ATB_FREE_TO_HEAD(view, block);
    ATB_HEAD_TO_MARK(view, block);
    ATB_MARK_TO_HEAD(view, block);
    FTB_SET(view, block);
    FTB_CLEAR(view, block);
    n += WTB_GET(view, block);
    WTB_SET(view, block);
    WTB_CLEAR(view, block);
    ATB_ANY_TO_FREE(view, block);
    ATB_FREE_TO_TAIL(view, block);
    gcheap_atb_layout_t layout = gcheap_atb_layout(view->block_bytes, true, true, true);
    gcheap_atb_view_t other = gcheap_atb_view_at(gcheap_atb_next_record(ptr, &layout), &layout);
    return n + ATB_GET_KIND(&other, block) + AT_FREE + AT_HEAD + AT_TAIL + AT_MARK;
}

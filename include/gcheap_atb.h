// gcheap_atb.h: the words in which a heap's tables are described, for C.
//
// For debuggers, dump tools and tests: it reads (and, where a tool repairs or builds a table, writes) the tables of a
// heap made by libgcheap or by MicroPython's py/gc.c. Header only, C11 or C++17; it needs neither the library nor
// MicroPython's headers. The names are those of gc.c. Where gc.c's macros take an area, these take a pointer to a view
// of one (gcheap_atb_view_t), and they evaluate each argument once.
//
// A heap area is cut into blocks of equal size. An object is a run of blocks: a head, and the tails behind it. Two bits
// tell what a block is; four blocks share a byte of the allocation table, an "allocation table byte" or ATB:
//
//      bit    7   6   5   4   3   2   1   0
//           +-------+-------+-------+-------+        00 FREE  nobody's
//           | ATB_3 | ATB_2 | ATB_1 | ATB_0 |        01 HEAD  first block of an object
//           +-------+-------+-------+-------+        10 TAIL  further block of an object
//                                                    11 MARK  head that the collection under way has reached
//
// An area with an object of three blocks in blocks 1 to 3 and one of a single block in block 5:
//
//      block        0   1   2   3      4   5   6   7
//      what         .   h   =   =      .   h   .   .         as gc_dump_alloc_table prints it
//      bits         00  01  10  10     00  01  00  00
//      table byte   atb[0] = 10100100  atb[1] = 00000100     written from bit 7 down to bit 0
//
// A second table, the finaliser table (FTB), has one bit a block: set on heads whose finaliser is still to be run.
//
// Nothing here locks the heap. Look at one that no other thread is using, or at a copy of its tables.
#ifndef GCHEAP_ATB_H
#define GCHEAP_ATB_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A view of one area: where its tables and its pool are. Copy it freely.
typedef struct gcheap_atb_view_t {
    uint8_t *atb;       // the allocation table: blocks / 4 bytes
    uint8_t *ftb;       // the finaliser table: blocks / 8 bytes, rounded up. NULL in builds without finalisers
    uint8_t *pool;      // the first byte of block 0. Only computed with, so it may be an address in another process
    size_t blocks;      // how many blocks the area has
    size_t block_bytes; // the size of a block: MICROPY_BYTES_PER_GC_BLOCK
} gcheap_atb_view_t;

// ---------------------------------------------------------------------------------------------------------------------
// One byte of the table

// BLOCKS_PER_ATB: how many blocks one table byte tells about. (Not how many bytes a table has: that is
// view->blocks / BLOCKS_PER_ATB.)
#define BLOCKS_PER_ATB ((size_t)4)

// The four values of a block's two bits.
#define AT_FREE (0)
#define AT_HEAD (1)
#define AT_TAIL (2)
#define AT_MARK (3)

// ATB_MASK_n: the two bits of a table byte that belong to its block n.
//
//      bit           7 6   5 4   3 2   1 0
//      ATB_MASK_0    . .   . .   . .   1 1
//      ATB_MASK_1    . .   . .   1 1   . .
//      ATB_MASK_2    . .   1 1   . .   . .
//      ATB_MASK_3    1 1   . .   . .   . .
#define ATB_MASK_0 (0x03)
#define ATB_MASK_1 (0x0c)
#define ATB_MASK_2 (0x30)
#define ATB_MASK_3 (0xc0)

// ATB_n_IS_FREE(a): whether block n of the table byte a is free.
//
//      a = 10 10 01 00       ATB_0_IS_FREE(a) is true: its bits are 00.  The other three are false.
//
// What for: a search for free blocks loads a byte once and asks it four times, instead of computing four times where a
// block's bits are. Note that it takes the byte itself, view->atb[i], not an index.
#define ATB_0_IS_FREE(a) (((a) & ATB_MASK_0) == 0)
#define ATB_1_IS_FREE(a) (((a) & ATB_MASK_1) == 0)
#define ATB_2_IS_FREE(a) (((a) & ATB_MASK_2) == 0)
#define ATB_3_IS_FREE(a) (((a) & ATB_MASK_3) == 0)

// ---------------------------------------------------------------------------------------------------------------------
// From a block to its bits

// ATB_FROM_BLOCK(block): the index of the table byte that holds a block's bits.
// BLOCK_SHIFT(block): how far up in that byte they are.
//
//      block             0   1   2   3   4   5   6   7   8
//      ATB_FROM_BLOCK    0   0   0   0   1   1   1   1   2
//      BLOCK_SHIFT       0   2   4   6   0   2   4   6   0
//
// What for: together they are the address of two bits. (atb[ATB_FROM_BLOCK(b)] >> BLOCK_SHIFT(b)) & 3 is block b's
// kind, and a kind shifted left by BLOCK_SHIFT(b) is what to write there.
#define ATB_FROM_BLOCK(block) ((size_t)(block) / BLOCKS_PER_ATB)
#define BLOCK_SHIFT(block) (2 * ((size_t)(block) % BLOCKS_PER_ATB))

// ATB_GET_KIND(view, block): what a block is: AT_FREE, AT_HEAD, AT_TAIL or AT_MARK.
//
//      block 2 of   10 10 01 00     >> BLOCK_SHIFT(2) = 4     .. .. 10 10     & 3     10 = AT_TAIL
//
// What for: every walk over a heap. An object's size is the run of AT_TAIL behind its head.
#define ATB_GET_KIND(view, block) (gcheap_atb_get_kind_((view), (block)))

// ---------------------------------------------------------------------------------------------------------------------
// Changing a block
//
// These are all the changes that a block ever goes through. Each is a single "or" or "and" on the byte:
//
//                     before    after     done to the block's two bits
//      FREE_TO_HEAD   00 FREE   01 HEAD   or       01
//      FREE_TO_TAIL   00 FREE   10 TAIL   or       10
//      HEAD_TO_MARK   01 HEAD   11 MARK   or       11
//      MARK_TO_HEAD   11 MARK   01 HEAD   and not  10
//      ANY_TO_FREE    any       00 FREE   and not  11
//
// It works because of how the four states are numbered, and only for the old state that the name says. A build with
// assertions checks that state.

// ATB_ANY_TO_FREE(view, block): clears both bits. For gc_free, for the end of an object that shrinks, and for every
// block of an object that a collection didn't reach.
//
//      block 1:   10 10 01 00   and not   00 00 11 00   =   10 10 00 00
#define ATB_ANY_TO_FREE(view, block) (gcheap_atb_clear_((view), (block), AT_MARK))

// ATB_FREE_TO_HEAD(view, block): 00 becomes 01. For the first block of a new object.
//
//      block 0:   10 10 01 00   or        00 00 00 01   =   10 10 01 01
#define ATB_FREE_TO_HEAD(view, block) (gcheap_atb_set_((view), (block), AT_FREE, AT_HEAD))

// ATB_FREE_TO_TAIL(view, block): 00 becomes 10. For a further block of a new object, or of one that grows in place.
//
//      block 0:   10 10 01 00   or        00 00 00 10   =   10 10 01 10
#define ATB_FREE_TO_TAIL(view, block) (gcheap_atb_set_((view), (block), AT_FREE, AT_TAIL))

// ATB_HEAD_TO_MARK(view, block): 01 becomes 11. For an object that a collection reaches. Tails are never marked: they
// share their head's fate.
//
//      block 1:   10 10 01 00   or        00 00 11 00   =   10 10 11 00
#define ATB_HEAD_TO_MARK(view, block) (gcheap_atb_set_((view), (block), AT_HEAD, AT_MARK))

// ATB_MARK_TO_HEAD(view, block): 11 becomes 01, by clearing the upper bit, which alone would be AT_TAIL. For an object
// that survived, at the end of a collection: the next one starts with no marks.
//
//      block 1:   10 10 11 00   and not   00 00 10 00   =   10 10 01 00
#define ATB_MARK_TO_HEAD(view, block) (gcheap_atb_clear_((view), (block), AT_TAIL))

// ---------------------------------------------------------------------------------------------------------------------
// Between blocks and addresses

// BLOCK_FROM_PTR(view, ptr): the number of the block that an address lies in.
// PTR_FROM_BLOCK(view, block): the address of a block's first byte, as a uintptr_t.
//
//      pool = 0x1000, blocks of 32 bytes      0x1000    0x1020    0x1040
//                                             | block 0 | block 1 | block 2 ...
//      BLOCK_FROM_PTR(view, 0x1020) = 1,  also for 0x1021 to 0x103f;    PTR_FROM_BLOCK(view, 1) = 0x1020
//
// What for: programs know objects by address, the tables know them by block. BLOCK_FROM_PTR doesn't check: an address
// below the pool gives a huge number, one above it a number of view->blocks or more. To be an object's address it must
// also be the first byte of its block (PTR_FROM_BLOCK gives it back) and the block a head.
#define BLOCK_FROM_PTR(view, ptr) (gcheap_atb_block_from_ptr_((view), (const void *)(ptr)))
#define PTR_FROM_BLOCK(view, block) (gcheap_atb_ptr_from_block_((view), (block)))

// ---------------------------------------------------------------------------------------------------------------------
// The finaliser table

// BLOCKS_PER_FTB: how many blocks one byte of the finaliser table tells about.
#define BLOCKS_PER_FTB ((size_t)8)

// FTB_GET(view, block): 1 if the object at this head still has a finaliser to run, else 0 (always 0 without a table).
// FTB_SET, FTB_CLEAR: make it so. The view must have a finaliser table.
//
//      block          7 6 5 4 3 2 1 0
//      ftb[0] =       0 0 1 0 0 0 0 0       block 5 has a finaliser
#define FTB_GET(view, block) (gcheap_ftb_get_((view), (block)))
#define FTB_SET(view, block) (gcheap_ftb_put_((view), (block), true))
#define FTB_CLEAR(view, block) (gcheap_ftb_put_((view), (block), false))

// ---------------------------------------------------------------------------------------------------------------------
// Making a view

// gcheap_atb_view: from the parts. For a tool that has copies of the tables, for instance out of a memory image.
//
// atb, atb_bytes: the allocation table. ftb: the finaliser table or NULL. pool: the address of block 0.
static inline gcheap_atb_view_t gcheap_atb_view(void *atb, size_t atb_bytes, void *ftb, void *pool,
    size_t block_bytes) {
    gcheap_atb_view_t view;
    view.atb = (uint8_t *)atb;
    view.ftb = (uint8_t *)ftb;
    view.pool = (uint8_t *)pool;
    view.blocks = atb_bytes * BLOCKS_PER_ATB;
    view.block_bytes = block_bytes;
    return view;
}

// GCHEAP_ATB_VIEW_OF_AREA(area, block_bytes): from a pointer to MicroPython's mp_state_mem_area_t, or to a struct with
// its fields: GCHEAP_ATB_VIEW_OF_AREA(&MP_STATE_MEM(area), MICROPY_BYTES_PER_GC_BLOCK).
// GCHEAP_ATB_VIEW_OF_AREA_NO_FTB: the same in a build without finalisers, where the struct lacks the table.
#define GCHEAP_ATB_VIEW_OF_AREA(area, block_bytes) \
    gcheap_atb_view((area)->gc_alloc_table_start, (area)->gc_alloc_table_byte_len, \
    (area)->gc_finaliser_table_start, (area)->gc_pool_start, (block_bytes))
#define GCHEAP_ATB_VIEW_OF_AREA_NO_FTB(area, block_bytes) \
    gcheap_atb_view((area)->gc_alloc_table_start, (area)->gc_alloc_table_byte_len, \
    NULL, (area)->gc_pool_start, (block_bytes))

// Where an area's record keeps what a view needs: offsets in bytes. For hosts without MicroPython's headers, and for
// tools that learn the offsets from debug information or from an archive's gcheap_config_area_* symbols.
typedef struct gcheap_atb_layout_t {
    size_t next;        // AREA_NEXT, or GCHEAP_ATB_ABSENT
    size_t atb_start;   // AREA_ATB_START
    size_t atb_bytes;   // AREA_ATB_BYTES
    size_t ftb_start;   // AREA_FTB_START, or GCHEAP_ATB_ABSENT
    size_t pool_start;  // AREA_POOL_START
    size_t block_bytes; // BLOCK_BYTES: not an offset
} gcheap_atb_layout_t;

// The offset of a field that the record lacks.
#define GCHEAP_ATB_ABSENT ((size_t)-1)

// gcheap_atb_layout: the usual layout, word after word in the order of mp_state_mem_area_t.
// split_heap: whether the heap can have several areas. finaliser: whether there is a finaliser table.
static inline gcheap_atb_layout_t gcheap_atb_layout(size_t block_bytes, bool split_heap, bool finaliser) {
    gcheap_atb_layout_t layout;
    size_t at = 0;
    layout.next = split_heap ? at : GCHEAP_ATB_ABSENT;
    at += split_heap ? sizeof(void *) : 0;
    layout.atb_start = at;
    layout.atb_bytes = at + sizeof(void *);
    at += 2 * sizeof(void *);
    layout.ftb_start = finaliser ? at : GCHEAP_ATB_ABSENT;
    at += finaliser ? sizeof(void *) : 0;
    layout.pool_start = at;
    layout.block_bytes = block_bytes;
    return layout;
}

// gcheap_atb_view_at: the view of the area whose record starts at `record`. The first area's record is in the heap's
// state, STATE_AREA bytes from its start: in the default configuration, record is &gcheap_state itself.
static inline gcheap_atb_view_t gcheap_atb_view_at(const void *record, const gcheap_atb_layout_t *layout) {
    const uint8_t *bytes = (const uint8_t *)record;
    void *atb, *ftb = NULL, *pool;
    size_t atb_bytes;
    memcpy(&atb, bytes + layout->atb_start, sizeof(atb));
    memcpy(&atb_bytes, bytes + layout->atb_bytes, sizeof(atb_bytes));
    memcpy(&pool, bytes + layout->pool_start, sizeof(pool));
    if (layout->ftb_start != GCHEAP_ATB_ABSENT) {
        memcpy(&ftb, bytes + layout->ftb_start, sizeof(ftb));
    }
    return gcheap_atb_view(atb, atb_bytes, ftb, pool, layout->block_bytes);
}

// gcheap_atb_next_record: the record of the area after this one, or NULL after the last.
static inline const void *gcheap_atb_next_record(const void *record, const gcheap_atb_layout_t *layout) {
    const void *next = NULL;
    if (layout->next != GCHEAP_ATB_ABSENT) {
        memcpy(&next, (const uint8_t *)record + layout->next, sizeof(next));
    }
    return next;
}

// ---------------------------------------------------------------------------------------------------------------------
// What the macros call. Not for direct use.

static inline unsigned gcheap_atb_get_kind_(const gcheap_atb_view_t *view, size_t block) {
    assert(block < view->blocks);
    return ((unsigned)view->atb[ATB_FROM_BLOCK(block)] >> BLOCK_SHIFT(block)) & 3u;
}

static inline void gcheap_atb_set_(const gcheap_atb_view_t *view, size_t block, unsigned from, unsigned bits) {
    assert(gcheap_atb_get_kind_(view, block) == from);
    (void)from;
    uint8_t *byte = &view->atb[ATB_FROM_BLOCK(block)];
    *byte = (uint8_t)(*byte | (bits << BLOCK_SHIFT(block)));
}

static inline void gcheap_atb_clear_(const gcheap_atb_view_t *view, size_t block, unsigned bits) {
    assert(bits == AT_MARK || gcheap_atb_get_kind_(view, block) == AT_MARK);
    assert(block < view->blocks);
    uint8_t *byte = &view->atb[ATB_FROM_BLOCK(block)];
    *byte = (uint8_t)(*byte & ~(bits << BLOCK_SHIFT(block)));
}

static inline size_t gcheap_atb_block_from_ptr_(const gcheap_atb_view_t *view, const void *ptr) {
    return ((uintptr_t)ptr - (uintptr_t)view->pool) / view->block_bytes;
}

static inline uintptr_t gcheap_atb_ptr_from_block_(const gcheap_atb_view_t *view, size_t block) {
    return (uintptr_t)view->pool + block * view->block_bytes;
}

static inline unsigned gcheap_ftb_get_(const gcheap_atb_view_t *view, size_t block) {
    assert(block < view->blocks);
    return view->ftb == NULL ? 0u : ((unsigned)view->ftb[block / BLOCKS_PER_FTB] >> block % BLOCKS_PER_FTB) & 1u;
}

static inline void gcheap_ftb_put_(const gcheap_atb_view_t *view, size_t block, bool on) {
    assert(view->ftb != NULL && block < view->blocks);
    uint8_t *byte = &view->ftb[block / BLOCKS_PER_FTB];
    unsigned bit = 1u << block % BLOCKS_PER_FTB;
    *byte = (uint8_t)(on ? *byte | bit : *byte & ~bit);
}

#endif // GCHEAP_ATB_H

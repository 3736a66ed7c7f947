// gcheap_atb.h: reads and writes the tables of a heap, for debuggers, dump tools and tests in C.
//
// It works on heaps made by libgcheap and by MicroPython's py/gc.c. Header only, C11 or C++17; it needs neither the
// library nor MicroPython's headers. The names are those of gc.c. Where gc.c's macros take an area, these take a
// pointer to a view of one (gcheap_atb_view_t), and they evaluate each argument once.
//
// A heap area is divided into blocks of equal size. An object is a run of blocks: one head, followed by tails. Two bits
// record what a block is. The bits of four blocks share one byte of the allocation table, an
// "allocation table byte" (ATB):
//
//      bit    7   6   5   4   3   2   1   0
//           +-------+-------+-------+-------+        00 FREE  part of no object
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
// Builds with finalisers have a second table, the finaliser table (FTB), with one bit per block: set for heads whose
// finaliser has not been run yet. Builds with weak references have a third one, the weak-reference table (WTB), with
// one bit per block: set for heads that have a weak reference.
//
// Nothing here locks the heap. Read a heap that no other thread is using, or a copy of its tables.
#ifndef GCHEAP_ATB_H
#define GCHEAP_ATB_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// A view of one area: where its tables and its pool are. It can be copied freely.
typedef struct gcheap_atb_view_t {
    uint8_t *atb;       // the allocation table: blocks / 4 bytes
    uint8_t *ftb;       // the finaliser table: blocks / 8 bytes, rounded up. NULL in builds without finalisers
    uint8_t *wtb;       // the weak-reference table, as long as the FTB. NULL in builds without weak references
    uint8_t *pool;      // the first byte of block 0. It is never read, so it may be an address in another process
    size_t blocks;      // the number of blocks in the area
    size_t block_bytes; // the size of a block: MICROPY_BYTES_PER_GC_BLOCK
} gcheap_atb_view_t;

// ---------------------------------------------------------------------------------------------------------------------
// One byte of the table

// BLOCKS_PER_ATB: the number of blocks that one table byte describes. (The length of the table in bytes is
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
// Use: a search for free blocks loads a byte once and tests it four times, instead of computing the place of a block's
// bits four times. The argument is the byte itself, view->atb[i], not an index.
#define ATB_0_IS_FREE(a) (((a) & ATB_MASK_0) == 0)
#define ATB_1_IS_FREE(a) (((a) & ATB_MASK_1) == 0)
#define ATB_2_IS_FREE(a) (((a) & ATB_MASK_2) == 0)
#define ATB_3_IS_FREE(a) (((a) & ATB_MASK_3) == 0)

// ---------------------------------------------------------------------------------------------------------------------
// From a block to its bits

// ATB_FROM_BLOCK(block): the index of the table byte that holds a block's bits.
// BLOCK_SHIFT(block): the position of the lower one in that byte.
//
//      block             0   1   2   3   4   5   6   7   8
//      ATB_FROM_BLOCK    0   0   0   0   1   1   1   1   2
//      BLOCK_SHIFT       0   2   4   6   0   2   4   6   0
//
// Use: together they are the address of two bits. (atb[ATB_FROM_BLOCK(b)] >> BLOCK_SHIFT(b)) & 3 is block b's kind;
// to write a kind, shift it left by BLOCK_SHIFT(b).
#define ATB_FROM_BLOCK(block) ((size_t)(block) / BLOCKS_PER_ATB)
#define BLOCK_SHIFT(block) (2 * ((size_t)(block) % BLOCKS_PER_ATB))

// ATB_GET_KIND(view, block): what a block is: AT_FREE, AT_HEAD, AT_TAIL or AT_MARK.
//
//      block 2 of   10 10 01 00     >> BLOCK_SHIFT(2) = 4     .. .. 10 10     & 3     10 = AT_TAIL
//
// Use: every walk over a heap. The size of an object is its head plus the run of AT_TAIL that follows it.
#define ATB_GET_KIND(view, block) (gcheap_atb_get_kind_((view), (block)))

// ---------------------------------------------------------------------------------------------------------------------
// Changing a block
//
// A block never changes in any other way than these. Each change is a single "or" or "and not" on the byte:
//
//                     before    after     done to the block's two bits
//      FREE_TO_HEAD   00 FREE   01 HEAD   or       01
//      FREE_TO_TAIL   00 FREE   10 TAIL   or       10
//      HEAD_TO_MARK   01 HEAD   11 MARK   or       11
//      MARK_TO_HEAD   11 MARK   01 HEAD   and not  10
//      ANY_TO_FREE    any       00 FREE   and not  11
//
// That works because of the way the four states are numbered, and only if the block was in the state that the name
// begins with. A build with assertions checks that.

// ATB_ANY_TO_FREE(view, block): clears both bits. For gc_free, for the end of an object that shrinks, and for every
// block of an object that a collection did not reach.
//
//      block 1:   10 10 01 00   and not   00 00 11 00   =   10 10 00 00
#define ATB_ANY_TO_FREE(view, block) (gcheap_atb_clear_((view), (block), AT_MARK))

// ATB_FREE_TO_HEAD(view, block): 00 becomes 01. For the first block of a new object.
//
//      block 0:   10 10 01 00   or        00 00 00 01   =   10 10 01 01
#define ATB_FREE_TO_HEAD(view, block) (gcheap_atb_set_((view), (block), AT_FREE, AT_HEAD))

// ATB_FREE_TO_TAIL(view, block): 00 becomes 10. For another block of a new object, or of an object that grows.
//
//      block 0:   10 10 01 00   or        00 00 00 10   =   10 10 01 10
#define ATB_FREE_TO_TAIL(view, block) (gcheap_atb_set_((view), (block), AT_FREE, AT_TAIL))

// ATB_HEAD_TO_MARK(view, block): 01 becomes 11. For an object that a collection reaches. Tails are never marked: they
// live and die with their head.
//
//      block 1:   10 10 01 00   or        00 00 11 00   =   10 10 11 00
#define ATB_HEAD_TO_MARK(view, block) (gcheap_atb_set_((view), (block), AT_HEAD, AT_MARK))

// ATB_MARK_TO_HEAD(view, block): 11 becomes 01, by clearing the upper bit (the bit of AT_TAIL). For an object that
// survived, at the end of a collection: the next collection starts without marks.
//
//      block 1:   10 10 11 00   and not   00 00 10 00   =   10 10 01 00
#define ATB_MARK_TO_HEAD(view, block) (gcheap_atb_clear_((view), (block), AT_TAIL))

// ---------------------------------------------------------------------------------------------------------------------
// Between blocks and addresses

// BLOCK_FROM_PTR(view, ptr): the index of the block that an address lies in.
// PTR_FROM_BLOCK(view, block): the address of a block's first byte, as a uintptr_t.
//
//      pool = 0x1000, blocks of 32 bytes      0x1000    0x1020    0x1040
//                                             | block 0 | block 1 | block 2 ...
//      BLOCK_FROM_PTR(view, 0x1020) = 1,  also for 0x1021 to 0x103f;    PTR_FROM_BLOCK(view, 1) = 0x1020
//
// Use: programs know an object by its address, the tables by its block. BLOCK_FROM_PTR checks nothing: an address below
// the pool gives a huge index, an address above it an index of view->blocks or more. An address is that of an object
// only if it is also the first byte of its block (PTR_FROM_BLOCK returns the same address) and that block is a head.
#define BLOCK_FROM_PTR(view, ptr) (gcheap_atb_block_from_ptr_((view), (const void *)(ptr)))
#define PTR_FROM_BLOCK(view, block) (gcheap_atb_ptr_from_block_((view), (block)))

// ---------------------------------------------------------------------------------------------------------------------
// The finaliser table and the weak-reference table

// BLOCKS_PER_FTB, BLOCKS_PER_WTB: the number of blocks that one byte of the table describes.
#define BLOCKS_PER_FTB ((size_t)8)
#define BLOCKS_PER_WTB ((size_t)8)

// FTB_GET(view, block): 1 if the object with this head still has a finaliser to run, else 0 (always 0 without the
// table). FTB_SET, FTB_CLEAR: set and clear that bit. The view must have a finaliser table.
//
//      block          7 6 5 4 3 2 1 0
//      ftb[0] =       0 0 1 0 0 0 0 0       block 5 has a finaliser
#define FTB_GET(view, block) (gcheap_ftb_get_((view), (block)))
#define FTB_SET(view, block) (gcheap_ftb_put_((view), (block), true))
#define FTB_CLEAR(view, block) (gcheap_ftb_put_((view), (block), false))

// WTB_GET(view, block): 1 if the object with this head has a weak reference, else 0 (always 0 without the table).
// WTB_SET, WTB_CLEAR: set and clear that bit. The view must have a weak-reference table.
#define WTB_GET(view, block) (gcheap_wtb_get_((view), (block)))
#define WTB_SET(view, block) (gcheap_wtb_put_((view), (block), true))
#define WTB_CLEAR(view, block) (gcheap_wtb_put_((view), (block), false))

// ---------------------------------------------------------------------------------------------------------------------
// Making a view

// gcheap_atb_view: from the parts. For a tool that has copies of the tables, for instance from a memory image.
//
// atb, atb_bytes: the allocation table. ftb: the finaliser table or NULL. pool: the address of block 0. The view has no
// weak-reference table; a tool that has one sets the field wtb.
static inline gcheap_atb_view_t gcheap_atb_view(void *atb, size_t atb_bytes, void *ftb, void *pool,
    size_t block_bytes) {
    gcheap_atb_view_t view;
    view.atb = (uint8_t *)atb;
    view.ftb = (uint8_t *)ftb;
    view.wtb = NULL;
    view.pool = (uint8_t *)pool;
    view.blocks = atb_bytes * BLOCKS_PER_ATB;
    view.block_bytes = block_bytes;
    return view;
}

// GCHEAP_ATB_VIEW_OF_AREA(area, block_bytes): from a pointer to MicroPython's mp_state_mem_area_t, or to a struct with
// its fields: GCHEAP_ATB_VIEW_OF_AREA(&MP_STATE_MEM(area), MICROPY_BYTES_PER_GC_BLOCK).
// GCHEAP_ATB_VIEW_OF_AREA_NO_FTB: the same for a build without finalisers, whose struct has no field for the table.
// Neither sets the field wtb.
#define GCHEAP_ATB_VIEW_OF_AREA(area, block_bytes) \
    gcheap_atb_view((area)->gc_alloc_table_start, (area)->gc_alloc_table_byte_len, \
    (area)->gc_finaliser_table_start, (area)->gc_pool_start, (block_bytes))
#define GCHEAP_ATB_VIEW_OF_AREA_NO_FTB(area, block_bytes) \
    gcheap_atb_view((area)->gc_alloc_table_start, (area)->gc_alloc_table_byte_len, \
    NULL, (area)->gc_pool_start, (block_bytes))

// The offsets, in bytes, of the fields of an area's record that a view needs. For hosts without MicroPython's headers,
// and for tools that take the offsets from debug information or from an archive's gcheap_config_area_* symbols.
typedef struct gcheap_atb_layout_t {
    size_t next;        // AREA_NEXT, or GCHEAP_ATB_ABSENT
    size_t atb_start;   // AREA_ATB_START
    size_t atb_bytes;   // AREA_ATB_BYTES
    size_t ftb_start;   // AREA_FTB_START, or GCHEAP_ATB_ABSENT
    size_t wtb_start;   // AREA_WTB_START, or GCHEAP_ATB_ABSENT
    size_t pool_start;  // AREA_POOL_START
    size_t block_bytes; // BLOCK_BYTES, which is not an offset
} gcheap_atb_layout_t;

// Stands for the offset of a field that the record does not have.
#define GCHEAP_ATB_ABSENT ((size_t)-1)

// gcheap_atb_layout: the usual layout, one word after the other in the order of mp_state_mem_area_t. The arguments are
// four values of the library's configuration: BLOCK_BYTES, SPLIT_HEAP (the heap can have several areas), FINALISER
// (there is a finaliser table) and WEAKREF (there is a weak-reference table).
static inline gcheap_atb_layout_t gcheap_atb_layout(size_t block_bytes, bool split_heap, bool finaliser, bool weakref) {
    gcheap_atb_layout_t layout;
    size_t at = 0;
    layout.next = split_heap ? at : GCHEAP_ATB_ABSENT;
    at += split_heap ? sizeof(void *) : 0;
    layout.atb_start = at;
    layout.atb_bytes = at + sizeof(void *);
    at += 2 * sizeof(void *);
    layout.ftb_start = finaliser ? at : GCHEAP_ATB_ABSENT;
    at += finaliser ? sizeof(void *) : 0;
    layout.wtb_start = weakref ? at : GCHEAP_ATB_ABSENT;
    at += weakref ? sizeof(void *) : 0;
    layout.pool_start = at;
    layout.block_bytes = block_bytes;
    return layout;
}

// gcheap_atb_view_at: the view of the area whose record starts at `record`. The record of the first area is part of the
// heap's state, at the offset STATE_AREA: in the default configuration, `record` is &gcheap_state itself.
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
    gcheap_atb_view_t view = gcheap_atb_view(atb, atb_bytes, ftb, pool, layout->block_bytes);
    if (layout->wtb_start != GCHEAP_ATB_ABSENT) {
        memcpy(&view.wtb, bytes + layout->wtb_start, sizeof(view.wtb));
    }
    return view;
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
// The functions behind the macros. Not for direct use.

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

static inline unsigned gcheap_bit_get_(const uint8_t *table, size_t block) {
    return table == NULL ? 0u : ((unsigned)table[block / 8] >> block % 8) & 1u;
}

static inline void gcheap_bit_put_(uint8_t *table, size_t block, bool on) {
    assert(table != NULL);
    unsigned bit = 1u << block % 8;
    table[block / 8] = (uint8_t)(on ? table[block / 8] | bit : table[block / 8] & ~bit);
}

static inline unsigned gcheap_ftb_get_(const gcheap_atb_view_t *view, size_t block) {
    assert(block < view->blocks);
    return gcheap_bit_get_(view->ftb, block);
}

static inline void gcheap_ftb_put_(const gcheap_atb_view_t *view, size_t block, bool on) {
    assert(block < view->blocks);
    gcheap_bit_put_(view->ftb, block, on);
}

static inline unsigned gcheap_wtb_get_(const gcheap_atb_view_t *view, size_t block) {
    assert(block < view->blocks);
    return gcheap_bit_get_(view->wtb, block);
}

static inline void gcheap_wtb_put_(const gcheap_atb_view_t *view, size_t block, bool on) {
    assert(block < view->blocks);
    gcheap_bit_put_(view->wtb, block, on);
}

#endif // GCHEAP_ATB_H

//! Areas: where an area's tables and its pool lie in the memory that the host lends.
//!
//! ```text
//!    start                                    pool_start                               pool_end
//!    │ slack │ FTB          │ ATB            │ block 0 │ block 1 │ …          │ block N-1 │ < 1 block │ end
//!            1 bit a block   2 bits a block   BLOCK_BYTES each
//!
//! With weak references there is a WTB, as long as the FTB, before the FTB; with no-scan objects an NTB before that, also of
//! a bit a block; with interior pointers the starts of long objects before all of them.
//! ```
//!
//! gc.c puts its tables at `start`, the ATB first, and needs a byte of zeros behind the ATB to stop its loops. Here the
//! tables end where the pool starts. So the ATB's end is always aligned, whatever `start` is, and words of it can be read
//! on any machine; and the loops know the table's length, so the byte of zeros is not needed. The pool is at gc.c's
//! address, to the byte.

use core::ptr::NonNull;

use super::atb::Atb;
use super::atb::fast::FastAtb;
use super::bit_table::{BLOCKS_PER_BYTE, BitTable};
use super::block::{BLOCKS_PER_ATB, Kind};
use super::field::Field;
use super::memory::Memory;
use super::starts::{BLOCKS_PER_START, Starts, starts_bytes_for};
use crate::config::{self, AREA_BYTES, BLOCK_BYTES, FINALISER, INTERIOR, NO_SCAN, SPLIT_HEAP, WEAKREF, WORD_BYTES};

/// How many ATB bytes an area of `bytes` bytes has: exactly as many as in gc.c, so that the pool is the same.
///
/// gc.c wants one byte of zeros and, per ATB byte, that byte, half an FTB byte (with finalisers), half a WTB byte (with
/// weak references) and four blocks; with finalisers only:
///
/// ```text
///    bytes - 1 >= A * (1 + 1/2 + 4 * BLOCK_BYTES)        A = 2 * (bytes - 1) / (3 + 8 * BLOCK_BYTES), rounded down
/// ```
const fn atb_bytes_for(bytes: usize) -> usize {
    const BIT_TABLES: usize = FINALISER as usize + WEAKREF as usize + NO_SCAN as usize;
    const TWICE_PER_ATB_BYTE: usize = 2 + BIT_TABLES + 2 * BLOCKS_PER_ATB * BLOCK_BYTES;
    let usable = bytes.saturating_sub(1 + most_starts_bytes(bytes));
    // Divided before it is doubled, so that no size overflows.
    usable / TWICE_PER_ATB_BYTE * 2 + (usable % TWICE_PER_ATB_BYTE * 2 >= TWICE_PER_ATB_BYTE) as usize
}

const fn ftb_bytes_for(atb_bytes: usize) -> usize {
    if FINALISER { (atb_bytes * BLOCKS_PER_ATB).div_ceil(BLOCKS_PER_BYTE) } else { 0 }
}

/// The WTB has a bit a block too.
const fn wtb_bytes_for(atb_bytes: usize) -> usize {
    if WEAKREF { (atb_bytes * BLOCKS_PER_ATB).div_ceil(BLOCKS_PER_BYTE) } else { 0 }
}

/// The NTB has a bit a block too.
const fn ntb_bytes_for(atb_bytes: usize) -> usize {
    if NO_SCAN { (atb_bytes * BLOCKS_PER_ATB).div_ceil(BLOCKS_PER_BYTE) } else { 0 }
}

/// What the starts of long objects and their alignment take of `bytes` bytes at most, and another two bytes, by which three
/// bit tables that are rounded up can exceed the formula.
const fn most_starts_bytes(bytes: usize) -> usize {
    if INTERIOR { starts_bytes_for(bytes / BLOCK_BYTES) + size_of::<u32>() + 2 } else { 0 }
}

/// Tables and pool, in bytes.
const fn bytes_for(atb_bytes: usize) -> usize {
    let blocks = atb_bytes * BLOCKS_PER_ATB;
    let bit_tables = ftb_bytes_for(atb_bytes) + wtb_bytes_for(atb_bytes) + ntb_bytes_for(atb_bytes);
    let starts = if INTERIOR && blocks > 0 { starts_bytes_for(blocks) + size_of::<u32>() - 1 } else { 0 };
    atb_bytes + bit_tables + starts + blocks * BLOCK_BYTES
}

/// Where the last whole block of the memory [start, end) ends, as an offset from `start`; 0 if `end` lies before `start`.
fn whole_blocks_end(start: *mut u8, end: *mut u8) -> usize {
    (end.addr() & !(BLOCK_BYTES - 1)).saturating_sub(start.addr())
}

/// Bytes of memory for an area of `blocks` blocks, its record included: what gc.c's heap asks for when it grows to twice
/// its size. gc.c: `compute_heap_size`.
pub(crate) fn bytes_with_record(blocks: usize) -> usize {
    let bit_tables = FINALISER as usize + WEAKREF as usize;
    let tables = blocks / BLOCKS_PER_ATB + blocks / BLOCKS_PER_BYTE * bit_tables;
    (tables + blocks * BLOCK_BYTES + 1 + AREA_BYTES).next_multiple_of(BLOCK_BYTES)
}

/// Addresses that a host has reserved for a heap that grows in place ([`crate::Heap::init_reserved`]).
#[derive(Clone, Copy)]
pub struct Reserved {
    /// Where the tables go: [`reserved_table_bytes`] zero bytes, word aligned. They need be memory only as far as they
    /// describe blocks that the heap has.
    pub tables: NonNull<u8>,
    /// Where block 0 goes; block aligned.
    pub pool: NonNull<u8>,
    /// How many blocks the heap can have at most: less than 2^32, a multiple of [`GROWTH_STEP`].
    pub most_blocks: usize,
}

/// A heap that grows in place has a multiple of so many blocks: whole words of all its tables.
pub const GROWTH_STEP: usize = 8 * WORD_BYTES;

/// How many bytes the tables of a heap of up to `most_blocks` blocks take.
pub const fn reserved_table_bytes(most_blocks: usize) -> usize {
    let atb_bytes = most_blocks / BLOCKS_PER_ATB;
    bytes_for(atb_bytes) - most_blocks * BLOCK_BYTES
}

/// The tables that an area can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Atb,
    Ftb,
    Wtb,
    Ntb,
}

/// One area's record, laid out as MicroPython's `mp_state_mem_area_t`.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Area(NonNull<u8>);

impl Area {
    /// # Safety
    /// `record` points to `AREA_BYTES` bytes, word aligned, that belong to the heap from now on (I1).
    pub(crate) unsafe fn new(record: NonNull<u8>) -> Self {
        Self(record)
    }

    /// Where the record lies.
    pub(crate) fn address(self) -> NonNull<u8> {
        self.0
    }

    fn field<T: Copy>(self, offset: usize) -> Field<T> {
        debug_assert!(offset + size_of::<T>() <= AREA_BYTES);
        // SAFETY: I1: every offset of the configuration lies within AREA_BYTES.
        unsafe { Field::new(self.0.add(offset).cast()) }
    }

    /// The next area; always none without a split heap.
    pub(crate) fn next(self) -> Option<Area> {
        if SPLIT_HEAP { self.next_field().get() } else { None }
    }

    pub(crate) fn next_field(self) -> Field<Option<Area>> {
        self.field(config::AREA_NEXT)
    }

    /// First byte of the ATB.
    fn atb_start(self) -> Field<*mut u8> {
        self.field(config::AREA_ATB_START)
    }

    /// Bytes in the ATB; each describes four blocks.
    fn atb_bytes(self) -> Field<usize> {
        self.field(config::AREA_ATB_BYTES)
    }

    /// First byte of the FTB.
    fn ftb_start(self) -> Field<*mut u8> {
        self.field(config::AREA_FTB_START)
    }

    /// First byte of the WTB.
    fn wtb_start(self) -> Field<*mut u8> {
        self.field(config::AREA_WTB_START)
    }

    /// First byte of the NTB.
    fn ntb_start(self) -> Field<*mut u8> {
        self.field(config::AREA_NTB_START)
    }

    /// The starts of long objects, aligned.
    fn starts_start(self) -> Field<*mut u8> {
        self.field(config::AREA_STARTS)
    }

    /// First byte of block 0.
    fn pool_start(self) -> Field<*mut u8> {
        self.field(config::AREA_POOL_START)
    }

    /// First byte behind the last block.
    fn pool_end(self) -> Field<*mut u8> {
        self.field(config::AREA_POOL_END)
    }

    /// Blocks in use, heads and tails, if the variant counts them. gc.c keeps its search cursor here.
    pub(crate) fn used(self) -> Field<usize> {
        self.field(config::AREA_LAST_FREE)
    }

    /// No block above this index is in use. A collection lowers it to the last block in use (or 0).
    pub(crate) fn last_used(self) -> Field<usize> {
        self.field(config::AREA_LAST_USED)
    }

    /// How many blocks the area has.
    pub(crate) fn blocks(self) -> usize {
        self.atb_bytes().get() * BLOCKS_PER_ATB
    }

    /// The area's ATB, by value.
    pub(crate) fn atb<A: Atb>(self) -> A {
        // SAFETY: I5: `lay_out` and `lay_out_empty` put an ATB there, which is never at NULL.
        unsafe { A::new(NonNull::new_unchecked(self.atb_start().get()), self.atb_bytes().get()) }
    }

    /// The area's FTB, by value. Only in builds with finalisers.
    pub(crate) fn ftb(self) -> BitTable {
        // SAFETY: I5: as for the ATB.
        unsafe { BitTable::new(NonNull::new_unchecked(self.ftb_start().get()), self.blocks()) }
    }

    /// The area's WTB, by value. Only in builds with weak references.
    pub(crate) fn wtb(self) -> BitTable {
        // SAFETY: I5: as for the ATB.
        unsafe { BitTable::new(NonNull::new_unchecked(self.wtb_start().get()), self.blocks()) }
    }

    /// Where a table starts, and how many blocks a byte of it describes; `None` if the configuration has no such table.
    pub(crate) fn table(self, table: Table) -> Option<(*const u8, usize)> {
        let bits = |on: bool, start: fn(Self) -> Field<*mut u8>| {
            if on { Some((start(self).get().cast_const(), BLOCKS_PER_BYTE)) } else { None }
        };
        match table {
            Table::Atb => Some((self.atb_start().get(), BLOCKS_PER_ATB)),
            Table::Ftb => bits(FINALISER, Self::ftb_start),
            Table::Wtb => bits(WEAKREF, Self::wtb_start),
            Table::Ntb => bits(NO_SCAN, Self::ntb_start),
        }
    }

    /// Whether the object with this head has a weak reference; never in builds without them.
    pub(crate) fn has_weakref(self, block: usize) -> bool {
        WEAKREF && self.wtb().get(block)
    }

    /// The area's NTB, by value. Only in builds with no-scan objects.
    pub(crate) fn ntb(self) -> BitTable {
        // SAFETY: I5: as for the ATB.
        unsafe { BitTable::new(NonNull::new_unchecked(self.ntb_start().get()), self.blocks()) }
    }

    /// The starts of the area's long objects, by value. Only in builds with interior pointers.
    pub(crate) fn starts(self) -> Starts {
        // SAFETY: I5: as for the ATB.
        unsafe { Starts::new(NonNull::new_unchecked(self.starts_start().get()), self.blocks()) }
    }

    /// The head of the object that a tail belongs to. Only in builds with interior pointers.
    ///
    /// ```text
    ///    blocks     4096·k            tail         4096·(k+1)
    ///               = = = = = = = = = = = = = = = =│= = …       if this one's object starts before the tail, it is the tail's
    ///               └ the search goes back as far as here
    /// ```
    #[inline(never)]
    pub(crate) fn head_of(self, tail: usize) -> usize {
        let atb: FastAtb = self.atb();
        let lowest = tail & !(BLOCKS_PER_START - 1);
        let next = lowest + BLOCKS_PER_START;
        if next < atb.blocks() && atb.kind(next) == Kind::Tail {
            let start = self.starts().of(next);
            if start <= tail {
                return start;
            }
        }
        atb.not_tail_before(tail, lowest).unwrap_or_else(|| self.starts().of(tail))
    }

    /// The first byte of block 0.
    pub(crate) fn pool(self) -> NonNull<u8> {
        // SAFETY: I6: a pool is never at NULL.
        unsafe { NonNull::new_unchecked(self.pool_start().get()) }
    }

    /// Makes this the area of the memory [start, end); says whether it has any block. If there is no room for four
    /// blocks, it becomes an area without blocks: every allocation from it fails, and nothing in it is ever touched.
    ///
    /// # Safety
    /// The memory belongs to the heap from now on (I3).
    pub(crate) unsafe fn lay_out_in<M: Memory>(self, start: *mut u8, end: *mut u8) -> bool {
        let bytes = whole_blocks_end(start, end);
        let atb_bytes = atb_bytes_for(bytes);
        if atb_bytes > 0 {
            // SAFETY: I3; an area with blocks is not at NULL, and its tables and pool fit below start + bytes.
            unsafe { self.lay_out::<M>(NonNull::new_unchecked(start.add(bytes)), atb_bytes) }
        } else {
            self.lay_out_empty();
        }
        atb_bytes > 0
    }

    /// Makes an area of the memory [start, end), with its record at `start`, aligned. None if there is no room for four
    /// blocks.
    ///
    /// # Safety
    /// The memory belongs to the heap from now on (I3).
    pub(crate) unsafe fn with_record_in<M: Memory>(start: *mut u8, end: *mut u8) -> Option<Area> {
        let bytes = whole_blocks_end(start, end);
        let to_align = start.align_offset(WORD_BYTES);
        let mut atb_bytes = atb_bytes_for(bytes.saturating_sub(AREA_BYTES));
        // Only a start that is not word aligned can need this: gc.c would use an unaligned record there. One byte less is
        // enough, because it describes four blocks, and what is missing is less than a word.
        if atb_bytes > 0 && to_align + AREA_BYTES + bytes_for(atb_bytes) > bytes {
            atb_bytes -= 1;
        }
        if atb_bytes == 0 {
            return None;
        }
        // SAFETY: I3; as computed above, the record, the tables and the pool fit into [start, start + bytes).
        unsafe {
            let area = Area::new(NonNull::new_unchecked(start.add(to_align)));
            area.lay_out::<M>(NonNull::new_unchecked(start.add(bytes)), atb_bytes);
            Some(area)
        }
    }

    /// Writes the area's record and clears its tables.
    ///
    /// # Safety
    /// `end` is block aligned, and the `bytes_for(atb_bytes)` bytes below it belong to the heap.
    unsafe fn lay_out<M: Memory>(self, end: NonNull<u8>, atb_bytes: usize) {
        let (ftb_bytes, wtb_bytes) = (ftb_bytes_for(atb_bytes), wtb_bytes_for(atb_bytes));
        let ntb_bytes = ntb_bytes_for(atb_bytes);
        // SAFETY: the caller's promise: all of them fit below `end`.
        unsafe {
            let pool = end.sub(atb_bytes * BLOCKS_PER_ATB * BLOCK_BYTES);
            let atb = pool.sub(atb_bytes);
            let ftb = atb.sub(ftb_bytes);
            let wtb = ftb.sub(wtb_bytes);
            let ntb = wtb.sub(ntb_bytes);
            M::clear(ntb, ntb_bytes + wtb_bytes + ftb_bytes + atb_bytes);
            if WEAKREF {
                self.wtb_start().set(wtb.as_ptr());
            }
            if NO_SCAN {
                self.ntb_start().set(ntb.as_ptr());
            }
            if INTERIOR {
                let starts = ntb.sub(starts_bytes_for(atb_bytes * BLOCKS_PER_ATB));
                let unaligned = starts.addr().get() % size_of::<u32>();
                self.starts_start().set(starts.sub(unaligned).as_ptr());
            }
            self.record(ftb, atb, atb_bytes, pool, end);
        }
    }

    /// Makes this the area of reserved addresses, without any block yet.
    ///
    /// # Safety
    /// The addresses belong to the heap from now on, and the tables are zero (I3).
    pub(crate) unsafe fn lay_out_reserved(self, reserved: Reserved) {
        let Reserved { tables, pool, most_blocks } = reserved;
        let atb_bytes = most_blocks / BLOCKS_PER_ATB;
        // SAFETY: the caller's promise: the tables, one behind the other, take at most `reserved_table_bytes`.
        let (starts, ftb) = unsafe {
            let starts = tables.add(atb_bytes);
            (starts, starts.add(if INTERIOR { starts_bytes_for(most_blocks) } else { 0 }))
        };
        // SAFETY: as above.
        let (wtb, ntb) = unsafe {
            let wtb = ftb.add(ftb_bytes_for(atb_bytes));
            (wtb, wtb.add(wtb_bytes_for(atb_bytes)))
        };
        if WEAKREF {
            self.wtb_start().set(wtb.as_ptr());
        }
        if NO_SCAN {
            self.ntb_start().set(ntb.as_ptr());
        }
        if INTERIOR {
            self.starts_start().set(starts.as_ptr());
        }
        self.record(ftb, tables, 0, pool, pool);
    }

    /// Lets a reserved area have `blocks` more blocks, a multiple of [`GROWTH_STEP`].
    ///
    /// # Safety
    /// The addresses behind its last block, and the tables' bytes that describe them, are memory by now; the tables' are
    /// zero.
    pub(crate) unsafe fn extend(self, blocks: usize) {
        debug_assert!(blocks % GROWTH_STEP == 0);
        self.atb_bytes().set(self.atb_bytes().get() + blocks / BLOCKS_PER_ATB);
        self.pool_end().set(self.pool_end().get().wrapping_add(blocks * BLOCK_BYTES));
    }

    fn lay_out_empty(self) {
        // A word-aligned address that is not NULL: the area's own record. The tables and the pool have no bytes.
        let at = self.address();
        if WEAKREF {
            self.wtb_start().set(at.as_ptr());
        }
        if NO_SCAN {
            self.ntb_start().set(at.as_ptr());
        }
        if INTERIOR {
            self.starts_start().set(at.as_ptr());
        }
        self.record(at, at, 0, at, at);
    }

    fn record(self, ftb: NonNull<u8>, atb: NonNull<u8>, atb_bytes: usize, pool: NonNull<u8>, end: NonNull<u8>) {
        if SPLIT_HEAP {
            self.next_field().set(None);
        }
        if FINALISER {
            self.ftb_start().set(ftb.as_ptr());
        }
        self.atb_start().set(atb.as_ptr());
        self.atb_bytes().set(atb_bytes);
        self.pool_start().set(pool.as_ptr());
        self.pool_end().set(end.as_ptr());
        self.used().set(0);
        self.last_used().set(0);
    }
}

/// Iterator over the areas, in list order.
pub(crate) struct Areas(Option<Area>);

impl From<Area> for Areas {
    fn from(first: Area) -> Self {
        Self(Some(first))
    }
}

impl Iterator for Areas {
    type Item = Area;

    fn next(&mut self) -> Option<Area> {
        let area = self.0?;
        self.0 = area.next();
        Some(area)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula as gc.c writes it, in numbers too wide to overflow.
    fn gc_c(bytes: usize) -> usize {
        let block = BLOCK_BYTES as u128;
        let half = 8 * 4 / 8;
        let per = 8 + FINALISER as u128 * half + WEAKREF as u128 * half + NO_SCAN as u128 * half + 8 * 4 * block;
        ((bytes as u128).saturating_sub(1 + most_starts_bytes(bytes) as u128) * 8 / per) as usize
    }

    #[test]
    fn as_many_atb_bytes_as_gc_c_and_they_fit() {
        for bytes in (1..70_000).chain((0..2000).map(|n| usize::MAX - n * 977)) {
            let atb = atb_bytes_for(bytes);
            assert_eq!(atb, gc_c(bytes), "{bytes} bytes");
            // Two tables that are rounded up each take a byte more than gc.c's formula has; its byte of zeros has room.
            assert!(bytes_for(atb) <= bytes, "{bytes} bytes");
        }
    }
}

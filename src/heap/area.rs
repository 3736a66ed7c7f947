//! Making an area: where its tables and its pool lie in the memory that the host lends.
//!
//! ```text
//!    start                                    pool_start                               pool_end
//!    │ slack │ FTB          │ ATB            │ block 0 │ block 1 │ …          │ block N-1 │ < 1 block │ end
//!            1 bit a block   2 bits a block   BLOCK_BYTES each
//!
//! With weak references there is a WTB, as long as the FTB, before the FTB.
//! ```
//!
//! gc.c puts its tables at `start`, the ATB first, and needs a byte of zeros behind the ATB to stop its loops. Here the
//! tables end where the pool starts: the ATB's end is then always aligned, whatever `start` is, and words of it can be
//! read on any machine; and the loops know the table's length, so the byte of zeros is not needed. The pool is where
//! gc.c would have it, to the byte.

use core::ptr::NonNull;

use super::atb::{Atb, BLOCKS_PER_ATB};
use super::ftb::{BLOCKS_PER_FTB, Ftb};
use super::state::Area;
use super::{Heap, mem};
use crate::config::{AREA_BYTES, BLOCK_BYTES, FINALISER, SPLIT_HEAP, WEAKREF, WORD_BYTES};
use crate::port::{Misuse, Port};

/// How many ATB bytes an area of `bytes` bytes has: exactly as many as in gc.c, so that the pool is the same.
///
/// gc.c wants one byte of zeros and, per ATB byte, that byte, half an FTB byte (with finalisers), half a WTB byte (with
/// weak references) and four blocks; with finalisers only:
///
/// ```text
///    bytes - 1 >= A * (1 + 1/2 + 4 * BLOCK_BYTES)        A = 2 * (bytes - 1) / (3 + 8 * BLOCK_BYTES), rounded down
/// ```
const fn atb_bytes_for(bytes: usize) -> usize {
    const TWICE_PER_ATB_BYTE: usize = 2 + FINALISER as usize + WEAKREF as usize + 2 * BLOCKS_PER_ATB * BLOCK_BYTES;
    let usable = bytes.saturating_sub(1);
    // Divided before it is doubled, so that no size overflows.
    usable / TWICE_PER_ATB_BYTE * 2 + (usable % TWICE_PER_ATB_BYTE * 2 >= TWICE_PER_ATB_BYTE) as usize
}

const fn ftb_bytes_for(atb_bytes: usize) -> usize {
    if FINALISER { (atb_bytes * BLOCKS_PER_ATB).div_ceil(BLOCKS_PER_FTB) } else { 0 }
}

/// The WTB has a bit a block too.
const fn wtb_bytes_for(atb_bytes: usize) -> usize {
    if WEAKREF { (atb_bytes * BLOCKS_PER_ATB).div_ceil(BLOCKS_PER_FTB) } else { 0 }
}

/// Tables and pool, in bytes.
const fn bytes_for(atb_bytes: usize) -> usize {
    atb_bytes + ftb_bytes_for(atb_bytes) + wtb_bytes_for(atb_bytes) + atb_bytes * BLOCKS_PER_ATB * BLOCK_BYTES
}

/// `end`, rounded down to a whole block, as an offset from `start`; none if there is nothing between them.
fn whole_blocks_end(start: *mut u8, end: *mut u8) -> usize {
    (end.addr() & !(BLOCK_BYTES - 1)).saturating_sub(start.addr())
}

impl Area {
    /// The area's ATB, by value.
    #[inline(always)]
    pub(crate) fn atb(self) -> Atb {
        // SAFETY: I5: `lay_out` and `lay_out_empty` put an ATB there, which is never at NULL.
        unsafe { Atb::new(NonNull::new_unchecked(self.atb_start().get()), self.atb_bytes().get()) }
    }

    /// The area's FTB, by value. Only in builds with finalisers.
    #[inline(always)]
    pub(crate) fn ftb(self) -> Ftb {
        // SAFETY: I5: as for the ATB.
        unsafe { Ftb::new(NonNull::new_unchecked(self.ftb_start().get()), self.blocks()) }
    }

    /// The area's WTB, by value: built as the FTB is. Only in builds with weak references.
    #[inline(always)]
    pub(crate) fn wtb(self) -> Ftb {
        // SAFETY: I5: as for the ATB.
        unsafe { Ftb::new(NonNull::new_unchecked(self.wtb_start().get()), self.blocks()) }
    }

    /// The first byte of block 0.
    #[inline(always)]
    pub(crate) fn pool(self) -> NonNull<u8> {
        // SAFETY: I6: a pool is never at NULL.
        unsafe { NonNull::new_unchecked(self.pool_start().get()) }
    }

    /// Writes the area's record and clears its tables.
    ///
    /// # Safety
    /// `end` is block aligned, and below it lie `bytes_for(atb_bytes)` bytes that are the heap's.
    unsafe fn lay_out(self, end: NonNull<u8>, atb_bytes: usize) {
        let (ftb_bytes, wtb_bytes) = (ftb_bytes_for(atb_bytes), wtb_bytes_for(atb_bytes));
        // SAFETY: the caller's promise: all of them fit below `end`.
        unsafe {
            let pool = end.sub(atb_bytes * BLOCKS_PER_ATB * BLOCK_BYTES);
            let atb = pool.sub(atb_bytes);
            let ftb = atb.sub(ftb_bytes);
            let wtb = ftb.sub(wtb_bytes);
            mem::clear(wtb, wtb_bytes + ftb_bytes + atb_bytes);
            if WEAKREF {
                self.wtb_start().set(wtb.as_ptr());
            }
            self.record(ftb, atb, atb_bytes, pool, end);
        }
    }

    /// An area without blocks: every allocation from it fails, nothing in it is ever touched.
    fn lay_out_empty(self) {
        // Some word-aligned address that is not NULL: the area's own record. The tables and the pool have no bytes.
        let at = self.address();
        if WEAKREF {
            self.wtb_start().set(at.as_ptr());
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

impl<P: Port> Heap<P> {
    /// Makes a heap of [start, end). gc.c: `gc_init`.
    ///
    /// # Safety
    /// The memory is the heap's from now on, until the next `init` (invariant I3).
    pub unsafe fn init(&self, start: *mut u8, end: *mut u8) {
        let state = self.state();
        let area = state.first_area();
        let bytes = whole_blocks_end(start, end);
        let atb_bytes = atb_bytes_for(bytes);
        if atb_bytes > 0 {
            // SAFETY: I3; an area with blocks is not at NULL, and its tables and pool fit below start + bytes.
            unsafe { area.lay_out(NonNull::new_unchecked(start.add(bytes)), atb_bytes) }
        } else {
            area.lay_out_empty();
        }
        state.phase().set(0);
        self.reset_bounds();
        self.lock_depth().set(0);
        state.auto_collect().set(1);
        if crate::config::ALLOC_THRESHOLD {
            state.alloc_threshold().set(usize::MAX);
            state.alloc_amount().set(0);
        }
        self.port().init_mutex();
        if atb_bytes == 0 {
            self.report_bad_range(start, end);
        }
    }

    /// Adds the area [start, end) behind the others. Its record goes to `start`, aligned. gc.c: `gc_add`.
    ///
    /// # Safety
    /// `init` was called; the memory is the heap's from now on, until the next `init` (invariant I3).
    pub unsafe fn add(&self, start: *mut u8, end: *mut u8) {
        // SAFETY: the caller's promise.
        if !unsafe { self.try_add(start, end) } {
            self.report_bad_range(start, end);
        }
    }

    /// False if there is no room for four blocks.
    ///
    /// # Safety
    /// As `add`.
    unsafe fn try_add(&self, start: *mut u8, end: *mut u8) -> bool {
        let bytes = whole_blocks_end(start, end);
        let to_align = start.align_offset(WORD_BYTES);
        let mut atb_bytes = atb_bytes_for(bytes.saturating_sub(AREA_BYTES));
        // Only a start that is not word aligned can need this: gc.c would use an unaligned record there. One byte less is
        // enough, for it stands for four blocks, and what is missing is less than a word.
        if atb_bytes > 0 && to_align + AREA_BYTES + bytes_for(atb_bytes) > bytes {
            atb_bytes -= 1;
        }
        if atb_bytes == 0 {
            return false;
        }
        // SAFETY: I3; as computed above, the record, the tables and the pool fit into [start, start + bytes).
        let area = unsafe {
            let area = Area::new(NonNull::new_unchecked(start.add(to_align)));
            area.lay_out(NonNull::new_unchecked(start.add(bytes)), atb_bytes);
            area
        };
        let mut last = self.state().first_area();
        while let Some(next) = last.next() {
            last = next;
        }
        last.next_field().set(Some(area));
        true
    }

    /// Asks the host for another area in which `failed` bytes have room, and as large as all areas there are if it can
    /// be had; says whether there is one now. Every number is gc.c's, overflow included. gc.c: `gc_try_add_heap`.
    #[cold]
    pub(super) fn grow(&self, failed: usize) -> bool {
        let needed = failed.wrapping_add((failed.wrapping_mul(13) / 512).max(2048));
        let available = self.port().max_new_split();
        if available < needed {
            return false;
        }
        let blocks: usize = self.state().areas().map(Area::blocks).sum();
        let bitmaps = FINALISER as usize + WEAKREF as usize;
        let tables = blocks / BLOCKS_PER_ATB + blocks / BLOCKS_PER_FTB * bitmaps;
        let as_large = (tables + blocks * BLOCK_BYTES + 1 + AREA_BYTES).next_multiple_of(BLOCK_BYTES);
        let bytes = as_large.max(needed).min(available);
        let Some(memory) = NonNull::new(self.port().alloc_heap(bytes)) else { return false };
        // SAFETY: I3: the host has just lent these bytes.
        let added = unsafe { self.try_add(memory.as_ptr(), memory.as_ptr().wrapping_add(bytes)) };
        if !added {
            self.port().free_heap(memory);
        }
        added
    }

    #[cold]
    fn report_bad_range(&self, start: *mut u8, end: *mut u8) {
        if end < start {
            self.port().misuse(Misuse::EndBeforeStart, end);
        } else {
            self.port().misuse(Misuse::HeapTooSmall, start);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The formula as gc.c writes it, in numbers too wide to overflow.
    fn gc_c(bytes: usize) -> usize {
        let block = BLOCK_BYTES as u128;
        let half = 8 * 4 / 8;
        let per = 8 + FINALISER as u128 * half + WEAKREF as u128 * half + 8 * 4 * block;
        (((bytes as u128) - 1) * 8 / per) as usize
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

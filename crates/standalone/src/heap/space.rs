//! Where a heap lies: reserved addresses, of which it uses more as it grows.
//!
//! ```text
//!    reservation   │ tables for all blocks │ pool: block 0, block 1, …            │
//!    memory        │███████████████████████│██████████████████│                   │
//!                                          0            blocks                most
//! ```
//!
//! The tables are readable and writable from the start: pages that nobody touches cost nothing.

use core::cell::Cell;
use core::ptr::NonNull;

use gcheap::config::BLOCK_BYTES;
use gcheap::{GROWTH_STEP, Reserved, reserved_table_bytes};

use crate::memory::Reservation;
use crate::os::OutOfMemory;

/// A heap's addresses are blocks with numbers of 32 bits.
const MOST_BLOCKS: usize = if usize::BITS > 32 { (1 << 32) - GROWTH_STEP } else { (1 << 30) / BLOCK_BYTES };

/// From how many bytes on a heap asks for pages before it uses them, and how many bytes ahead at most.
const LARGE: usize = 2 << 20;
const AHEAD: usize = 256 << 10;

/// Less than this many bytes are not worth a heap of its own.
const LEAST_BYTES: usize = 1 << 20;

/// One heap's addresses.
pub(crate) struct Space {
    reservation: Reservation,
    table_bytes: usize,
    /// How many blocks there is room for.
    most: usize,
    /// How many blocks are memory.
    blocks: Cell<usize>,
    /// Up to which block the system has been asked for pages.
    populated: Cell<usize>,
}

impl Space {
    /// Reserves room for `most_bytes` bytes of objects, or for less if the system refuses that.
    pub fn new(most_bytes: usize) -> Result<Self, OutOfMemory> {
        let wanted = (most_bytes / BLOCK_BYTES).clamp(LEAST_BYTES / BLOCK_BYTES, MOST_BLOCKS);
        let reservation = Reservation::new(bytes_for(round_up(wanted)), bytes_for(LEAST_BYTES / BLOCK_BYTES))?;
        let most = blocks_in(reservation.bytes()).min(round_up(wanted));
        let table_bytes = table_bytes_for(most);
        reservation.commit(0, table_bytes)?;
        Ok(Self { reservation, table_bytes, most, blocks: Cell::new(0), populated: Cell::new(0) })
    }

    /// What the heap is told of it.
    pub fn reserved(&self) -> Reserved {
        // SAFETY: the tables end inside the reservation.
        let pool = unsafe { self.reservation.start().add(self.table_bytes) };
        Reserved { tables: self.reservation.start(), pool, most_blocks: self.most }
    }

    /// How many blocks are memory.
    pub fn blocks(&self) -> usize {
        self.blocks.get()
    }

    /// Makes memory of `wanted` blocks more, rounded up, or of as many as there is room for, but of no fewer than `least`.
    /// Returns how many, a multiple of the heap's step of growth; 0 if that cannot be.
    pub fn grow(&self, wanted: usize, least: usize, limit: usize) -> usize {
        let room = round_down(self.most.min(limit).saturating_sub(self.blocks()));
        for blocks in [wanted, least] {
            let blocks = round_up(blocks).min(room);
            let offset = self.table_bytes + self.blocks() * BLOCK_BYTES;
            if blocks >= least && self.reservation.commit(offset, blocks * BLOCK_BYTES).is_ok() {
                self.blocks.set(self.blocks() + blocks);
                return blocks;
            }
        }
        0
    }

    /// Small objects have just been made that end at this block: lets the system provide the pages behind them all at once, since
    /// the next ones are likely to lie there. One by one, when they are touched, pages cost more.
    #[inline]
    pub fn note_used_up_to(&self, end: usize) {
        if end > self.populated.get() {
            self.populate_from(end);
        }
    }

    #[cold]
    fn populate_from(&self, end: usize) {
        let bytes = end * BLOCK_BYTES;
        let ahead = (bytes / 32).min(AHEAD).min((self.blocks() - end.min(self.blocks())) * BLOCK_BYTES);
        let is_large = bytes >= LARGE;
        if is_large && !self.reservation.populate(self.table_bytes + bytes, ahead) {
            // The system cannot do that.
            return self.populated.set(usize::MAX);
        }
        self.populated.set(if is_large { end + ahead / BLOCK_BYTES } else { end });
    }

    /// Gives the pages inside free memory of the pool back to the system.
    ///
    /// # Safety
    /// Nothing of use lies there.
    pub unsafe fn discard(&self, start: NonNull<u8>, bytes: usize) -> usize {
        let offset = start.addr().get() - self.reservation.start().addr().get();
        let first = (offset - self.table_bytes) / BLOCK_BYTES;
        if self.populated.get() <= first + bytes / BLOCK_BYTES {
            self.populated.set(self.populated.get().min(first));
        }
        // SAFETY: the caller's promise.
        unsafe { self.reservation.discard(offset, bytes) }
    }
}

fn round_up(blocks: usize) -> usize {
    blocks.div_ceil(GROWTH_STEP).saturating_mul(GROWTH_STEP)
}

fn round_down(blocks: usize) -> usize {
    blocks - blocks % GROWTH_STEP
}

/// The tables' bytes, up to where the pool can begin: a page.
fn table_bytes_for(blocks: usize) -> usize {
    reserved_table_bytes(blocks).next_multiple_of(crate::os::pages::page_size())
}

fn bytes_for(blocks: usize) -> usize {
    table_bytes_for(blocks) + blocks * BLOCK_BYTES
}

/// For how many blocks there is room, with their tables; a multiple of the heap's step of growth.
fn blocks_in(bytes: usize) -> usize {
    let step = GROWTH_STEP * BLOCK_BYTES;
    let (mut fit, mut too_many) = (0, bytes / step + 1);
    while too_many - fit > 1 {
        let steps = fit.midpoint(too_many);
        if bytes_for(steps * GROWTH_STEP) <= bytes { fit = steps } else { too_many = steps }
    }
    fit * GROWTH_STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_and_tables_fill_what_there_is() {
        let page = crate::os::pages::page_size();
        for bytes in
            [1 << 20, 1_234_567, 100 << 20, (1 << 30) - page, bytes_for(GROWTH_STEP), bytes_for(5 * GROWTH_STEP)]
        {
            let most = blocks_in(bytes);
            assert!(bytes_for(most) <= bytes && bytes_for(most + GROWTH_STEP) > bytes, "{most} blocks in {bytes}");
        }
    }

    #[test]
    fn pages_are_asked_for_ahead_but_not_far() {
        let space = Space::new(16 << 20).unwrap();
        let all = space.grow(usize::MAX, 1, usize::MAX);
        let large = LARGE / BLOCK_BYTES;
        space.note_used_up_to(large - 1);
        assert_eq!(space.populated.get(), large - 1);
        space.note_used_up_to(large);
        if space.populated.get() != usize::MAX {
            assert_eq!(space.populated.get(), large + large / 32);
            space.note_used_up_to(all - 10);
            assert_eq!(space.populated.get(), all);
        }
        let pool = space.reserved().pool;
        // SAFETY: nothing lies in the pool, which has so many bytes.
        unsafe { space.discard(pool.add(LARGE), all * BLOCK_BYTES - LARGE) };
        assert!(space.populated.get() == large || space.populated.get() == usize::MAX);
    }

    #[test]
    fn grows_up_to_its_limit_and_no_further() {
        let space = Space::new(2 << 20).unwrap();
        let most = space.most;
        assert_eq!(most, (2 << 20) / BLOCK_BYTES);
        assert_eq!(space.grow(1, 1, usize::MAX), GROWTH_STEP);
        assert_eq!(space.grow(10 * most, 1, 3 * GROWTH_STEP + 1), 2 * GROWTH_STEP);
        assert_eq!(space.grow(1, 1, 3 * GROWTH_STEP), 0);
        assert_eq!(space.grow(10 * most, 10 * most, usize::MAX), 0);
        assert_eq!(space.grow(10 * most, 1, usize::MAX), most - 3 * GROWTH_STEP);
        assert_eq!(space.blocks(), most);
        // The last byte can be written.
        let reserved = space.reserved();
        // SAFETY: the last byte of the last block, which is memory by now.
        unsafe { reserved.pool.add(most * BLOCK_BYTES - 1).write(1) };
    }
}

//! What a heap has to do with the stock of threads (threads::stock).

use core::mem::size_of;
use core::ptr;

use gcheap::config::BLOCK_BYTES;
use gcheap::{AllocFlags, MOST_BATCH_BLOCKS, MOST_STRETCHES};

use super::Handle;
use crate::threads::{
    Guard, MOST_RETURNED_BLOCKS, empty_returned, empty_stock, put_returned, take_from_new_stock, take_from_stock,
    take_larger, take_returned, thread_count, unseal,
};

/// The most bytes of an object that is allocated where one was freed by hand.
pub(crate) const MOST_RETURNED_BYTES: usize = MOST_RETURNED_BLOCKS * BLOCK_BYTES - 1;

/// How many blocks at least, and at most, a thread keeps that it has freed.
const RETURNED: [usize; 2] = [1 << 10, 1 << 16];

/// The most bytes of an object that is taken from a thread's stock.
pub(crate) const MOST_QUICK_BYTES: usize = MOST_BATCH_BLOCKS * BLOCK_BYTES - 1;

/// For so many bytes of heap, a thread takes one more stretch of objects into stock at once.
const SMALL: usize = 128 << 10;

const WORDS_PER_BLOCK: usize = BLOCK_BYTES / size_of::<usize>();

impl Handle {
    /// Takes an object of which so many bytes were asked for from what the calling thread has in stock; NULL if there is
    /// none. Of the default heap only. Needs no lock.
    #[inline(always)]
    pub fn take(self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let blocks = self.blocks_for(bytes);
        cleared(take_from_stock(blocks, flags.is_no_scan()), blocks, flags)
    }

    /// The same after putting some into stock, with the lock; NULL too if that is not possible now.
    pub fn take_new(self, guard: &Guard, bytes: usize, flags: AllocFlags) -> *mut u8 {
        // Where allocations are counted, each must come here.
        if self.is_stressing() {
            return ptr::null_mut();
        }
        self.it().in_stock.set(true);
        let (blocks, no_scan) = (self.blocks_for(bytes), flags.is_no_scan());
        let object =
            take_from_new_stock(guard, blocks, no_scan, || self.core().alloc_batch(blocks, no_scan, self.stretches()));
        self.note_new(object);
        cleared(object, blocks, flags)
    }

    /// The pages of what was put into stock last, and those behind it, will be used soon.
    #[inline]
    fn note_new(self, object: *mut u8) {
        let space = &self.it().space;
        let offset = object.addr().wrapping_sub(space.reserved().pool.addr().get());
        if !object.is_null() {
            space.note_used_up_to(offset / BLOCK_BYTES);
        }
    }

    /// Takes an object that the calling thread has freed; NULL if there is none of that size. Of the default heap only. Needs no
    /// lock.
    pub fn take_returned(self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let blocks = self.blocks_for(bytes);
        cleared(take_returned(blocks, flags.is_no_scan(), self.memory()), blocks, flags)
    }

    /// Makes one of a larger object that the calling thread has freed, and keeps the rest; NULL if there is none.
    pub fn take_part(self, guard: &Guard, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let (blocks, no_scan) = (self.blocks_for(bytes), flags.is_no_scan());
        let Some((object, larger)) = take_larger(guard, blocks, no_scan, self.memory()) else { return ptr::null_mut() };
        self.core().split(object, blocks);
        // A thread that is in the middle of something leaves it to the next collection.
        put_returned(guard, object.wrapping_add(blocks * BLOCK_BYTES), larger - blocks, no_scan);
        cleared(object, blocks, flags)
    }

    /// Keeps an object of the default heap that the program has freed for the calling thread's next allocation of its size.
    /// False if that is not possible: it is too large, or it is no object.
    pub(super) fn put_returned(self, guard: &Guard, object: *mut u8) -> bool {
        let Some((blocks, no_scan)) = self.core().small_object(object, MOST_RETURNED_BLOCKS) else { return false };
        let Some(kept) = put_returned(guard, object, blocks, no_scan) else { return false };
        self.it().in_stock.set(true);
        if kept > RETURNED[0] && kept > self.most_returned() {
            self.free_returned(guard);
        }
        true
    }

    /// Frees what the calling thread keeps. The lists are for objects that come and go, not for a heap that gets empty.
    #[cold]
    fn free_returned(self, guard: &Guard) {
        let used = self.blocks_in_use();
        empty_returned(guard, self.memory(), |batch| {
            self.core().free(ptr::with_exposed_provenance_mut(batch.base));
        });
        self.settle(used);
    }

    /// How many blocks a thread may keep.
    fn most_returned(self) -> usize {
        let part = 4 * thread_count().clamp(1, 8);
        (self.bytes() / BLOCK_BYTES / part).clamp(RETURNED[0], RETURNED[1])
    }

    /// How much of the heap goes into stock at once: in a small one, little.
    fn stretches(self) -> usize {
        (self.bytes() / SMALL).clamp(1, MOST_STRETCHES)
    }

    /// Frees what the calling thread has in stock. False if there is nothing.
    pub fn free_stock(self, guard: &Guard) -> bool {
        let mut any = false;
        if self.is_in_stock() {
            empty_stock(guard, self.memory(), |batch| {
                batch.each(|object| self.core().free(ptr::with_exposed_provenance_mut(object)));
                any = true;
            });
        }
        any
    }

    #[inline(always)]
    fn blocks_for(self, bytes: usize) -> usize {
        self.with_end(bytes).div_ceil(BLOCK_BYTES)
    }

    /// Whether threads have objects of this heap in stock.
    pub(crate) fn is_in_stock(self) -> bool {
        self.it().in_stock.get()
    }
}

/// Up to so many blocks are cleared by single stores.
const FEW: usize = 4;

/// Clears a new object of so many blocks that may hold anything; only its last block if the flags ask for no more: what lies
/// behind the bytes that were asked for must be 0 when the object grows.
#[inline(always)]
fn cleared(object: *mut u8, blocks: usize, flags: AllocFlags) -> *mut u8 {
    if !object.is_null() {
        if flags.is_not_cleared() {
            unseal(object);
            clear_block(object, blocks - 1);
        } else if blocks > FEW {
            return cleared_at_once(object, blocks);
        } else {
            for block in 0..FEW {
                if block == blocks {
                    break;
                }
                clear_block(object, block);
            }
        }
    }
    object
}

/// Clears one of an object's blocks.
#[inline(always)]
fn clear_block(object: *mut u8, block: usize) {
    for word in 0..WORDS_PER_BLOCK {
        // SAFETY: a word of the object. Volatile: a few stores are quicker than a call of memset, which the compiler would make
        // of them.
        unsafe { object.add(block * BLOCK_BYTES).cast::<usize>().add(word).write_volatile(0) };
    }
}

/// Not inlined, so that nothing else has to save registers for the call.
#[inline(never)]
fn cleared_at_once(object: *mut u8, blocks: usize) -> *mut u8 {
    // SAFETY: the object's blocks.
    unsafe { object.write_bytes(0, blocks * BLOCK_BYTES) };
    object
}

//! Growing and shrinking an object.

use core::ptr::{NonNull, null_mut};

#[cfg(not(gcheap_compact))]
use super::atb::block_from_ptr;
use super::atb::ptr_from_block;
use super::state::Area;
use super::{Heap, blocks_for, mem};
use crate::config::{BLOCK_BYTES, COMPACT, CONSERVATIVE_CLEAR, FINALISER, WEAKREF};
use crate::port::{Misuse, Port};

/// What became of a request to change an object in place.
enum InPlace {
    /// Done; the object is where it was.
    Done,
    /// There is no room behind the object. It has this many blocks, and a finaliser or not.
    NoRoom { blocks: usize, finaliser: bool },
}

impl<P: Port> Heap<P> {
    /// Makes the object at `ptr` `bytes` bytes large, in place if it can, else by moving it if it may; NULL if that
    /// cannot be, and the object is then as it was. NULL allocates, 0 bytes frees. gc.c: `gc_realloc`.
    pub fn realloc(&self, ptr: *mut u8, bytes: usize, may_move: bool) -> *mut u8 {
        if ptr.is_null() {
            return self.alloc(bytes, false);
        }
        if bytes == 0 {
            self.free(ptr);
            return null_mut();
        }
        if self.is_locked() {
            return null_mut();
        }
        self.port().enter();
        #[cfg(not(gcheap_compact))]
        if self.grow_at_a_glance(ptr, bytes) {
            return ptr;
        }
        self.resize(ptr, bytes, may_move)
    }

    /// Lets the object stay as it is or grow a little, if its word of the table tells that it can; gives the mutex back
    /// then.
    #[cfg(not(gcheap_compact))]
    #[inline(always)]
    fn grow_at_a_glance(&self, ptr: *mut u8, bytes: usize) -> bool {
        let Some(n) = blocks_for(bytes) else { return false };
        let area = self.state().first_area();
        let Some(block) = block_from_ptr(ptr.addr(), area.pool().addr().get(), area.blocks()) else { return false };
        let Some(old) = area.atb().grow_in_word(block, n) else { return false };
        if n == old {
            self.port().exit();
            return true;
        }
        self.count_as_used(area, block + old, n - old);
        self.port().exit();
        // SAFETY: I6: a block of this area, and the head of an object of n blocks, the first `old` of which hold something.
        unsafe { clear_new(ptr_from_block(area.pool(), block), old, n, bytes) };
        true
    }

    /// Gives the mutex back, whatever happens.
    #[cfg_attr(not(gcheap_compact), inline(never))]
    fn resize(&self, ptr: *mut u8, bytes: usize, may_move: bool) -> *mut u8 {
        let (area, block) = match self.object_at(ptr, false) {
            Ok(found) => found,
            Err(what) => {
                self.port().exit();
                self.port().misuse(what, ptr);
                return null_mut();
            }
        };
        // gc.c's arithmetic would make 0 blocks of a size this absurd, and free the head. It cannot be had.
        let Some(n) = blocks_for(bytes) else {
            self.port().exit();
            return null_mut();
        };
        match self.resize_in_place(area, block, n, bytes) {
            InPlace::Done => ptr,
            InPlace::NoRoom { blocks, finaliser } if may_move => self.relocate(ptr, blocks, bytes, finaliser),
            InPlace::NoRoom { .. } => null_mut(),
        }
    }

    /// Gives the mutex back, whatever happens.
    fn resize_in_place(&self, area: Area, block: usize, n: usize, bytes: usize) -> InPlace {
        let atb = area.atb();
        let old = 1 + atb.tails_after(block);
        if n <= old {
            if n < old {
                atb.tail_to_free(block + n, old - n);
                self.count_as_free(area, block + n, old - n);
            }
            self.port().exit();
            return InPlace::Done;
        }
        let more = n - old;
        if atb.frees_after(block + old - 1, more) < more {
            let finaliser = FINALISER && area.ftb().get(block);
            self.port().exit();
            return InPlace::NoRoom { blocks: old, finaliser };
        }
        atb.free_to_tail(block + old, more);
        self.count_as_used(area, block + old, more);
        self.port().exit();
        // SAFETY: I6: the object's n blocks are the caller's; the new ones held nothing.
        unsafe { clear_new(ptr_from_block(area.pool(), block), old, n, bytes) };
        InPlace::Done
    }

    /// Keeps the books of `n` blocks that have just come into use.
    #[inline(always)]
    fn count_as_used(&self, area: Area, block: usize, n: usize) {
        if !COMPACT {
            area.used().set(area.used().get() + n);
        }
        area.last_used().set(area.last_used().get().max(block + n - 1));
        self.note_use(area, block, n);
    }

    /// Copies an object of `blocks` blocks to a new place and frees the old one.
    #[cold]
    fn relocate(&self, from: *mut u8, blocks: usize, bytes: usize, finaliser: bool) -> *mut u8 {
        let to = self.alloc(bytes, finaliser);
        if WEAKREF && !to.is_null() && self.is_weakly_referenced(from) {
            self.free(to);
            self.port().misuse(Misuse::WeakReference, from);
            return null_mut();
        }
        if !to.is_null() {
            // SAFETY: I6: both objects have that many blocks (the new one more), and they are different objects.
            unsafe { mem::copy(from, to, blocks * BLOCK_BYTES) };
            self.free(from);
        }
        to
    }
}

/// Clears what must be clear when an object has grown from `old` to `n` blocks: as for a new object, what the caller leaves
/// unused must not look like pointers.
///
/// # Safety
/// The object has n blocks, and they are the caller's.
#[inline(always)]
unsafe fn clear_new(object: NonNull<u8>, old: usize, n: usize, bytes: usize) {
    let clear_from = if CONSERVATIVE_CLEAR { old * BLOCK_BYTES } else { bytes };
    // SAFETY: the caller's promise.
    unsafe { mem::clear(object.add(clear_from), n * BLOCK_BYTES - clear_from) };
}

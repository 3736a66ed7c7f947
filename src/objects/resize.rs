//! Growing and shrinking an object.

use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};

use super::allocate::Allocate;
use super::release::Release;
use super::{AllocFlags, blocks_at, blocks_for, object_at};
use crate::config::{BLOCK_BYTES, CONSERVATIVE_CLEAR, FINALISER, INTERIOR, NO_SCAN, WEAKREF};
use crate::context::Context;
use crate::counting::Counting;
use crate::host::{Host, Misuse};
use crate::inspect::noting::note;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::block::{block_from_ptr, ptr_from_block};
use crate::layout::memory::Memory;
use crate::placement::Placement;
use crate::variant::Variant;

/// What became of a request to change an object in place.
enum InPlace {
    /// Done; the object is where it was.
    Done,
    /// There is no room behind the object. It has this many blocks, and was allocated with these flags.
    NoRoom { blocks: usize, flags: AllocFlags },
}

/// Changes the size of objects.
#[derive(Clone, Copy)]
pub(crate) struct Resize<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Resize<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Makes the object at `ptr`, which is not NULL, `bytes` bytes large, which is not 0: in place if it can, else by moving
    /// it if it may; NULL if that cannot be, and the object is then as it was.
    pub fn resize(self, ptr: *mut u8, bytes: usize, may_move: bool) -> *mut u8 {
        if self.0.is_locked() {
            return null_mut();
        }
        self.0.host().enter();
        if !V::Placement::<H>::SHORTCUTS {
            return self.search(ptr, bytes, may_move);
        }
        if self.grow_within_word(ptr, bytes) {
            return ptr;
        }
        self.resize_by_search(ptr, bytes, may_move)
    }

    /// Lets the object keep its length or grow a little, if its word of the table shows that it can; then releases the
    /// mutex.
    fn grow_within_word(self, ptr: *mut u8, bytes: usize) -> bool {
        let n = blocks_for(bytes);
        if n == 0 {
            return false;
        }
        let area = self.0.state().first_area();
        let Some(block) = block_from_ptr(ptr.addr(), area.pool().addr().get(), area.blocks()) else { return false };
        let Some(old) = area.atb::<V::Atb>().grow_within_word(block, n) else { return false };
        if n == old {
            self.0.host().exit();
            return true;
        }
        self.note_grown(area, block, old, n);
        self.0.host().exit();
        // SAFETY: I6: a block of this area, and the head of an object of n blocks, the first `old` of which hold data.
        unsafe { clear_new::<V::Memory>(ptr_from_block(area.pool(), block), old, n, bytes) };
        true
    }

    #[inline(never)]
    fn resize_by_search(self, ptr: *mut u8, bytes: usize, may_move: bool) -> *mut u8 {
        self.search(ptr, bytes, may_move)
    }

    /// Releases the mutex on every path.
    fn search(self, ptr: *mut u8, bytes: usize, may_move: bool) -> *mut u8 {
        let (area, block) = match object_at::<V::Atb, H>(self.0, ptr) {
            Ok(found) => found,
            Err(what) => {
                self.0.host().exit();
                self.0.host().misuse(what, ptr);
                return null_mut();
            }
        };
        let n = blocks_for(bytes);
        if n == 0 {
            // A size this absurd cannot be had. (gc.c frees the head.)
            self.0.host().exit();
            return null_mut();
        }
        match self.resize_in_place(area, block, n, bytes) {
            InPlace::Done => ptr,
            InPlace::NoRoom { blocks, flags } if may_move => self.relocate(ptr, blocks, bytes, flags),
            InPlace::NoRoom { .. } => null_mut(),
        }
    }

    /// Releases the mutex on every path.
    fn resize_in_place(self, area: Area, block: usize, n: usize, bytes: usize) -> InPlace {
        let atb: V::Atb = area.atb();
        let old = 1 + atb.tails_after(block);
        if n <= old {
            if n < old {
                atb.tail_to_free(block + n, old - n);
                note(self.0, |numbers| numbers.note_shrunk(old - n));
                Release::<H, V>::of(self.0).note_freed(area, block + n, old - n);
            }
            self.0.host().exit();
            return InPlace::Done;
        }
        let more = n - old;
        if atb.frees_after(block + old - 1, more) < more {
            let flags = flags_of(area, block);
            self.0.host().exit();
            return InPlace::NoRoom { blocks: old, flags };
        }
        atb.free_to_tail(block + old, more);
        self.note_grown(area, block, old, n);
        self.0.host().exit();
        // SAFETY: I6: the object's n blocks belong to the caller; the new ones held nothing.
        unsafe { clear_new::<V::Memory>(ptr_from_block(area.pool(), block), old, n, bytes) };
        InPlace::Done
    }

    /// Updates the counters for the object at `block`, which has just grown from `old` to `n` blocks.
    #[inline(always)]
    fn note_grown(self, area: Area, block: usize, old: usize, n: usize) {
        V::Counting::note_used(area, n - old);
        note(self.0, |numbers| numbers.note_grown(old, n));
        area.last_used().set(area.last_used().get().max(block + n - 1));
        if INTERIOR {
            area.starts().note(block, n);
        }
        V::Placement::over(self.0).note_use(area, block + old, n - old);
    }

    /// Copies an object of `blocks` blocks to a new place and frees the old one.
    ///
    /// The allocation may have collected. An object that nothing reached is gone then, and the new one may lie in its
    /// blocks: that was the caller's mistake, and is reported as one.
    #[cold]
    fn relocate(self, from: *mut u8, blocks: usize, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let to = Allocate::<H, V>::of(self.0).alloc(bytes, flags);
        if to.is_null() {
            return to;
        }
        let problem = self.cannot_move(from, to);
        if let Some(what) = problem {
            Release::<H, V>::of(self.0).free(to);
            self.0.host().misuse(what, from);
            return null_mut();
        }
        // SAFETY: I6: both objects have that many blocks (the new one more), and they are different objects.
        unsafe { V::Memory::copy(from, to, blocks * BLOCK_BYTES) };
        Release::<H, V>::of(self.0).free(from);
        to
    }

    /// Why the object at `from` cannot be copied to `to` and freed, if it cannot.
    fn cannot_move(self, from: *mut u8, to: *mut u8) -> Option<Misuse> {
        if from == to || blocks_at::<V::Atb, H>(self.0, from) == 0 {
            return Some(Misuse::FreeBlock);
        }
        if !WEAKREF {
            return None;
        }
        self.0.host().enter();
        let found = object_at::<V::Atb, H>(self.0, from);
        self.0.host().exit();
        match found {
            Ok((area, block)) if area.has_weakref(block) => Some(Misuse::WeakReference),
            _ => None,
        }
    }
}

/// The flags with which an object was allocated.
#[inline(always)]
fn flags_of(area: Area, block: usize) -> AllocFlags {
    let mut flags = AllocFlags::NONE;
    if FINALISER && area.ftb().get(block) {
        flags = flags.and(AllocFlags::FINALISER);
    }
    if NO_SCAN && area.ntb().get(block) {
        flags = flags.and(AllocFlags::NO_SCAN);
    }
    flags
}

/// Clears what must be clear when an object has grown from `old` to `n` blocks: as for a new object, what the caller leaves
/// unused must not look like pointers.
///
/// # Safety
/// The object has n blocks, more than `old`, and they belong to the caller.
#[inline(always)]
unsafe fn clear_new<M: Memory>(object: NonNull<u8>, old: usize, n: usize, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        if CONSERVATIVE_CLEAR {
            M::clear_blocks(object.add(old * BLOCK_BYTES), n - old);
        } else {
            M::clear(object.add(bytes), n * BLOCK_BYTES - bytes);
        }
    }
}

//! Freeing one object.

use core::marker::PhantomData;

use super::{block_at, mistake};
use crate::config::{COLLECT_FLAG, FINALISER};
use crate::context::Context;
use crate::counting::Counting;
use crate::host::{Host, Misuse};
use crate::inspect::noting::note;
use crate::layout::area::Area;
use crate::layout::atb::{Atb, FreedRun};
use crate::layout::block::block_from_ptr;
use crate::layout::phase::phase_of;
use crate::placement::{Placement, Run};
use crate::variant::Variant;

/// Frees objects.
#[derive(Clone, Copy)]
pub(crate) struct Release<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Release<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Frees an object; NULL is nothing to free. A locked heap is left alone: the next collection will find the object.
    #[inline(never)]
    pub fn free(self, ptr: *mut u8) {
        // Without shortcuts a NULL is noticed when it turns out to be no object, which costs other pointers nothing.
        if V::Placement::<H>::SHORTCUTS && ptr.is_null() {
            return;
        }
        let depth = self.0.lock_depth().get();
        if depth != 0 && !self.is_in_finaliser(depth) {
            return;
        }
        self.0.host().enter();
        if !V::Placement::<H>::SHORTCUTS {
            return self.free_by_search(ptr);
        }
        if depth != 0 {
            return self.free_without_shortcut(ptr);
        }
        if self.free_near(ptr).is_some() {
            return self.0.host().exit();
        }
        self.free_elsewhere(ptr);
    }

    /// Frees an object that lies just before the lowest free run, as most of those do that do not live long.
    #[inline(always)]
    fn free_near(self, ptr: *const u8) -> Option<()> {
        // In the first area, a block's index is its heap index.
        let area = self.0.state().first_area();
        let block = block_from_ptr(ptr.addr(), area.pool().addr().get(), area.blocks())?;
        let placement = V::Placement::over(self.0);
        let (distance, any) = placement.near(block)?;
        if area.has_weakref(block) {
            return None;
        }
        let n = area.atb::<V::Atb>().free_near(block, distance, any)?;
        if FINALISER {
            area.ftb().clear(block);
        }
        V::Counting::note_freed(area, n);
        note(self.0, |numbers| numbers.note_freed(n));
        placement.note_near(n, distance);
        Some(())
    }

    #[inline(never)]
    fn free_elsewhere(self, ptr: *mut u8) {
        if !self.free_within_word(ptr) {
            self.free_by_search(ptr);
        }
    }

    #[inline(never)]
    fn free_without_shortcut(self, ptr: *mut u8) {
        self.free_by_search(ptr);
    }

    /// Whether what locks the heap is a collection that has marked everything.
    fn is_in_finaliser(self, depth: u16) -> bool {
        depth & !COLLECT_FLAG == 0 && !phase_of(self.0.state()).is_marking()
    }

    /// Frees an object if its word of the table shows that it can, and releases the mutex. Says whether it could.
    #[inline(always)]
    fn free_within_word(self, ptr: *const u8) -> bool {
        // In the first area, a block's index is its heap index.
        let area = self.0.state().first_area();
        let Some(block) = block_from_ptr(ptr.addr(), area.pool().addr().get(), area.blocks()) else { return false };
        if area.has_weakref(block) {
            return false;
        }
        let Some(freed) = area.atb::<V::Atb>().free_within_word(block, area.last_used().get()) else { return false };
        if FINALISER {
            area.ftb().clear(block);
        }
        V::Counting::note_freed(area, freed.blocks);
        note(self.0, |numbers| numbers.note_freed(freed.blocks));
        match freed.run {
            FreedRun::Within(start, end) => self.note_free_run_and_exit(Run { start, len: end - start }),
            FreedRun::NotSeen => self.note_free_and_exit(area, block, freed.blocks),
        }
        true
    }

    /// Takes note of a free run, and releases the mutex.
    #[inline(never)]
    fn note_free_run_and_exit(self, run: Run) {
        V::Placement::over(self.0).note_free_run(run);
        self.0.host().exit();
    }

    /// Takes note of freed blocks, and releases the mutex.
    #[inline(never)]
    fn note_free_and_exit(self, area: Area, block: usize, n: usize) {
        V::Placement::over(self.0).note_free(area, block, n);
        self.0.host().exit();
    }

    /// Frees an object, or reports what is wrong with the pointer. Releases the mutex on every path.
    fn free_by_search(self, ptr: *mut u8) {
        let mut what = None;
        if let Some((area, block)) = block_at(self.0, ptr) {
            if area.has_weakref(block) {
                // It is a head (I10).
                what = Some(Misuse::WeakReference);
            } else if let Some(n) = area.atb::<V::Atb>().object_to_free(block) {
                if FINALISER {
                    area.ftb().clear(block);
                }
                note(self.0, |numbers| numbers.note_freed(n));
                self.note_freed(area, block, n);
                return self.0.host().exit();
            }
        }
        let what = what.unwrap_or_else(|| mistake::<V::Atb, H>(self.0, ptr));
        self.0.host().exit();
        if ptr.is_null() {
            return;
        }
        self.0.host().misuse(what, ptr);
    }

    /// Updates the counters for `n` blocks that have just become free.
    #[inline(always)]
    pub fn note_freed(self, area: Area, block: usize, n: usize) {
        V::Counting::note_freed(area, n);
        V::Placement::over(self.0).note_free(area, block, n);
    }
}

//! Freeing one object, and asking how large one is.

use super::Heap;
use super::atb::Kind;
#[cfg(not(gcheap_compact))]
use super::atb::block_from_ptr;
use super::state::Area;
use crate::config::{BLOCK_BYTES, COLLECT_FLAG, COMPACT, FINALISER};
use crate::port::{Misuse, Port};

impl<P: Port> Heap<P> {
    /// Frees an object; NULL is nothing to free. Its finaliser is not run. gc.c: `gc_free`.
    ///
    /// While this thread has the heap locked nothing happens: the next collection will find the object. From a
    /// finaliser it is allowed, and the object may be one that the collection under way has marked.
    #[inline(always)]
    pub fn free(&self, ptr: *mut u8) {
        if !ptr.is_null() {
            self.free_object(ptr);
        }
    }

    #[inline(never)]
    fn free_object(&self, ptr: *mut u8) {
        let depth = self.lock_depth().get();
        if depth & !COLLECT_FLAG != 0 {
            return;
        }
        self.port().enter();
        #[cfg(not(gcheap_compact))]
        if let Some((start, end)) = self.free_at_a_glance(ptr) {
            return self.note_free_run_and_exit(start, end);
        }
        self.free_by_search(ptr, depth & COLLECT_FLAG != 0);
    }

    /// Frees an object if its word of the table tells all there is to know. Mostly it does. The free run that the object
    /// is part of now, by number.
    #[cfg(not(gcheap_compact))]
    #[inline(always)]
    fn free_at_a_glance(&self, ptr: *const u8) -> Option<(usize, usize)> {
        let area = self.state().first_area();
        let block = block_from_ptr(ptr.addr(), area.pool().addr().get(), area.blocks())?;
        if self.has_weakref(area, block) {
            return None;
        }
        let freed = area.atb().free_at_a_glance(block, area.last_used().get())?;
        if FINALISER {
            area.ftb().clear(block);
        }
        area.used().set(area.used().get() - freed.len);
        Some((freed.start, freed.end))
    }

    /// Takes note of a free run, and gives the mutex back.
    #[cfg(not(gcheap_compact))]
    #[inline(never)]
    fn note_free_run_and_exit(&self, start: usize, end: usize) {
        self.note_free_run(start, end);
        self.port().exit();
    }

    /// Gives the mutex back, whatever happens.
    #[cfg_attr(not(gcheap_compact), inline(never))]
    fn free_by_search(&self, ptr: *mut u8, marked_too: bool) {
        match self.object_at(ptr, marked_too) {
            Ok((area, block)) if self.has_weakref(area, block) => {
                self.port().exit();
                self.port().misuse(Misuse::WeakReference, ptr);
            }
            Ok((area, block)) => {
                let n = area.atb().object_to_free(block);
                if FINALISER {
                    area.ftb().clear(block);
                }
                self.count_as_free(area, block, n);
                self.port().exit();
            }
            Err(what) => {
                self.port().exit();
                self.port().misuse(what, ptr);
            }
        }
    }

    /// The object that starts at `ptr`: an unmarked head, or any head if `marked_too`.
    pub(super) fn object_at(&self, ptr: *const u8, marked_too: bool) -> Result<(Area, usize), Misuse> {
        let (area, block) = self.locate(ptr)?;
        let kind = area.atb().kind(block);
        if kind == Kind::Head || (marked_too && kind == Kind::Mark) {
            return Ok((area, block));
        }
        Err(if kind == Kind::Tail { Misuse::TailBlock } else { Misuse::FreeBlock })
    }

    /// Keeps the books of `n` blocks that have just become free.
    #[inline(always)]
    pub(super) fn count_as_free(&self, area: Area, block: usize, n: usize) {
        if !COMPACT {
            area.used().set(area.used().get() - n);
        }
        self.note_free(area, block, n);
    }

    /// How many bytes the object at `ptr` has, a multiple of the block size; 0 for anything that is not the address of
    /// an unmarked head. gc.c: `gc_nbytes`.
    pub fn nbytes(&self, ptr: *const u8) -> usize {
        self.port().enter();
        let n = match self.object_at(ptr, false) {
            Ok((area, block)) => 1 + area.atb().tails_after(block),
            Err(_) => 0,
        };
        self.port().exit();
        n * BLOCK_BYTES
    }
}

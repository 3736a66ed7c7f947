//! Freeing one object, and asking how large one is.

use super::Heap;
use super::atb::Kind;
use super::state::Area;
use crate::config::{BLOCK_BYTES, COLLECT_FLAG, FINALISER, TUNED_FOR_SIZE};
use crate::port::{Misuse, Port};

impl<P: Port> Heap<P> {
    /// Frees an object; NULL is nothing to free. Its finaliser is not run. gc.c: `gc_free`.
    ///
    /// While this thread has the heap locked nothing happens: the next collection will find the object. From a
    /// finaliser it is allowed, and the object may be one that the collection under way has marked.
    pub fn free(&self, ptr: *mut u8) {
        let depth = self.lock_depth().get();
        if depth & !COLLECT_FLAG != 0 || ptr.is_null() {
            return;
        }
        self.port().enter();
        match self.object_at(ptr, depth & COLLECT_FLAG != 0) {
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
        if !TUNED_FOR_SIZE {
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

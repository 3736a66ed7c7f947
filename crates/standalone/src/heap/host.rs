//! What the core asks of its host.

use core::ptr::NonNull;

use gcheap::inspect::snapshot::report::Report;
use gcheap::{Host, Misuse};

use super::Handle;
use super::collect::Collection;
use crate::os::complain;

/// The operating system as a heap's host. The global lock is held whenever the core runs, so its own mutex does nothing.
#[derive(Clone, Copy)]
pub struct Os(pub(super) Handle);

impl Host for Os {
    #[inline(always)]
    fn state(self) -> NonNull<u8> {
        // SAFETY: the address of a field of an instance that exists is not NULL.
        unsafe { NonNull::new_unchecked(self.0.it().state.get().cast()) }
    }

    #[inline(always)]
    fn lock_depth(self) -> NonNull<u16> {
        // SAFETY: as above.
        unsafe { NonNull::new_unchecked(self.0.it().lock_depth.get()) }
    }

    fn init_mutex(self) {}

    #[inline(always)]
    fn enter(self) {}

    #[inline(always)]
    fn exit(self) {}

    #[cold]
    fn collect(self) {
        Collection::of(self.0).run();
    }

    fn mark_roots(self) {}

    fn finalise(self, _: NonNull<u8>) {}

    /// A collection is due when enough was allocated since the last one, and then it comes before this. So until then the
    /// heap grows.
    #[cold]
    fn grow(self, blocks: usize, last: bool) -> bool {
        let (has, policy) = (self.0.it().space.blocks(), self.0.policy());
        if policy.reluctant.get() && !last && has != 0 {
            return false;
        }
        if self.0.add_blocks(policy.growth(has, blocks), blocks) {
            return true;
        }
        // A little more may be enough, together with what is free at the heap's end.
        let missing = blocks - self.0.free_at_end().min(blocks);
        last && self.0.add_blocks(missing, missing)
    }

    #[inline(always)]
    fn follows_interior(self) -> bool {
        self.0.follows_interior()
    }

    #[inline]
    fn reached_no_scan(self, object: usize) {
        self.0.with_described(|all| all.reached(object));
    }

    fn snapshot(self, report: &mut Report) {
        self.0.add_to(report);
    }

    fn names_objects(self) -> bool {
        self.0.hooks().namer.is_some()
    }

    fn name(self, object: NonNull<u8>, bytes: usize, room: &mut [u8]) -> usize {
        self.0.name(object, bytes, room)
    }

    #[cold]
    fn misuse(self, what: Misuse, ptr: *const u8) {
        match self.0.hooks().misuse {
            Some(hook) => hook(what as u32, ptr.cast()),
            None => complain(what_was_wrong(what), ptr.addr()),
        }
    }
}

fn what_was_wrong(what: Misuse) -> &'static str {
    match what {
        Misuse::HeapTooSmall => "the memory is too small for a heap",
        Misuse::EndBeforeStart => "the end of the memory lies before its start",
        Misuse::ForeignPointer => "this is no address in the heap",
        Misuse::InteriorPointer => "this address lies inside a block, so no object starts there",
        Misuse::FreeBlock => "this object is not in use: it was freed already, or a collection has freed it",
        Misuse::TailBlock => "this address lies inside an object, not at its start",
        Misuse::WeakReference => "this object has a weak reference",
    }
}

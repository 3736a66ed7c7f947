//! The course of a collection: start, roots, end.
//!
//! ```text
//!    collect_start   mutex taken, lock depth gets its collect flag, the host's roots are marked
//!    collect_root    … as often as the host likes: stacks, registers, other threads
//!    collect_end     grey objects scanned · finalisers run · unmarked objects freed · flag and mutex given back ·
//!                    the host's weak references to freed objects seen to
//! ```

use super::Heap;
use crate::config::{ALLOC_THRESHOLD, COLLECT_FLAG, COLLECT_RETVAL, FINALISER, COMPACT, WEAKREF};
use crate::port::Port;

/// A collection is under way.
const COLLECTING: u32 = 1;
/// Roots may come: between start and end.
const MARKING: u32 = 2;
/// Objects wait that the mark stack had no room for ([`super::mark`]).
pub(super) const WAITING: u32 = 4;
/// A collection inside a collection, which only a finaliser can begin. gc.c's heap would not survive one; here it does
/// nothing, not even run finalisers, so there is never a third one inside.
const NESTED: u32 = 8;
/// Above those there is room for a number.
#[cfg(not(gcheap_compact))]
pub(super) const CARD_BITS_SHIFT: u32 = 24;
/// In the same place, when none waits any more: a finaliser has made a weak reference.
const LATE_WEAKREF: u32 = 1 << 24;

impl<P: Port> Heap<P> {
    /// Begins a collection and marks the host's roots. gc.c: `gc_collect_start`.
    pub fn collect_start(&self) {
        if self.begin() {
            if ALLOC_THRESHOLD {
                self.state().alloc_amount().set(0);
            }
            self.port().mark_roots();
        }
    }

    /// Ends the collection: whatever was not reached has its finaliser run and is freed. gc.c: `gc_collect_end`.
    pub fn collect_end(&self) {
        let phase = self.state().phase();
        if phase.get() & COLLECTING == 0 {
            return;
        }
        if phase.get() & NESTED != 0 {
            phase.set(phase.get() & !NESTED);
            return self.port().exit();
        }
        self.scan_waiting();
        phase.set(COLLECTING);
        if !COMPACT {
            self.reset_bounds();
        }
        if FINALISER {
            self.run_finalisers();
        }
        let freed = self.free_unmarked();
        // Again: with a global lock, other threads may have run together with finalisers, and allocated.
        self.reset_bounds();
        if COLLECT_RETVAL {
            self.state().collected().set(freed);
        }
        phase.set(0);
        let depth = self.lock_depth();
        depth.set(depth.get() & !COLLECT_FLAG);
        self.port().exit();
        if WEAKREF {
            self.port().weakref_sweep();
        }
    }

    /// A collection without roots: every object has its finaliser run and is freed. gc.c: `gc_sweep_all`.
    pub fn sweep_all(&self) {
        self.begin();
        self.collect_end();
    }

    /// Takes the mutex and enters a collection; false if one is under way in this thread, that is, in a finaliser.
    #[inline(never)]
    fn begin(&self) -> bool {
        self.port().enter();
        let phase = self.state().phase();
        if phase.get() & COLLECTING != 0 {
            phase.set(phase.get() | NESTED);
            return false;
        }
        let depth = self.lock_depth();
        depth.set(depth.get() | COLLECT_FLAG);
        phase.set(COLLECTING | MARKING);
        if !COMPACT {
            // The mark stack takes the bounds' storage.
            self.forget_bounds();
        }
        true
    }

    pub(super) fn is_marking(&self) -> bool {
        let phase = self.state().phase().get();
        phase & MARKING != 0
    }

    /// Only while finalisers run: before and after, the bit has another meaning, or none.
    pub(super) fn note_late_weakref(&self) {
        let phase = self.state().phase();
        if phase.get() & COLLECTING != 0 && !self.is_marking() {
            phase.set(phase.get() | LATE_WEAKREF);
        }
    }

    pub(super) fn has_late_weakrefs(&self) -> bool {
        self.state().phase().get() & LATE_WEAKREF != 0
    }
}

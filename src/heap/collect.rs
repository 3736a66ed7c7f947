//! The course of a collection: start, roots, end.
//!
//! ```text
//!    collect_start   mutex taken, lock depth gets its collect flag, the host's roots are marked
//!    collect_root    … as often as the host likes: stacks, registers, other threads
//!    collect_end     grey objects scanned · finalisers run · unmarked objects freed · flag and mutex given back
//! ```

use super::Heap;
use crate::config::{ALLOC_THRESHOLD, COLLECT_FLAG, COLLECT_RETVAL, FINALISER};
use crate::port::Port;

/// A collection is under way.
const COLLECTING: u32 = 1;
/// Roots may come: between start and end.
const MARKING: u32 = 2;
/// Objects wait in the table, and free runs are dressed up ([`super::grey`]).
const GREYS: u32 = 4;
/// One collection inside a collection. gc.c's heap would not survive one; here it does nothing.
const NESTED: u32 = 8;
/// The bits that count them.
const NESTINGS: u32 = (1 << CARD_BITS_SHIFT) - NESTED;
/// Above those, while objects wait: log2 of how many table words a card stands for.
const CARD_BITS_SHIFT: u32 = 24;

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
        if phase.get() & NESTINGS != 0 {
            phase.set(phase.get() - NESTED);
            return self.port().exit();
        }
        self.scan_greys();
        phase.set(COLLECTING);
        self.reset_bounds();
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
    }

    /// A collection without roots: every object has its finaliser run and is freed. gc.c: `gc_sweep_all`.
    pub fn sweep_all(&self) {
        self.begin();
        self.collect_end();
    }

    /// Takes the mutex and enters a collection; false if one is under way in this thread, that is, in a finaliser.
    fn begin(&self) -> bool {
        self.port().enter();
        let phase = self.state().phase();
        if phase.get() & COLLECTING != 0 {
            phase.set(phase.get() + NESTED);
            return false;
        }
        let depth = self.lock_depth();
        depth.set(depth.get() | COLLECT_FLAG);
        phase.set(COLLECTING | MARKING);
        // The mark stack takes the bounds' storage; and no free block stays where it was.
        self.forget_bounds();
        true
    }

    pub(super) fn is_marking(&self) -> bool {
        let phase = self.state().phase().get();
        phase & MARKING != 0
    }

    pub(super) fn has_greys(&self) -> bool {
        self.state().phase().get() & GREYS != 0
    }

    pub(super) fn set_has_greys(&self, card_bits: u32) {
        let phase = self.state().phase();
        phase.set(phase.get() | GREYS | card_bits << CARD_BITS_SHIFT);
    }

    /// What `set_has_greys` was told.
    pub(super) fn grey_card_bits(&self) -> u32 {
        self.state().phase().get() >> CARD_BITS_SHIFT
    }
}

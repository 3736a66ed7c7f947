//! The course of a collection: start, roots, end.
//!
//! ```text
//!    start   mutex taken, lock depth raised, the host's roots are marked
//!    root    … as often as the host likes: stacks, registers, other threads
//!    end     deferred objects scanned · finalisers run · unmarked objects freed · lock depth lowered, mutex released ·
//!            the host may now call back the owners of weak references to freed objects
//! ```
//!
//! A collection inside a collection does nothing: not even run finalisers. A finaliser can begin one; and so can another
//! thread, where threads share a global lock that a finaliser releases. gc.c's heap does not survive one.

use core::marker::PhantomData;

use super::finalise::run_finalisers;
use super::sweep::Sweep;
use crate::config::{ALLOC_THRESHOLD, COLLECT_RETVAL, COLLECT_STEP, FINALISER, GROWTH, STATISTICS, WEAKREF};
use crate::context::Context;
use crate::host::Host;
use crate::inspect::statistics::Statistician;
use crate::layout::phase::phase_of;
use crate::marking::Marking;
use crate::placement::Placement;
use crate::variant::Variant;

/// The collection under way, or the next one.
#[derive(Clone, Copy)]
pub(crate) struct Cycle<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Cycle<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Begins a collection and marks the host's roots.
    pub fn start(self) {
        if self.begin() {
            if ALLOC_THRESHOLD {
                self.0.state().alloc_amount().set(0);
            }
            self.0.host().mark_roots();
        }
    }

    /// Marks everything that can be reached from `len` words, if the collection is marking.
    ///
    /// # Safety
    /// The words can be read.
    pub unsafe fn root(self, words: *const usize, len: usize) {
        if phase_of(self.0.state()).is_marking() {
            // SAFETY: the caller's promise.
            unsafe { V::Marking::over(self.0).mark(words, len) }
        }
    }

    /// The same where words may point into objects. In builds with interior pointers.
    ///
    /// # Safety
    /// The words can be read.
    pub unsafe fn root_inside(self, words: *const usize, len: usize) {
        if phase_of(self.0.state()).is_marking() {
            // SAFETY: the caller's promise.
            unsafe { V::Marking::over(self.0).mark_from_inside(words, len) }
        }
    }

    /// Scans what still waits to be scanned, if the collection is marking. More roots may follow.
    pub fn settle(self) {
        let phase = phase_of(self.0.state());
        if phase.is_marking() && (!GROWTH || phase.has_deferred()) {
            V::Marking::over(self.0).finish();
        }
    }

    /// Ends the innermost collection. If that is the outer one, every object that was not reached has its finaliser run and
    /// is freed.
    pub fn end(self) {
        let phase = phase_of(self.0.state());
        if phase.unnest() {
            return self.0.host().exit();
        }
        // Without its own start, from a finaliser too, there is nothing to end.
        if !phase.is_marking() {
            return;
        }
        V::Marking::over(self.0).finish();
        phase.start_sweeping();
        Statistician::<H, V>::of(self.0).marked();
        V::Placement::over(self.0).reset();
        if FINALISER {
            run_finalisers::<H, V>(self.0);
        }
        let freed = Sweep::<H, V>::of(self.0).free_unmarked();
        // Again: where threads share a global lock, a finaliser may have let another thread run, which has allocated.
        V::Placement::over(self.0).reset();
        if COLLECT_RETVAL {
            self.0.state().collected().set(freed);
        }
        phase.idle();
        Statistician::<H, V>::of(self.0).end(freed);
        let depth = self.0.lock_depth();
        depth.set(depth.get().wrapping_sub(COLLECT_STEP));
        self.0.host().exit();
        if WEAKREF {
            self.0.host().weakref_sweep();
        }
        if STATISTICS {
            self.0.host().collected();
        }
    }

    /// A collection without roots.
    pub fn sweep_all(self) {
        self.begin();
        self.end();
    }

    /// Takes the mutex and enters a collection; false if it is inside another one.
    #[inline(never)]
    fn begin(self) -> bool {
        self.0.host().enter();
        let phase = phase_of(self.0.state());
        if phase.is_collecting() {
            phase.nest();
            return false;
        }
        let depth = self.0.lock_depth();
        depth.set(depth.get().wrapping_add(COLLECT_STEP));
        phase.start_marking();
        Statistician::<H, V>::of(self.0).start();
        V::Marking::over(self.0).begin();
        true
    }
}

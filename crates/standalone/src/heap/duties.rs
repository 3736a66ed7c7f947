//! What an allocation has to do besides: call finalisers, and collect where `GCHEAP_STRESS` asks for it.

use super::Handle;

/// A duty: finalisers are due.
const FINALISE: u8 = 1;
/// A duty: allocations are counted, and collect.
const STRESS: u8 = 2;

impl Handle {
    /// Whether finalisers are due.
    pub fn has_due(self) -> bool {
        self.it().duties.get() & FINALISE != 0
    }

    /// Whether finalisers are due, and are to be called without being asked for.
    pub(crate) fn owes_calls(self) -> bool {
        self.has_due() && (!self.it().on_demand.get() || self.it().notice_due.get())
    }

    /// Whether an allocation has to do anything besides.
    #[inline]
    pub(crate) fn has_duties(self) -> bool {
        self.it().duties.get() != 0
    }

    /// Whether collections come after a number of allocations.
    pub(super) fn is_stressing(self) -> bool {
        self.it().duties.get() & STRESS != 0
    }

    /// Notes whether finalisers are due.
    pub(super) fn note_due(self, due: bool) {
        self.set_duty(FINALISE, due);
    }

    fn set_duty(self, duty: u8, on: bool) {
        let others = self.it().duties.get() & !duty;
        self.it().duties.set(others | if on { duty } else { 0 });
    }

    /// Lets a collection come after every n-th allocation; 0: only when one is due.
    pub(crate) fn set_stress(self, every: usize) {
        self.it().stress.set((every, 0));
        self.set_duty(STRESS, every != 0);
    }

    /// Counts an allocation; says whether a collection comes after it, whatever the policy says.
    pub(crate) fn is_stressed(self) -> bool {
        let (every, so_far) = self.it().stress.get();
        if every == 0 || self.is_disabled() {
            return false;
        }
        let now = if so_far + 1 >= every { 0 } else { so_far + 1 };
        self.it().stress.set((every, now));
        now == 0
    }

    /// Begins to call finalisers without being asked for. Finalisers may allocate, and so call others: that must not go
    /// deeper and deeper. So the further down, the more such occasions are left out. (bdwgc does the same.)
    pub(crate) fn begin_calls(self) -> bool {
        let (it, most) = (self.it(), 16);
        let depth = it.nested.get().min(most);
        if depth != 0 && it.left_out.get() + 1 < 1 << depth {
            it.left_out.set(it.left_out.get() + 1);
            return false;
        }
        it.left_out.set(0);
        it.nested.set(it.nested.get() + 1);
        true
    }

    /// Ends what [`Handle::begin_calls`] began. A finaliser that never returns leaves this out: then others are called less
    /// often.
    pub(crate) fn end_calls(self) {
        self.it().nested.set(self.it().nested.get().saturating_sub(1));
    }
}

//! Weak references: the host wants to know when certain objects die. Its gc_weakref_mark sets the object's bit in the
//! weak-reference table (WTB).
//!
//! ```text
//!    mark          the object's bit is set; from now on only a collection can free it
//!    collect_end   finalisers run · the host is told of each object that dies with its bit set · objects freed ·
//!                  mutex released · the host calls whoever waits for these deaths
//! ```

use core::marker::PhantomData;

use crate::config::COLLECT_FLAG;
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::bits::Bits;
use crate::layout::block::{Kind, ptr_from_block};
use crate::layout::phase::phase_of;
use crate::objects::object_at;
use crate::variant::Variant;

/// The weak references of a heap.
#[derive(Clone, Copy)]
pub(crate) struct WeakRefs<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> WeakRefs<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Notes that the object at `ptr` has a weak reference.
    pub fn mark(self, ptr: *mut u8) {
        // Without finalisers no bit says so, but then there are no weak references either.
        #[allow(clippy::bad_bit_mask)]
        let in_collection = self.0.lock_depth().get() & COLLECT_FLAG != 0;
        self.0.host().enter();
        let found = object_at::<V::Atb, H>(self.0, ptr);
        if let Ok((area, block)) = found {
            area.wtb().set(block);
            if in_collection {
                phase_of(self.0.state()).note_late_weakref();
            }
        }
        self.0.host().exit();
        if let Err(what) = found {
            self.0.host().misuse(what, ptr);
        }
    }

    /// Tells the host of the unmarked objects in the blocks `from..end` that have a weak reference.
    pub(super) fn tell(self, area: Area, from: usize, end: usize) {
        let (atb, wtb) = (area.atb::<V::Atb>(), area.wtb());
        let mut next = from;
        while next < end {
            let Some(block) = V::Bits::next_set(&wtb, next, end - 1) else { break };
            self.0.host().hook(block);
            if atb.kind(block) == Kind::Head {
                // SAFETY: I6: a block of this area.
                self.0.host().weakref_dies(unsafe { ptr_from_block(area.pool(), block) });
                wtb.clear(block);
            }
            next = block + 1;
        }
    }

    /// A finaliser can make a weak reference to an object that dies with it. If the walk over the table has passed that
    /// object already, gc.c never tells, and leaves the bit to whatever comes to lie there next. Here the table is walked
    /// once more.
    #[inline(never)]
    pub(super) fn tell_late(self) {
        if !phase_of(self.0.state()).has_late_weakref() {
            return;
        }
        for area in self.0.state().areas().filter(|area| area.blocks() != 0) {
            self.tell(area, 0, area.last_used().get() + 1);
        }
    }
}

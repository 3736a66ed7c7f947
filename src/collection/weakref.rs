//! Weak references: the host wants to know when certain objects die. Its gc_weakref_mark sets the object's bit in the
//! weakref table (WTB), which is built like the finaliser table ([`super::ftb`]).
//!
//! ```text
//!    weakref_mark      the object's bit is set; from now on only a collection can free it
//!    collect_end       finalisers run · the host is told of each object that dies with its bit set · objects freed ·
//!                      mutex given back · the host calls whoever waits for these deaths
//! ```

use super::Heap;
use super::atb::{Kind, ptr_from_block};
use super::state::Area;
use crate::config::{COLLECT_FLAG, WEAKREF};
use crate::port::Port;

impl<P: Port> Heap<P> {
    /// Notes that the object at `ptr` has a weak reference. gc.c: `gc_weakref_mark`.
    pub fn weakref_mark(&self, ptr: *mut u8) {
        let in_collection = self.lock_depth().get() & COLLECT_FLAG != 0;
        self.port().enter();
        let found = self.object_at(ptr, in_collection);
        if let Ok((area, block)) = found {
            area.wtb().set(block);
            if in_collection {
                self.note_late_weakref();
            }
        }
        self.port().exit();
        if let Err(what) = found {
            self.port().misuse(what, ptr);
        }
    }

    /// Whether the object has a weak reference; never in builds without them.
    #[inline(always)]
    pub(super) fn has_weakref(&self, area: Area, block: usize) -> bool {
        WEAKREF && area.wtb().get(block)
    }

    pub(super) fn is_weakly_referenced(&self, ptr: *const u8) -> bool {
        self.port().enter();
        let is = self.locate(ptr).is_ok_and(|(area, block)| self.has_weakref(area, block));
        self.port().exit();
        is
    }

    /// Tells the host of the unmarked objects in the blocks `from..end` that have a weak reference.
    pub(super) fn tell_weakrefs(&self, area: Area, from: usize, end: usize) {
        let (atb, wtb) = (area.atb(), area.wtb());
        let mut next = from;
        while next < end {
            let Some(block) = wtb.next(next, end - 1) else { break };
            self.port().hook(block);
            if atb.kind(block) == Kind::Head {
                // SAFETY: I6: a block of this area.
                self.port().weakref_dies(unsafe { ptr_from_block(area.pool(), block) });
                wtb.clear(block);
            }
            next = block + 1;
        }
    }

    /// A finaliser can make a weak reference to an object that dies with it. If the walk over the table has passed that
    /// one already, gc.c never tells, and leaves the bit for whatever comes to lie there next. So: another walk.
    #[inline(never)]
    pub(super) fn tell_late_weakrefs(&self) {
        if !self.has_late_weakrefs() {
            return;
        }
        for area in self.state().areas().filter(|area| area.blocks() != 0) {
            self.tell_weakrefs(area, 0, area.last_used().get() + 1);
        }
    }
}

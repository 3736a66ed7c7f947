//! Statistics: what the heap has done since it was made. In builds with STATISTICS; in others none of this is compiled.
//!
//! The host lends the memory for the numbers ([`crate::Host::statistics`]). They are changed only while the mutex is held, or, by
//! marking, while a collection holds it.

use core::marker::PhantomData;

use super::noting::note;
use super::numbers::{Cause, Statistics};
use crate::config::{BLOCK_BYTES, STATISTICS};
use crate::context::Context;
use crate::counting::Counting;
use crate::host::Host;
use crate::variant::Variant;

/// What takes more than changing a number: a clock, or a look at the whole heap.
#[derive(Clone, Copy)]
pub(crate) struct Statistician<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Statistician<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// The heap is new.
    pub fn reset(self) {
        note(self.0, |numbers| *numbers = Statistics::new());
    }

    /// A collection begins. (That of another thread may come between an allocation and its own; then the cause is one that was
    /// about to cause a collection.)
    pub fn start(self) {
        if STATISTICS {
            let now = self.0.host().microseconds();
            note(self.0, |numbers| {
                numbers.last_before_bytes = numbers.used_bytes;
                (numbers.started_us, numbers.since_last, numbers.is_stack_full) = (now, 0, false);
            });
        }
    }

    /// A collection has marked everything.
    pub fn marked(self) {
        if STATISTICS {
            let now = self.0.host().microseconds();
            note(self.0, |numbers| numbers.last_mark_us = now.wrapping_sub(numbers.started_us));
        }
    }

    /// An allocation of so many bytes is about to collect.
    pub fn cause(self, cause: Cause, bytes: usize) {
        note(self.0, |numbers| (numbers.cause, numbers.cause_bytes) = (cause as u8, bytes));
    }

    /// A collection has freed so many objects, and is over but for its mutex.
    pub fn end(self, freed: usize) {
        if STATISTICS {
            let info = V::Counting::info(self.0);
            let now = self.0.host().microseconds();
            note(self.0, |numbers| {
                numbers.note_cause();
                numbers.note_pause(now.wrapping_sub(numbers.started_us));
                numbers.objects_freed = numbers.objects_freed.wrapping_add(freed as u32);
                numbers.used_bytes = info.used;
                numbers.smallest_hole_bytes = numbers.smallest_hole_bytes.min(info.max_free.wrapping_mul(BLOCK_BYTES));
            });
        }
    }

    /// An allocation has failed. With the mutex held.
    pub fn fail(self, bytes: usize) {
        if STATISTICS {
            let hole = V::Counting::info(self.0).max_free.wrapping_mul(BLOCK_BYTES);
            note(self.0, |numbers| {
                numbers.failed = numbers.failed.wrapping_add(1);
                (numbers.failed_bytes, numbers.failed_hole_bytes) = (bytes, hole);
            });
        }
    }

    /// Whether the program wants a collection now because it wants many.
    #[inline(always)]
    pub fn is_stressed(self) -> bool {
        let mut is = false;
        note(self.0, |numbers| is = numbers.stress != 0 && numbers.since_last >= numbers.stress);
        is
    }

    /// Sets after how many allocations a collection comes; 0: none for that.
    pub fn set_stress(self, every: u32) {
        self.0.host().enter();
        note(self.0, |numbers| numbers.stress = every);
        self.0.host().exit();
    }

    /// The numbers now.
    pub fn get(self) -> Statistics {
        let mut copy = Statistics::default();
        self.0.host().enter();
        note(self.0, |numbers| copy = *numbers);
        self.0.host().exit();
        copy
    }
}

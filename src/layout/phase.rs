//! How far the collection under way is: one number in the state, in the place of gc.c's overflow flag.
//!
//! ```text
//!    bit   31          16 15    13 12           8 7     4   3        2        1         0
//!          │ nested       │   -   │ card bits     │   -   │ late   │ defer- │ marking │ collecting
//!          │ collections  │       │               │       │ weakref│ red    │         │
//! ```

use super::field::Field;
use super::state::State;

/// A collection is under way: between start and the end of end.
const COLLECTING: u32 = 1 << 0;
/// Roots may come: between start and end.
const MARKING: u32 = 1 << 1;
/// Objects wait to be scanned for which the mark stack had no room.
const DEFERRED: u32 = 1 << 2;
/// A finaliser has made a weak reference.
const LATE_WEAKREF: u32 = 1 << 3;
const CARD_BITS_SHIFT: u32 = 8;
const CARD_BITS: u32 = 0x1f << CARD_BITS_SHIFT;
/// One collection inside the collection; it does nothing until it ends.
const NESTED: u32 = 1 << 16;

/// The phase in the state.
pub(crate) struct Phase(Field<u32>);

/// The phase of this heap.
pub(crate) fn phase_of(state: State) -> Phase {
    Phase(state.phase())
}

impl Phase {
    fn has(&self, flag: u32) -> bool {
        self.0.get() & flag != 0
    }

    fn add(&self, flag: u32) {
        self.0.set(self.0.get() | flag);
    }

    /// No collection is under way.
    pub fn idle(&self) {
        self.0.set(0);
    }

    /// A collection has begun, and roots may come.
    pub fn start_marking(&self) {
        self.0.set(COLLECTING | MARKING);
    }

    /// Everything is marked: finalisers run, then objects are freed.
    pub fn start_sweeping(&self) {
        self.0.set(COLLECTING);
    }

    pub fn is_collecting(&self) -> bool {
        self.has(COLLECTING)
    }

    /// Whether roots may come.
    pub fn is_marking(&self) -> bool {
        self.has(MARKING)
    }

    /// Enters a collection inside the collection.
    pub fn nest(&self) {
        self.0.set(self.0.get().wrapping_add(NESTED));
    }

    /// Leaves a collection inside the collection, if there is one.
    pub fn unnest(&self) -> bool {
        let phase = self.0.get();
        if phase < NESTED {
            return false;
        }
        self.0.set(phase - NESTED);
        true
    }

    /// Whether objects wait for which the mark stack had no room.
    pub fn has_deferred(&self) -> bool {
        self.has(DEFERRED)
    }

    /// From now on objects wait.
    pub fn set_deferred(&self) {
        self.add(DEFERRED);
    }

    /// No object waits any more.
    pub fn clear_deferred(&self) {
        self.0.set(self.0.get() & !DEFERRED);
    }

    /// The same, and `card_bits` is 0 again.
    pub fn clear_cards(&self) {
        self.0.set(self.0.get() & !(DEFERRED | CARD_BITS));
    }

    /// log2 of how many table words a card stands for, below 32.
    pub fn card_bits(&self) -> u32 {
        (self.0.get() & CARD_BITS) >> CARD_BITS_SHIFT
    }

    /// Sets what `card_bits` returns. It was 0.
    pub fn set_card_bits(&self, bits: u32) {
        self.add(bits << CARD_BITS_SHIFT & CARD_BITS);
    }

    /// While finalisers run: one has made a weak reference.
    pub fn note_late_weakref(&self) {
        if self.0.get() & (COLLECTING | MARKING) == COLLECTING {
            self.add(LATE_WEAKREF);
        }
    }

    /// Whether a finaliser has made a weak reference.
    pub fn has_late_weakref(&self) -> bool {
        self.has(LATE_WEAKREF)
    }
}

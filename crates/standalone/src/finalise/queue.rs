//! Finalisers that are due: first come, first served.

use super::registry::Finaliser;
use crate::memory::Growing;
use crate::os::OutOfMemory;

/// An object whose finaliser is due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub object: usize,
    pub finaliser: Finaliser,
}

/// The queue. Room for every registered finaliser is made when it is registered, so that a collection needs no memory.
pub(super) struct Queue {
    due: Growing<Due>,
    /// How many from the front are gone.
    taken: usize,
}

impl Queue {
    pub const fn new() -> Self {
        Self { due: Growing::new(), taken: 0 }
    }

    /// Makes room for so many in all.
    pub fn reserve(&mut self, registered: usize) -> Result<(), OutOfMemory> {
        self.due.reserve(registered)
    }

    pub fn is_empty(&self) -> bool {
        self.taken == self.due.len()
    }

    pub fn waiting(&self) -> &[Due] {
        &self.due.as_slice()[self.taken..]
    }

    /// Appends one for which there is room.
    pub fn push(&mut self, due: Due) {
        if self.is_empty() {
            self.due.clear();
            self.taken = 0;
        }
        // `reserve` has made room for as many as there are registered ones beside those that wait.
        let _ = self.due.push(due);
    }

    pub fn take(&mut self) -> Option<Due> {
        let due = self.due.get(self.taken)?;
        self.taken += 1;
        Some(due)
    }
}

//! Bounds: for each size class a heap index below which no free run of the class's size starts, except in a hole.
//!
//! ```text
//!    heap       hh.h.h==.h....h..................
//!    bounds       │       │              1 block: the lowest free block
//!                 └───────│──            3 blocks: too low, which is harmless; a search will raise it
//!                         └──            4 blocks: nothing before this fits
//! ```
//!
//! An allocation raises the bound of its class to the end of what it took, because it has just seen that nothing before
//! fits. What is true of a size is true of every larger one, so a search starts at the higher bound of its size and the
//! next smaller one, and raises that of the next larger one.

use super::super::Run;
use super::classes::{SMALL, class_of, class_size};
use crate::layout::borrowed::PlacementWords;

/// The bound of a small class that has none yet: no block has this index, except in a heap of 128 GiB.
const UNKNOWN: usize = u32::MAX as usize;

/// The bounds, in the borrowed words.
///
/// Heap indexes that need more than 32 bits (in a heap of 128 GiB) lose their upper bits: what is true of a bound is true
/// of any lower index.
#[derive(Clone, Copy)]
pub(super) struct Bounds(pub PlacementWords);

impl Bounds {
    /// How many classes, from the smallest on, have a bound.
    pub fn known(self) -> usize {
        self.0.known_classes().get()
    }

    /// Says that the first `classes` classes have a bound.
    pub fn set_known(self, classes: usize) {
        self.0.known_classes().set(classes);
    }

    /// Forgets all bounds, in a heap whose first area has so many blocks. The bound of a small class is then one that
    /// `get` shows to lie above all blocks.
    pub fn reset(self, blocks: usize) {
        // Where a block has the index `UNKNOWN`, bounds at the bottom must do.
        let vast = blocks > UNKNOWN;
        for class in 0..SMALL {
            self.set(class, if vast { 0 } else { UNKNOWN });
        }
        self.set_known(if vast { SMALL } else { 0 });
    }

    pub fn get(self, class: usize) -> usize {
        self.0.bound(class).get() as usize
    }

    pub fn set(self, class: usize, index: usize) {
        self.0.bound(class).set(index as u32);
    }

    /// Every class's size and bound, of those that have one.
    pub fn all(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.known()).map(move |class| (class_size(class), self.get(class)))
    }

    /// Where a search for a class's size starts: the higher one of its bound and the next smaller class's. What holds for a
    /// smaller size holds for a larger one.
    pub fn to_search_from(self, class: usize) -> usize {
        let bound = self.get(class);
        if class > 0 { bound.max(self.get(class - 1)) } else { bound }
    }

    /// Raises the bound of a class, and with it that of the next larger one.
    pub fn raise(self, class: usize, index: usize) {
        self.set(class, index);
        if class + 1 < self.known() {
            self.set(class + 1, self.get(class + 1).max(index));
        }
    }

    /// Lowers the bounds between the start of a free run and `limit` to its start, for the classes that it can serve.
    /// Returns whether others lie above the limit; then the run must become a hole, and no bound need be lowered.
    pub fn lower(self, run: Run, limit: usize) -> bool {
        let mut class = self.known().min(class_of(run.len) + 1);
        // Larger ones first: mostly, their bounds are higher.
        while class > 0 {
            class -= 1;
            let bound = self.get(class);
            if bound > limit {
                return true;
            }
            if bound > run.start {
                self.set(class, run.start);
            }
        }
        false
    }
}

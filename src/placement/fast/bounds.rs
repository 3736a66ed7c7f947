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
//! fits. What is true of a size is true of every larger one, so a search starts at the highest bound of its size and all
//! smaller ones.

use super::super::Run;
use super::classes::class_of;
use super::list::LONG;
use crate::layout::borrowed::{CLASSES, HAS_PLACES, PlacementWords};

/// The bounds, in the borrowed words.
///
/// Heap indexes that need more than 32 bits (in a heap of 128 GiB) lose their upper bits: what is true of a bound is true
/// of any lower index.
#[derive(Clone, Copy)]
pub(super) struct Bounds(pub PlacementWords);

impl Bounds {
    /// How many classes, from the smallest on, may have a bound above 0.
    pub fn known(self) -> usize {
        self.0.known_classes().get() as usize
    }

    /// Forgets all bounds.
    pub fn forget(self) {
        self.0.known_classes().set(0);
        if HAS_PLACES {
            self.0.lowered().set(0);
        }
        for class in 0..CLASSES {
            self.0.bound(class).set(0);
            if HAS_PLACES {
                self.0.place(class).set(0);
            }
        }
    }

    pub fn get(self, class: usize) -> usize {
        self.0.bound(class).get() as usize
    }

    /// Changes the bound of a known class.
    pub fn set(self, class: usize, index: usize) {
        self.0.bound(class).set(index as u32);
    }

    /// Lets a class be known.
    pub fn know(self, class: usize) {
        let known = self.0.known_classes();
        known.set(known.get().max(class as u8 + 1));
    }

    /// Raises the bound of a class.
    pub fn raise(self, class: usize, index: usize) {
        self.know(class);
        self.set(class, self.get(class).max(index));
    }

    /// The highest bound of a class and all smaller ones.
    pub fn highest_up_to(self, class: usize) -> usize {
        (0..=class).map(|class| self.get(class)).fold(0, usize::max)
    }

    /// The smallest class such that nothing below an index, except in holes, can serve it.
    pub fn first_beyond(self, index: usize) -> usize {
        (0..self.known()).find(|&class| self.get(class) >= index).unwrap_or(CLASSES)
    }

    /// The largest class that a free run of `len` blocks, which may be longer if it is LONG, can serve.
    #[inline(always)]
    pub fn served(len: usize) -> usize {
        if len < LONG { class_of(len) } else { CLASSES - 1 }
    }

    /// Lowers the bounds between the start of a free run and `limit` to its start, for the classes that it can serve.
    /// Returns whether others lie above the limit; then the run must become a hole, and no bound need be lowered.
    pub fn lower(self, run: Run, limit: usize) -> bool {
        let larger = Self::served(run.len) + 1;
        let (mut class, mut highest) = (self.known().min(larger), 0);
        // Larger ones first: mostly, their bounds are higher.
        while class > 0 {
            class -= 1;
            let bound = self.get(class);
            if bound > limit {
                return true;
            }
            if bound > run.start {
                highest = highest.max(bound);
                self.set(class, run.start);
            }
        }
        if HAS_PLACES && highest > 0 {
            self.0.lowered().set(1);
        }
        // What they said is still true of larger sizes.
        if highest > 0 && larger < CLASSES {
            self.raise(larger, highest);
        }
        false
    }
}

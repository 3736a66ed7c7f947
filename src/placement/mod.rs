//! Placement: the lowest run of free blocks that is long enough, first area first. Exactly gc.c's first fit.
//!
//! gc.c keeps one cursor below which nothing is free, and walks up from there. Once a few one-block holes lie low in the
//! heap the cursor stays with them, and every larger allocation walks over the whole heap again. Both variants remember
//! more, in the borrowed words, and only ever skip blocks that cannot serve: so they find gc.c's block.

pub mod compact;
pub mod fast;
mod index;

use crate::context::Context;
use crate::host::Host;
use crate::invariant::Broken;
use crate::layout::area::Area;

/// A block of an area.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub(crate) area: Area,
    pub(crate) block: usize,
}

/// A stretch of blocks, given by heap index: blocks are counted through all areas, in list order, and one index is left
/// out between two areas, so that no run reaches from one into the other.
#[derive(Clone, Copy)]
pub struct Run {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

impl Run {
    pub(crate) fn end(self) -> usize {
        self.start + self.len
    }
}

/// How a variant finds free blocks.
pub trait Placement<H: Host>: Copy {
    /// Whether there are shortcuts: `take_within_word` and `take_small` here, `free_within_word` and `grow_within_word` of
    /// the table. Without, everything goes the long way, and the code of the shortcuts is left out.
    const SHORTCUTS: bool;

    /// The placement of this heap.
    fn over(context: Context<H>) -> Self;

    /// Forgets everything, at the start and after a collection.
    fn reset(self);

    /// Makes an object of the lowest `n` (at least 1) free blocks in a row.
    fn take(self, n: usize) -> Option<Place>;

    /// Takes note that the blocks `block..block + n` of `area` have become free.
    fn note_free(self, area: Area, block: usize, n: usize);

    /// Takes note that the free blocks `block..block + n` of `area` have come into use otherwise than by `take`.
    fn note_use(self, area: Area, block: usize, n: usize);

    /// Checks I7.
    fn check(self) -> Result<(), Broken>;

    /// Makes an object of the lowest `n` (at least 1) free blocks in a row, in the commonest case only.
    #[inline(always)]
    fn take_quickly(self, _n: usize) -> Option<Place> {
        None
    }

    /// Makes an object of the lowest `n` (at least 1) free blocks in a row, if they can be found without leaving one word
    /// of the table.
    fn take_within_word(self, _n: usize) -> Option<Place> {
        None
    }

    /// Whether there are not so many free blocks, as can be told at once.
    #[inline(always)]
    fn is_too_much(self, _n: usize) -> bool {
        false
    }

    /// Whether `take_small` finds `n` blocks if there are any.
    #[inline(always)]
    fn is_small(self, _n: usize) -> bool {
        false
    }

    /// Makes an object of the lowest `n` (at least 1) free blocks in a row, if `n` is small enough for a short search; none,
    /// too, if the search fails.
    fn take_small(self, _n: usize) -> Option<Place> {
        None
    }

    /// How far a block lies before the lowest free run that is known one by one, if it lies before it and not far away; and
    /// whether anything that becomes free there can be noted with `note_near`, or only what reaches up to the run.
    #[inline(always)]
    fn near(self, _block: usize) -> Option<(usize, bool)> {
        None
    }

    /// Takes note that `n` blocks have become free, `distance` blocks before that run.
    #[inline(always)]
    fn note_near(self, _n: usize, _distance: usize) {}

    /// Takes note that a free run has become longer, and where it is now.
    fn note_free_run(self, _run: Run) {}
}

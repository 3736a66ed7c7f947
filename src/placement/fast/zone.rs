//! The lowest hole's surroundings: which classes *reach* it, since nothing below it can serve them; and the *zone* just
//! before it, where frees are not looked at.
//!
//! ```text
//!    heap     hhh==hhhh.h.hhh....       zone: 8 blocks, since two of them were freed; empty again when they are in use
//!                      └─zone─┘└ lowest hole
//! ```

use super::super::Run;
use super::holes::Holes;
use super::segments::Segments;
use crate::config::SPLIT_HEAP;
use crate::host::Host;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::CLASSES;

/// How far below the lowest hole the zone goes at most, in blocks.
pub(super) const NEAR: usize = 2048;

impl<H: Host> Holes<H> {
    /// The smallest class that nothing below the lowest hole and its zone can serve.
    #[inline(always)]
    pub fn reach(self) -> usize {
        self.words().reach().get() as usize
    }

    /// How many blocks the zone has; 0 if all below the lowest hole is as it was.
    #[inline(always)]
    pub fn zone(self) -> usize {
        self.words().zone().get() as usize
    }

    #[inline(always)]
    pub fn set_zone(self, blocks: usize) {
        self.words().zone().set(blocks as u16);
    }

    /// Where the zone starts.
    #[inline(always)]
    pub fn zone_start(self) -> usize {
        self.lowest_start() - self.zone()
    }

    /// How far a block lies before the lowest hole, if it lies before it and not far away; and whether it can belong to the
    /// zone.
    #[inline(always)]
    pub fn near(self, block: usize) -> Option<(usize, bool)> {
        let lowest = self.lowest_start();
        // Behind the hole's start it is a huge number.
        let distance = lowest.wrapping_sub(block);
        if distance > NEAR || (SPLIT_HEAP && lowest > self.0.state().first_area().blocks()) {
            return None;
        }
        Some((distance, self.words().may_have_zone().get() != 0))
    }

    /// Finds out whether there can be a zone: not if some class does not reach the lowest hole, so that its bound would have
    /// to be looked at; and not if a bound lies far above, which would be lowered when the zone is closed.
    pub fn find_may_have_zone(self) {
        let most = self.lowest_start() + NEAR;
        let may = self.reach() == 0 && (0..self.bounds().known()).all(|class| self.bounds().get(class) <= most);
        self.words().may_have_zone().set(may as u8);
    }

    /// Takes note that a bound was raised to an index.
    #[inline(always)]
    pub fn note_raised(self, index: usize) {
        if index > self.lowest_start() + NEAR {
            self.words().may_have_zone().set(0);
        }
    }

    /// Lets the zone have at least so many blocks.
    #[inline(always)]
    pub fn widen_zone(self, blocks: usize) {
        self.set_zone(self.zone().max(blocks));
    }

    /// Takes note that the lowest hole is about to start `n` blocks further up: the zone goes on up to there, unless it
    /// became too large.
    pub fn move_zone(self, n: usize) {
        let zone = self.zone() + n;
        if zone > 2 * NEAR {
            self.close_open_zone();
        } else {
            self.set_zone(zone);
        }
    }

    /// Lets the zone start further up: nothing in it is free below that.
    pub fn narrow_zone(self, index: usize) {
        self.set_zone(self.lowest_start() - index);
    }

    /// What is free in the zone is not known from now on.
    #[inline(always)]
    pub fn close_zone(self) {
        if self.zone() != 0 {
            self.close_open_zone();
        }
    }

    /// What is free in it are free runs like others: bounds are lowered to its start.
    #[inline(never)]
    pub fn close_open_zone(self) {
        let (start, len) = (self.zone_start(), self.zone());
        // No run is longer than all free blocks together.
        let free = self.0.state().first_area().atb::<FastAtb>().count_free(start, len);
        self.set_zone(0);
        if free != 0 {
            let longest = Run { start, len: free };
            Segments(self.0).note_free(Run { start, len });
            self.keep_reach();
            self.bounds().lower(longest, usize::MAX);
            self.find_reach();
        }
    }

    /// What is known of the blocks below the lowest hole, as a bound: so it stays known when another one takes its place.
    pub fn keep_reach(self) {
        let reach = self.reach();
        if reach < CLASSES {
            self.bounds().raise(reach, self.lowest_start());
        }
    }

    /// Another hole is the lowest one now.
    pub fn find_reach(self) {
        let reach = if self.list().last() == 0 { CLASSES } else { self.bounds().first_beyond(self.lowest_start()) };
        self.words().reach().set(reach as u8);
        self.find_may_have_zone();
    }

    /// A bound that holds for a class, cheap to find.
    #[inline(always)]
    pub fn near_bound(self, class: usize) -> usize {
        self.bound_from(self.bounds().get(class), class)
    }

    /// The highest bound that is known to hold for a class.
    #[inline(never)]
    pub fn best_bound(self, class: usize) -> usize {
        self.bound_from(self.bounds().highest_up_to(class), class)
    }

    /// All classes reach a zone, and what bounds say of the blocks in it is not true any more.
    #[inline(always)]
    pub fn bound_from(self, bound: usize, class: usize) -> usize {
        if self.zone() != 0 {
            self.zone_start()
        } else if class >= self.reach() {
            bound.max(self.lowest_start())
        } else {
            bound
        }
    }

    /// Takes note that nothing below `index` can serve a class.
    #[inline(always)]
    pub fn note_first(self, class: usize, index: usize) {
        if index == self.lowest_start() && class < self.reach() && self.zone() == 0 {
            self.words().reach().set(class as u8);
            self.find_may_have_zone();
        }
    }
}

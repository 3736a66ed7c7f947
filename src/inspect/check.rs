//! The invariants of docs/DESIGN.md that the tables can show, checked. For tests: slow, and it only looks.

use super::Heap;
use super::atb::{
    Atb, BLOCKS_PER_ATB, Kind, atb_0_is_free, atb_1_is_free, atb_2_is_free, atb_3_is_free, atb_from_block,
};
use super::state::Area;
use crate::config::{FINALISER, COMPACT, WEAKREF};
use crate::port::Port;

/// What is wrong, and with which block (or 0).
pub type Broken = (&'static str, usize);

impl<P: Port> Heap<P> {
    /// Looks at the whole heap, outside a collection; says what is wrong first.
    pub fn check(&self) -> Result<(), Broken> {
        for area in self.state().areas() {
            self.check_area(area)?;
        }
        self.check_bounds()
    }

    fn check_area(&self, area: Area) -> Result<(), Broken> {
        let atb = area.atb();
        let mut before = Kind::Free;
        for block in 0..atb.blocks() {
            let kind = atb.kind(block);
            if kind == Kind::Tail && before == Kind::Free {
                return Err(("I9: a tail without a head", block));
            }
            if kind == Kind::Mark {
                return Err(("I9: a marked head outside a collection", block));
            }
            if FINALISER && kind != Kind::Head && area.ftb().get(block) {
                return Err(("I10: a finaliser bit on a block that is no head", block));
            }
            if WEAKREF && kind != Kind::Head && area.wtb().get(block) {
                return Err(("I10: a weak reference's bit on a block that is no head", block));
            }
            if kind != Kind::Free && block > area.last_used().get() {
                return Err(("I11: a block in use above the last used one", block));
            }
            before = kind;
        }
        if !COMPACT && area.used().get() != count_used(&atb) {
            return Err(("I12: the count of used blocks is wrong: it says", area.used().get()));
        }
        Ok(())
    }

    /// I7: below a class's bound, runs of its size start in holes only; and holes are free.
    #[cfg(not(gcheap_compact))]
    fn check_bounds(&self) -> Result<(), Broken> {
        for hole in self.holes() {
            if self.search(hole.start, hole.len) != Ok(hole.start) {
                return Err(("I7: a hole that is not free, from number", hole.start));
            }
        }
        for (size, bound) in self.bounds() {
            let mut from = 0;
            while let Ok(run) = self.search(from, size) {
                if run >= bound {
                    break;
                }
                if !self.holes().any(|hole| hole.start <= run && run + size <= hole.end()) {
                    return Err(("I7: a free run below the bound of its size, and no hole; blocks", size));
                }
                from = run + 1;
            }
        }
        Ok(())
    }
}

/// Blocks in use, counted as gc.c would: a byte of the table at a time, not a word as everywhere else.
fn count_used(atb: &Atb) -> usize {
    let bytes = (0..atb.blocks()).step_by(BLOCKS_PER_ATB).map(|block| atb.byte(atb_from_block(block)));
    bytes
        .map(|a| [atb_0_is_free(a), atb_1_is_free(a), atb_2_is_free(a), atb_3_is_free(a)])
        .map(|free| free.iter().filter(|&&free| !free).count())
        .sum()
}

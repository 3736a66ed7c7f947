//! The invariants of docs/DESIGN.md that the tables can show, checked. For tests: slow, and it changes nothing.

use core::marker::PhantomData;

use crate::config::{FINALISER, INTERIOR, WEAKREF};
use crate::context::Context;
use crate::counting::Counting;
use crate::host::Host;
use crate::invariant::Broken;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::block::{
    BLOCKS_PER_ATB, Kind, atb_0_is_free, atb_1_is_free, atb_2_is_free, atb_3_is_free, atb_from_block,
};
use crate::layout::starts::BLOCKS_PER_START;
use crate::placement::Placement;
use crate::variant::Variant;

/// Checks a heap.
#[derive(Clone, Copy)]
pub(crate) struct Check<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Check<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Looks at the whole heap, outside a collection; returns the first thing that is wrong.
    pub fn run(self) -> Result<(), Broken> {
        for area in self.0.state().areas() {
            self.check_area(area)?;
        }
        V::Placement::over(self.0).check()
    }

    fn check_area(self, area: Area) -> Result<(), Broken> {
        let atb: V::Atb = area.atb();
        let (mut before, mut head) = (Kind::Free, 0);
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
            if INTERIOR && kind == Kind::Tail && block % BLOCKS_PER_START == 0 && area.head_of(block) != head {
                return Err(("I13: the start of a long object is not written down at block", block));
            }
            if kind != Kind::Free && block > area.last_used().get() {
                return Err(("I11: a block in use above the last used one", block));
            }
            head = if kind.is_head() { block } else { head };
            before = kind;
        }
        if !V::Counting::agrees(area, count_used(&atb)) {
            return Err(("I12: the count of used blocks is wrong: it says", area.used().get()));
        }
        Ok(())
    }
}

/// Blocks in use, counted as gc.c would: a byte of the table at a time.
fn count_used(atb: &impl Atb) -> usize {
    let bytes = (0..atb.blocks()).step_by(BLOCKS_PER_ATB).map(|block| atb.byte(atb_from_block(block)));
    bytes
        .map(|a| [atb_0_is_free(a), atb_1_is_free(a), atb_2_is_free(a), atb_3_is_free(a)])
        .map(|free| free.iter().filter(|&&free| !free).count())
        .sum()
}

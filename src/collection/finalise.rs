//! Finalisers: they run before anything is freed, in address order, while every object is whole.

use super::weakref::WeakRefs;
use crate::config::WEAKREF;
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::bit_table::BLOCKS_PER_BYTE;
use crate::layout::bits::Bits;
use crate::layout::block::{Kind, ptr_from_block};
use crate::variant::Variant;

/// Runs the finalisers of all unmarked objects that have one, area by area.
///
/// A finaliser may free objects (gc.c's rule: not allocate): every step looks at the tables afresh. In a build with weak
/// references, the host is told of dying objects on the way: as in gc.c, of those in eight blocks when the finalisers of
/// these eight have run.
pub(super) fn run_finalisers<H: Host, V: Variant>(context: Context<H>) {
    let weakrefs = WeakRefs::<H, V>::of(context);
    for area in context.state().areas() {
        let (atb, ftb, last) = (area.atb::<V::Atb>(), area.ftb(), area.last_used().get());
        if atb.blocks() == 0 {
            continue;
        }
        let (mut next, mut told) = (0, 0);
        while let Some(block) = V::Bits::next_set(&ftb, next, last) {
            if WEAKREF {
                let first = block / BLOCKS_PER_BYTE * BLOCKS_PER_BYTE;
                weakrefs.tell(area, told, first);
                told = first;
            }
            context.host().hook(block);
            if atb.kind(block) == Kind::Head {
                // SAFETY: I6: a block of this area.
                context.host().finalise(unsafe { ptr_from_block(area.pool(), block) });
                ftb.clear(block);
            }
            next = block + 1;
        }
        if WEAKREF {
            weakrefs.tell(area, told, last + 1);
        }
    }
    if WEAKREF {
        weakrefs.tell_late();
    }
}

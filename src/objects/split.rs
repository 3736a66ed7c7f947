//! Making two objects of one, for hosts that keep objects that were freed.

use super::find::block_at;
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;

/// Makes two objects of the one at `ptr`, which has more than `n` blocks (1 or more): the first of them has `n`. Both are scanned
/// if it was. Nothing happens if there is no such object.
pub(crate) fn split<H: Host>(context: Context<H>, ptr: *const u8, n: usize) {
    let Some((area, block)) = block_at(context, ptr) else { return };
    let atb: FastAtb = area.atb();
    let tails = atb.tails_after(block);
    if !atb.kind(block).is_head() || tails < n {
        return;
    }
    let second = block + n;
    atb.tail_to_head(second);
    // The bit of a block that was no head can be anything.
    let ntb = area.ntb();
    if ntb.get(block) {
        ntb.set(second)
    } else {
        ntb.clear(second)
    }
    area.starts().note(second, tails + 1 - n);
}

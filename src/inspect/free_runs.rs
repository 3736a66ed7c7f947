//! Where memory is free that a host could give back to its system.

use core::ptr::NonNull;

use crate::config::BLOCK_BYTES;
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::ptr_from_block;
use crate::layout::lanes::BLOCKS_PER_WORD;

/// The first stretch of at least `least` free bytes at or above `from`, as far as it is made of whole words of the table.
/// Only up to the last block in use: what lies above that, the host knows best. In the first area.
pub(crate) fn free_run<H: Host>(context: Context<H>, from: *const u8, least: usize) -> Option<(NonNull<u8>, usize)> {
    let area = context.state().first_area();
    let atb: FastAtb = area.atb();
    let offset = from.addr().saturating_sub(area.pool().addr().get());
    let words = atb.words().min(atb.slot(area.last_used().get()) / BLOCKS_PER_WORD + 1);
    // The first word may have lanes of another table.
    let mut i = atb.slot(offset.div_ceil(BLOCK_BYTES)).div_ceil(BLOCKS_PER_WORD).max(1);
    let mut free = 0;
    while i < words {
        let is_free = atb.load_behind_first(i) == 0;
        free = if is_free { free + 1 } else { 0 };
        i += 1;
        let goes_on = is_free && i < words && atb.load_behind_first(i) == 0;
        if !goes_on && free != 0 && free * BLOCKS_PER_WORD * BLOCK_BYTES >= least {
            let block = atb.block((i - free) * BLOCKS_PER_WORD);
            // SAFETY: I6: a block of this area.
            return Some((unsafe { ptr_from_block(area.pool(), block) }, free * BLOCKS_PER_WORD * BLOCK_BYTES));
        }
    }
    None
}

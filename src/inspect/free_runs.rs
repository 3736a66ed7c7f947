//! Where memory is free: for a host that could give it back to its system, and for people.

use core::ptr::NonNull;

use crate::config::BLOCK_BYTES;
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::{Kind, ptr_from_block};
use crate::layout::lanes::BLOCKS_PER_WORD;
use crate::layout::phase::phase_of;
use crate::variant::Variant;

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

/// The free runs of all areas.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FreeRuns {
    /// Bytes free.
    pub free_bytes: usize,
    /// The longest run in bytes.
    pub longest_bytes: usize,
    /// How many runs there are of 1, 2 to 3, 4 to 7 blocks and so on; the last one has the rest.
    pub runs: [usize; 16],
}

/// Looks at all of the heap.
pub(crate) fn free_runs<H: Host, V: Variant>(context: Context<H>) -> FreeRuns {
    let mut found = FreeRuns::default();
    each_free_run::<H, V>(context, |_, _, blocks| {
        let bytes = blocks * BLOCK_BYTES;
        found.free_bytes += bytes;
        found.longest_bytes = found.longest_bytes.max(bytes);
        let last = found.runs.len() - 1;
        let class = (0..last).find(|&class| blocks >> class == 1).unwrap_or(last);
        if let Some(runs) = found.runs.get_mut(class) {
            *runs += 1;
        }
    });
    found
}

/// Fills all free blocks with a byte.
pub(crate) fn fill_free<H: Host, V: Variant>(context: Context<H>, byte: u8) {
    each_free_run::<H, V>(context, |area, block, blocks| {
        // SAFETY: I6: a block of this area.
        let start = unsafe { ptr_from_block(area.pool(), block) };
        for i in 0..blocks * BLOCK_BYTES {
            // SAFETY: I6, I8: a byte of these blocks, which hold nothing. Volatile: small machines have no memset.
            unsafe { start.add(i).write_volatile(byte) };
        }
    });
}

/// Calls `f` with each free run's area, first block and length, with the mutex held; not while a collection marks, when the
/// table means something else.
fn each_free_run<H: Host, V: Variant>(context: Context<H>, mut f: impl FnMut(Area, usize, usize)) {
    context.host().enter();
    if !phase_of(context.state()).is_marking() {
        for area in context.state().areas() {
            let atb: V::Atb = area.atb();
            let mut start = 0;
            for block in 0..=atb.blocks() {
                if block < atb.blocks() && atb.kind(block) == Kind::Free {
                    continue;
                }
                if block > start {
                    f(area, start, block - start);
                }
                start = block + 1;
            }
        }
    }
    context.host().exit();
}

//! Counting block by block, as gc.c does.

use super::{Counting, Info};
use crate::config::BLOCK_BYTES;
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::compact::CompactAtb;
use crate::layout::block::Kind;
use crate::layout::lanes::Word;

/// No counter is kept: every number is counted when it is asked for.
pub struct ByBlocks;

impl Counting for ByBlocks {
    fn note_used(_area: Area, _n: usize) {}

    fn note_freed(_area: Area, _n: usize) {}

    fn count_live(_live: Word) -> usize {
        0
    }

    fn agrees(_area: Area, _used: usize) -> bool {
        true
    }

    fn info<H: Host>(context: Context<H>) -> Info {
        context.host().enter();
        let (mut blocks, mut used, mut free, mut max_free) = (0, 0, 0, 0);
        let (mut num_1block, mut num_2block, mut max_block) = (0, 0, 0);
        for area in context.state().areas() {
            let atb: CompactAtb = area.atb();
            // The object and the free run that the blocks before belong to. Like gc.c this passes over a marked head,
            // which only a finaliser ever sees: an object runs on behind one, and so does a free run.
            let (mut len, mut free_len) = (0, 0);
            // Not over an inclusive range, whose flag for its end costs a third of the loop.
            let mut block = 0;
            loop {
                context.host().hook(block);
                // What follows the last block ends an object, and a free run, as a head would.
                let kind = if block < atb.blocks() { atb.kind(block) } else { Kind::Head };
                if kind == Kind::Free || kind == Kind::Head {
                    num_1block += (len == 1) as usize;
                    num_2block += (len == 2) as usize;
                    max_block = len.max(max_block);
                    len = 0;
                }
                if kind == Kind::Head {
                    max_free = free_len.max(max_free);
                    free_len = 0;
                }
                if kind == Kind::Free {
                    free += 1;
                    free_len += 1;
                } else if kind != Kind::Mark {
                    used += 1;
                    len += 1;
                }
                if block == atb.blocks() {
                    break;
                }
                block += 1;
            }
            used -= 1;
            blocks += atb.blocks();
        }
        context.host().exit();
        let (total, used, free) = (blocks * BLOCK_BYTES, used * BLOCK_BYTES, free * BLOCK_BYTES);
        Info {
            total,
            used,
            free,
            max_free,
            num_1block,
            num_2block,
            max_block,
            #[cfg(gcheap_split_heap_auto)]
            max_new_split: context.host().max_new_split(),
        }
    }

    fn info_fast<H: Host>(context: Context<H>) -> Info {
        let Info { total, used, free, .. } = Self::info(context);
        Info { total, used, free, ..Info::default() }
    }
}

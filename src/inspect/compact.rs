//! Counting for [`Info`], where flash is scarce: block by block, as gc.c counts.

use super::Heap;
use super::atb::Kind;
use super::info::Info;
use crate::config::BLOCK_BYTES;
use crate::port::Port;

impl<P: Port> Heap<P> {
    /// Fills in everything. gc.c: `gc_info`.
    pub fn info(&self) -> Info {
        self.port().enter();
        let (mut blocks, mut used, mut free, mut max_free) = (0, 0, 0, 0);
        let (mut num_1block, mut num_2block, mut max_block) = (0, 0, 0);
        for area in self.state().areas() {
            let atb = area.atb();
            // The object and the free run that the blocks before belong to. Like gc.c this passes over a marked head,
            // which only a finaliser ever sees: an object runs on behind one, and so does a free run.
            let (mut len, mut free_len) = (0, 0);
            for block in 0..=atb.blocks() {
                self.port().hook(block);
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
            }
            used -= 1;
            blocks += atb.blocks();
        }
        self.port().exit();
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
            max_new_split: self.port().max_new_split(),
        }
    }

    /// Fills in total, used and free, and 0 for the rest. gc.c: `gc_info_fast` (from MicroPython 1.29 on).
    pub fn info_fast(&self) -> Info {
        let Info { total, used, free, .. } = self.info();
        Info { total, used, free, ..Info::default() }
    }
}

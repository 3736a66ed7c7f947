//! The heap as text, letter for letter what gc.c prints.

use core::ffi::CStr;
use core::marker::PhantomData;
use core::ptr::NonNull;

use crate::config::{BLOCK_BYTES, SPLIT_HEAP_AUTO};
use crate::context::Context;
use crate::counting::Counting;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::block::{Kind, ptr_from_block};
use crate::variant::Variant;

/// Where a dump goes, and what it needs to know about objects.
pub trait Printer {
    /// Prints a text with at most one number in it: `format` has at most one of `%u` and `%08x` (for C's `unsigned int`),
    /// `%p` and `%c`, as in C's `printf`.
    fn print(&mut self, format: &CStr, number: usize);
    /// The letter for the object with this head block: 'h' if nothing better is known.
    fn letter(&mut self, head: NonNull<u8>) -> u8;
}

/// Blocks in a line of the table's picture.
const BLOCKS_PER_LINE: usize = 64;

/// Prints a heap.
#[derive(Clone, Copy)]
pub(crate) struct Dump<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Dump<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Prints the numbers of `gc_info`.
    pub fn info(self, to: &mut impl Printer) {
        let info = V::Counting::info(self.0);
        // A byte below 7 (or 8) in the text stands for one of these.
        let numbers = [
            info.total,
            info.used,
            info.free,
            info.max_free,
            info.num_1block,
            info.num_2block,
            info.max_block,
            #[cfg(gcheap_split_heap_auto)]
            info.max_new_split,
        ];
        let first: &[u8] = if SPLIT_HEAP_AUTO {
            b"GC: total: \x00, used: \x01, free: \x02, max new split: \x07"
        } else {
            b"GC: total: \x00, used: \x01, free: \x02"
        };
        let second = b"\n No. of 1-blocks: \x04, 2-blocks: \x05, max blk sz: \x06, max free sz: \x03\n";
        for &c in first.iter().chain(second) {
            match numbers.get(usize::from(c)) {
                Some(&number) => to.print(c"%u", number),
                None => to.print(c"%c", c.into()),
            }
        }
    }

    /// Prints a letter for every block, 64 to a line.
    pub fn alloc_table(self, to: &mut impl Printer) {
        self.0.host().enter();
        for area in self.0.state().areas() {
            let (atb, pool) = (area.atb::<V::Atb>(), area.pool());
            to.print(c"GC memory layout; from %p:", pool.addr().get());
            let mut block = 0;
            while block < atb.blocks() {
                let free = free_blocks_from(&atb, block);
                if free >= 2 * BLOCKS_PER_LINE {
                    to.print(c"\n       (%u lines all free)", free / BLOCKS_PER_LINE);
                    // The line that the run ends in is printed in full.
                    block = (block + free) & !(BLOCKS_PER_LINE - 1);
                    if block >= atb.blocks() {
                        break;
                    }
                }
                to.print(c"\n%08x: ", block * BLOCK_BYTES);
                for block in block..atb.blocks().min(block + BLOCKS_PER_LINE) {
                    let letter = match atb.kind(block) {
                        Kind::Free => b'.',
                        // SAFETY: I6: a block of this area.
                        Kind::Head => to.letter(unsafe { ptr_from_block(pool, block) }),
                        Kind::Tail => b'=',
                        Kind::Mark => b'm',
                    };
                    to.print(c"%c", letter.into());
                }
                block += BLOCKS_PER_LINE;
            }
            to.print(c"\n", 0);
        }
        self.0.host().exit();
    }
}

/// Free blocks in a row from this one on.
fn free_blocks_from(atb: &impl Atb, block: usize) -> usize {
    if atb.kind(block) == Kind::Free { 1 + atb.frees_after(block, usize::MAX) } else { 0 }
}

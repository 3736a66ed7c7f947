//! The heap as text, letter for letter what gc.c prints.

use core::ptr::NonNull;

use super::Heap;
use super::atb::{Atb, Kind, ptr_from_block};
use crate::config::BLOCK_BYTES;
use crate::port::Port;

/// Where a dump goes, and what it needs to know about objects.
pub trait Printer {
    /// Prints a piece of text, ASCII.
    fn print(&mut self, text: &[u8]);
    /// The letter for the object with this head block: 'h' if nothing better is known.
    fn letter(&mut self, head: NonNull<u8>) -> u8;
}

/// Blocks in a line of the table's picture.
const BLOCKS_PER_LINE: usize = 64;

impl<P: Port> Heap<P> {
    /// Prints the numbers of [`Heap::info`]. gc.c: `gc_dump_info`.
    pub fn dump_info(&self, to: &mut impl Printer) {
        let info = self.info();
        let parts: [(&[u8], usize); 7] = [
            (b"GC: total: ", info.total),
            (b", used: ", info.used),
            (b", free: ", info.free),
            (b"\n No. of 1-blocks: ", info.num_1block),
            (b", 2-blocks: ", info.num_2block),
            (b", max blk sz: ", info.max_block),
            (b", max free sz: ", info.max_free),
        ];
        for (text, number) in parts {
            to.print(text);
            print_number(to, unsigned_int(number), 10, 1);
        }
        to.print(b"\n");
    }

    /// Prints a letter for every block, 64 to a line. gc.c: `gc_dump_alloc_table`.
    pub fn dump_alloc_table(&self, to: &mut impl Printer) {
        self.port().enter();
        for area in self.state().areas() {
            let (atb, pool) = (area.atb(), area.pool());
            to.print(b"GC memory layout; from ");
            print_number(to, pool.addr().get(), 16, 1);
            to.print(b":");
            let mut block = 0;
            while block < atb.blocks() {
                let free = free_blocks_from(&atb, block);
                if free >= 2 * BLOCKS_PER_LINE {
                    to.print(b"\n       (");
                    print_number(to, unsigned_int(free / BLOCKS_PER_LINE), 10, 1);
                    to.print(b" lines all free)");
                    // The line that the run ends in is printed in full.
                    block = (block + free) & !(BLOCKS_PER_LINE - 1);
                    if block >= atb.blocks() {
                        break;
                    }
                }
                to.print(b"\n");
                print_number(to, unsigned_int(block * BLOCK_BYTES), 16, 8);
                to.print(b": ");
                let mut line = [0; BLOCKS_PER_LINE];
                let len = BLOCKS_PER_LINE.min(atb.blocks() - block);
                for (i, letter) in line.iter_mut().enumerate().take(len) {
                    *letter = match atb.kind(block + i) {
                        Kind::Free => b'.',
                        // SAFETY: I6: a block of this area.
                        Kind::Head => to.letter(unsafe { ptr_from_block(pool, block + i) }),
                        Kind::Tail => b'=',
                        Kind::Mark => b'm',
                    };
                }
                to.print(line.get(..len).unwrap_or_default());
                block += BLOCKS_PER_LINE;
            }
            to.print(b"\n");
        }
        self.port().exit();
    }
}

/// Free blocks in a row from this one on.
fn free_blocks_from(atb: &Atb, block: usize) -> usize {
    if atb.kind(block) == Kind::Free { 1 + atb.frees_after(block, usize::MAX) } else { 0 }
}

/// gc.c prints its numbers as C's `unsigned int`.
fn unsigned_int(number: usize) -> usize {
    number as core::ffi::c_uint as usize
}

/// Prints a number in lower case with leading zeros to at least `width` digits.
fn print_number(to: &mut impl Printer, mut number: usize, base: usize, width: usize) {
    // Enough for a 64-bit number in decimal; filled from the end.
    let mut text = [b'0'; 20];
    let mut digits = 0;
    for place in text.iter_mut().rev() {
        if number == 0 && digits >= width {
            break;
        }
        let digit = (number % base) as u8;
        *place = digit + if digit < 10 { b'0' } else { b'a' - 10 };
        number /= base;
        digits += 1;
    }
    to.print(text.get(text.len() - digits..).unwrap_or_default());
}

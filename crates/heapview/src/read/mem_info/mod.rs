//! The text that `micropython.mem_info(1)` prints, in whatever other output it stands.
//!
//! ```text
//! stack: 832 out of 80000
//! GC: total: 259072, used: 13472, free: 245600
//!  No. of 1-blocks: 153, 2-blocks: 3, max blk sz: 24, max free sz: 7661
//! GC memory layout; from 7efeb2030c00:
//! 00000000: h=hh=hhLhh===h========hShhhB..hBhhLAAh===Ah===Ah===hh=hhhAh===Ah
//!        (119 lines all free)
//! 0003f000: ................................
//! ```
//!
//! A row begins with the distance of its first block from the start of the area, in bytes, and has 64 letters, fewer at the
//! end of the area. MicroPython 1.19 and CircuitPython 8 print five digits of it, later ones eight. Only the rows tell how
//! large a block is.

mod check;
mod dump;
mod lines;
mod rows;
#[cfg(test)]
mod tests;

use crate::model::Heap;
use dump::Dump;
use lines::{Line, Patterns};

/// All dumps in a file, in its order.
pub fn read(bytes: &[u8]) -> Vec<Heap> {
    let text = lines::decode(bytes);
    let patterns = Patterns::new();
    let mut over: Vec<Dump> = Vec::new();
    let mut dump = Dump::default();
    // MicroPython prints the stack and the memory first, before it can be seen that a new dump has begun.
    let mut before = Vec::new();
    for line in text.split(['\n', '\r']) {
        match patterns.classify(line) {
            line @ (Line::Stack(..) | Line::Memory(..)) => before.push(line),
            line => {
                if dump.ends_before(&line) {
                    over.push(std::mem::take(&mut dump));
                }
                if matches!(line, Line::Totals(..)) {
                    before.drain(..).for_each(|line| dump.take(line));
                }
                dump.take(line);
            }
        }
    }
    over.push(dump);
    over.into_iter().filter(Dump::is_a_heap).map(Dump::heap).collect()
}

//! Counting blocks and objects: how full the heap is, and in what pieces.

pub mod blocks;
pub mod info;
pub mod words;

use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::lanes::Word;
pub use blocks::ByBlocks;
pub use info::Info;
pub use words::ByWords;

/// How a variant counts.
pub trait Counting {
    /// Takes note that `n` blocks of the area have come into use.
    fn note_used(area: Area, n: usize);

    /// Takes note that `n` blocks of the area have become free.
    fn note_freed(area: Area, n: usize);

    /// How many lanes of a sweep's word are in use: 0 if the variant does not count them as it goes.
    fn count_live(live: Word) -> usize;

    /// Whether the area's count of used blocks, if there is one, is `used` (I12).
    fn agrees(area: Area, used: usize) -> bool;

    /// Everything that there is to count.
    fn info<H: Host>(context: Context<H>) -> Info;

    /// Total, used and free, and 0 for the rest.
    fn info_fast<H: Host>(context: Context<H>) -> Info;
}

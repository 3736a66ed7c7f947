//! The two variants of the heap: the same blocks, tables, addresses, numbers and texts, by different means.
//!
//! ```text
//!                fast                                           compact
//!    for         desktops and servers, and flash to spare       microcontrollers: a third of the code
//!    placement   a bound for each of 31 size classes, holes     four cursors
//!    marking     a full mark stack defers objects in the table  marked objects are scanned again, as in gc.c
//!    table       words, in registers                            three loops, no instruction that a Cortex-M0 lacks
//!    counting    by words; blocks in use in constant time       block by block, as in gc.c
//! ```
//!
//! Both are compiled and tested in every build. [`Configured`] is the one that the library uses; the configuration's key
//! VARIANT chooses it; without it, build.rs takes compact for targets without an operating system, fast for others.

use crate::counting::{ByBlocks, ByWords, Counting};
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::compact::CompactAtb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::bits::{Bits, Counted, Stepped};
use crate::layout::memory::{Library, Loops, Memory};
use crate::marking::Marking;
use crate::marking::compact::CompactMarking;
use crate::marking::fast::FastMarking;
use crate::placement::Placement;
use crate::placement::compact::CompactPlacement;
use crate::placement::fast::FastPlacement;

/// The policies that make up a variant.
pub trait Variant: Copy {
    /// How the allocation table is read and written.
    type Atb: Atb;
    /// How set bits are found.
    type Bits: Bits;
    /// How memory is cleared and copied.
    type Memory: Memory;
    /// How blocks are counted.
    type Counting: Counting;
    /// How free blocks are found.
    type Placement<H: Host>: Placement<H>;
    /// How reachable objects are marked.
    type Marking<H: Host>: Marking<H>;
}

/// The variant for speed.
#[derive(Clone, Copy)]
pub struct Fast;

impl Variant for Fast {
    type Atb = FastAtb;
    type Bits = Counted;
    type Memory = Library;
    type Counting = ByWords;
    type Placement<H: Host> = FastPlacement<H>;
    type Marking<H: Host> = FastMarking<H>;
}

/// The variant for little flash.
#[derive(Clone, Copy)]
pub struct Compact;

impl Variant for Compact {
    type Atb = CompactAtb;
    type Bits = Stepped;
    type Memory = Loops;
    type Counting = ByBlocks;
    type Placement<H: Host> = CompactPlacement<H>;
    type Marking<H: Host> = CompactMarking<H>;
}

/// The variant that the configuration chooses.
#[cfg(not(gcheap_compact))]
pub type Configured = Fast;
/// The variant that the configuration chooses.
#[cfg(gcheap_compact)]
pub type Configured = Compact;

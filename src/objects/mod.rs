//! What a program does with objects: allocate them, free them, change their size; and how the heap grows.

pub(crate) mod allocate;
#[cfg(all(gcheap_no_scan, gcheap_growth))]
pub(crate) mod batch;
mod find;
mod grow;
pub(crate) mod release;
pub(crate) mod resize;
#[cfg(all(gcheap_no_scan, gcheap_growth))]
mod split;

#[cfg(all(gcheap_no_scan, gcheap_growth))]
pub(crate) use find::small_object_at;
pub(crate) use find::{block_at, blocks_at, is_marked, is_no_scan, mistake, object_around, object_at};
pub(crate) use grow::Areas;
#[cfg(all(gcheap_no_scan, gcheap_growth))]
pub(crate) use split::split;

use crate::config::BLOCK_BYTES;

/// What an allocation asks for: bits, as they come from a C caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocFlags(u32);

impl AllocFlags {
    /// Nothing special.
    pub const NONE: AllocFlags = AllocFlags(0);
    /// The object may have a finaliser. gc.c: `GC_ALLOC_FLAG_HAS_FINALISER`.
    pub const FINALISER: AllocFlags = AllocFlags(1);
    /// No collection looks for pointers in the object: text, numbers. CircuitPython: `GC_ALLOC_FLAG_DO_NOT_COLLECT`.
    pub const NO_SCAN: AllocFlags = AllocFlags(2);
    /// The object may hold anything at first. Only together with `NO_SCAN`; otherwise it means nothing.
    pub const NOT_CLEARED: AllocFlags = AllocFlags(4);

    /// Both of them.
    pub const fn and(self, other: AllocFlags) -> AllocFlags {
        AllocFlags(self.0 | other.0)
    }

    /// A finaliser, or nothing.
    pub const fn with_finaliser(finaliser: bool) -> AllocFlags {
        AllocFlags(finaliser as u32)
    }

    /// The flags of a C caller; bits that mean nothing are allowed.
    pub const fn from_bits(bits: u32) -> AllocFlags {
        AllocFlags(bits)
    }

    /// Whether no collection looks for pointers in the object.
    #[inline(always)]
    pub const fn is_no_scan(self) -> bool {
        self.0 & Self::NO_SCAN.0 != 0
    }

    /// Whether the object may hold anything at first.
    #[inline(always)]
    pub const fn is_not_cleared(self) -> bool {
        self.is_no_scan() && self.0 & Self::NOT_CLEARED.0 != 0
    }

    #[inline(always)]
    fn has(self, flag: AllocFlags) -> bool {
        self.0 & flag.0 != 0
    }
}

/// How many blocks `bytes` bytes need. An absurd size overflows, and needs 0: gc.c's own arithmetic makes that of it.
#[inline(always)]
fn blocks_for(bytes: usize) -> usize {
    bytes.wrapping_add(BLOCK_BYTES - 1) / BLOCK_BYTES
}

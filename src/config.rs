//! The configuration, fixed when the library is built: constants written by build.rs from `GCHEAP_CONFIG`.
//!
//! Options are plain `bool` constants: so every branch is type-checked in every build, and the compiler drops those that
//! are off.
#![allow(missing_docs)]

include!(concat!(env!("OUT_DIR"), "/config.rs"));

/// log2 of [`BLOCK_BYTES`].
pub const BLOCK_BITS: u32 = BLOCK_BYTES.trailing_zeros();

/// The bit of the lock depth that says "this thread is collecting". Without finalisers there is no such bit, and a
/// collection counts as a lock. gc.c: `GC_COLLECT_FLAG`.
pub const COLLECT_FLAG: u16 = FINALISER as u16;

/// What one `gc_lock` adds to the lock depth. gc.c: `1 << GC_LOCK_DEPTH_SHIFT`.
pub const LOCK_STEP: u16 = 1 << FINALISER as u16;

/// What a collection adds to the lock depth of its thread, in every build: the collect flag, or else one lock.
pub const COLLECT_STEP: u16 = 1;

/// Bytes in a machine word: the unit in which the tables are read, and the size of a scanned pointer.
pub const WORD_BYTES: usize = size_of::<usize>();

const _: () = {
    assert!(BLOCK_BYTES.is_power_of_two() && BLOCK_BYTES >= WORD_BYTES);
    assert!(POINTER_BYTES == WORD_BYTES);
    assert!(STATE_AREA % WORD_BYTES == 0, "the first area must be word aligned inside the state");
};

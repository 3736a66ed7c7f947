//! What is known while a snapshot is being written ([`super::snapshot`]).

use core::cell::Cell;

use crate::threads::Stopped;

/// A snapshot of a heap that is being written, as long as the world is stopped.
pub(super) struct Writing {
    /// Above this address, the calling thread's stack is in use.
    pub lowest: usize,
    pub stopped: *const Stopped<'static>,
    /// Which blocks of a stretch of memory from this address on are starts of objects in stock: the last one that was asked for.
    pub stretch: Cell<(usize, usize)>,
}

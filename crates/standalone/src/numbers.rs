//! The numbers of a heap, for whoever watches it.

/// What is counted with every collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Collections so far.
    pub collections: usize,
    /// Bytes in use when the last collection had ended.
    pub live_after_last: usize,
    /// Bytes allocated before the last collection, all in all.
    pub allocated_before_last: u64,
    /// Nanoseconds for which threads were stopped: by all collections, and by the longest.
    pub stopped: u64,
    /// The longest of these.
    pub longest_stop: u64,
}

/// A heap's numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Numbers {
    /// What is counted with every collection.
    pub counters: Counters,
    /// Bytes of memory that the heap has.
    pub heap_bytes: usize,
    /// Bytes of it in use, by objects that are alive or not yet known to be dead, or that a thread has in stock.
    pub used_bytes: usize,
    /// Bytes allocated since the last collection.
    pub since_last: usize,
    /// Finalisers that are registered.
    pub finalisers: usize,
}

impl Numbers {
    /// Bytes allocated in all.
    pub fn allocated(&self) -> u64 {
        self.counters.allocated_before_last + self.since_last as u64
    }
}

//! The numbers that `gc_info` fills in.

/// What `gc_info` reports.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Bytes in all pools.
    pub total: usize,
    /// Bytes in use.
    pub used: usize,
    /// Bytes free.
    pub free: usize,
    /// The longest run of free blocks, in blocks.
    pub max_free: usize,
    /// How many objects have one block.
    pub num_1block: usize,
    /// How many objects have two blocks.
    pub num_2block: usize,
    /// The largest object, in blocks.
    pub max_block: usize,
    /// How many bytes another area could have (gcheap_host_max_new_split).
    #[cfg(gcheap_split_heap_auto)]
    pub max_new_split: usize,
}

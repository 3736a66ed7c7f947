//! An area: one contiguous piece of memory that belongs to the heap.

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Block {
    /// Belongs to no object.
    Free,
    /// The first block of an object.
    Head,
    /// Another block of an object.
    Tail,
    /// The file does not tell: a part of it was lost.
    Unknown,
}

/// One piece of memory, cut into blocks.
#[derive(Clone, Debug)]
pub struct Area {
    /// The address of the first block, if it is known.
    pub address: Option<u64>,
    /// The heap index of the first block.
    pub first: u32,
    /// What each block is.
    pub blocks: Vec<Block>,
}

impl Area {
    /// An area, before it is part of a heap.
    pub fn new(address: Option<u64>, blocks: Vec<Block>) -> Self {
        Self { address, first: 0, blocks }
    }

    /// The heap index after the last block.
    pub fn end(&self) -> u32 {
        self.first + self.blocks.len() as u32
    }

    /// How many blocks could not be read.
    pub fn unknown(&self) -> u32 {
        self.blocks.iter().filter(|block| **block == Block::Unknown).count() as u32
    }
}

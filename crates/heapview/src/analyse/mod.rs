//! What a heap's image means.

pub mod dominators;
pub mod fragmentation;
pub mod groups;
pub mod keepers;
pub mod reach;
pub mod retained;
pub mod room;
pub mod verdict;

//! What a heap's image means.

pub mod fragmentation;
pub mod groups;
pub mod room;
pub mod verdict;

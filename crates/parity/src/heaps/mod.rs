//! The two heaps, side by side in one process: how they are built, called and looked at.

pub mod library;
pub mod memory;
pub mod pair;
pub mod side;
pub mod tables;

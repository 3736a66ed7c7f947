//! The two heaps, side by side in one process: how they are built, called and looked at.

mod archive;
pub mod library;
pub mod memory;
pub mod pair;
pub mod places;
pub mod side;
mod stamp;
pub mod tables;

//! Runs configurations in processes of their own, and reports what fails.

pub mod batch;
mod failure;
mod process;
mod progress;
pub mod replay;
mod shrink;

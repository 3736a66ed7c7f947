//! Looking at a heap without changing it: its picture as text, its free runs, a snapshot of it, a check of its invariants; and numbers
//! about what it did.

pub(crate) mod check;
pub mod dump;
pub mod free_runs;
pub(crate) mod noting;
pub mod numbers;
pub mod snapshot;
pub(crate) mod statistics;

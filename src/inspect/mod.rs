//! Looking at a heap without changing it: its picture as text, its free runs, a snapshot of it, and a check of its invariants.

pub(crate) mod check;
pub mod dump;
pub(crate) mod free_runs;
pub mod snapshot;

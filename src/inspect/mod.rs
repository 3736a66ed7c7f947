//! Looking at a heap without changing it: its picture as text, and a check of its invariants.

pub(crate) mod check;
pub mod dump;

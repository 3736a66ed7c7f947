//! What a check of the heap says when an invariant of docs/DESIGN.md does not hold.

/// What is wrong, and the block (or number) that shows it.
pub type Broken = (&'static str, usize);

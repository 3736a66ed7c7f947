//! Runs configurations, and reports what fails.

pub mod shrink;

//! A collection: its course, its finalisers, its sweep, and weak references.

pub(crate) mod cycle;
mod finalise;
mod sweep;
pub(crate) mod weakref;

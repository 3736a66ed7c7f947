//! The C interface: the functions that the library exports, and the host's functions that it imports.

mod exports;
mod imports;
#[cfg(gcheap_statistics)]
pub mod statistics;

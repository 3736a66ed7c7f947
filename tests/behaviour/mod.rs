//! What a heap does, whichever variant it is: the programs tests/fast.rs and tests/compact.rs run all of this.

mod graphs;
mod holes;
mod misuse;
// The model places objects as gc.c does. (Of the heaps that grow, tests/configs/growth.env does so, too.)
#[cfg(gcheap_lowest)]
mod model;
mod nested;
mod options;
mod pictures;
#[cfg(gcheap_snapshot)]
mod snapshots;
#[cfg(gcheap_statistics)]
mod statistics;

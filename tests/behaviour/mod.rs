//! What a heap does, whichever variant it is: the programs tests/fast.rs and tests/compact.rs run all of this.

mod graphs;
mod holes;
mod misuse;
mod model;
mod nested;
mod options;
mod pictures;

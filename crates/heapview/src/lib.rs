//! The parts of `heapview`, a command that shows what is in a heap.
//!
//! ```text
//!   command/   the command line: one file for each subcommand
//!   draw/      a report or a map as text, PNG, SVG, HTML
//!   analyse/   verdict, holes, fragmentation
//!   read/      files: one module for each format
//!   model/     a heap at one moment
//! ```
//!
//! Each uses only what stands below it.

pub mod analyse;
pub mod command;
pub mod draw;
pub mod model;
pub mod read;
pub mod units;

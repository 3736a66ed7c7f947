//! Runs traces on both heaps.

mod areas;
mod compare;
mod detour;
pub mod divergence;
mod dumps;
mod finalisers;
mod lender;
mod objects;
mod picture;
pub mod runner;
mod shared;
mod steps;
mod trial;

//! The interface of Boehm's collector over libgcheap: the functions of gc.h, with their meaning there, on the default heap.
//!
//! An interpreter that runs on Boehm's collector runs on this one unchanged, by way of a shared library with libgc's soname,
//! or of an archive in its link line. A function that is not offered is missing at link time. docs/BOEHM.md lists what is
//! offered, with what differences.
#![cfg_attr(not(test), no_std)]
#![allow(non_upper_case_globals, non_camel_case_types)]

mod aligned;
mod bounds;
mod collection;
mod debugging;
mod disclaim;
mod disclaimed;
mod events;
mod finalisers;
mod gcj;
mod kinds;
mod links;
mod lock;
mod marking;
mod objects;
mod resize;
mod roots;
mod settings;
mod stackbottom;
mod start;
mod threads;
mod tuning;
mod typed;
mod variables;
mod writing;

/// An unsigned number as wide as a pointer: gc.h's `GC_word`.
pub type GC_word = usize;

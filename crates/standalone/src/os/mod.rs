//! The few calls of the operating system that the other modules share.

mod errno;
pub mod futex;
mod messages;
pub mod pages;
mod thread;
pub mod valgrind;

pub use errno::{errno, set_errno};
pub use messages::{complain, nanoseconds, say};
pub use thread::{process_id, thread_id, thread_pointer};

/// The system refused memory, or a reservation is used up. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory;

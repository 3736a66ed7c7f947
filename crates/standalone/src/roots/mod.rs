//! Where a program keeps pointers: registers and stacks, static data, thread-local storage, and what it adds by hand.

mod data_segments;
mod modules;
mod range;
mod registers;
mod stack;
mod thread_locals;
mod user_roots;

pub use data_segments::{DataSegments, LoadedModule};
pub use range::AddressRange;
pub use registers::with_registers;
pub use stack::{note_fork, provisional_stack_bounds, stack_bounds};
pub use thread_locals::TlsLayout;
pub use user_roots::{Change, RootsError, UserRoots};

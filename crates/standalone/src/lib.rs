//! The host of libgcheap for operating systems: everything that does not depend on the heap.
//!
//! * [`memory`]: reserved address space, and two containers that never call `malloc`.
//! * [`roots`]: registers, stacks, static data, thread-local storage, and ranges that the program adds.
//! * [`threads`]: the registry of threads, the global lock, and stopping the world.
//! * [`os`]: the few calls of the operating system that these share.
//!
//! Imports lead from `threads` to `roots` to `memory` to `os`, never back.
//!
//! Nothing here calls `malloc`: a stopped thread may hold its lock, and a program may direct `malloc` to this heap. While
//! the world is stopped nothing is allocated at all, and no lock is taken.
#![cfg_attr(not(test), no_std)]

#[cfg(not(target_os = "linux"))]
compile_error!("gcheap-standalone supports Linux only");
#[cfg(not(target_endian = "little"))]
compile_error!("gcheap-standalone waits for half of a 64-bit word, and supposes that it is the first half");

#[cfg(feature = "c_abi")]
pub mod c_abi;
pub use gcheap::MARKER;

mod described;
mod environment;
pub mod finalise;
pub mod heap;
pub mod memory;
pub mod numbers;
pub mod os;
pub mod program;
pub mod report;
pub mod roots;
mod snapshots;
pub mod threads;
mod weak;

/// A panic here is a mistake in this library: the program cannot go on.
#[cfg(all(feature = "handler", not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    os::complain("internal error", 0)
}

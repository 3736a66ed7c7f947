//! A garbage-collected heap for C interpreters: a drop-in replacement for MicroPython's `py/gc.c`.
//!
//! ```text
//!   C interpreter     calls gc_init gc_alloc gc_free gc_realloc gc_collect_start …
//!  ──────────────────────────────────────────────────────────────────────────────────────────────────
//!   c_abi/            the exported functions, one call each; the imported ones, as a host
//!   heap.rs           all that can be done with a heap: the table of contents
//!   objects/          allocate, free, resize           collection/   start to end, finalisers, sweep
//!   inspect/          picture, check                    variant.rs    fast and compact: which policies
//!  ──────────────────────────────────────────────────────────────────────────────────────────────────
//!   placement/        finds free blocks                 marking/      marks what is reachable
//!   counting/         counts blocks and objects         (two implementations of each)
//!   layout/           tables, areas, state: memory
//!  ──────────────────────────────────────────────────────────────────────────────────────────────────
//!   host.rs           what the heap asks of its host: MicroPython's glue, or a test
//! ```
//!
//! A heap is one or more *areas* of memory, cut into *blocks* of [`config::BLOCK_BYTES`] bytes. An object is a *head*
//! block and the *tail* blocks behind it. The area's allocation table (ATB) records what each block is, in two bits
//! ([`layout::atb`]); its finaliser table (FTB) records which heads may have a finaliser ([`layout::bit_table`]).
//!
//! The library owns no memory: the host lends the state ([`layout::state`]) and the areas. docs/DESIGN.md has the picture
//! and the numbered invariants (I1, I2, …) that the SAFETY comments cite.
#![cfg_attr(not(test), no_std)]

#[cfg(feature = "archive")]
mod c_abi;
mod collection;
pub mod config;
mod context;
pub mod counting;
pub mod heap;
pub mod host;
pub mod inspect;
pub mod invariant;
pub mod layout;
mod marker;
mod marking;
mod objects;
mod placement;
pub mod variant;

pub use counting::Info;
pub use heap::Heap;
pub use host::{Host, Misuse};
pub use layout::area::{GROWTH_STEP, Reserved, reserved_table_bytes};
pub use marker::MARKER;
pub use objects::AllocFlags;
pub use objects::allocate::computed_by_now;
#[cfg(all(gcheap_no_scan, gcheap_growth))]
pub use objects::batch::{Batch, MOST_BATCH_BLOCKS, MOST_STRETCHES, STRETCH_BYTES};

/// With `panic = "abort"` the compiler needs a handler; nothing in the library panics, and the archive's symbol check
/// fails if anything starts to.
#[cfg(all(feature = "archive", not(test)))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

#[cfg(all(feature = "archive", panic = "unwind"))]
compile_error!("libgcheap.a needs panic = \"abort\": a panic must never unwind into C");

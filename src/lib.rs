//! A garbage-collected heap for C interpreters: a drop-in replacement for MicroPython's `py/gc.c`.
//!
//! ```text
//!   C interpreter                calls gc_init gc_alloc gc_free gc_realloc gc_collect_start …
//!  ─────────────────────────────────────────────────────────────────────────────────────────
//!   capi.rs                      the exported functions, one line each
//!   heap/                        the heap: areas, tables, placement, mark, sweep
//!   port.rs                      what the heap asks of its host     (host.rs: the same over C)
//!  ─────────────────────────────────────────────────────────────────────────────────────────
//!   host                         MicroPython's glue, or a test
//! ```
//!
//! A heap is one or more *areas* of memory, cut into *blocks* of [`config::BLOCK_BYTES`] bytes. An object is a *head*
//! block and the *tail* blocks behind it. What each block is stands in the area's ATB, two bits a block
//! ([`heap::atb`]); whether a head has a finaliser, in its FTB, one bit a block ([`heap::ftb`]).
//!
//! The library owns no memory: the host lends the state ([`heap::State`]) and the areas. docs/DESIGN.md has the
//! picture and the numbered invariants (I1, I2, …) that the SAFETY comments cite.
#![cfg_attr(not(test), no_std)]

#[cfg(feature = "archive")]
mod capi;
pub mod config;
pub mod heap;
pub mod port;

#[cfg(feature = "archive")]
mod host;

pub use heap::{Heap, Info};
pub use port::{Misuse, Port};

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

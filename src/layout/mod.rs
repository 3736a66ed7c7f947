//! How a heap lies in memory: blocks, the tables that describe them, the areas that hold them, and the state that the
//! host lends. Everything else in the heap reads and writes memory through this module.
//!
//! ```text
//!   state     the host's storage: options, counters, the first area's record     borrowed  gc.c's mark stack, reused
//!   area      one stretch of memory: tables, then the pool of blocks
//!   atb       the allocation table, two bits a block      bit_table  one bit a block: finalisers, weak references
//!   lanes     a machine word of the ATB                   bits       finding a set bit, with or without an instruction
//!   block     what a block can be, and its address        memory     clearing and copying
//!   bytes     a word as small numbers, compared at once  starts     where long objects start: for interior pointers
//! ```

pub mod area;
pub mod atb;
pub mod bit_table;
pub mod bits;
pub mod block;
pub(crate) mod borrowed;
pub(crate) mod bytes;
pub(crate) mod field;
pub(crate) mod lanes;
pub mod memory;
pub(crate) mod phase;
pub(crate) mod starts;
pub mod state;

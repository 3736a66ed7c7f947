//! What a program does with objects: allocate them, free them, change their size; and how the heap grows.

pub(crate) mod allocate;
mod find;
mod grow;
pub(crate) mod release;
pub(crate) mod resize;

pub(crate) use find::{block_at, blocks_at, mistake, object_at};
pub(crate) use grow::Areas;

use crate::config::BLOCK_BYTES;

/// How many blocks `bytes` bytes need. An absurd size overflows, and needs 0: gc.c's own arithmetic makes that of it.
#[inline(always)]
fn blocks_for(bytes: usize) -> usize {
    bytes.wrapping_add(BLOCK_BYTES - 1) / BLOCK_BYTES
}

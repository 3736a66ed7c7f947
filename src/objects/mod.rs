//! What a program does with objects: allocate them, free them, change their size; and how the heap grows.

pub(crate) mod allocate;
mod find;
mod grow;
pub(crate) mod release;
pub(crate) mod resize;

pub(crate) use find::object_at;
pub(crate) use grow::Areas;

use crate::config::BLOCK_BYTES;

/// How many blocks `bytes` bytes need; none if the sum overflows.
#[inline(always)]
fn blocks_for(bytes: usize) -> Option<usize> {
    Some(bytes.checked_add(BLOCK_BYTES - 1)? / BLOCK_BYTES)
}

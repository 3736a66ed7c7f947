//! The fast variant's behaviour (tests/behaviour).

#[macro_use]
mod support;
mod behaviour;
mod beyond;

use gcheap::variant::Fast as Variant;

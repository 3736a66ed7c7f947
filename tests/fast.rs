//! The fast variant's behaviour (tests/behaviour).

#[macro_use]
mod support;
mod behaviour;

use gcheap::variant::Fast as Variant;

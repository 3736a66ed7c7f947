//! Finalisers: functions that are called with an object that nothing reaches any more.
//!
//! A collection finds the dead and queues them; they are kept, with all that they lead to, until their finaliser has been
//! called, and are freed by a later collection if it has not brought them back to life. The order in which finalisers of
//! objects that point at each other become due is Boehm's, chosen for each object: [`Order`].

mod finaliser;
mod queue;
mod registry;

pub use finaliser::{Finaliser, Function, Order};
pub(crate) use registry::{Contents, Finalisers};

//! The threads of the program: which there are, how they exclude one another, and how all but one are stopped.
//!
//! Everything here belongs to the process, not to a heap. The first thread calls [`register_current`] when the collector
//! starts. Before a second thread uses a heap, [`allow_threads`] is called; [`create`] does so by itself.
//!
//! `pthread_exit` and `pthread_cancel` unwind the stack, and must not meet frames of Rust functions on their way. So three
//! functions of gcheap_native.c are to be called from C directly, not through functions of this crate:
//! `gcheap_native_do_blocking`, `gcheap_native_with_gc_active` (both take a function and its argument, and return its
//! result) and `gcheap_native_thread_exit` (`pthread_exit`, whose argument stays alive until the thread is joined).

mod blocking;
mod create;
mod current;
mod fork;
mod lock;
mod record;
mod registration;
mod registry;
mod rendezvous;
mod returned;
mod signals;
mod stack_base;
mod stack_use;
mod stock;
mod taking;
mod world;

pub use blocking::{do_blocking, with_gc_active};
pub use create::{StartRoutine, create, detach, join};
pub use lock::{Busy, Guard, LOCK, Lock, Reentered, enter, lock};
pub use registration::{
    RegisterError, Registration, allow_threads, is_registered, register_current, set_current_stack_base,
    unregister_current,
};
pub(crate) use returned::{MOST_RETURNED_BLOCKS, choose_seal, is_sealed, unseal};
pub use signals::{RESTART_SIGNAL, SUSPEND_SIGNAL, keep_suspend_signal_unblocked};
pub use stack_base::{current_stack, set_stack_base_of};
pub(crate) use taking::{
    empty_returned, empty_stock, put_returned, take_from_new_stock, take_from_stock, take_larger, take_returned,
};
pub(crate) use world::returned_blocks;
pub use world::{Place, PlaceKind, Stopped, stop_world, thread_count};

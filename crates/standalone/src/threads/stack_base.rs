//! The end of a thread's stack, for programs that switch between stacks of their own.

use super::current::current;
use super::lock::Guard;
use super::registry::REGISTRY;
use crate::roots::AddressRange;
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// The calling thread's name in this process, and the end to which its stack is scanned. `None` if it is not
/// registered.
pub fn current_stack() -> Option<(usize, usize)> {
    current().map(|me| (ptr::from_ref(me).addr(), me.base.load(Relaxed)))
}

/// Sets the end to which the stack of a thread is scanned that [`current_stack`] has named. Returns false if there is
/// no such thread any more.
pub fn set_stack_base_of(guard: &Guard, thread: usize, base: usize) -> bool {
    let Some(thread) = REGISTRY.iter(guard).find(|other| ptr::from_ref(*other).addr() == thread) else { return false };
    thread.set_stack(AddressRange::new(0, base));
    true
}

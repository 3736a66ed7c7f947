//! Blocking regions: code that may wait for a long time and does not use the heap. A thread in such a region need not be
//! stopped; it waits when it leaves the region while the world is stopped.
//!
//! No lock is taken. The thread that stops the world first makes the generation odd and then reads each thread's state; a
//! thread that leaves first writes its state and then reads the generation, all in one total order. So one of the two sees
//! the other: either the thread is told to stop by a signal, or it waits by itself (or both).

use super::current::current;
use super::record::State;
use super::rendezvous::RENDEZVOUS;
use super::stack_use;
use crate::os::{errno, set_errno};
use core::ffi::{c_int, c_void};
use core::hint::black_box;
use core::ptr;

type Function = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

unsafe extern "C" {
    fn gcheap_native_do_blocking(function: Function, argument: *mut c_void) -> *mut c_void;
    fn gcheap_native_with_gc_active(function: Function, argument: *mut c_void) -> *mut c_void;
}

/// Calls `function` in a blocking region. It must neither use a heap nor change memory that holds pointers to one, its own
/// stack aside; nor must it unwind. What the caller keeps on the stack and in registers stays alive.
///
/// In a region already, or in a thread that is not registered, it simply calls the function. C programs get the native
/// function `gcheap_native_do_blocking` instead, through which `pthread_exit` may unwind.
pub fn do_blocking<R>(function: impl FnOnce() -> R) -> R {
    call(gcheap_native_do_blocking, function)
}

/// Calls `function`, which may use heaps, from inside a blocking region; afterwards the region goes on. Outside a region it
/// simply calls the function. The whole stack is scanned meanwhile, the part between the two calls too. For C programs there
/// is `gcheap_native_with_gc_active`.
pub fn with_gc_active<R>(function: impl FnOnce() -> R) -> R {
    call(gcheap_native_with_gc_active, function)
}

/// Whether the calling thread is registered and in no blocking region. Async-signal-safe.
pub(super) fn is_running() -> bool {
    current().is_some_and(|me| me.state() == State::Running)
}

/// Calls a closure by way of a native function.
fn call<F: FnOnce() -> R, R>(native: unsafe extern "C" fn(Function, *mut c_void) -> *mut c_void, function: F) -> R {
    struct Call<F, R> {
        function: Option<F>,
        result: Option<R>,
    }
    unsafe extern "C" fn adapter<F: FnOnce() -> R, R>(argument: *mut c_void) -> *mut c_void {
        // SAFETY: the argument is the `Call` below, which nothing else uses meanwhile.
        let call = unsafe { &mut *argument.cast::<Call<F, R>>() };
        call.result = call.function.take().map(|function| function());
        ptr::null_mut()
    }
    let mut call = Call { function: Some(function), result: None };
    // SAFETY: the native function calls the adapter once, with this argument, before it returns.
    unsafe { native(adapter::<F, R>, (&raw mut call).cast()) };
    match call.result {
        Some(result) => result,
        None => unreachable!("the native function calls the adapter"),
    }
}

/// The calling thread begins a region. Returns 0 if it is in one, or is not registered.
#[unsafe(no_mangle)]
extern "C" fn gcheap_standalone_enter_blocking() -> c_int {
    let Some(me) = current().filter(|me| me.state() == State::Running) else { return 0 };
    // The registers are in the frame of the caller's caller.
    let local = black_box(0_usize);
    stack_use::note(me, (&raw const local).addr(), &me.blocked);
    me.set_state(State::Blocking);
    black_box(&local);
    1
}

/// The calling thread leaves its region, after waiting for the end of a stop that is under way.
#[unsafe(no_mangle)]
pub(super) extern "C" fn gcheap_standalone_leave_blocking() {
    let Some(me) = current() else { return };
    let saved = errno();
    loop {
        me.set_state(State::Running);
        let Some(generation) = RENDEZVOUS.stop_under_way() else { break };
        me.set_state(State::Blocking);
        RENDEZVOUS.wait_for_the_end_of(generation);
    }
    set_errno(saved);
}

/// The calling thread interrupts its region. Returns 0 if it is in none.
#[unsafe(no_mangle)]
extern "C" fn gcheap_standalone_enter_active() -> c_int {
    if !current().is_some_and(|me| me.state() == State::Blocking) {
        return 0;
    }
    gcheap_standalone_leave_blocking();
    1
}

/// The calling thread goes on with the region that it interrupted.
#[unsafe(no_mangle)]
extern "C" fn gcheap_standalone_leave_active() {
    // What it noted when it entered the region is still right: it is on the same stack, and not below.
    if let Some(me) = current() {
        me.set_state(State::Blocking);
    }
}

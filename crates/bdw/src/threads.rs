//! Threads. Those functions through whose frames a thread may unwind are in native/gc_native.c.

use core::ffi::{c_char, c_int, c_void};
use core::mem::ManuallyDrop;
use core::ptr;

use gcheap_standalone::roots::stack_bounds;
use gcheap_standalone::threads::{self, Guard, Registration};

/// Where a thread's stack ends, as gc.h has it.
#[repr(C)]
pub struct GC_stack_base {
    /// The end from which it grows.
    pub mem_base: *mut c_void,
}

const SUCCESS: c_int = 0;
const DUPLICATE: c_int = 1;
const NO_THREADS: c_int = 2;
const UNIMPLEMENTED: c_int = 3;

/// Lets threads register themselves.
#[unsafe(no_mangle)]
pub extern "C" fn GC_allow_register_threads() {
    crate::start::GC_init();
    let _ = threads::allow_threads();
}

/// Finds out where the calling thread's stack ends. 0 if that is known, else 3.
///
/// # Safety
/// base can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_get_stack_base(base: *mut GC_stack_base) -> c_int {
    let Some(bounds) = stack_bounds() else { return UNIMPLEMENTED };
    // SAFETY: the caller's promise.
    unsafe { base.write(GC_stack_base { mem_base: ptr::with_exposed_provenance_mut(bounds.end) }) };
    SUCCESS
}

/// Registers the calling thread, whose stack ends there. 0 if it is now, 1 if it was, 2 if it cannot be.
///
/// # Safety
/// base comes from `GC_get_stack_base` in this thread, or names the end of the stack on which it runs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_register_my_thread(base: *const GC_stack_base) -> c_int {
    // SAFETY: the caller's promise.
    let end = if base.is_null() { None } else { Some(unsafe { (*base).mem_base.addr() }) };
    match threads::register_current(end) {
        Ok(Registration::Done) => SUCCESS,
        Ok(Registration::AlreadyRegistered) => DUPLICATE,
        Err(_) => NO_THREADS,
    }
}

/// Writes the end to which the calling thread's stack is scanned, and returns what GC_set_stackbottom knows the thread
/// by. NULL if the thread is not registered.
///
/// # Safety
/// base can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_get_my_stackbottom(base: *mut GC_stack_base) -> *mut c_void {
    crate::start::GC_init();
    let Some((thread, end)) = threads::current_stack() else { return ptr::null_mut() };
    // SAFETY: the caller's promise.
    unsafe { base.write(GC_stack_base { mem_base: ptr::with_exposed_provenance_mut(end) }) };
    ptr::with_exposed_provenance_mut(thread)
}

/// Sets the end to which a thread's stack is scanned. The thread is one of GC_get_my_stackbottom's, or NULL: the
/// calling one. Best called with the lock held (GC_call_with_alloc_lock), and so that no collection comes between this
/// and the switch.
///
/// # Safety
/// The thread runs on a stack with this end whenever it is stopped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_set_stackbottom(thread: *mut c_void, base: *const GC_stack_base) {
    crate::start::GC_init();
    // SAFETY: the caller's promise.
    let end = unsafe { (*base).mem_base.addr() };
    if thread.is_null() {
        threads::set_current_stack_base(end);
        return;
    }
    match threads::lock() {
        Ok(guard) => threads::set_stack_base_of(&guard, thread.addr(), end),
        Err(_) => {
            // SAFETY: the calling thread holds the lock already; the guard is not dropped.
            let guard = ManuallyDrop::new(unsafe { Guard::assume() });
            threads::set_stack_base_of(&guard, thread.addr(), end)
        }
    };
}

/// Whether the calling thread is registered.
#[unsafe(no_mangle)]
pub extern "C" fn GC_thread_is_registered() -> c_int {
    threads::is_registered() as c_int
}

/// Forgets the calling thread. 0 if it was registered.
#[unsafe(no_mangle)]
pub extern "C" fn GC_unregister_my_thread() -> c_int {
    if threads::unregister_current() { SUCCESS } else { DUPLICATE }
}

/// `pthread_create` for a thread that uses the collector.
///
/// # Safety
/// As for `pthread_create`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    routine: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    argument: *mut c_void,
) -> c_int {
    crate::start::GC_init();
    // SAFETY: the caller's promise.
    unsafe { threads::create(thread, attributes, routine, argument) }
}

/// `pthread_join`.
///
/// # Safety
/// As for `pthread_join`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_pthread_join(thread: libc::pthread_t, result: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { threads::join(thread, result) }
}

/// `pthread_detach`.
///
/// # Safety
/// As for `pthread_detach`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_pthread_detach(thread: libc::pthread_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { threads::detach(thread) }
}

/// `pthread_cancel`.
///
/// # Safety
/// As for `pthread_cancel`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_pthread_cancel(thread: libc::pthread_t) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { libc::pthread_cancel(thread) }
}

/// `pthread_sigmask`; the signal that stops threads stays unblocked.
///
/// # Safety
/// As for `pthread_sigmask`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_pthread_sigmask(how: c_int, set: *const libc::sigset_t, old: *mut libc::sigset_t) -> c_int {
    if set.is_null() {
        // SAFETY: the caller's promise.
        return unsafe { libc::pthread_sigmask(how, set, old) };
    }
    // SAFETY: the caller's promise: a set that can be read.
    let mut changed = unsafe { *set };
    threads::keep_suspend_signal_unblocked(how, &mut changed);
    // SAFETY: the same.
    unsafe { libc::pthread_sigmask(how, &raw const changed, old) }
}

/// `dlopen`.
///
/// # Safety
/// As for `dlopen`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_dlopen(path: *const c_char, mode: c_int) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { libc::dlopen(path, mode) }
}

/// The signal that stops threads.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_suspend_signal() -> c_int {
    threads::SUSPEND_SIGNAL
}

/// The signal that bdwgc restarts them with; here nobody sends it.
#[unsafe(no_mangle)]
pub extern "C" fn GC_get_thr_restart_signal() -> c_int {
    threads::RESTART_SIGNAL
}

/// There are no threads that help to mark, so none has to be started.
#[unsafe(no_mangle)]
pub extern "C" fn GC_start_mark_threads() {}

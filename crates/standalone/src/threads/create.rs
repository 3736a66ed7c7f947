//! Threads that are registered from their first to their last moment.

use super::blocking::do_blocking;
use super::lock::lock;
use super::record::Thread;
use super::registration::{allow_threads, begin, finish, forget_finished};
use super::registry::REGISTRY;
use super::{current, fork};
use crate::os::{OutOfMemory, futex};
use crate::roots::{AddressRange, provisional_stack_bounds};
use core::ffi::{c_int, c_void};
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use libc::{pthread_attr_t, pthread_t};

/// What `pthread_create` calls a start routine.
pub type StartRoutine = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

/// What the creator passes to the new thread. It lies on the creator's stack, which keeps the argument alive until the new
/// thread is registered. The first two fields are `struct start` in gcheap_native.c.
#[repr(C)]
struct Start {
    routine: StartRoutine,
    argument: *mut c_void,
    record: &'static Thread,
    /// 1 when the new thread does not need this any more.
    begun: AtomicU32,
}

unsafe extern "C" {
    /// `extern "C"` for `pthread_create`; what unwinds through it is none of Rust's.
    fn gcheap_native_thread_main(start: *mut c_void) -> *mut c_void;
}

/// `pthread_create`, with the same arguments and results, for a thread that uses heaps. It is registered before this
/// returns, and unregistered when it ends, also by `pthread_exit` or `pthread_cancel`. The result of a thread that is not
/// detached stays alive until [`join`] or [`detach`].
///
/// `EAGAIN` also means that there is no memory for the thread's record, or that the calling thread holds the global lock.
///
/// # Safety
/// As for `pthread_create`: `thread` can be written, `attributes` is NULL or initialised, and the routine may be called
/// with this argument in another thread.
pub unsafe fn create(
    thread: *mut pthread_t,
    attributes: *const pthread_attr_t,
    routine: StartRoutine,
    argument: *mut c_void,
) -> c_int {
    let Ok(record) = prepare() else { return libc::EAGAIN };
    // SAFETY: the caller's promise about the attributes.
    record.joinable.store(u8::from(unsafe { is_joinable(attributes) }), Relaxed);
    let mut start = Start { routine, argument, record, begun: AtomicU32::new(0) };
    // SAFETY: the caller's promises. The new thread uses `start` only until it sets `begun`, which is waited for.
    let error = unsafe { libc::pthread_create(thread, attributes, thread_main(), (&raw mut start).cast::<c_void>()) };
    if error != 0 {
        if let Ok(guard) = lock() {
            REGISTRY.recycle(&guard, record);
        }
        return error;
    }
    // What the argument points at is kept alive by this stack, so this thread need not be woken in order to be stopped.
    do_blocking(|| {
        while start.begun.load(Acquire) == 0 {
            futex::wait(&start.begun, 0, 0);
        }
    });
    0
}

/// Makes a record for a thread, in the creator: the new thread could not report that there is no memory.
fn prepare() -> Result<&'static Thread, OutOfMemory> {
    allow_threads().map_err(|_| OutOfMemory)?;
    let guard = lock().map_err(|_| OutOfMemory)?;
    fork::install_once(&guard);
    REGISTRY.new_record(&guard)
}

/// # Safety
/// `attributes` is NULL or initialised.
unsafe fn is_joinable(attributes: *const pthread_attr_t) -> bool {
    unsafe extern "C" {
        fn pthread_attr_getdetachstate(attributes: *const pthread_attr_t, state: *mut c_int) -> c_int;
    }
    let mut state = libc::PTHREAD_CREATE_JOINABLE;
    // SAFETY: the caller's promise; the state can be written.
    if !attributes.is_null() && unsafe { pthread_attr_getdetachstate(attributes, &raw mut state) } != 0 {
        return false;
    }
    state == libc::PTHREAD_CREATE_JOINABLE
}

/// The first function of a thread, in the type that the libc crate wants.
fn thread_main() -> extern "C" fn(*mut c_void) -> *mut c_void {
    // SAFETY: the types differ only in that this one says that it is safe to call, and only pthread_create does.
    unsafe {
        core::mem::transmute::<StartRoutine, extern "C" fn(*mut c_void) -> *mut c_void>(gcheap_native_thread_main)
    }
}

/// Registers a new thread. Called by `gcheap_native_thread_main`, before the start routine.
///
/// # Safety
/// `start` is what `create` passed to `pthread_create`.
#[unsafe(no_mangle)]
unsafe extern "C" fn gcheap_standalone_thread_begin(start: *mut Start) {
    // SAFETY: the creator keeps it until `begun` is 1.
    let (record, begun) = unsafe { ((*start).record, &raw const (*start).begun) };
    // This frame lies above the provisional base only if there is none; then nothing is scanned until `finish`.
    let bounds = provisional_stack_bounds().unwrap_or(AddressRange::EMPTY);
    // A thread that has just begun does not hold the lock.
    if let Ok(guard) = lock() {
        begin(&guard, record, bounds);
    }
    finish(record, true);
    // SAFETY: as above. After the store only the address is used.
    unsafe { (*begun).store(1, Release) };
    futex::wake_address(begun.addr(), 1);
}

/// Keeps the result of the calling thread alive until another thread has asked for it.
#[unsafe(no_mangle)]
extern "C" fn gcheap_standalone_thread_result(result: *mut c_void) {
    if let Some(me) = current::current() {
        me.result.store(result.expose_provenance(), Relaxed);
    }
}

/// `pthread_join`, for threads made by [`create`] and others: afterwards the thread's result is kept alive only by whoever
/// has it. (Plain `pthread_join` leaves a record of some 150 bytes, and the result alive, until the system uses the
/// `pthread_t` again.)
///
/// # Safety
/// As for `pthread_join`.
pub unsafe fn join(thread: pthread_t, result: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    let error = unsafe { libc::pthread_join(thread, result) };
    if error != 0 {
        return error;
    }
    if let Ok(guard) = lock() {
        forget_finished(&guard, thread as usize);
    }
    0
}

/// `pthread_detach`, for threads made by [`create`] and others: the thread's result is not kept alive.
///
/// # Safety
/// As for `pthread_detach`.
pub unsafe fn detach(thread: pthread_t) -> c_int {
    if let Ok(guard) = lock() {
        // Before the system may use the number for another thread.
        let of_thread = |record: &&Thread| record.pthread.load(Relaxed) == thread as usize;
        if let Some(record) = REGISTRY.iter(&guard).find(of_thread) {
            record.joinable.store(0, Relaxed);
        }
        forget_finished(&guard, thread as usize);
    }
    // SAFETY: the caller's promise.
    unsafe { libc::pthread_detach(thread) }
}

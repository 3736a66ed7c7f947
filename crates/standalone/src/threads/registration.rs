//! How a thread becomes known, and how it is forgotten.

use super::blocking::gcheap_standalone_leave_blocking as leave_blocking;
use super::lock::{Guard, LOCK, Reentered, lock};
use super::record::{State, Thread};
use super::registry::REGISTRY;
use super::{current, fork, signals};
use crate::os::{OutOfMemory, thread_id, thread_pointer};
use crate::roots::{AddressRange, provisional_stack_bounds, stack_bounds};
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// What [`register_current`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// The thread is registered now.
    Done,
    /// It was registered before. Nothing has changed.
    AlreadyRegistered,
}

/// Why a thread could not be registered. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError {
    /// It would be the second one, and [`allow_threads`] was not called.
    NotAllowed,
    /// The C library does not know the thread's stack.
    UnknownStack,
    /// The system refused memory, a signal handler, or a key for a value per thread.
    OutOfResources,
    /// The calling thread holds the global lock.
    Reentered,
}

impl From<OutOfMemory> for RegisterError {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfResources
    }
}

impl From<Reentered> for RegisterError {
    fn from(_: Reentered) -> Self {
        Self::Reentered
    }
}

/// The key whose destructor notices that a thread ends, plus 1; 0 before [`allow_threads`].
static KEY: AtomicU32 = AtomicU32::new(0);

/// The C library calls destructors in up to four rounds, as long as values are set. Those of the program may use the heap;
/// so ours lets them go first.
const ROUNDS_OF_OTHERS: u8 = 2;

/// Prepares for more than one thread: installs the signal handler, and makes the global lock a real one. To be called by
/// the only thread that uses heaps so far, before another one does. Later calls do nothing.
pub fn allow_threads() -> Result<(), RegisterError> {
    if LOCK.is_threaded() {
        return Ok(());
    }
    let guard = lock()?;
    let mut key = 0;
    // SAFETY: the destructor takes any value.
    if !signals::install() || unsafe { libc::pthread_key_create(&raw mut key, Some(on_thread_end)) } != 0 {
        return Err(RegisterError::OutOfResources);
    }
    KEY.store(key + 1, Release);
    LOCK.announce_threads();
    drop(guard);
    // The initial thread can end before the process does, too.
    if let Some(me) = current::current() {
        watch(me);
    }
    Ok(())
}

/// Whether the calling thread is registered. Async-signal-safe.
pub fn is_registered() -> bool {
    current::current().is_some()
}

/// Registers the calling thread: it will be stopped for collections, and its stack and static thread-local storage are
/// roots from then on. It need not be unregistered: that happens when it ends.
///
/// `base` is the end to which its stack is scanned; `None` lets the C library say. The first thread of all needs no
/// preparation, the second and all later ones need [`allow_threads`].
pub fn register_current(base: Option<usize>) -> Result<Registration, RegisterError> {
    if is_registered() {
        return Ok(Registration::AlreadyRegistered);
    }
    let bounds = match base {
        Some(base) => AddressRange::new(0, base),
        None => provisional_stack_bounds().ok_or(RegisterError::UnknownStack)?,
    };
    let guard = lock()?;
    if REGISTRY.count() != 0 && !LOCK.is_threaded() {
        return Err(RegisterError::NotAllowed);
    }
    fork::install_once(&guard);
    let record = REGISTRY.new_record(&guard)?;
    begin(&guard, record, bounds);
    drop(guard);
    finish(record, base.is_none());
    Ok(Registration::Done)
}

/// Makes a record the calling thread's, and links it.
pub(super) fn begin(guard: &Guard, record: &'static Thread, bounds: AddressRange) {
    // SAFETY: pthread_self has no preconditions.
    let pthread = unsafe { libc::pthread_self() } as usize;
    record.pthread.store(pthread, Relaxed);
    record.thread_id.store(thread_id(), Relaxed);
    record.thread_pointer.store(thread_pointer(), Relaxed);
    record.set_stack(bounds);
    // The number can be that of a thread that was joined without `join`.
    forget_finished(guard, pthread);
    current::set(Some(record));
    REGISTRY.link(guard, record);
}

/// What remains to be done when the calling thread is registered: now `malloc` may be this heap.
pub(super) fn finish(record: &'static Thread, find_bounds: bool) {
    if let Some(bounds) = find_bounds.then(stack_bounds).flatten() {
        record.set_stack(bounds);
    }
    signals::unblock();
    watch(record);
}

/// Removes the record of the thread with this `pthread_t` if the thread has ended.
pub(super) fn forget_finished(guard: &Guard, pthread: usize) {
    let finished = |thread: &&Thread| thread.state() == State::Finished && thread.pthread.load(Relaxed) == pthread;
    if let Some(thread) = REGISTRY.iter(guard).find(finished) {
        REGISTRY.remove(guard, thread);
    }
}

/// Sets another end to which the calling thread's stack is scanned: for programs that switch between stacks of their own
/// (coroutines), each time they switch. Returns false if the thread is not registered.
pub fn set_current_stack_base(base: usize) -> bool {
    let Some(me) = current::current() else { return false };
    me.set_stack(AddressRange::new(0, base));
    true
}

/// Forgets the calling thread. Returns false if it was not registered, or if it holds the global lock; then nothing has
/// changed. If the world is stopped, it waits.
pub fn unregister_current() -> bool {
    let Some(me) = current::current() else { return false };
    if me.state() == State::Blocking {
        leave_blocking();
    }
    let Ok(guard) = lock() else { return false };
    current::set(None);
    if me.joinable.load(Relaxed) == 1 {
        me.set_state(State::Finished);
    } else {
        REGISTRY.remove(&guard, me);
    }
    drop(guard);
    set_key(ptr::null());
    true
}

/// Has the C library call [`on_thread_end`] when the calling thread ends.
fn watch(record: &'static Thread) {
    set_key(ptr::from_ref(record).cast());
}

fn set_key(value: *const c_void) {
    if let Some(key) = KEY.load(Acquire).checked_sub(1) {
        // SAFETY: the key exists. If the C library has no memory for the value, the kernel tells that the thread is gone.
        unsafe { libc::pthread_setspecific(key, value) };
    }
}

/// The destructor of the key: called when a thread returns, calls `pthread_exit` or is cancelled.
unsafe extern "C" fn on_thread_end(value: *mut c_void) {
    let Some(me) = current::current() else { return };
    if me.rounds.fetch_add(1, Relaxed) < ROUNDS_OF_OTHERS {
        set_key(value);
    } else {
        unregister_current();
    }
}

//! What happens when the process forks. The child has one thread, the one that called `fork`; the others do not exist
//! there.

use super::current::current;
use super::lock::{Guard, LOCK, lock};
use super::registry::REGISTRY;
use super::rendezvous::RENDEZVOUS;
use crate::os::thread_id;
use crate::roots::note_fork;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::Relaxed;
use core::{mem, ptr};

/// Whether the handlers are installed.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether the fork under way has taken the lock. Only the holder of the lock changes it.
static HOLDS_LOCK: AtomicBool = AtomicBool::new(false);

/// Installs the handlers, if that has not been done.
pub(super) fn install_once(_: &Guard) {
    if !INSTALLED.swap(true, Relaxed) {
        // SAFETY: the handlers may be called at any time. If there is no memory, a child with threads cannot use heaps.
        unsafe { libc::pthread_atfork(Some(prepare), Some(in_parent), Some(in_child)) };
    }
}

/// Takes the lock, so that the child does not inherit a heap in the middle of an operation. A signal handler that has
/// interrupted such an operation and forks cannot: then the lock is held already, and both processes go on holding it.
unsafe extern "C" fn prepare() {
    if let Ok(guard) = lock() {
        HOLDS_LOCK.store(true, Relaxed);
        mem::forget(guard);
    }
}

unsafe extern "C" fn in_parent() {
    if LOCK.is_mine() && HOLDS_LOCK.swap(false, Relaxed) {
        LOCK.release();
    }
}

unsafe extern "C" fn in_child() {
    // The lock is this thread's either way, and no other thread exists.
    // SAFETY: nobody else has a guard: `prepare` has forgotten its own.
    let guard = unsafe { Guard::assume() };
    note_fork();
    RENDEZVOUS.forget();
    let me = current();
    for thread in REGISTRY.iter(&guard) {
        if !me.is_some_and(|me| ptr::eq(me, thread)) {
            REGISTRY.remove(&guard, thread);
        }
    }
    if let Some(me) = me {
        me.thread_id.store(thread_id(), Relaxed);
    }
    if HOLDS_LOCK.swap(false, Relaxed) {
        drop(guard);
    } else {
        mem::forget(guard);
    }
}

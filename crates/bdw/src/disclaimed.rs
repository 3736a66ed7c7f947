//! The objects that are shown to the program before they are freed ([`crate::disclaim`]), each with its kind.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_void};
use core::sync::atomic::{AtomicBool, Ordering};

use gcheap_standalone::memory::AddressMap;
use gcheap_standalone::threads::lock;

/// What is called with an object that is going to be freed. It is kept for another time if the answer is not 0.
pub type GC_disclaim_proc = extern "C" fn(object: *mut c_void) -> c_int;

/// What a kind has such a function for.
#[derive(Clone, Copy)]
pub(crate) struct Disclaimer {
    pub function: GC_disclaim_proc,
    /// Whether all objects keep what they lead to until they are freed themselves.
    pub keeps_contents: bool,
}

/// An object of such a kind.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub kind: usize,
    /// The next object of the chain that a collection makes of some of them; 0 at its end.
    pub next: usize,
}

struct Shared(UnsafeCell<AddressMap<Entry>>);

// SAFETY: the global lock protects it.
unsafe impl Sync for Shared {}

static OBJECTS: Shared = Shared(UnsafeCell::new(AddressMap::new()));

/// Whether there are such kinds.
static USED: AtomicBool = AtomicBool::new(false);

/// Calls `f` with the objects.
///
/// # Safety
/// The caller holds the lock, and `f` does not come here again.
pub(crate) unsafe fn objects<R>(f: impl FnOnce(&mut AddressMap<Entry>) -> R) -> R {
    // SAFETY: the caller's promise.
    f(unsafe { &mut *OBJECTS.0.get() })
}

/// An object has such a kind. Says whether there was memory for that.
pub(crate) fn note(object: *mut c_void, kind: usize) -> bool {
    let Ok(_guard) = lock() else { return false };
    // SAFETY: the lock is held, and the table calls nobody.
    unsafe { objects(|all| all.insert(object.addr(), Entry { kind, next: 0 }).is_ok()) }
}

/// The program frees an object itself. Nothing happens where it could not be freed, either, because the lock is held.
pub(crate) fn forget(object: *mut c_void) {
    if !USED.load(Ordering::Relaxed) {
        return;
    }
    if let Ok(_guard) = lock() {
        // SAFETY: the lock is held, and the table calls nobody.
        unsafe { objects(|all| all.remove(object.addr())) };
    }
}

/// The kind of an object, if it is such a one.
pub(crate) fn kind_of(object: *mut c_void) -> Option<usize> {
    if !USED.load(Ordering::Relaxed) {
        return None;
    }
    let _guard = lock().ok()?;
    // SAFETY: the lock is held, and the table calls nobody.
    unsafe { objects(|all| all.get(object.addr())) }.map(|entry| entry.kind)
}

/// For a collection: takes the first object of a chain. The caller holds the lock.
pub(crate) fn follow(chain: &mut usize) -> Option<(usize, usize)> {
    let object = *chain;
    // SAFETY: the lock is held, and the table calls nobody.
    let entry = unsafe { objects(|all| all.get(object)) }?;
    *chain = entry.next;
    Some((object, entry.kind))
}

/// Whether the program has such kinds.
pub(crate) fn is_used() -> bool {
    USED.load(Ordering::Relaxed)
}

/// The program has such kinds from now on.
pub(crate) fn set_used() {
    USED.store(true, Ordering::Relaxed);
}

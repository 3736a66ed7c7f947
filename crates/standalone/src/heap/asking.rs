//! What a collection asks the program: for more roots, and for the pointers in objects that the program has described.
//!
//! The program answers by calling [`mark_word`] and [`mark_words`], while the world is stopped. What these lead to is
//! marked at once, but for what further described objects lead to: they wait until the program has answered.

use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering::Relaxed};

use gcheap::AllocFlags;

use super::{Handle, Instance};
use crate::finalise::Contents;
use crate::os::OutOfMemory;
use crate::roots::AddressRange;

/// The heap whose collection is marking; NULL at other times. Only the holder of the global lock changes it.
static MARKING: AtomicPtr<Instance> = AtomicPtr::new(ptr::null_mut());
/// An object whose pointers to itself do not count at the moment; 0 if there is none.
static BUT_FOR: AtomicUsize = AtomicUsize::new(0);

/// The heap whose collection is marking, for the holder of the lock.
pub fn marking() -> Option<Handle> {
    // SAFETY: a heap is not deleted while a collection of it is under way.
    unsafe { Handle::from_ptr(MARKING.load(Relaxed)) }
}

/// For a function of the program that a collection calls: marks the object that a word points at, and all that it leads
/// to. A word that points into an object counts if such words in objects do. At other times nothing happens.
pub fn mark_word(word: usize) {
    let Some(heap) = marking() else { return };
    let object = heap.core().object_around(ptr::without_provenance(word)).addr();
    if object == 0 || object == BUT_FOR.load(Relaxed) || (object != word && !heap.follows_interior()) {
        return;
    }
    // SAFETY: one word.
    unsafe { heap.core().collect_root(&raw const object, 1) };
}

/// The same for all words of a range, as roots: a word counts, too, if it points into an object.
///
/// # Safety
/// The range can be read.
pub unsafe fn mark_words(range: AddressRange) {
    let Some(heap) = marking() else { return };
    let range = range.whole_words();
    // SAFETY: the caller's promise.
    unsafe {
        heap.core().collect_root_inside(ptr::with_exposed_provenance(range.start), range.bytes() / size_of::<usize>());
    }
}

/// Whether a collection has reached the object that an address lies in. `None` if there is no such object, or if no
/// collection is marking.
pub fn is_reached(address: usize) -> Option<bool> {
    let core = marking()?.core();
    let object = core.object_around(ptr::without_provenance(address));
    if object.is_null() { None } else { Some(core.is_reached(object)) }
}

/// The marking of a heap, from the roots until the dead are found. The caller holds the global lock.
pub(super) struct Asking(Handle);

impl Asking {
    pub fn begin(heap: Handle) -> Self {
        MARKING.store(heap.as_ptr(), Relaxed);
        Self(heap)
    }

    /// Lets the program mark its roots.
    pub fn for_roots(&self) {
        if let Some(hook) = self.0.hooks().more_roots {
            hook();
        }
    }

    /// Asks for the pointers in an object.
    fn for_pointers(&self, object: usize, description: usize) {
        if let Some(hook) = self.0.hooks().pointers {
            hook(ptr::with_exposed_provenance_mut::<c_void>(object), description);
        }
    }

    /// All that will be reached has been reached.
    pub fn end(self) {
        self.0.with_described(|all| all.end());
        MARKING.store(ptr::null_mut(), Relaxed);
    }
}

impl Contents for Asking {
    fn mark(&self, object: usize, but_for_itself: bool) {
        if let Some(description) = self.0.with_described(|all| all.get(object)) {
            BUT_FOR.store(if but_for_itself { object } else { 0 }, Relaxed);
            self.for_pointers(object, description);
            BUT_FOR.store(0, Relaxed);
        }
    }

    fn settle(&self) {
        let next = || self.0.with_described(|all| all.take());
        loop {
            let found = next().or_else(|| {
                // What the core has put off may lead to further ones.
                self.0.core().collect_settle();
                next()
            });
            let Some((object, description)) = found else { return };
            self.for_pointers(object, description);
        }
    }
}

impl Handle {
    /// Allocated without anything to scan, an object has its pointers where the program says so, whom every collection
    /// that reaches it asks, with this description ([`super::Hooks::pointers`]).
    pub fn describe(self, object: *mut u8, description: usize) -> Result<(), OutOfMemory> {
        self.with_described(|all| all.insert(object.addr(), description))
    }

    /// Calls `f`, in which no allocation collects.
    pub fn without_collections<R>(self, f: impl FnOnce() -> R) -> R {
        self.disable(true);
        let result = f();
        self.disable(false);
        result
    }

    /// Allocates an object, all 0; scanned or not.
    pub fn alloc_cleared(self, bytes: usize, scanned: bool) -> *mut u8 {
        self.alloc(bytes, if scanned { AllocFlags::NONE } else { AllocFlags::NO_SCAN })
    }

    /// Whether an address lies in an object where nobody looks for pointers.
    pub fn is_hidden(self, address: *const u8) -> bool {
        let object = self.core().object_around(address);
        !object.is_null() && self.core().is_no_scan(object) && self.description(object).is_none()
    }

    /// The object that an address lies in; NULL if it lies in none.
    pub fn base(self, address: *const u8) -> *mut u8 {
        self.core().object_around(address)
    }

    /// The description of an object, if it has one.
    pub fn description(self, object: *const u8) -> Option<usize> {
        self.with_described(|all| all.get(object.addr()))
    }
}

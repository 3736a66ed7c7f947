//! Freeing objects by hand.

use core::ptr;

use gcheap::config::BLOCK_BYTES;
use gcheap::{Host, Misuse};

use super::{Handle, Os};
use crate::threads::{Guard, is_sealed};

impl Handle {
    /// Frees an object at once; what was registered for it is forgotten.
    pub fn free(self, object: *mut u8) {
        self.free_unless(object, || false);
    }

    /// The same for the default heap, which may keep the object for the calling thread.
    pub fn free_or_keep(self, guard: &Guard, object: *mut u8) {
        self.free_unless(object, || !self.is_stressing() && self.put_returned(guard, object));
    }

    /// Frees an object, unless `keep` has kept it.
    #[inline(always)]
    fn free_unless(self, object: *mut u8, keep: impl FnOnce() -> bool) {
        if self.is_freed(object) {
            return self.refuse_freed(object);
        }
        self.forget_registered(object);
        if !keep() {
            let used = self.blocks_in_use();
            self.core().free(object);
            self.settle(used);
        }
    }

    /// Forgets what was registered for an object that is freed.
    #[inline]
    fn forget_registered(self, object: *mut u8) {
        if self.has_registered() {
            self.forget_all_of(object);
        }
    }

    /// Whether anything is registered for any object.
    #[inline]
    fn has_registered(self) -> bool {
        self.with_uncollectable(|all| !all.is_empty())
            || self.with_links(|links| !links.is_empty())
            || self.with_described(|all| !all.is_empty())
            || self.with_finalisers(|all| !all.is_empty())
    }

    #[inline(never)]
    fn forget_all_of(self, object: *mut u8) {
        self.with_uncollectable(|all| all.remove(object.addr()));
        self.with_finalisers(|all| all.forget(object.addr()));
        self.with_described(|all| all.forget(object.addr()));
        self.with_links(|links| {
            if !links.is_empty() {
                links.forget_inside(object.addr(), object.addr() + self.core().nbytes(object));
                links.clear_to(object.addr());
            }
        });
    }

    /// The object that an address lies in; NULL if it lies in none.
    pub fn object_around(self, address: *const u8) -> *mut u8 {
        let object = self.core().object_around(address);
        if self.is_freed(object) { ptr::null_mut() } else { object }
    }

    /// Whether an object was freed, and is kept for a thread's next allocation.
    pub(super) fn is_freed(self, object: *const u8) -> bool {
        let memory = self.memory();
        let offset = object.addr().wrapping_sub(memory.start);
        offset < memory.bytes() && offset % BLOCK_BYTES == 0 && is_sealed(object)
    }

    /// Reports an object that was freed already.
    #[cold]
    pub(super) fn refuse_freed(self, object: *const u8) {
        Os(self).misuse(Misuse::FreeBlock, object);
    }
}

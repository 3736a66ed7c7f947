//! The list of all registered threads.

use super::lock::Guard;
use super::record::Thread;
use crate::os::{OutOfMemory, pages};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicPtr, AtomicUsize};

/// The registry of this process.
pub(super) static REGISTRY: Registry = Registry {
    first: AtomicPtr::new(ptr::null_mut()),
    free: AtomicPtr::new(ptr::null_mut()),
    count: AtomicUsize::new(0),
};

/// Everything but [`Registry::count`] needs the global lock.
pub(super) struct Registry {
    first: AtomicPtr<Thread>,
    /// Records that are not in use, linked by `next`.
    free: AtomicPtr<Thread>,
    count: AtomicUsize,
}

impl Registry {
    /// The number of threads in the list.
    pub(super) fn count(&self) -> usize {
        self.count.load(Relaxed)
    }

    /// Returns a record that is in no list yet. It must be linked or recycled.
    pub(super) fn new_record(&self, _: &Guard) -> Result<&'static Thread, OutOfMemory> {
        if self.free.load(Relaxed).is_null() {
            self.add_page()?;
        }
        // SAFETY: the list is not empty now, and records exist for ever.
        let record = unsafe { &*self.free.load(Relaxed) };
        self.free.store(record.next.load(Relaxed), Relaxed);
        record.reset();
        Ok(record)
    }

    /// Takes a record that is in no list back.
    pub(super) fn recycle(&self, _: &Guard, thread: &'static Thread) {
        thread.next.store(self.free.load(Relaxed), Relaxed);
        self.free.store(ptr::from_ref(thread).cast_mut(), Relaxed);
    }

    /// Adds a record to the list.
    pub(super) fn link(&self, _: &Guard, thread: &'static Thread) {
        let first = self.first.load(Relaxed);
        let pointer = ptr::from_ref(thread).cast_mut();
        thread.next.store(first, Relaxed);
        thread.previous.store(ptr::null_mut(), Relaxed);
        // SAFETY: what is in the list is a record, and records exist for ever.
        if let Some(first) = unsafe { first.as_ref() } {
            first.previous.store(pointer, Relaxed);
        }
        self.first.store(pointer, Relaxed);
        self.count.store(self.count() + 1, Relaxed);
    }

    /// Takes a record off the list and recycles it.
    pub(super) fn remove(&self, guard: &Guard, thread: &'static Thread) {
        let (next, previous) = (thread.next.load(Relaxed), thread.previous.load(Relaxed));
        // SAFETY: as in `link`.
        if let Some(next) = unsafe { next.as_ref() } {
            next.previous.store(previous, Relaxed);
        }
        // SAFETY: as in `link`.
        match unsafe { previous.as_ref() } {
            Some(previous) => previous.next.store(next, Relaxed),
            None => self.first.store(next, Relaxed),
        }
        self.count.store(self.count() - 1, Relaxed);
        self.recycle(guard, thread);
    }

    /// The threads, the newest first. The one that was returned last may be removed meanwhile.
    pub(super) fn iter<'a>(&'a self, _: &'a Guard) -> impl Iterator<Item = &'static Thread> + 'a {
        let mut next = self.first.load(Relaxed);
        core::iter::from_fn(move || {
            // SAFETY: as in `link`.
            let thread = unsafe { next.as_ref() }?;
            next = thread.next.load(Relaxed);
            Some(thread)
        })
    }

    /// Fills a page with free records.
    fn add_page(&self) -> Result<(), OutOfMemory> {
        let bytes = pages::page_size();
        let records = pages::map(bytes)?.cast::<Thread>();
        for index in 0..bytes / size_of::<Thread>() {
            // SAFETY: the page is zero, which is a valid record; it has room for so many, and is never unmapped.
            let record = unsafe { &*records.as_ptr().add(index) };
            record.next.store(self.free.load(Relaxed), Relaxed);
            self.free.store(ptr::from_ref(record).cast_mut(), Relaxed);
        }
        Ok(())
    }
}

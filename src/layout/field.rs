//! A field of the storage that the host lends: read and written through a raw pointer, one value at a time.

use core::ptr::NonNull;

/// One field. No Rust reference into the storage ever exists, so the host may read and write it in any call (I4).
#[derive(Clone, Copy)]
pub(crate) struct Field<T>(NonNull<T>);

impl<T: Copy> Field<T> {
    /// # Safety
    /// `place` is aligned, holds a `T`, and belongs to the host or the heap for as long as the heap is used (I1, I2).
    pub unsafe fn new(place: NonNull<T>) -> Self {
        Self(place)
    }

    /// Where the field lies.
    pub fn address(&self) -> NonNull<T> {
        self.0
    }

    pub fn get(&self) -> T {
        // SAFETY: I1: the field lies in the storage that the host lends, aligned, and holds a plain number or pointer.
        unsafe { self.0.read() }
    }

    pub fn set(&self, value: T) {
        // SAFETY: I1, as above; I4: no reference to it exists.
        unsafe { self.0.write(value) }
    }
}

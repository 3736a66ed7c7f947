//! A vector on memory of the kernel.

use crate::os::{OutOfMemory, pages};
use core::ptr::NonNull;
use core::{mem, slice};

/// A vector that grows by `mremap` and never calls `malloc`. It maps nothing before the first element comes.
///
/// Growing moves pages, not bytes: a vector of a gigabyte needs no second gigabyte to grow.
#[derive(Debug)]
pub struct Growing<T: Copy> {
    start: NonNull<T>,
    length: usize,
    /// The length of the mapping in bytes; 0 if there is none.
    mapped: usize,
}

// SAFETY: the vector owns its memory, which is bound to no thread.
unsafe impl<T: Copy + Send> Send for Growing<T> {}
// SAFETY: a shared vector can only be read.
unsafe impl<T: Copy + Sync> Sync for Growing<T> {}

impl<T: Copy> Growing<T> {
    const ALIGNED: () = assert!(mem::align_of::<T>() <= 4096 && mem::size_of::<T>() > 0);

    /// An empty vector.
    pub const fn new() -> Self {
        () = Self::ALIGNED;
        Self { start: NonNull::dangling(), length: 0, mapped: 0 }
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The elements, in the order in which they were pushed.
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: `length` elements have been written at `start`, which is dangling only if there are none.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }

    /// As [`Self::as_slice`], to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [T] {
        // SAFETY: as above; the vector is borrowed mutably.
        unsafe { slice::from_raw_parts_mut(self.start.as_ptr(), self.length) }
    }

    /// The element at `index`, or `None` beyond the end.
    pub fn get(&self, index: usize) -> Option<T> {
        self.as_slice().get(index).copied()
    }

    /// Makes sure that `additional` more elements can be pushed without asking the system for memory.
    #[inline]
    pub fn reserve(&mut self, additional: usize) -> Result<(), OutOfMemory> {
        let length = self.length.checked_add(additional).ok_or(OutOfMemory)?;
        let needed = length.checked_mul(mem::size_of::<T>()).ok_or(OutOfMemory)?;
        if needed <= self.mapped { Ok(()) } else { self.grow(needed) }
    }

    /// Maps so many bytes, or more.
    #[cold]
    fn grow(&mut self, needed: usize) -> Result<(), OutOfMemory> {
        let bytes = pages::round_up(needed.max(self.mapped.saturating_mul(2))).ok_or(OutOfMemory)?;
        let start = if self.mapped == 0 {
            pages::map(bytes)?
        } else {
            // SAFETY: the mapping is this vector's, and it is borrowed mutably, so no address inside it is kept.
            unsafe { pages::grow(self.start.cast(), self.mapped, bytes)? }
        };
        self.start = start.cast();
        self.mapped = bytes;
        Ok(())
    }

    /// Appends an element. On failure the vector is as before.
    pub fn push(&mut self, element: T) -> Result<(), OutOfMemory> {
        self.reserve(1)?;
        // SAFETY: `reserve` made room for an element at `length`.
        unsafe { self.start.add(self.length).write(element) };
        self.length += 1;
        Ok(())
    }

    /// Inserts an element before the one at `index`, or at the end if there is none. On failure the vector is as before.
    pub fn insert(&mut self, index: usize, element: T) -> Result<(), OutOfMemory> {
        self.push(element)?;
        if let Some(after) = self.as_mut_slice().get_mut(index..) {
            after.rotate_right(1);
        }
        Ok(())
    }

    /// Removes and returns the last element; `None` if there is none.
    pub fn pop(&mut self) -> Option<T> {
        let last = self.as_slice().last().copied()?;
        self.length -= 1;
        Some(last)
    }

    /// Removes and returns the element at `index` and moves the last element to its place; `None` beyond the end.
    pub fn swap_remove(&mut self, index: usize) -> Option<T> {
        let removed = self.get(index)?;
        let last = self.pop()?;
        if let Some(place) = self.as_mut_slice().get_mut(index) {
            *place = last;
        }
        Some(removed)
    }

    /// Removes all elements for which `keep` is false. The others keep their order.
    pub fn retain(&mut self, mut keep: impl FnMut(&T) -> bool) {
        let mut kept = 0;
        let elements = self.as_mut_slice();
        for index in 0..elements.len() {
            if keep(&elements[index]) {
                elements[kept] = elements[index];
                kept += 1;
            }
        }
        self.length = kept;
    }

    /// Removes all elements from the one at `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }

    /// Removes all elements. The memory is kept for new ones.
    pub fn clear(&mut self) {
        self.length = 0;
    }
}

impl<T: Copy> Default for Growing<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Copy> Drop for Growing<T> {
    fn drop(&mut self) {
        if self.mapped != 0 {
            // SAFETY: the mapping is this vector's, and the vector is gone.
            unsafe { pages::unmap(self.start.cast(), self.mapped) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(count: usize) -> Growing<usize> {
        let mut vector = Growing::new();
        for number in 0..count {
            vector.push(number).unwrap();
        }
        vector
    }

    #[test]
    fn an_empty_vector_maps_nothing() {
        let vector = Growing::<u64>::new();
        assert_eq!((vector.len(), vector.mapped, vector.get(0)), (0, 0, None));
        assert!(vector.as_slice().is_empty());
    }

    #[test]
    fn elements_survive_growing() {
        let vector = numbers(100_000);
        assert!(vector.as_slice().iter().copied().eq(0..100_000));
    }

    #[test]
    fn pop_and_swap_remove() {
        let mut vector = numbers(4);
        assert_eq!(vector.swap_remove(1), Some(1));
        assert_eq!(vector.as_slice(), [0, 3, 2]);
        assert_eq!(vector.swap_remove(2), Some(2));
        assert_eq!(vector.swap_remove(2), None);
        assert_eq!((vector.pop(), vector.pop(), vector.pop()), (Some(3), Some(0), None));
    }

    #[test]
    fn insert_keeps_the_order() {
        let mut vector = numbers(3);
        vector.insert(1, 9).unwrap();
        vector.insert(4, 8).unwrap();
        assert_eq!(vector.as_slice(), [0, 9, 1, 2, 8]);
    }

    #[test]
    fn retain_keeps_the_order() {
        let mut vector = numbers(10);
        vector.retain(|number| number % 3 == 0);
        assert_eq!(vector.as_slice(), [0, 3, 6, 9]);
        vector.clear();
        assert!(vector.is_empty());
    }

    #[test]
    fn too_much_is_refused_and_changes_nothing() {
        let mut vector = numbers(3);
        assert_eq!(vector.reserve(usize::MAX), Err(OutOfMemory));
        let all_words = usize::MAX / size_of::<usize>();
        assert_eq!(vector.reserve(all_words - 3), Err(OutOfMemory));
        assert_eq!(vector.reserve(all_words - 2048), Err(OutOfMemory));
        assert_eq!(vector.as_slice(), [0, 1, 2]);
    }
}

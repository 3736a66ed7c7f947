//! A hash table from addresses to values.

use crate::os::{OutOfMemory, pages};
use core::mem;
use core::ptr::NonNull;

/// A hash table whose keys are addresses other than 0. It is made for hundreds of thousands of finalisers and weak
/// references: a lookup reads one cache line as a rule, an entry needs its key and its value and nothing else, at most
/// seven eighths of the slots are full, and nothing is mapped before the first entry comes.
///
/// Linear probing. An entry is removed by moving later ones back, so a table with much coming and going stays quick.
/// Only [`AddressMap::insert`] asks the system for memory; everything else may be called while the world is stopped.
#[derive(Debug)]
pub struct AddressMap<V: Copy> {
    slots: NonNull<Slot<V>>,
    /// The number of slots: 0 or a power of two.
    capacity: usize,
    /// The number of entries; less than `capacity` unless both are 0.
    length: usize,
}

/// An entry, or an empty slot, whose key is 0. A slot of zeros is empty; the value of an empty slot is never read.
#[derive(Clone, Copy)]
struct Slot<V: Copy> {
    key: usize,
    value: mem::MaybeUninit<V>,
}

// SAFETY: the table owns its memory, which is bound to no thread.
unsafe impl<V: Copy + Send> Send for AddressMap<V> {}
// SAFETY: a shared table can only be read.
unsafe impl<V: Copy + Sync> Sync for AddressMap<V> {}

impl<V: Copy> AddressMap<V> {
    const ALIGNED: () = assert!(mem::align_of::<Slot<V>>() <= 4096);

    /// An empty table.
    pub const fn new() -> Self {
        () = Self::ALIGNED;
        Self { slots: NonNull::dangling(), capacity: 0, length: 0 }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The memory that the table occupies, in bytes.
    pub fn bytes(&self) -> usize {
        self.capacity * mem::size_of::<Slot<V>>()
    }

    /// The value for `key`, or `None`. Key 0 has none.
    pub fn get(&self, key: usize) -> Option<V> {
        self.find(key).map(|index| self.value(index))
    }

    /// Whether there is an entry for `key`.
    pub fn contains(&self, key: usize) -> bool {
        self.find(key).is_some()
    }

    /// The value for `key`, to be changed, or `None`.
    pub fn get_mut(&mut self, key: usize) -> Option<&mut V> {
        let index = self.find(key)?;
        // SAFETY: `find` returns the index of a full slot, whose value is written; the table is borrowed mutably.
        Some(unsafe { (*self.slots.add(index).as_ptr()).value.assume_init_mut() })
    }

    /// Sets the value for `key` and returns the one that it had. Fails if the system refuses memory, or if `key` is 0; the
    /// table is then as before.
    pub fn insert(&mut self, key: usize, value: V) -> Result<Option<V>, OutOfMemory> {
        if key == 0 {
            return Err(OutOfMemory);
        }
        if let Some(old) = self.get_mut(key) {
            return Ok(Some(mem::replace(old, value)));
        }
        if self.length >= self.capacity / 8 * 7 {
            self.grow()?;
        }
        self.place(Slot { key, value: mem::MaybeUninit::new(value) });
        self.length += 1;
        Ok(None)
    }

    /// Removes the entry for `key` and returns its value; `None` if there is none.
    pub fn remove(&mut self, key: usize) -> Option<V> {
        let index = self.find(key)?;
        let value = self.value(index);
        self.remove_at(index);
        Some(value)
    }

    /// Calls `keep` once for each entry, in no particular order, and removes those for which it is false. It may change
    /// the values.
    pub fn retain(&mut self, mut keep: impl FnMut(usize, &mut V) -> bool) {
        if self.length == 0 {
            return;
        }
        // Removing an entry moves later ones of its cluster back by way of the same slot. So start after an empty slot:
        // then every cluster is met at its beginning, also the one that goes round the end of the table.
        let Some(empty) = (0..self.capacity).find(|&index| self.key(index) == 0) else { return };
        let mut index = self.next(empty);
        while index != empty {
            let key = self.key(index);
            // SAFETY: the slot is full if its key is not 0, and its value is written then.
            if key == 0 || keep(key, unsafe { (*self.slots.add(index).as_ptr()).value.assume_init_mut() }) {
                index = self.next(index);
            } else {
                self.remove_at(index);
            }
        }
    }

    /// The entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, V)> + '_ {
        (0..self.capacity).filter(|&index| self.key(index) != 0).map(|index| (self.key(index), self.value(index)))
    }

    /// Removes all entries and gives the memory back.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Doubles the number of slots; the first ones fill a page.
    fn grow(&mut self) -> Result<(), OutOfMemory> {
        let slot_bytes = mem::size_of::<Slot<V>>();
        let capacity = if self.capacity == 0 {
            let in_a_page = (pages::page_size() / slot_bytes).max(8);
            1 << in_a_page.ilog2()
        } else {
            self.capacity.checked_mul(2).ok_or(OutOfMemory)?
        };
        let bytes = capacity.checked_mul(slot_bytes).ok_or(OutOfMemory)?;
        let slots = pages::map(bytes)?.cast();
        let old = mem::replace(self, Self { slots, capacity, length: self.length });
        for index in (0..old.capacity).filter(|&index| old.key(index) != 0) {
            self.place(old.slot(index));
        }
        Ok(())
    }

    /// Puts an entry that is not in the table yet into the first empty slot from its home on.
    fn place(&mut self, entry: Slot<V>) {
        let mut index = self.home(entry.key);
        while self.key(index) != 0 {
            index = self.next(index);
        }
        // SAFETY: the index is less than `capacity`, and the table is borrowed mutably.
        unsafe { self.slots.add(index).write(entry) };
    }

    /// Empties a slot. Entries after it that could have been here, as far as their home is concerned, move back, so that
    /// no search ends at a gap before its entry.
    fn remove_at(&mut self, index: usize) {
        let mut gap = index;
        let mut index = index;
        loop {
            index = self.next(index);
            let key = self.key(index);
            if key == 0 {
                break;
            }
            let from_home = index.wrapping_sub(self.home(key)) & (self.capacity - 1);
            let from_gap = index.wrapping_sub(gap) & (self.capacity - 1);
            if from_home >= from_gap {
                let entry = self.slot(index);
                // SAFETY: the gap is an index less than `capacity`.
                unsafe { self.slots.add(gap).write(entry) };
                gap = index;
            }
        }
        // SAFETY: as above.
        unsafe { (*self.slots.add(gap).as_ptr()).key = 0 };
        self.length -= 1;
    }

    fn find(&self, key: usize) -> Option<usize> {
        if self.length == 0 || key == 0 {
            return None;
        }
        let mut index = self.home(key);
        loop {
            match self.key(index) {
                0 => return None,
                found if found == key => return Some(index),
                _ => index = self.next(index),
            }
        }
    }

    /// The slot where the search for a key begins: the upper bits of a product, because the lowest bits of addresses are
    /// all the same.
    fn home(&self, key: usize) -> usize {
        const GOLDEN: usize = 0x9E37_79B9_7F4A_7C15_u64 as usize | 1;
        key.wrapping_mul(GOLDEN) >> (usize::BITS - self.capacity.ilog2())
    }

    fn next(&self, index: usize) -> usize {
        (index + 1) & (self.capacity - 1)
    }

    fn key(&self, index: usize) -> usize {
        // SAFETY: indices are less than `capacity`; slots are zeroed when they are mapped, so each key is written.
        unsafe { (*self.slots.add(index).as_ptr()).key }
    }

    fn slot(&self, index: usize) -> Slot<V> {
        // SAFETY: as above; the value may be unwritten, and its type allows that.
        unsafe { self.slots.add(index).read() }
    }

    /// The value of a full slot.
    fn value(&self, index: usize) -> V {
        debug_assert!(self.key(index) != 0);
        // SAFETY: whoever wrote the key wrote the value too.
        unsafe { self.slot(index).value.assume_init() }
    }
}

impl<V: Copy> Default for AddressMap<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: Copy> Drop for AddressMap<V> {
    fn drop(&mut self) {
        if self.capacity != 0 {
            // SAFETY: the mapping is this table's, and the table is gone.
            unsafe { pages::unmap(self.slots.cast(), self.bytes()) }
        }
    }
}

#[cfg(test)]
mod tests;

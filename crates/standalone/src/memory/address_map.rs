//! A hash table from addresses to values.

use crate::memory::Growing;
use crate::os::OutOfMemory;
use core::mem;

/// A hash table whose keys are addresses other than 0. It is made for hundreds of thousands of finalisers and weak
/// references: nothing is mapped before the first entry comes, and an entry needs 8 to 12 bytes beside its key and its value.
///
/// The entries lie one after the other. Each is in a chain, which begins in one of the buckets:
///
/// ```text
///    buckets   │  │ 3│  │ 1│  │              place + 1 of an entry, or 0
///    entries   │ 0│ 1│ 2│ 3│…               key, value
///    next      │  │  │ 1│  │…               place + 1 of the next entry of the chain, or 0
/// ```
///
/// The table grows without a second copy of the entries. Neighbouring addresses have neighbouring buckets, and mostly
/// neighbouring entries, since they are often inserted one after the other: so few pages and cache lines are touched.
/// Only [`AddressMap::insert`] asks the system for memory; everything else may be called while the world is stopped.
#[derive(Debug)]
pub struct AddressMap<V: Copy> {
    entries: Growing<(usize, V)>,
    next: Growing<u32>,
    /// 0 or a power of two of them; never fewer than there are entries.
    buckets: Growing<u32>,
}

impl<V: Copy> AddressMap<V> {
    /// An empty table.
    pub const fn new() -> Self {
        Self { entries: Growing::new(), next: Growing::new(), buckets: Growing::new() }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The bytes that the entries, and what leads to them, take.
    pub fn bytes(&self) -> usize {
        let links = (self.next.len() + self.buckets.len()) * mem::size_of::<u32>();
        self.len() * mem::size_of::<(usize, V)>() + links
    }

    /// The value for `key`, or `None`. Key 0 has none.
    pub fn get(&self, key: usize) -> Option<V> {
        self.find(key).map(|place| self.entries.as_slice()[place].1)
    }

    /// Whether there is an entry for `key`.
    pub fn contains(&self, key: usize) -> bool {
        self.find(key).is_some()
    }

    /// The value for `key`, to be changed, or `None`.
    pub fn get_mut(&mut self, key: usize) -> Option<&mut V> {
        let place = self.find(key)?;
        Some(&mut self.entries.as_mut_slice()[place].1)
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
        self.entries.reserve(1)?;
        self.next.reserve(1)?;
        if self.len() >= self.buckets.len() {
            self.add_buckets()?;
        }
        self.entries.push((key, value))?;
        self.next.push(0)?;
        self.chain(self.len() - 1);
        Ok(None)
    }

    /// Removes the entry for `key` and returns its value; `None` if there is none.
    pub fn remove(&mut self, key: usize) -> Option<V> {
        let place = self.find(key)?;
        self.lead(place, self.next.as_slice()[place]);
        // The last entry moves to its place.
        let last = self.len() - 1;
        if place != last {
            self.lead(last, place as u32 + 1);
        }
        self.next.swap_remove(place);
        self.entries.swap_remove(place).map(|(_, value)| value)
    }

    /// Calls `keep` once for each entry, in no particular order, and removes those for which it is false. It may change
    /// the values.
    pub fn retain(&mut self, mut keep: impl FnMut(usize, &mut V) -> bool) {
        let all = self.entries.as_mut_slice();
        let (before, mut kept) = (all.len(), 0);
        for place in 0..before {
            let (key, mut value) = all[place];
            let stays = keep(key, &mut value);
            if stays {
                all[kept] = (key, value);
                kept += 1;
            }
        }
        if kept != before {
            self.entries.truncate(kept);
            self.next.truncate(kept);
            self.chain_all();
        }
    }

    /// The entries, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (usize, V)> + '_ {
        self.entries.as_slice().iter().copied()
    }

    /// The same, with values that can be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (usize, &mut V)> {
        self.entries.as_mut_slice().iter_mut().map(|(key, value)| (*key, value))
    }

    /// Removes all entries and gives the memory back.
    pub fn clear(&mut self) {
        *self = Self::new();
    }

    /// Doubles the number of buckets; the first ones fill a page.
    #[cold]
    fn add_buckets(&mut self) -> Result<(), OutOfMemory> {
        let more = self.buckets.len().max(1024);
        // Places are numbers of 32 bits.
        if self.buckets.len() + more > u32::MAX as usize {
            return Err(OutOfMemory);
        }
        self.buckets.reserve(more)?;
        for _ in 0..more {
            self.buckets.push(0)?;
        }
        self.chain_all();
        Ok(())
    }

    /// Makes all chains anew.
    fn chain_all(&mut self) {
        self.buckets.as_mut_slice().fill(0);
        (0..self.len()).for_each(|place| self.chain(place));
    }

    /// Puts an entry at the beginning of its chain.
    fn chain(&mut self, place: usize) {
        let bucket = self.bucket(self.entries.as_slice()[place].0);
        let first = mem::replace(&mut self.buckets.as_mut_slice()[bucket], place as u32 + 1);
        self.next.as_mut_slice()[place] = first;
    }

    /// Lets what leads to an entry lead to another one.
    fn lead(&mut self, place: usize, to: u32) {
        let bucket = self.bucket(self.entries.as_slice()[place].0);
        let next = self.next.as_mut_slice();
        let mut from = &mut self.buckets.as_mut_slice()[bucket];
        while *from != place as u32 + 1 {
            from = &mut next[*from as usize - 1];
        }
        *from = to;
    }

    fn find(&self, key: usize) -> Option<usize> {
        if self.is_empty() || key == 0 {
            return None;
        }
        let (entries, next) = (self.entries.as_slice(), self.next.as_slice());
        let mut at = self.buckets.as_slice()[self.bucket(key)];
        while at != 0 {
            let place = at as usize - 1;
            if entries[place].0 == key {
                return Some(place);
            }
            at = next[place];
        }
        None
    }

    /// The bucket of a key: 64 neighbouring words share 64 neighbouring buckets, which are where a product says. The lowest
    /// bits of the product count too, so addresses at equal distances do not meet in the same bucket.
    fn bucket(&self, key: usize) -> usize {
        const GOLDEN: usize = 0x9E37_79B9_7F4A_7C15_u64 as usize | 1;
        let word = key / mem::size_of::<usize>();
        let group = (word / 64).wrapping_mul(GOLDEN) >> (usize::BITS - self.buckets.len().ilog2());
        group ^ (word % 64)
    }
}

impl<V: Copy> Default for AddressMap<V> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests;

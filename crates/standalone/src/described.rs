//! Objects in which the program says where the pointers are. The heap itself does not scan them.

use crate::memory::AddressMap;
use crate::os::OutOfMemory;

/// What is known about such an object.
#[derive(Clone, Copy)]
struct Entry {
    /// What the program has said, in its own terms.
    description: usize,
    /// Whether the collection that is under way has reached the object.
    reached: bool,
    /// The object that was reached before it and waits, too; 0 if there is none.
    next: usize,
}

/// A heap's described objects.
///
/// Those that a collection has reached wait in a list that leads through the entries, so a collection needs no memory.
pub(crate) struct Described {
    objects: AddressMap<Entry>,
    /// The first object that waits to be looked into; 0 if there is none.
    waiting: usize,
}

impl Described {
    pub const fn new() -> Self {
        Self { objects: AddressMap::new(), waiting: 0 }
    }

    /// An object has this description from now on.
    pub fn insert(&mut self, object: usize, description: usize) -> Result<(), OutOfMemory> {
        self.objects.insert(object, Entry { description, reached: false, next: 0 }).map(|_| ())
    }

    /// The description of an object, if it has one.
    pub fn get(&self, object: usize) -> Option<usize> {
        self.objects.get(object).map(|entry| entry.description)
    }

    /// Whether no object has a description.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }

    /// The object is freed.
    pub fn forget(&mut self, object: usize) {
        self.objects.remove(object);
    }

    /// The object was moved.
    pub fn follow(&mut self, from: usize, to: usize) {
        if let Some(entry) = self.objects.remove(from) {
            // There is room: an entry has just gone.
            let _ = self.objects.insert(to, entry);
        }
    }

    /// A collection has reached an object. If it is a described one, it waits from now on.
    #[inline]
    pub fn reached(&mut self, object: usize) {
        let waiting = self.waiting;
        if let Some(entry) = self.objects.get_mut(object).filter(|entry| !entry.reached) {
            (entry.reached, entry.next) = (true, waiting);
            self.waiting = object;
        }
    }

    /// Takes an object that waits, with its description.
    pub fn take(&mut self) -> Option<(usize, usize)> {
        let object = self.waiting;
        let entry = self.objects.get(object)?;
        self.waiting = entry.next;
        Some((object, entry.description))
    }

    /// The collection has reached all that it will reach: forgets the other objects.
    pub fn end(&mut self) {
        self.objects.retain(|_, entry| core::mem::take(&mut entry.reached));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(objects: &[(usize, usize)]) -> Described {
        let mut all = Described::new();
        objects.iter().for_each(|&(object, description)| all.insert(object, description).unwrap());
        all
    }

    fn taken(all: &mut Described) -> Vec<(usize, usize)> {
        let mut found: Vec<_> = core::iter::from_fn(|| all.take()).collect();
        found.sort();
        found
    }

    #[test]
    fn what_is_reached_waits_once() {
        let mut all = described(&[(16, 1), (32, 2), (48, 3)]);
        [32, 16, 32, 64].into_iter().for_each(|object| all.reached(object));
        assert_eq!(taken(&mut all), [(16, 1), (32, 2)]);
        [48, 16].into_iter().for_each(|object| all.reached(object));
        assert_eq!(taken(&mut all), [(48, 3)]);
    }

    #[test]
    fn what_is_not_reached_is_forgotten_at_the_end() {
        let mut all = described(&[(16, 1), (32, 2), (48, 3)]);
        all.reached(32);
        assert_eq!(taken(&mut all), [(32, 2)]);
        all.end();
        assert_eq!([16, 32, 48].map(|object| all.get(object)), [None, Some(2), None]);
        all.reached(32);
        assert_eq!(taken(&mut all), [(32, 2)]);
    }

    #[test]
    fn descriptions_move_with_objects() {
        let mut all = described(&[(16, 1), (32, 2)]);
        all.follow(16, 64);
        all.follow(80, 96);
        all.forget(32);
        assert_eq!([16, 32, 64, 96].map(|object| all.get(object)), [None, None, Some(1), None]);
    }
}

//! Finalisers that are due: first come, first served.

use super::finaliser::Finaliser;
use crate::memory::Growing;
use crate::os::OutOfMemory;

/// An object whose finaliser is due; 0 if it was freed meanwhile.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due {
    pub object: usize,
    pub finaliser: Finaliser,
}

/// The queue. Room for every registered finaliser is made when it is registered, so that a collection needs no memory.
pub(super) struct Queue {
    due: Growing<Due>,
    /// How many from the front are gone.
    taken: usize,
    /// The objects that wait, in the order of their addresses, each with its place in `due`: for [`Queue::forget`]. Made when
    /// it is needed first after a collection: few programs free such objects by hand.
    places: Growing<(usize, usize)>,
    /// Whether `places` is what it should be.
    sorted: bool,
}

impl Queue {
    pub const fn new() -> Self {
        Self { due: Growing::new(), taken: 0, places: Growing::new(), sorted: false }
    }

    /// Makes room for so many in all.
    pub fn reserve(&mut self, registered: usize) -> Result<(), OutOfMemory> {
        self.due.reserve(registered)?;
        // Those that wait already are counted anew by every collection.
        self.places.reserve((registered + self.due.len()).saturating_sub(self.places.len()))
    }

    pub fn is_empty(&self) -> bool {
        self.taken == self.due.len()
    }

    pub fn waiting(&self) -> &[Due] {
        &self.due.as_slice()[self.taken..]
    }

    /// Appends one for which there is room. After the last one, [`Queue::index`] is called.
    pub fn push(&mut self, due: Due) {
        if self.is_empty() {
            self.due.clear();
            self.taken = 0;
        }
        // `reserve` has made room for as many as there are registered ones beside those that wait.
        let _ = self.due.push(due);
    }

    /// Forgets what was taken; [`Queue::forget`] and [`Queue::follow`] will have to look for what was pushed.
    pub fn index(&mut self) {
        let mut place = 0;
        self.due.retain(|due| {
            place += 1;
            place > self.taken && due.object != 0
        });
        self.taken = 0;
        self.sorted = false;
    }

    /// Sorts the objects that wait, at most once for each collection.
    #[cold]
    fn sort(&mut self) {
        self.places.clear();
        for (place, due) in self.due.as_slice().iter().enumerate() {
            // There is room for all that wait.
            let _ = self.places.push((due.object, place));
        }
        self.places.as_mut_slice().sort_unstable();
        self.sorted = true;
    }

    pub fn take(&mut self) -> Option<Due> {
        loop {
            let due = self.due.get(self.taken)?;
            self.taken += 1;
            if due.object != 0 {
                return Some(due);
            }
        }
    }

    /// The object is freed.
    pub fn forget(&mut self, object: usize) {
        self.rename(object, 0);
    }

    /// The object was moved.
    pub fn follow(&mut self, from: usize, to: usize) {
        if let Some((index, place)) = self.rename(from, to) {
            // Its entry moves to where the new address belongs.
            let places = self.places.as_mut_slice();
            let target = places.partition_point(|&(object, _)| object < to);
            let index = if target > index {
                places[index..target].rotate_left(1);
                target - 1
            } else {
                places[target..=index].rotate_right(1);
                target
            };
            places[index] = (to, place);
        }
    }

    /// Gives a waiting object another address. Returns the index of its entry in `places`, and its place.
    fn rename(&mut self, object: usize, name: usize) -> Option<(usize, usize)> {
        if self.is_empty() {
            return None;
        }
        if !self.sorted {
            self.sort();
        }
        let places = self.places.as_slice();
        let first = places.partition_point(|&(other, _)| other < object);
        // There can be several: of the objects that had this address one after the other only the last one waits.
        let same = places[first..].iter().take_while(|&&(other, _)| other == object);
        let waits = |place: usize| place >= self.taken && self.due.get(place).is_some_and(|due| due.object == object);
        let (offset, &(_, place)) = same.enumerate().find(|&(_, &(_, place))| waits(place))?;
        self.due.as_mut_slice()[place].object = name;
        Some((first + offset, place))
    }
}

#[cfg(test)]
mod tests {
    use super::super::finaliser::Order;
    use super::*;
    use core::ffi::c_void;
    use core::ptr;

    extern "C" fn nothing(_: *mut c_void, _: *mut c_void) {}

    fn queue(objects: &[usize]) -> Queue {
        let mut queue = Queue::new();
        queue.reserve(objects.len()).unwrap();
        for &object in objects {
            let finaliser = Finaliser { function: nothing, data: ptr::null_mut(), order: Order::NoOrder, offset: 0 };
            queue.push(Due { object, finaliser });
        }
        queue.index();
        queue
    }

    fn rest(queue: &mut Queue) -> Vec<usize> {
        std::iter::from_fn(|| queue.take()).map(|due| due.object).collect()
    }

    #[test]
    fn first_come_first_served() {
        assert_eq!(rest(&mut queue(&[50, 20, 90])), [50, 20, 90]);
    }

    #[test]
    fn what_is_freed_is_not_called() {
        let mut queue = queue(&[50, 20, 90, 70]);
        queue.take();
        for object in [90, 90, 50, 1, 100] {
            queue.forget(object);
        }
        assert_eq!(rest(&mut queue), [20, 70]);
        queue.forget(20);
    }

    #[test]
    fn what_moves_is_found_at_its_new_address() {
        for to in [10, 25, 60, 75, 100] {
            for from in [50, 20, 90, 70] {
                let mut queue = queue(&[50, 20, 90, 70]);
                queue.follow(from, to);
                let expected = [50, 20, 90, 70].map(|object| if object == from { to } else { object });
                queue.follow(to, 5);
                queue.follow(5, to);
                let mut copy = expected.to_vec();
                copy.retain(|&object| object != 20 && object != to);
                queue.forget(20);
                queue.forget(to);
                assert_eq!(rest(&mut queue), copy);
            }
        }
    }
}

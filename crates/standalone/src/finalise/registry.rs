//! Which objects have a finaliser, and which of them are dead.

use core::mem::size_of;
use core::ptr;

use gcheap::{Heap, Host};

use super::finaliser::{Finaliser, Order};
use super::queue::{Due, Queue};
use crate::memory::AddressMap;
use crate::os::OutOfMemory;

/// What objects lead to that the heap itself does not scan.
pub(crate) trait Contents {
    /// Marks what an object leads to, which is not marked; if so wished, but for itself.
    fn mark(&self, object: usize, but_for_itself: bool);

    /// Marks what those lead to that have been reached since the last time.
    fn settle(&self);
}

/// A heap's finalisers.
pub(crate) struct Finalisers {
    registered: AddressMap<Finaliser>,
    queue: Queue,
}

impl Finalisers {
    pub const fn new() -> Self {
        Self { registered: AddressMap::new(), queue: Queue::new() }
    }

    /// Sets the finaliser of an object, or removes it. Returns the one that it had.
    pub fn set(&mut self, object: usize, finaliser: Option<Finaliser>) -> Result<Option<Finaliser>, OutOfMemory> {
        let Some(finaliser) = finaliser else { return Ok(self.registered.remove(object)) };
        self.queue.reserve(self.registered.len() + 1)?;
        self.registered.insert(object, finaliser)
    }

    /// The object is freed.
    pub fn forget(&mut self, object: usize) {
        self.registered.remove(object);
        self.queue.forget(object);
    }

    /// The object was moved.
    pub fn follow(&mut self, from: usize, to: usize) {
        if let Some(finaliser) = self.registered.remove(from) {
            // There is room: an entry has just gone.
            let _ = self.registered.insert(to, finaliser);
        }
        self.queue.follow(from, to);
    }

    /// Whether there are none, neither registered nor due.
    pub fn is_empty(&self) -> bool {
        self.registered.is_empty() && self.queue.is_empty()
    }

    /// How many are registered.
    pub fn len(&self) -> usize {
        self.registered.len()
    }

    pub fn is_due(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The next one that is due.
    pub fn take(&mut self) -> Option<Due> {
        self.queue.take()
    }

    /// Calls `mark` with every word that is alive for their sake: data, and objects that wait to be finalised.
    pub fn each_kept(&self, mut mark: impl FnMut(usize)) {
        self.registered.iter().for_each(|(_, finaliser)| mark(finaliser.data.addr()));
        for due in self.queue.waiting() {
            mark(due.object);
            mark(due.finaliser.data.addr());
        }
    }

    /// Queues the finalisers of the dead. All roots are marked.
    ///
    /// First what every dead object leads to is marked, except where its order says otherwise: so an object stays unmarked
    /// only if no other one that is to be finalised leads to it. Then those are queued, and marked with all that they lead
    /// to, since their finalisers will see it. `inside`: whether a word that points into an object leads to it.
    pub fn queue_dead(&mut self, heap: &Heap<impl Host>, inside: bool, contents: &impl Contents) {
        if self.registered.is_empty() {
            return;
        }
        for (object, finaliser) in self.registered.iter() {
            if finaliser.order != Order::NoOrder && !is_reached(heap, object) {
                match finaliser.order {
                    Order::Ordered | Order::Unreachable => mark_contents(heap, inside, object, None, contents),
                    Order::IgnoreSelf => mark_contents(heap, inside, object, Some(object), contents),
                    Order::NoOrder => {}
                }
            }
        }
        contents.settle();
        let queue = &mut self.queue;
        let waited = queue.waiting().len();
        let mut others_wait = false;
        for last in [false, true] {
            if last && !others_wait {
                break;
            }
            let first = queue.waiting().len();
            self.registered.retain(|object, finaliser| {
                let comes_last = finaliser.order == Order::Unreachable && !last;
                others_wait |= comes_last;
                let stays = comes_last || is_reached(heap, object);
                if !stays {
                    queue.push(Due { object, finaliser: *finaliser });
                }
                stays
            });
            for some in queue.waiting()[first..].chunks(64) {
                let mut words = [0; 64];
                some.iter().zip(&mut words).for_each(|(due, word)| *word = due.object);
                // SAFETY: so many words of the array.
                unsafe { heap.collect_root(words.as_ptr(), some.len()) }
            }
            contents.settle();
        }
        if queue.waiting().len() != waited {
            queue.index();
        }
    }
}

fn is_reached(heap: &Heap<impl Host>, object: usize) -> bool {
    heap.is_reached(ptr::without_provenance(object))
}

/// Marks what an unmarked object leads to; `but_for` is the object itself if its pointers to itself do not count.
fn mark_contents(
    heap: &Heap<impl Host>,
    inside: bool,
    object: usize,
    but_for: Option<usize>,
    contents: &impl Contents,
) {
    let first = ptr::with_exposed_provenance::<usize>(object);
    let bytes = heap.nbytes(first.cast());
    if heap.is_no_scan(first.cast()) {
        return contents.mark(object, but_for.is_some());
    }
    let mark = |words: *const usize, len: usize| {
        // SAFETY: the callers' words.
        unsafe { if inside { heap.collect_root_inside(words, len) } else { heap.collect_root(words, len) } }
    };
    let Some(this) = but_for else { return mark(first, bytes / size_of::<usize>()) };
    for i in 0..bytes / size_of::<usize>() {
        // SAFETY: a word of the object.
        let word = unsafe { first.add(i).read_volatile() };
        if word.wrapping_sub(this) >= bytes {
            mark(&raw const word, 1);
        }
    }
}

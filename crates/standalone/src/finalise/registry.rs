//! Which objects have a finaliser, and which of them are dead.

use core::ffi::c_void;
use core::mem::size_of;
use core::ptr;

use super::queue::{Due, Queue};
use crate::heap::Core;
use crate::memory::AddressMap;
use crate::os::OutOfMemory;

/// A finaliser: called with the object and what was registered with it.
pub type Function = extern "C" fn(*mut c_void, *mut c_void);

/// When an object's finaliser is due. In all orders: when nothing reaches the object but what is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Order {
    /// After those of objects that lead to it. An object that leads to itself is never finalised. bdwgc:
    /// `GC_register_finalizer`.
    Ordered = 0,
    /// The same, but an object may point at itself. bdwgc: `GC_register_finalizer_ignore_self`.
    IgnoreSelf = 1,
    /// As soon as nothing that is alive reaches it, whatever other dead objects do. bdwgc:
    /// `GC_register_finalizer_no_order`.
    NoOrder = 2,
    /// After all others, when no finaliser of another order can bring the object back to life. bdwgc:
    /// `GC_register_finalizer_unreachable`.
    Unreachable = 3,
}

/// What is registered for an object.
#[derive(Clone, Copy, Debug)]
pub struct Finaliser {
    /// What is called.
    pub function: Function,
    /// What it is called with, beside the object. Alive as long as the finaliser is registered or due.
    pub data: *mut c_void,
    /// When.
    pub order: Order,
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
    pub fn each_kept(&self, mark: impl Fn(usize)) {
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
    pub fn queue_dead(&mut self, heap: &Core, inside: bool) {
        if self.registered.is_empty() {
            return;
        }
        for (object, finaliser) in self.registered.iter() {
            if !is_reached(heap, object) {
                match finaliser.order {
                    Order::Ordered | Order::Unreachable => mark_contents(heap, inside, object, None),
                    Order::IgnoreSelf => mark_contents(heap, inside, object, Some(object)),
                    Order::NoOrder => {}
                }
            }
        }
        let queue = &mut self.queue;
        let waited = queue.waiting().len();
        let first = waited;
        self.registered.retain(|object, finaliser| {
            let lives = is_reached(heap, object);
            if !lives && finaliser.order != Order::Unreachable {
                queue.push(Due { object, finaliser: *finaliser });
            }
            lives || finaliser.order == Order::Unreachable
        });
        for i in first..queue.waiting().len() {
            mark(heap, queue.waiting()[i].object);
        }
        let first = queue.waiting().len();
        self.registered.retain(|object, finaliser| {
            let lives = is_reached(heap, object);
            if !lives {
                queue.push(Due { object, finaliser: *finaliser });
            }
            lives
        });
        for i in first..queue.waiting().len() {
            mark(heap, queue.waiting()[i].object);
        }
        if queue.waiting().len() != waited {
            queue.index();
        }
    }
}

fn is_reached(heap: &Core, object: usize) -> bool {
    heap.is_reached(ptr::without_provenance(object))
}

fn mark(heap: &Core, word: usize) {
    // SAFETY: one word.
    unsafe { heap.collect_root(&raw const word, 1) }
}

/// Marks what an unmarked object leads to; `but_for` is the object itself if its pointers to itself do not count.
fn mark_contents(heap: &Core, inside: bool, object: usize, but_for: Option<usize>) {
    let first = ptr::with_exposed_provenance::<usize>(object);
    let bytes = heap.nbytes(first.cast());
    if heap.is_no_scan(first.cast()) {
        return;
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

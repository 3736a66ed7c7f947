//! What the runner shares with the callbacks that the heaps call in the middle of a call.

use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cover::{Count, Cover};
use crate::heaps::memory::{SIDE_BYTES, ZONES};
use crate::heaps::pair::Pair;
use crate::heaps::side::{AreaView, Info};
use crate::trace::{Act, Id, Span};

/// The size of the smallest block.
pub const OWNER_BYTES: usize = 4;

#[derive(Clone, Default)]
pub struct Object {
    /// Offset from the side's start; 0 until it is allocated. It stays when the object dies.
    pub at: usize,
    pub blocks: usize,
    pub live: bool,
    /// Position in the list of live objects.
    pub listed: usize,
    pub script: Vec<Act>,
}

/// What happened in a callback. Both sides must record the same events.
#[derive(Debug, PartialEq)]
pub enum Event {
    /// The heap asks for the finaliser of the object at this offset.
    Asked(usize),
    /// The heap calls the finaliser of the object at this offset.
    Called(usize),
    /// An act of a finaliser, and its result.
    Returned(Act, usize),
    Info(Info),
    Text(String),
    /// The object at this offset has a weak reference and is about to be freed.
    Dies(usize),
    /// All objects of the preceding `Dies` events have been freed.
    Gone,
    /// The heap asks for an area of this many bytes, and gets this memory.
    Lent(usize, Option<Span>),
    /// The heap returns the memory of an area.
    Back(Option<Span>),
}

/// The largest area that the heap may ask for. It is not in `Shared` because heaps ask while that is borrowed.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

pub fn set_limit(bytes: usize) -> usize {
    LIMIT.swap(bytes, Ordering::Relaxed)
}

pub fn limit() -> usize {
    LIMIT.load(Ordering::Relaxed)
}

pub struct Shared {
    pub pair: Pair,
    /// The side that is being called.
    pub side: usize,
    pub areas: [Vec<AreaView>; 2],
    pub objects: Vec<Object>,
    /// For each [`OWNER_BYTES`] of a side: one more than the id of the newest object at that offset, or 0.
    pub owner: Vec<Id>,
    /// The object that a realloc is working on. A finaliser must not free it: that would be an error in the trace.
    pub busy: Option<Id>,
    pub events: [Vec<Event>; 2],
    /// Objects with weak references that are about to be freed.
    pub dying: Vec<Id>,
    /// The memory in use in each zone, for each side.
    pub zones: [[Option<Span>; ZONES]; 2],
    /// Zones whose memory was lent, and is filled accordingly.
    pub lent: [bool; ZONES],
    pub cover: Cover,
}

thread_local! {
    static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// Calls `f` with the shared data. `f` must not call a function of a heap that could run a callback.
pub fn shared<T>(f: impl FnOnce(&mut Shared) -> T) -> T {
    SHARED.with_borrow_mut(|shared| f(shared.as_mut().expect("a runner exists")))
}

/// Creates the shared data, before the first call into a heap.
pub fn share(pair: Pair) {
    SHARED.set(Some(Shared {
        pair,
        side: 0,
        areas: [Vec::new(), Vec::new()],
        objects: Vec::new(),
        owner: vec![0; SIDE_BYTES / OWNER_BYTES],
        busy: None,
        events: [Vec::new(), Vec::new()],
        dying: Vec::new(),
        zones: [[None; ZONES]; 2],
        lent: [false; ZONES],
        cover: Cover::new(),
    }));
}

impl Shared {
    /// The newest object at an offset.
    pub fn owner_of(&self, at: usize) -> Option<Id> {
        self.owner.get(at / OWNER_BYTES)?.checked_sub(1)
    }

    /// Counts for one of the sides only, because both do the same.
    pub fn count(&mut self, count: Count) {
        if self.side == 0 {
            self.cover.one(count);
        }
    }
}

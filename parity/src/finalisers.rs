//! What finalisers do and see. They run in the middle of a call that the runner makes into a heap.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};

use crate::compare::{dump_room, without_addresses};
use crate::cover::{Count, Cover};
use crate::pair::{self, HEAD, MARK, Pair, SIDE_BYTES};
use crate::side::{AreaView, Info};
use crate::trace::{Act, Id};

#[derive(Clone, Default)]
pub struct Object {
    /// Offset from the side's start; 0 until it is allocated. Stays when it dies.
    pub at: usize,
    pub blocks: usize,
    pub live: bool,
    /// Place in the list of live objects.
    pub listed: usize,
    pub script: Vec<Act>,
}

/// What finalisers did, to be compared.
#[derive(Debug, PartialEq)]
pub enum Event {
    Asked(usize),
    Called(usize),
    Returned(Act, usize),
    Info(Info),
    Text(String),
}

/// What a finaliser needs to know. It is called from C, in the middle of a call that the runner makes.
pub struct Shared {
    pub pair: Pair,
    pub side: usize,
    pub areas: [Vec<AreaView>; 2],
    pub objects: Vec<Object>,
    /// The newest object at an offset, by 16 bytes; plus one.
    pub owner: Vec<Id>,
    /// The object that a realloc is working on: a finaliser that freed it would be the trace's mistake.
    pub busy: Option<Id>,
    pub events: [Vec<Event>; 2],
    pub cover: Cover,
}

thread_local! {
    static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// Runs with what the finalisers share. Not across a call into a heap that could run one.
pub fn shared<T>(f: impl FnOnce(&mut Shared) -> T) -> T {
    SHARED.with_borrow_mut(|shared| f(shared.as_mut().expect("a runner exists")))
}

pub extern "C" fn on_finaliser(object: *mut c_void, called: c_int) {
    shared(|shared| shared.finalise(object as usize, called != 0));
}

/// Readies `shared`.
pub fn share(pair: Pair) {
    SHARED.set(Some(Shared {
        pair,
        side: 0,
        areas: [Vec::new(), Vec::new()],
        objects: Vec::new(),
        owner: vec![0; SIDE_BYTES / 16],
        busy: None,
        events: [Vec::new(), Vec::new()],
        cover: Cover::new(),
    }));
}

impl Shared {
    fn finalise(&mut self, address: usize, called: bool) {
        let (pair, side) = (self.pair, self.side);
        let at = pair.offset(side, address);
        if !called {
            self.events[side].push(Event::Asked(at));
            return;
        }
        self.events[side].push(Event::Called(at));
        // An owner that is gone or nonsense shows by the event above.
        let Some(owner) = self.owner.get(at / 16).filter(|id| **id != 0) else { return };
        let script = self.objects[*owner as usize - 1].script.clone();
        for act in script {
            let event = self.act(act);
            self.events[side].extend(event);
        }
    }

    fn act(&mut self, act: Act) -> Option<Event> {
        let (pair, side) = (self.pair, self.side);
        let address = |shared: &Self, id: Id| {
            let object = shared.objects.get(id as usize).filter(|object| object.live)?;
            let address = pair.base[side] + object.at;
            let kind = pair::kind_at(&shared.areas[side], pair.block(), address)?;
            (shared.busy != Some(id) && (kind == HEAD || kind == MARK)).then_some(address)
        };
        let result = match act {
            Act::Free(id) => {
                pair.free(side, address(self, id)?);
                self.count(Count::finaliser_freed_another);
                0
            }
            Act::LockedFree(id) => {
                let address = address(self, id)?;
                pair.lock(side);
                pair.free(side, address);
                pair.unlock(side);
                self.count(Count::finaliser_free_locked);
                0
            }
            Act::Alloc(bytes) => {
                let address = pair.alloc(side, bytes, true);
                self.count(Count::finaliser_alloc_refused);
                pair.offset(side, address)
            }
            Act::Realloc(id, bytes) => {
                let address = pair.realloc(side, address(self, id)?, bytes, true);
                self.count(Count::finaliser_realloc_refused);
                pair.offset(side, address)
            }
            Act::Nbytes(id) => pair.nbytes(side, address(self, id)?),
            Act::Info => return Some(Event::Info(pair.info(side))),
            Act::Dump => {
                self.count(Count::finaliser_dumped);
                let mut text = Vec::with_capacity(dump_room(&self.areas[side]));
                pair.dump(side, true, &mut text);
                return Some(Event::Text(without_addresses(&text, &self.areas[side])));
            }
        };
        Some(Event::Returned(act, result))
    }

    /// Counts once for both sides.
    fn count(&mut self, count: Count) {
        if self.side == 0 {
            self.cover.one(count);
        }
    }
}

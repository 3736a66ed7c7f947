//! What finalisers do and see. They run in the middle of a call that the runner makes into a heap.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::compare::{dump_room, without_addresses};
use crate::cover::{Count, Cover};
use crate::pair::{self, HEAD, MARK, Pair, SIDE_BYTES, SPARE_ZONE, ZONE_BYTES, ZONES};
use crate::run::CANARY_BYTES;
use crate::side::{AreaView, Info};
use crate::trace::{Act, Id, Span};

/// The smallest block.
pub const OWNER_BYTES: usize = 4;

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
    /// An object with a weak reference is about to be freed; and all of those are.
    Dies(usize),
    Gone,
    /// The heap asks for an area of so many bytes, and where it gets it; or gives one back.
    Lent(usize, Option<Span>),
    Back(Option<Span>),
}

/// How large an area the heap may ask for. By itself, because heaps ask in the middle of everything.
static LIMIT: AtomicUsize = AtomicUsize::new(0);

pub fn set_limit(bytes: usize) -> usize {
    LIMIT.swap(bytes, Ordering::Relaxed)
}

/// What the memory of an area is filled with that the heap asks for.
pub const LENT_FILL: u8 = 0x5a;

/// What a finaliser needs to know. It is called from C, in the middle of a call that the runner makes.
pub struct Shared {
    pub pair: Pair,
    pub side: usize,
    pub areas: [Vec<AreaView>; 2],
    pub objects: Vec<Object>,
    /// The newest object at an offset, by [`OWNER_BYTES`]; plus one.
    pub owner: Vec<Id>,
    /// The object that a realloc is working on: a finaliser that freed it would be the trace's mistake.
    pub busy: Option<Id>,
    pub events: [Vec<Event>; 2],
    /// Objects whose weak references have been told of.
    dying: Vec<Id>,
    /// What each side has of each zone.
    pub zones: [[Option<Span>; ZONES]; 2],
    /// Zones whose memory was lent: filled as `lend` fills it.
    pub lent: [bool; ZONES],
    pub cover: Cover,
}

thread_local! {
    static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// Runs with what the finalisers share. Not across a call into a heap that could run one.
pub fn shared<T>(f: impl FnOnce(&mut Shared) -> T) -> T {
    SHARED.with_borrow_mut(|shared| f(shared.as_mut().expect("a runner exists")))
}

pub extern "C" fn on_finaliser(object: *mut c_void, what: c_int) {
    match what {
        2 => shared(|shared| shared.weakref_dies(object as usize)),
        3 => weakrefs_gone(),
        _ => shared(|shared| shared.finalise(object as usize, what != 0)),
    }
}

/// What a program does that waits for the death of objects. It may use the heap, so nothing is borrowed meanwhile.
fn weakrefs_gone() {
    let dying = shared(|shared| {
        let side = shared.side;
        shared.events[side].push(Event::Gone);
        std::mem::take(&mut shared.dying)
    });
    for id in dying {
        let (pair, side, script) =
            shared(|shared| (shared.pair, shared.side, shared.objects[id as usize].script.clone()));
        for act in script {
            let event = match act {
                // What nobody knows of must not stay.
                Act::Alloc(bytes) => {
                    let address = pair.alloc(side, bytes, false);
                    pair.free(side, address);
                    shared(|shared| shared.count(Count::weakref_callback_allocated));
                    Some(Event::Returned(act, pair.offset(side, address)))
                }
                Act::Collect => {
                    pair.collect(side);
                    shared(|shared| shared.count(Count::weakref_callback_collected));
                    None
                }
                Act::Realloc(..) | Act::Weakref(..) => None,
                other => shared(|shared| {
                    shared.areas[side] = pair.areas(side);
                    shared.act(other, 0)
                }),
            };
            shared(|shared| shared.events[side].extend(event));
        }
    }
}

pub extern "C" fn on_heap(what: c_int, bytes: usize, memory: *mut c_void) -> *mut c_void {
    match what {
        0 => LIMIT.load(Ordering::Relaxed) as *mut c_void,
        1 => shared(|shared| shared.lend(bytes)) as *mut c_void,
        _ => {
            shared(|shared| shared.take_back(memory as usize));
            std::ptr::null_mut()
        }
    }
}

/// Readies `shared`.
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
    fn finalise(&mut self, address: usize, called: bool) {
        let (pair, side) = (self.pair, self.side);
        let at = pair.offset(side, address);
        if !called {
            self.events[side].push(Event::Asked(at));
            return;
        }
        self.events[side].push(Event::Called(at));
        // An owner that is gone or nonsense shows by the event above.
        let Some(owner) = self.owner.get(at / OWNER_BYTES).filter(|id| **id != 0) else { return };
        let script = self.objects[*owner as usize - 1].script.clone();
        for act in script {
            let event = self.act(act, address);
            self.events[side].extend(event);
        }
    }

    fn weakref_dies(&mut self, address: usize) {
        let at = self.pair.offset(self.side, address);
        self.events[self.side].push(Event::Dies(at));
        if let Some(owner) = self.owner.get(at / OWNER_BYTES).filter(|id| **id != 0) {
            self.dying.push(*owner - 1);
        }
        self.count(Count::weakref_died);
    }

    /// Memory for an area: the first zone that is free, its start or its end. For some sizes there is none.
    fn lend(&mut self, bytes: usize) -> usize {
        let (pair, side) = (self.pair, self.side);
        let refused = bytes + 256 > ZONE_BYTES || bytes / 16 % 8 == 5;
        let zone = (0..SPARE_ZONE).find(|zone| self.zones[side][*zone].is_none() && !refused);
        let span = zone.map(|zone| {
            // Aligned as malloc would.
            let start = if zone % 2 == 0 { 0 } else { (ZONE_BYTES - 128 - bytes) & !15 };
            let mut span = Span { zone, start, end: start + bytes };
            while pair.fit(span, pair.library.area_bytes, 16) != span {
                (span.start, span.end) = (span.start + 16, span.end + 16);
            }
            let first = span.start.saturating_sub(CANARY_BYTES);
            let length = (span.end + CANARY_BYTES).min(ZONE_BYTES) - first;
            pair::bytes_mut(pair.span_start(side, Span { start: first, ..span }), length).fill(LENT_FILL);
            self.zones[side][zone] = Some(span);
            self.lent[zone] = true;
            span
        });
        self.events[side].push(Event::Lent(bytes, span));
        self.count(if span.is_some() { Count::area_grown } else { Count::area_refused });
        span.map_or(0, |span| pair.span_start(side, span))
    }

    fn take_back(&mut self, address: usize) {
        let (pair, side) = (self.pair, self.side);
        let mut mine = (0..SPARE_ZONE).filter_map(|zone| self.zones[side][zone]);
        let span = mine.find(|span| pair.span_start(side, *span) == address);
        if let Some(span) = span {
            self.zones[side][span.zone] = None;
        }
        self.events[side].push(Event::Back(span));
        self.count(Count::area_given_back);
    }

    /// `me`: the object whose finaliser acts, or 0.
    fn act(&mut self, act: Act, me: usize) -> Option<Event> {
        let (pair, side) = (self.pair, self.side);
        let address = |shared: &Self, id: Id| {
            let object = shared.objects.get(id as usize).filter(|object| object.live)?;
            let address = pair.base[side] + object.at;
            let kind = pair::kind_at(&shared.areas[side], pair.block(), address)?;
            (shared.busy != Some(id) && (kind == HEAD || kind == MARK)).then_some(address)
        };
        let has_weakref = |shared: &Self, address: usize| pair::has_weakref(&shared.areas[side], pair.block(), address);
        let result = match act {
            Act::Free(id) => {
                let address = address(self, id).filter(|address| !has_weakref(self, *address))?;
                pair.free(side, address);
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
                let address = address(self, id).filter(|address| !has_weakref(self, *address))?;
                let address = pair.realloc(side, address, bytes, true);
                self.count(Count::finaliser_realloc_refused);
                pair.offset(side, address)
            }
            // gc.c asserts that the object is not marked; and never tells of one in blocks that it has passed, eight at a
            // time, but leaves the bit to whatever comes to lie there.
            Act::Weakref(id) => {
                let address = address(self, id)?;
                let area = self.areas[side]
                    .iter()
                    .find(|area| (area.pool_start as usize..area.pool_end as usize).contains(&me))?;
                let group = 8 * pair.block();
                let (from, pool) = (me - area.pool_start as usize, area.pool_start as usize..area.pool_end as usize);
                if !pool.contains(&address)
                    || (address - pool.start) / group < from / group
                    || pair::kind_at(&self.areas[side], pair.block(), address) != Some(HEAD)
                {
                    return None;
                }
                pair.weakref_mark(side, address);
                self.count(Count::weakref_marked_by_finaliser);
                0
            }
            Act::Collect => return None,
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

//! Runs operations on both heaps and compares everything after each.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};

use crate::cover::{Count, Cover};
use crate::pair::{
    self, FREE, HEAD, MARK, Pair, ROOT_BUSY, SIDE_BYTES, SPARE_ZONE, TAIL, ZONE_BYTES, read, read_number,
};
use crate::random::{Random, mix};
use crate::side::{AreaView, Info};
use crate::trace::{Act, Before, Id, Op, Span, Value};

/// How the two heaps differ, in words.
#[derive(Debug)]
pub struct Divergence(pub String);

/// Fails with a sentence built from both sides' values.
macro_rules! same {
    ($left:expr, $right:expr, $($what:tt)*) => {
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(Divergence(format!("{}: gc.c {left:?}, libgcheap {right:?}", format!($($what)*))));
        }
    };
}

/// Bytes around an area that must stay as they were.
const CANARY_BYTES: usize = 64;

/// A heap with more live words than this gets them compared only now and then.
const ALL_WORDS: usize = 512;

/// A heap with more blocks than this is dumped only now and then, one with this many times as many has its gc_info
/// compared only now and then: both take gc.c a time in proportion to the heap.
const ALL_DUMPS: usize = 64;
const ALL_INFOS: usize = 1024;

#[derive(Clone, Default)]
struct Object {
    /// Offset from the side's start; 0 until it is allocated. Stays when it dies.
    at: usize,
    blocks: usize,
    live: bool,
    /// Place in the list of live objects.
    listed: usize,
    script: Vec<Act>,
}

/// What finalisers did, to be compared.
#[derive(Debug, PartialEq)]
enum Event {
    Asked(usize),
    Called(usize),
    Returned(Act, usize),
    Info(Info),
    Text(String),
}

/// What a finaliser needs to know. It is called from C, in the middle of a call that the runner makes.
struct Shared {
    pair: Pair,
    side: usize,
    areas: [Vec<AreaView>; 2],
    objects: Vec<Object>,
    /// The newest object at an offset, by 16 bytes; plus one.
    owner: Vec<Id>,
    /// The object that a realloc is working on: a finaliser that freed it would be the trace's mistake.
    busy: Option<Id>,
    events: [Vec<Event>; 2],
    cover: Cover,
}

thread_local! {
    static SHARED: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// Runs with what the finalisers share. Not across a call into a heap that could run one.
fn shared<T>(f: impl FnOnce(&mut Shared) -> T) -> T {
    SHARED.with_borrow_mut(|shared| f(shared.as_mut().expect("a runner exists")))
}

pub extern "C" fn on_finaliser(object: *mut c_void, called: c_int) {
    shared(|shared| shared.finalise(object as usize, called != 0));
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

/// Where a pointer points.
#[derive(Debug, PartialEq)]
#[allow(dead_code)] // for its picture
enum Place {
    Null,
    Block { area: usize, block: usize, byte: usize },
    Elsewhere(usize),
}

/// Runs one trace.
pub struct Runner {
    pair: Pair,
    /// All spans of the heap, first area first, and what lies around each.
    spans: Vec<Span>,
    canaries: Vec<[Vec<u8>; 2]>,
    junk: u64,
    live: Vec<Id>,
    calls: usize,
    /// Offsets where each pool starts and ends.
    pools: Vec<(usize, usize)>,
    /// Blocks of all areas.
    blocks: usize,
    /// Heads and tails.
    live_blocks: usize,
    texts: [Vec<u8>; 2],
    /// Seconds after which a trace counts as hanging.
    patience: u32,
}

impl Runner {
    /// Readies a process for any number of traces.
    pub fn new(pair: Pair, patience: u32) -> Self {
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
        Self {
            pair,
            spans: Vec::new(),
            canaries: Vec::new(),
            junk: 0,
            live: Vec::new(),
            calls: 0,
            pools: Vec::new(),
            blocks: 0,
            live_blocks: 0,
            texts: [Vec::new(), Vec::new()],
            patience,
        }
    }

    pub fn cover(&self) -> Cover {
        shared(|shared| shared.cover.clone())
    }

    /// Objects that are alive, in no order.
    pub fn live(&self) -> &[Id] {
        &self.live
    }

    /// How many blocks a live object has.
    pub fn blocks_of(&self, id: Id) -> usize {
        shared(|shared| shared.objects[id as usize].blocks)
    }

    pub fn is_live(&self, id: Id) -> bool {
        shared(|shared| shared.objects.get(id as usize).is_some_and(|object| object.live))
    }

    /// Blocks of the whole heap.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    pub fn live_blocks(&self) -> usize {
        self.live_blocks
    }

    pub fn calls(&self) -> usize {
        self.calls
    }

    pub fn lock_depth(&self) -> usize {
        read(self.pair.side(0).lock_depth)
    }

    /// Offsets where each pool of the heap starts and ends.
    pub fn pools(&self) -> &[(usize, usize)] {
        &self.pools
    }

    /// An offset from a side's start, said in terms of the heap.
    fn place(&self, at: usize) -> Place {
        if at == 0 {
            return Place::Null;
        }
        let within = |(start, end): &(usize, usize)| (*start..*end).contains(&at);
        let Some(area) = self.pools.iter().position(within) else { return Place::Elsewhere(at) };
        let from = at - self.pools[area].0;
        Place::Block { area, block: from / self.pair.block(), byte: from % self.pair.block() }
    }

    fn count(&self, count: Count) {
        shared(|shared| shared.cover.one(count));
    }

    /// Does the same on both sides; what it returns of each.
    fn both<T>(&self, f: impl Fn(usize) -> T) -> [T; 2] {
        [0, 1].map(|side| {
            shared(|shared| shared.side = side);
            f(side)
        })
    }

    /// The same, for a function that returns an address: as offsets.
    fn both_at(&self, f: impl Fn(usize) -> usize) -> [usize; 2] {
        self.both(|side| self.pair.offset(side, f(side)))
    }

    /// Starts a trace: gc_init.
    pub fn start(&mut self, span: Span, junk: u64, before: Before) -> Result<(), Divergence> {
        let pair = self.pair;
        pair.alarm(self.patience);
        shared(|shared| {
            for object in &shared.objects {
                shared.owner[object.at / 16] = 0;
            }
            shared.objects.clear();
            shared.events = [Vec::new(), Vec::new()];
            shared.busy = None;
            shared.cover.one(Count::traces);
        });
        self.spans.clear();
        self.canaries.clear();
        self.live.clear();
        (self.calls, self.live_blocks, self.junk) = (0, 0, junk);
        for side in 0..2 {
            for root in 0..pair::ROOTS {
                pair.set_root(side, root, 0);
            }
            match before {
                Before::Zero => pair.state(side).fill(0),
                Before::Junk => pair.state(side).fill(0xa5),
                Before::Keep => {}
            }
            pair::write(pair.side(side).lock_depth, if before == Before::Zero { 0 } else { 6 });
        }
        self.prepare(span);
        self.both(|side| pair.init(side, span));
        self.new_area()
    }

    /// Fills the memory of a new area, and remembers what is around it.
    fn prepare(&mut self, span: Span) {
        let pair = self.pair;
        let (first, last) = (span.start.saturating_sub(CANARY_BYTES), (span.end + CANARY_BYTES).min(ZONE_BYTES));
        let zone = pair::zone_start(span.zone);
        let mut random = Random::new(self.junk ^ span.start as u64);
        let pattern = [0xff, 0xaa, 0x55, 0][(self.junk % 4) as usize];
        for (side, base) in pair.base.into_iter().enumerate() {
            let memory = pair::bytes_mut(base + zone + first, last - first);
            if side == 1 {
                memory.copy_from_slice(pair::bytes(pair.base[0] + zone + first, last - first));
            } else if self.junk == 0 || pattern != 0 {
                memory.fill(if self.junk == 0 { 0 } else { pattern });
            } else {
                memory.chunks_mut(8).for_each(|chunk| {
                    let bytes = random.next().to_le_bytes();
                    chunk.copy_from_slice(&bytes[..chunk.len()]);
                });
            }
        }
        // The heap ends at a block boundary: what is behind it is not its own.
        let start = pair.span_start(0, span);
        let end = pair.span_end(0, span) & !(pair.block() - 1);
        let limits = [(pair.base[0] + zone + first, start), (end, pair.base[0] + zone + last)];
        self.canaries.push(limits.map(|(from, to)| pair::bytes(from, to - from).to_vec()));
        self.spans.push(span);
    }

    /// Compares the shape of the heap after gc_init or gc_add.
    fn new_area(&mut self) -> Result<(), Divergence> {
        let pair = self.pair;
        let areas = [pair.areas(0), pair.areas(1)];
        self.same_shape(&areas)?;
        self.blocks = areas[0].iter().map(pair::blocks).sum();
        let place = |pointer: *mut u8| pair.offset(0, pointer as usize);
        self.pools = areas[0].iter().map(|area| (place(area.pool_start), place(area.pool_end))).collect();
        let room = dump_room(&areas[0]);
        for text in &mut self.texts {
            text.clear();
            text.reserve(room);
        }
        shared(|shared| shared.areas = areas);
        self.compare(true)
    }

    fn same_shape(&self, areas: &[Vec<AreaView>; 2]) -> Result<(), Divergence> {
        let pair = self.pair;
        same!(areas[0].len(), areas[1].len(), "number of areas");
        same!(areas[0].len(), self.spans.len(), "number of areas, and of spans");
        for (n, (left, right)) in areas[0].iter().zip(&areas[1]).enumerate() {
            same!(left.atb_bytes, right.atb_bytes, "ATB bytes of area {n}");
            let place = |side, pointer: *mut u8| pair.offset(side, pointer as usize);
            same!(place(0, left.pool_start), place(1, right.pool_start), "offset of pool start of area {n}");
            same!(place(0, left.pool_end), place(1, right.pool_end), "offset of pool end of area {n}");
            // Where the tables lie is each heap's own matter, as long as it is inside the memory that it was given.
            let (start, end) = (pair.span_start(1, self.spans[n]), right.pool_start as usize);
            let mut tables = [(right.atb as usize, right.atb_bytes), (right.ftb as usize, pair::ftb(right).len())];
            tables.sort_unstable();
            let mut from = start;
            for (table, length) in tables {
                if length > 0 && (table < from || table + length > end) {
                    return Err(Divergence(format!(
                        "libgcheap's tables of area {n} overlap or leave the memory: {right:?}"
                    )));
                }
                from = from.max(table + length);
            }
        }
        Ok(())
    }

    /// Runs an operation. True if it called the heaps.
    pub fn step(&mut self, op: &Op) -> Result<bool, Divergence> {
        let pair = self.pair;
        let collections = read(pair.side(0).collections);
        let locked = self.lock_depth() != 0;
        let due = read_number(pair.side(0).alloc_amount) >= read_number(pair.side(0).alloc_threshold);
        let mut touched = None;
        match *op {
            Op::Alloc { id, bytes, finaliser, noise, by_realloc } => {
                if shared(|shared| shared.objects.get(id as usize).is_some_and(|object| object.at != 0)) {
                    return Ok(false);
                }
                let result = self.both_at(|side| {
                    if by_realloc { pair.realloc(side, 0, bytes, true) } else { pair.alloc(side, bytes, finaliser) }
                });
                same!(self.place(result[0]), self.place(result[1]), "result of {op}");
                if read(pair.side(0).collections) != collections {
                    self.bury(result[0], None);
                    self.count(if due { Count::alloc_threshold_collection } else { Count::alloc_after_collection });
                }
                let finaliser = finaliser && !by_realloc && self.has_finalisers();
                self.count(match () {
                    () if locked => Count::alloc_locked,
                    () if by_realloc => Count::alloc_by_realloc,
                    () if finaliser => Count::alloc_finaliser,
                    () => Count::alloc,
                });
                touched = self.allocated(id, bytes, finaliser, noise, result[0])?;
            }
            Op::Realloc { id, bytes, may_move } => {
                let Some(old) = self.live_object(id) else { return Ok(false) };
                // On a real stack there would be a pointer to the object.
                for side in 0..2 {
                    pair.set_root(side, ROOT_BUSY, pair.base[side] + old.at);
                }
                shared(|shared| shared.busy = Some(id));
                let result = self.both_at(|side| pair.realloc(side, pair.base[side] + old.at, bytes, may_move));
                shared(|shared| shared.busy = None);
                for side in 0..2 {
                    pair.set_root(side, ROOT_BUSY, 0);
                }
                same!(self.place(result[0]), self.place(result[1]), "result of {op}");
                if read(pair.side(0).collections) != collections {
                    self.bury(result[0], Some(id));
                    self.count(Count::realloc_after_collection);
                }
                touched = self.reallocated(id, old, bytes, may_move, locked, result[0])?;
            }
            Op::Free(id) => {
                let Some(old) = self.live_object(id) else { return Ok(false) };
                self.both(|side| pair.free(side, pair.base[side] + old.at));
                self.count(if locked { Count::free_locked } else { Count::free });
                if !locked {
                    self.die(id);
                }
            }
            Op::FreeNull => {
                self.both(|side| pair.free(side, 0));
                self.count(Count::free_null);
            }
            Op::Nbytes(value) => {
                let Some(words) = self.words(value) else { return Ok(false) };
                let lengths = self.both(|side| pair.nbytes(side, words[side]));
                same!(lengths[0], lengths[1], "result of {op}");
                self.count(if lengths[0] == 0 { Count::nbytes_of_other } else { Count::nbytes_of_object });
            }
            Op::Write { id, word, value } => {
                self.write(id, word, value);
                return Ok(false);
            }
            Op::Root { at, value } => {
                if let Some(words) = self.words(value) {
                    (0..2).for_each(|side| pair.set_root(side, at, words[side]));
                }
                return Ok(false);
            }
            Op::Script { id, ref acts } => {
                shared(|shared| {
                    if let Some(object) = shared.objects.get_mut(id as usize) {
                        object.script.clone_from(acts);
                    }
                });
                return Ok(false);
            }
            Op::Collect => {
                let overflows = read(pair.side(0).overflows);
                let full = self.live_blocks == self.blocks;
                self.both(|side| pair.collect(side));
                let freed = self.bury(0, None);
                self.count(if freed > 0 { Count::collect_freed } else { Count::collect_freed_none });
                if locked {
                    self.count(Count::collect_under_lock);
                }
                if full {
                    self.count(Count::collect_in_full_heap);
                }
                if read(pair.side(0).overflows) > overflows {
                    self.count(Count::stack_overflow);
                    if full {
                        self.count(Count::stack_overflow_in_full_heap);
                    }
                }
            }
            Op::Sweep => {
                self.both(|side| pair.sweep_all(side));
                self.bury(0, None);
                self.count(Count::sweep_all);
            }
            Op::Lock => {
                // The depth is 16 bits wide.
                if self.lock_depth() > 1000 {
                    return Ok(false);
                }
                self.both(|side| pair.lock(side));
            }
            Op::Unlock => {
                if !locked {
                    return Ok(false);
                }
                self.both(|side| pair.unlock(side));
            }
            Op::Auto(on) => {
                (0..2).for_each(|side| pair::write(pair.side(side).auto_collect, on.into()));
                return Ok(false);
            }
            Op::Threshold(blocks) => {
                (0..2).for_each(|side| pair::write(pair.side(side).alloc_threshold, blocks));
                return Ok(false);
            }
            Op::Add(span) => {
                if pair.side(0).add.is_none() || self.spans.iter().any(|other| other.zone == span.zone) {
                    return Ok(false);
                }
                if self.calls > 0 {
                    self.count(Count::area_added_late);
                }
                self.prepare(span);
                self.both(|side| pair.add(side, span));
                self.calls += 1;
                self.count(Count::calls);
                self.new_area()?;
                return Ok(true);
            }
            Op::Detour { bytes, seed } => {
                if locked {
                    return Ok(false);
                }
                self.detour(bytes, seed)?;
                self.count(Count::detour);
            }
        }
        self.calls += 1;
        self.count(Count::calls);
        if let Some(id) = touched {
            self.same_words(id)?;
        }
        self.compare(false)?;
        Ok(true)
    }

    fn live_object(&self, id: Id) -> Option<Object> {
        shared(|shared| {
            shared
                .objects
                .get(id as usize)
                .filter(|object| object.live)
                .map(|object| Object { script: vec![], ..*object })
        })
    }

    /// A value on both sides, unless it names an object that never was.
    fn words(&self, value: Value) -> Option<[usize; 2]> {
        shared(|shared| {
            let object = |id: Id| shared.objects.get(id as usize).map(|object| object.at).filter(|at| *at != 0);
            Some([self.pair.word(0, value, object)?, self.pair.word(1, value, object)?])
        })
    }

    fn write(&self, id: Id, word: usize, value: Value) {
        let Some(object) = self.live_object(id) else { return };
        let Some(words) = self.words(value) else { return };
        let length = object.blocks * self.pair.block() / size_of::<usize>();
        if word < length {
            (0..2).for_each(|side| pair::words_mut(self.pair.base[side] + object.at, length)[word] = words[side]);
        }
    }

    /// Takes note of what gc_alloc returned, and looks at the new memory before anything is written to it.
    fn allocated(
        &mut self,
        id: Id,
        bytes: usize,
        finaliser: bool,
        noise: bool,
        at: usize,
    ) -> Result<Option<Id>, Divergence> {
        if at == 0 {
            self.count(match bytes {
                0 => Count::alloc_of_nothing,
                _ if bytes.div_ceil(self.pair.block()) > self.blocks => Count::alloc_of_too_much,
                _ => Count::alloc_null,
            });
            return Ok(None);
        }
        let blocks = bytes.div_ceil(self.pair.block());
        shared(|shared| {
            let first = &shared.areas[0][0];
            if !(first.pool_start as usize..first.pool_end as usize).contains(&(self.pair.base[0] + at)) {
                shared.cover.one(Count::alloc_in_later_area);
            }
            if shared.objects.len() <= id as usize {
                shared.objects.resize(id as usize + 1, Object::default());
            }
        });
        if self.live_blocks + blocks == self.blocks {
            self.count(Count::alloc_fills_heap);
        }
        self.born(id, at, blocks);
        let whole = self.clears() || finaliser;
        let length = blocks * self.pair.block();
        for side in 0..2 {
            let memory = pair::bytes(self.pair.base[side] + at, length);
            let known = if self.clears() { 0 } else { bytes.min(length) };
            let pointer = if whole { size_of::<usize>() } else { 0 };
            if memory[known..].iter().chain(&memory[..pointer]).any(|byte| *byte != 0) {
                return Err(Divergence(format!("side {side}: new memory is not zeroed")));
            }
        }
        if noise || !self.clears() {
            let words = if noise { length } else { bytes }.div_ceil(size_of::<usize>());
            self.fill(id, usize::from(finaliser), words);
        }
        Ok(Some(id))
    }

    /// Takes note of what gc_realloc returned. The object had `old.blocks` blocks at `old.at`.
    fn reallocated(
        &mut self,
        id: Id,
        old: Object,
        bytes: usize,
        may_move: bool,
        locked: bool,
        at: usize,
    ) -> Result<Option<Id>, Divergence> {
        let block = self.pair.block();
        let blocks = bytes.div_ceil(block);
        if at == 0 {
            let count = match bytes {
                0 => Count::realloc_to_nothing,
                _ if locked => Count::realloc_locked,
                _ if may_move => Count::realloc_no_room,
                _ => Count::realloc_may_not_move,
            };
            self.count(count);
            if bytes == 0 && !locked {
                self.die(id);
                return Ok(None);
            }
            return Ok(Some(id));
        }
        self.count(match () {
            () if at != old.at => Count::realloc_moves,
            () if blocks == old.blocks => Count::realloc_same,
            () if blocks < old.blocks => Count::realloc_shrinks,
            () => Count::realloc_grows_in_place,
        });
        if blocks != old.blocks || at != old.at {
            self.die(id);
            self.born(id, at, blocks);
        }
        if blocks > old.blocks {
            let known = if self.clears() { old.blocks * block } else { bytes };
            for side in 0..2 {
                let memory = pair::bytes(self.pair.base[side] + at, blocks * block);
                if memory[known..].iter().any(|byte| *byte != 0) {
                    return Err(Divergence(format!("side {side}: new memory is not zeroed")));
                }
            }
            if !self.clears() {
                self.fill(id, old.blocks * block / size_of::<usize>(), bytes.div_ceil(size_of::<usize>()));
            }
        }
        Ok(Some(id))
    }

    fn clears(&self) -> bool {
        self.pair.library.clears
    }

    fn has_finalisers(&self) -> bool {
        shared(|shared| !shared.areas[0][0].ftb.is_null())
    }

    /// Fills words of an object with numbers that are no addresses.
    fn fill(&self, id: Id, from: usize, to: usize) {
        let Some(object) = self.live_object(id) else { return };
        let length = object.blocks * self.pair.block() / size_of::<usize>();
        for side in 0..2 {
            let words = pair::words_mut(self.pair.base[side] + object.at, length);
            for (n, word) in words.iter_mut().enumerate().take(to).skip(from) {
                *word = mix(u64::from(id) << 32 | n as u64) as usize | 1;
            }
        }
    }

    fn born(&mut self, id: Id, at: usize, blocks: usize) {
        let listed = self.live.len();
        self.live.push(id);
        self.live_blocks += blocks;
        shared(|shared| {
            let object = &mut shared.objects[id as usize];
            (object.at, object.blocks, object.live, object.listed) = (at, blocks, true, listed);
            shared.owner[at / 16] = id + 1;
        });
    }

    fn die(&mut self, id: Id) {
        shared(|shared| {
            let object = &mut shared.objects[id as usize];
            debug_assert!(object.live);
            object.live = false;
            self.live_blocks -= object.blocks;
            self.live.swap_remove(object.listed);
            if let Some(moved) = self.live.get(object.listed) {
                let listed = object.listed;
                shared.objects[*moved as usize].listed = listed;
            }
        });
    }

    /// After a collection: finds out by gc.c's table who died. What was at the offset `new` did, for it was allocated
    /// again since; and `keep` did not, for it was being reallocated.
    fn bury(&mut self, new: usize, keep: Option<Id>) -> usize {
        let pair = self.pair;
        let mut dead = Vec::new();
        shared(|shared| {
            for id in self.live.iter().filter(|id| Some(**id) != keep) {
                let at = shared.objects[*id as usize].at;
                if at == new || pair::kind_at(&shared.areas[0], pair.block(), pair.base[0] + at) != Some(HEAD) {
                    dead.push(*id);
                }
            }
        });
        dead.iter().for_each(|id| self.die(*id));
        dead.len()
    }

    /// Compares the two heaps, all of it that changes and, now and then (or always if `all`), the rest.
    fn compare(&mut self, all: bool) -> Result<(), Divergence> {
        let pair = self.pair;
        let [left, right] = [0, 1].map(|side| pair.side(side));
        let misuse: usize = read_number(right.misuse);
        if misuse != 0 {
            return Err(Divergence(format!("libgcheap reports misuse, code {misuse}")));
        }
        shared(|shared| {
            let [left, right] = &shared.events;
            if left != right {
                let n = left.iter().zip(right).take_while(|(left, right)| left == right).count();
                let (left, right) = (self.event(left.get(n)), self.event(right.get(n)));
                return Err(Divergence(format!("step {n} of the finalisers: gc.c {left}, libgcheap {right}")));
            }
            for event in left {
                match event {
                    Event::Asked(_) => shared.cover.one(Count::finaliser_asked),
                    Event::Called(_) => shared.cover.one(Count::finaliser_called),
                    _ => {}
                }
            }
            shared.events.iter_mut().for_each(Vec::clear);
            Ok(())
        })?;
        same!(read(left.collections), read(right.collections), "number of collections");
        same!(read(left.lock_depth), read(right.lock_depth), "gc_lock_depth");
        same!(pair.is_locked(0), pair.is_locked(1), "gc_is_locked");
        same!(read(left.auto_collect), read(right.auto_collect), "gc_auto_collect_enabled");
        same!(read_number(left.alloc_amount), read_number(right.alloc_amount), "gc_alloc_amount");
        same!(read_number(left.alloc_threshold), read_number(right.alloc_threshold), "gc_alloc_threshold");
        same!(read_number(left.collected), read_number(right.collected), "gc_collected");
        same!(read_number(right.mutex_depth), 0, "depth of libgcheap's mutex");
        shared(|shared| same_tables(&shared.areas))?;

        let every = |blocks: usize| self.calls % self.blocks.div_ceil(blocks) == 0;
        if all || every(ALL_INFOS) {
            self.same_info()?;
        }
        if all || every(ALL_DUMPS) {
            self.same_shape(&[pair.areas(0), pair.areas(1)])?;
            self.same_dumps()?;
            self.same_surroundings()?;
        }
        let words = self.live_blocks * pair.block() / size_of::<usize>();
        if all || self.calls % (words / ALL_WORDS + 1) == 0 {
            for id in &self.live {
                self.same_words(*id)?;
            }
        }
        Ok(())
    }

    /// Compares everything, at the end of a trace.
    pub fn finish(&mut self) -> Result<(), Divergence> {
        self.compare(true)
    }

    fn same_info(&self) -> Result<(), Divergence> {
        let info = [self.pair.info(0), self.pair.info(1)];
        same!(info[0], info[1], "gc_info");
        if let Some(fast) = self.pair.info_fast(1) {
            same!([info[0].total, info[0].used, info[0].free], [fast.total, fast.used, fast.free], "gc_info_fast");
        }
        self.count(Count::info_compared);
        Ok(())
    }

    fn same_dumps(&mut self) -> Result<(), Divergence> {
        for table in [true, false] {
            for side in 0..2 {
                self.pair.dump(side, table, &mut self.texts[side]);
            }
            shared(|shared| {
                let text = |side: usize| without_addresses(&self.texts[side], &shared.areas[side]);
                let (left, right) = (text(0), text(1));
                if left != right {
                    return Err(Divergence(format!("dumps differ.\ngc.c:\n{left}\nlibgcheap:\n{right}")));
                }
                Ok(())
            })?;
        }
        self.count(Count::dump_compared);
        Ok(())
    }

    /// Nothing was written outside the memory that the heaps were given.
    fn same_surroundings(&self) -> Result<(), Divergence> {
        let pair = self.pair;
        for (span, [before, behind]) in self.spans.iter().zip(&self.canaries) {
            for side in 0..2 {
                let start = pair.span_start(side, *span) - before.len();
                let end = pair.span_end(side, *span) & !(pair.block() - 1);
                if pair::bytes(start, before.len()) != before || pair::bytes(end, behind.len()) != behind {
                    return Err(Divergence(format!("side {side} wrote outside its area of {span}")));
                }
            }
        }
        Ok(())
    }

    /// An object's words are equal, or addresses of the same place on each side.
    fn same_words(&self, id: Id) -> Result<(), Divergence> {
        let Some(object) = self.live_object(id) else { return Ok(()) };
        let pair = self.pair;
        let length = object.blocks * pair.block() / size_of::<usize>();
        let [left, right] = [0, 1].map(|side| pair::words(pair.base[side] + object.at, length));
        for (n, (left, right)) in left.iter().zip(right).enumerate() {
            if left != right && left.wrapping_add(SIDE_BYTES) != *right {
                return Err(Divergence(format!("word {n} of object #{id}: gc.c {left:#x}, libgcheap {right:#x}")));
            }
        }
        self.count(Count::words_compared);
        Ok(())
    }

    /// Saves the heaps' states, uses the same functions on another small heap, and restores them.
    fn detour(&self, bytes: usize, seed: u64) -> Result<(), Divergence> {
        let pair = self.pair;
        let saved = self.both(|side| (pair.state(side).to_vec(), read(pair.side(side).lock_depth)));
        let span = Span { zone: SPARE_ZONE, start: (seed % 64) as usize, end: (seed % 64) as usize + bytes };
        let result = self.both(|side| {
            let mut random = Random::new(seed);
            let mut log = Vec::new();
            let start = pair.span_start(side, span);
            pair::bytes_mut(start, bytes).fill(0);
            pair.init(side, span);
            for _ in 0..random.below(20) {
                let address = pair.alloc(side, random.below(5 * pair.block()), false);
                log.push(pair.offset(side, address));
                if random.chance(30) && address != 0 {
                    pair.free(side, address);
                }
            }
            pair.sweep_all(side);
            log.push(pair.alloc(side, pair.block(), true).wrapping_sub(pair.base[side]));
            let info = pair.info(side);
            log.extend([info.total, info.used, info.free, info.max_free]);
            log
        });
        for (side, (state, depth)) in saved.iter().enumerate() {
            pair.state(side).copy_from_slice(state);
            pair::write(pair.side(side).lock_depth, *depth as u16);
        }
        let step = result[0].iter().zip(&result[1]).position(|(left, right)| left != right);
        let Some(n) = step else { return Ok(()) };
        let of = result[0].len();
        same!(result[0][n], result[1][n], "step {n} of {of} in another heap (offsets, then gc_info)");
        Ok(())
    }

    fn event(&self, event: Option<&Event>) -> String {
        match event {
            None => "does nothing more".into(),
            Some(Event::Asked(at)) => format!("asks for the finaliser of {:?}", self.place(*at)),
            Some(Event::Called(at)) => format!("calls the finaliser of {:?}", self.place(*at)),
            Some(Event::Returned(act, result)) => format!("returns {result} from \"{act}\""),
            Some(other) => format!("{other:?}"),
        }
    }

    /// Both heaps as text, one above the other; differing lines are marked.
    pub fn picture(&self) -> String {
        shared(|shared| {
            let mut text = String::new();
            for (n, (left, right)) in shared.areas[0].iter().zip(&shared.areas[1]).enumerate() {
                let rows = |area: &AreaView| -> Vec<String> {
                    let symbols: Vec<char> = (0..pair::blocks(area)).map(|block| symbol(area, block)).collect();
                    symbols.chunks(96).map(|row| row.iter().collect()).collect()
                };
                let (left, right) = (rows(left), rows(right));
                for (row, (left, right)) in left.iter().zip(&right).enumerate() {
                    text += &format!("  area {n} block {:<6} gc.c      {left}\n", row * 96);
                    if left != right {
                        let marks: String =
                            left.chars().zip(right.chars()).map(|(l, r)| if l == r { ' ' } else { '^' }).collect();
                        text += &format!("  {:19} libgcheap {right}\n  {:29} {marks}\n", "", "");
                    }
                }
            }
            text
        })
    }
}

fn same_tables(areas: &[Vec<AreaView>; 2]) -> Result<(), Divergence> {
    for (n, (left, right)) in areas[0].iter().zip(&areas[1]).enumerate() {
        if pair::atb(left) != pair::atb(right) {
            let block = (0..pair::blocks(left)).find(|block| pair::kind(left, *block) != pair::kind(right, *block));
            return Err(Divergence(format!("ATB of area {n} differs at block {}", block.unwrap_or(0))));
        }
        same!(pair::ftb(left), pair::ftb(right), "FTB of area {n}");
    }
    Ok(())
}

/// A block's kind as a letter: a capital for a head with a finaliser bit, `!` for such a bit where none may be.
fn symbol(area: &AreaView, block: usize) -> char {
    let bit = pair::ftb(area).get(block / 8).is_some_and(|byte| byte >> (block % 8) & 1 == 1);
    match (pair::kind(area, block), bit) {
        (FREE, false) => '.',
        (HEAD, false) => 'h',
        (HEAD, true) => 'H',
        (TAIL, false) => '=',
        (MARK, false) => 'm',
        (MARK, true) => 'M',
        _ => '!',
    }
}

/// Room for any dump of these areas.
fn dump_room(areas: &[AreaView]) -> usize {
    areas.iter().map(|area| 256 + pair::blocks(area) * 2).sum()
}

/// A dump without the addresses of the pools. They are printed as gc.c's printf prints `%p`, or they stay.
fn without_addresses(text: &[u8], areas: &[AreaView]) -> String {
    let mut text = String::from_utf8_lossy(text).into_owned();
    for area in areas {
        text = text.replacen(&format!("from {:x}:", area.pool_start as usize), "from POOL:", 1);
    }
    text
}

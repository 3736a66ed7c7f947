//! Runs operations on both heaps, and knows which objects are alive.

use crate::compare::{Divergence, dump_room, same};
use crate::cover::{Count, Cover};
use crate::finalisers::{LENT_FILL, OWNER_BYTES, Object, set_limit, share, shared};
use crate::pair::{self, HEAD, Pair, ROOT_BUSY, SPARE_ZONE, ZONE_BYTES, ZONES, read, read_number};
use crate::random::{Random, mix};
use crate::side::AreaView;
use crate::trace::{Before, Id, Op, Span, Value};

/// Bytes around an area that must stay as they were.
pub const CANARY_BYTES: usize = 64;

/// Runs one trace.
pub struct Runner {
    pub(crate) pair: Pair,
    /// All spans of the heap, first area first; and of each zone which span was made there last, and what lies around it.
    pub(crate) spans: Vec<Span>,
    pub(crate) canaries: [Option<(Span, [Vec<u8>; 2])>; ZONES],
    junk: u64,
    pub(crate) live: Vec<Id>,
    pub(crate) calls: usize,
    /// Offsets where each pool starts and ends.
    pub(crate) pools: Vec<(usize, usize)>,
    /// Blocks of all areas.
    pub(crate) blocks: usize,
    /// Heads and tails.
    pub(crate) live_blocks: usize,
    pub(crate) texts: [Vec<u8>; 2],
    /// Seconds after which a trace counts as hanging.
    patience: u32,
}

impl Runner {
    /// Readies a process for any number of traces.
    pub fn new(pair: Pair, patience: u32) -> Self {
        share(pair);
        Self {
            pair,
            spans: Vec::new(),
            canaries: [const { None }; ZONES],
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

    /// What gc_add puts at an area's start.
    pub fn area_bytes(&self) -> usize {
        self.pair.library.area_bytes
    }

    /// The span, moved a little if gc.c could make no area of it.
    pub fn fit(&self, span: Span, record: usize, step: usize) -> Span {
        self.pair.fit(span, record, step)
    }

    pub fn count(&self, count: Count) {
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
                shared.owner[object.at / OWNER_BYTES] = 0;
            }
            shared.objects.clear();
            shared.events = [Vec::new(), Vec::new()];
            shared.busy = None;
            shared.zones = [[None; ZONES]; 2];
            shared.cover.one(Count::traces);
        });
        set_limit(0);
        self.spans.clear();
        self.canaries = [const { None }; ZONES];
        self.live.clear();
        (self.calls, self.live_blocks, self.junk) = (0, 0, junk);
        for side in 0..2 {
            for root in 0..pair::ROOTS {
                pair.set_root(side, root, 0);
                pair.set_unreadable(side, root, false);
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
        let around = limits.map(|(from, to)| pair::bytes(from, to - from).to_vec());
        self.canaries[span.zone] = Some((span, around));
        self.spans.push(span);
        shared(|shared| {
            shared.zones.iter_mut().for_each(|zones| zones[span.zone] = Some(span));
            shared.lent[span.zone] = false;
        });
    }

    /// Where areas come and go by themselves: takes note of those that have, in the call that has just been made.
    fn sync(&mut self) -> Result<(), Divergence> {
        let pair = self.pair;
        if !pair.library.grows {
            return Ok(());
        }
        let areas = [pair.areas(0), pair.areas(1)];
        let (zones, lent) = shared(|shared| (shared.zones, shared.lent));
        let spans = [0, 1].map(|side| {
            let zone = |area: &AreaView| pair::zone_of(pair.offset(side, area.pool_start as usize));
            areas[side].iter().map(|area| zones[side].get(zone(area)).copied().flatten()).collect::<Vec<_>>()
        });
        same!(spans[0], spans[1], "the memory that the areas lie in");
        let spans: Vec<Span> = spans[0].iter().copied().flatten().collect();
        for span in spans.iter().filter(|span| lent[span.zone]) {
            let before = span.start.min(CANARY_BYTES);
            let rounded = pair.span_end(0, *span) % pair.block();
            let behind = (span.end + CANARY_BYTES).min(ZONE_BYTES) - span.end + rounded;
            self.canaries[span.zone] = Some((*span, [before, behind].map(|length| vec![LENT_FILL; length])));
        }
        if spans == self.spans {
            // One may have gone and come again meanwhile.
            shared(|shared| shared.areas = areas);
            return Ok(());
        }
        self.spans = spans;
        self.same_shape(&areas)?;
        self.note_areas(areas);
        Ok(())
    }

    fn note_areas(&mut self, areas: [Vec<AreaView>; 2]) {
        let pair = self.pair;
        self.blocks = areas[0].iter().map(pair::blocks).sum();
        let place = |pointer: *mut u8| pair.offset(0, pointer as usize);
        self.pools = areas[0].iter().map(|area| (place(area.pool_start), place(area.pool_end))).collect();
        let room = dump_room(&areas[0]);
        for text in &mut self.texts {
            text.clear();
            text.reserve(room);
        }
        shared(|shared| shared.areas = areas);
    }

    /// Compares the shape of the heap after gc_init or gc_add.
    fn new_area(&mut self) -> Result<(), Divergence> {
        let pair = self.pair;
        let areas = [pair.areas(0), pair.areas(1)];
        self.same_shape(&areas)?;
        self.note_areas(areas);
        self.compare(true)
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
                self.sync()?;
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
                // gc.c asserts that an object with a weak reference is neither freed nor moved.
                let has_weakref = self.has_weakref(&old);
                let may_move = may_move && !has_weakref;
                if has_weakref && bytes == 0 {
                    return Ok(false);
                }
                // On a real stack there would be a pointer to the object.
                for side in 0..2 {
                    pair.set_root(side, ROOT_BUSY, pair.base[side] + old.at);
                }
                shared(|shared| shared.busy = Some(id));
                let result = self.both_at(|side| pair.realloc(side, pair.base[side] + old.at, bytes, may_move));
                shared(|shared| shared.busy = None);
                self.sync()?;
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
                if self.has_weakref(&old) {
                    return Ok(false);
                }
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
                self.sync()?;
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
                self.sync()?;
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
                if pair.side(0).add.is_none() || shared(|shared| shared.zones[0][span.zone].is_some()) {
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
            Op::Weakref(id) => {
                let Some(object) = self.live_object(id) else { return Ok(false) };
                if pair.side(0).weakref_mark.is_none() {
                    return Ok(false);
                }
                self.both(|side| pair.weakref_mark(side, pair.base[side] + object.at));
                self.count(Count::weakref_marked);
            }
            Op::Limit(bytes) => {
                set_limit(bytes);
                return Ok(false);
            }
            Op::Readable { at, yes } => {
                (0..2).for_each(|side| pair.set_unreadable(side, at, !yes));
                if !yes {
                    self.count(Count::root_unreadable);
                }
                return Ok(false);
            }
            Op::Detour { bytes, seed } => {
                if locked {
                    return Ok(false);
                }
                let limit = set_limit(0);
                self.detour(bytes, seed)?;
                set_limit(limit);
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

    pub fn live_object(&self, id: Id) -> Option<Object> {
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

    fn has_weakref(&self, object: &Object) -> bool {
        let pair = self.pair;
        shared(|shared| pair::has_weakref(&shared.areas[0], pair.block(), pair.base[0] + object.at))
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
            shared.owner[at / OWNER_BYTES] = id + 1;
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

    /// Saves the heaps' states, uses the same functions on another small heap, and restores them.
    fn detour(&self, bytes: usize, seed: u64) -> Result<(), Divergence> {
        let pair = self.pair;
        let saved = self.both(|side| (pair.state(side).to_vec(), read(pair.side(side).lock_depth)));
        let span = Span { zone: SPARE_ZONE, start: (seed % 64) as usize, end: (seed % 64) as usize + bytes };
        let span = pair.fit(span, 0, 1);
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
}

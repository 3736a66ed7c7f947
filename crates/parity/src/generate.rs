//! Makes up traces. Everything follows from the seed and from what gc.c answers.

use std::fs::File;
use std::io::Write as _;

use crate::compare::Divergence;
use crate::config::{Config, Split};
use crate::pair::{ROOT_BUSY, ROOTS, SPARE_ZONE, ZONE_BYTES};
use crate::random::Random;
use crate::run::Runner;
use crate::side::MAX_ROOTS;
use crate::trace::{Act, Before, Id, Op, Span, Trace, Value};

/// One trace in so many is about graphs (mark stack overflow, full heaps, holes of one block), and as many are about
/// churn (placement in a large heap that no collection tidies up).
const SPECIAL_EVERY: usize = 24;

/// What a trace does how often. Each trace draws its own, so that unlikely mixtures come up, too.
struct Plan {
    weights: [usize; 10],
    small: usize,
    finaliser: usize,
    noise: usize,
    rooted: usize,
    linked: usize,
    roots: Vec<usize>,
    zones: Vec<usize>,
}

pub struct Generator<'a> {
    runner: &'a mut Runner,
    config: &'a Config,
    random: Random,
    record: Option<&'a mut File>,
    next: Id,
    plan: Plan,
}

/// Makes and runs trace number `n`. With `record`, every operation is in the file before it runs.
pub fn trace(
    runner: &mut Runner,
    config: &Config,
    seed: u64,
    n: usize,
    record: Option<&mut File>,
) -> Result<(), Divergence> {
    let mut random = Random::new(seed);
    let graph = n % SPECIAL_EVERY == 1;
    let churn = n % SPECIAL_EVERY == 13;
    let plan = Plan {
        weights: std::array::from_fn(|_| *random.pick(&[0, 1, 2, 4, 8])),
        small: *random.pick(&[1, 2, 4, 8, 20]),
        finaliser: *random.pick(&[0, 20, 60, 90]),
        noise: *random.pick(&[0, 30, 100]),
        rooted: *random.pick(&[5, 20, 60]),
        linked: *random.pick(&[5, 40, 80]),
        roots: (0..random.range(1, 12)).map(|_| random.below(ROOTS)).filter(|at| *at != ROOT_BUSY).collect(),
        zones: {
            let mut zones: Vec<usize> = (0..SPARE_ZONE).collect();
            (1..zones.len()).for_each(|i| zones.swap(i, random.below(i + 1)));
            zones
        },
    };
    let mut generator = Generator { runner, config, random, record, next: 0, plan };
    generator.start(graph || churn)?;
    if graph {
        generator.graphs()?;
    } else if churn {
        generator.churn()?;
    } else {
        // In a large heap it takes longer until anything interesting happens.
        let calls = generator.random.range(20, 600) + generator.random.below(generator.runner.blocks().min(1000));
        if generator.random.chance(15) {
            generator.fill()?;
        }
        while generator.runner.calls() < calls {
            generator.any()?;
        }
    }
    generator.runner.finish()
}

impl Generator<'_> {
    fn emit(&mut self, op: Op) -> Result<bool, Divergence> {
        if let Some(file) = &mut self.record {
            writeln!(file, "{op}").expect("the trace can be written");
        }
        self.runner.step(&op)
    }

    fn start(&mut self, graph: bool) -> Result<(), Divergence> {
        let areas = if self.config.split == Split::One { 1 } else { self.random.range(1, 4) };
        let late = if self.random.chance(30) { self.random.below(areas) } else { 0 };
        let bytes = self.heap_bytes(graph);
        let heap = self.span(bytes, false);
        let junk = self.random.next() >> 32;
        let before = *self.random.pick(&[Before::Zero, Before::Junk, Before::Keep]);
        let head = Trace { config: self.config.name(), heap, junk, before, ops: Vec::new() };
        if let Some(file) = &mut self.record {
            write!(file, "{}", head.head()).expect("the trace can be written");
        }
        self.runner.start(heap, junk, before)?;
        for _ in 1..areas - late {
            self.add(graph)?;
        }
        self.limit()
    }

    /// Lets the heap grow, by a little or a lot, or not at all.
    fn limit(&mut self) -> Result<(), Divergence> {
        if self.config.split != Split::Auto {
            return Ok(());
        }
        let most = self.config.most_blocks().saturating_mul(self.config.block).min(ZONE_BYTES - 256);
        let bytes = match self.random.below(10) {
            0..3 => 0,
            3..7 => self.random.range(2049, 8192),
            7..9 => self.random.range(2049, 1 << 17),
            _ => ZONE_BYTES,
        };
        self.emit(Op::Limit(bytes.min(most))).map(drop)
    }

    fn add(&mut self, graph: bool) -> Result<(), Divergence> {
        if self.config.split != Split::One && !self.plan.zones.is_empty() {
            let graph = graph && self.random.chance(50);
            let bytes = self.heap_bytes(graph);
            let span = self.span(bytes, true);
            self.emit(Op::Add(span))?;
        }
        Ok(())
    }

    /// Mostly so little that the heap is full often.
    fn heap_bytes(&mut self, graph: bool) -> usize {
        let bytes = self.any_heap_bytes(graph);
        bytes.min(self.config.most_blocks().saturating_mul(self.config.block))
    }

    fn any_heap_bytes(&mut self, graph: bool) -> usize {
        let random = &mut self.random;
        let roll = random.below(1000);
        if graph {
            return if roll < 980 {
                random.range(500, 1500) * self.config.block
            } else {
                random.range(1 << 17, 1 << 20)
            };
        }
        match roll {
            0..550 => random.range(100, 2048),
            550..850 => random.range(2048, 8192),
            850..995 => random.range(8192, 65536),
            _ => random.range(1 << 16, 1 << 20),
        }
    }

    /// A place for so many bytes: at the start of a zone, at its end, or anywhere, so that reads beyond it fault.
    fn span(&mut self, bytes: usize, added: bool) -> Span {
        let zone = self.plan.zones.pop().expect("as many zones as areas");
        let align = if added { size_of::<usize>() } else { 1 };
        // gc_add puts its record at the start.
        let head = if added { self.runner.area_bytes() } else { 0 };
        let least = head + 5 * self.config.block + 8;
        let bytes = bytes.max(least);
        let random = &mut self.random;
        let start = match random.below(3) {
            0 => 0,
            1 => ZONE_BYTES - bytes,
            _ => 64 + random.below(8192),
        };
        let start = start / align * align;
        let end = start + bytes;
        let end = if random.chance(30) { end & !(self.config.block - 1) } else { end };
        self.runner.fit(Span { zone, start, end }, head, align)
    }

    /// One operation, or a few that belong together.
    fn any(&mut self) -> Result<(), Divergence> {
        if self.runner.lock_depth() > 0 && self.random.chance(25) {
            return self.emit(Op::Unlock).map(drop);
        }
        if self.random.chance(2) {
            return self.rare();
        }
        if self.config.weakref && self.random.chance(5) {
            return self.weakref();
        }
        if self.config.split == Split::Auto && self.random.chance(1) {
            return self.limit();
        }
        if self.config.valgrind && self.random.chance(4) {
            let (at, yes) = (self.random.below(MAX_ROOTS - 1), self.random.chance(50));
            let at = if self.random.chance(70) { self.root_place() } else { at };
            if at < MAX_ROOTS {
                return self.emit(Op::Readable { at, yes }).map(drop);
            }
        }
        // The first factor keeps a trace from doing only one thing, the second lets the plan have its way.
        const BASE: [usize; 10] = [60, 10, 20, 10, 1, 10, 20, 0, 0, 0];
        const SHARE: [usize; 10] = [20, 10, 10, 5, 3, 2, 10, 1, 1, 1];
        let weights: [usize; 10] = std::array::from_fn(|i| BASE[i] + SHARE[i] * self.plan.weights[i]);
        let mut roll = self.random.below(weights.iter().sum());
        let choice = weights.iter().position(|weight| {
            let hit = roll < *weight;
            roll = roll.wrapping_sub(*weight);
            hit
        });
        match choice {
            Some(0) => self.alloc(),
            Some(1) => self.with_live(|_, id| Op::Free(id)),
            Some(2) => self.realloc(),
            Some(3) => self.root(),
            Some(4) => self.emit(Op::Collect).map(drop),
            Some(5) => {
                let value = self.pointer();
                self.emit(Op::Nbytes(value)).map(drop)
            }
            Some(6) => self.link(),
            Some(7) => self.emit(Op::Lock).map(drop),
            Some(8) => {
                let on = self.random.chance(75);
                self.emit(Op::Auto(on)).map(drop)
            }
            _ => {
                let blocks = self.random.range(0, self.runner.blocks());
                let blocks = if self.random.chance(30) { usize::MAX } else { blocks };
                self.emit(Op::Threshold(blocks)).map(drop)
            }
        }
    }

    /// A weak reference to some object, and what is done when that is gone.
    fn weakref(&mut self) -> Result<(), Divergence> {
        let Some(id) = self.live() else { return Ok(()) };
        self.emit(Op::Weakref(id))?;
        if self.random.chance(40) {
            let mut acts: Vec<Act> = (0..self.random.range(1, 3)).map(|_| self.act(id)).collect();
            if self.random.chance(10) {
                acts.push(Act::Collect);
            }
            self.emit(Op::Script { id, acts })?;
        }
        Ok(())
    }

    fn rare(&mut self) -> Result<(), Divergence> {
        match self.random.below(10) {
            0 => self.emit(Op::Sweep).map(drop),
            1 | 2 => {
                let least = 600.max(6 * self.config.block);
                let (bytes, seed) = (self.random.range(least, 3000), self.random.next() >> 40);
                self.emit(Op::Detour { bytes, seed }).map(drop)
            }
            3 | 4 => self.emit(Op::FreeNull).map(drop),
            5 => self.add(false),
            6 => self.fill(),
            7 => {
                // Whatever was reachable no longer is.
                for at in self.plan.roots.clone() {
                    self.emit(Op::Root { at, value: Value::Zero })?;
                }
                self.emit(Op::Collect).map(drop)
            }
            _ => {
                for _ in 0..self.random.range(1, 3) {
                    self.emit(Op::Lock)?;
                }
                Ok(())
            }
        }
    }

    /// Leaves not a single free block. Some of the objects hang on an anchor, so that a collection leaves a pattern of
    /// survivors and holes.
    fn fill(&mut self) -> Result<(), Divergence> {
        while self.runner.lock_depth() > 0 {
            self.emit(Op::Unlock)?;
        }
        if self.config.split == Split::Auto {
            self.emit(Op::Limit(0))?;
        }
        self.emit(Op::Auto(false))?;
        let (free, words) = (self.runner.blocks() - self.runner.live_blocks(), self.config.block / size_of::<usize>());
        // In a large heap with larger objects, or it takes too long.
        let mut most = self.plan.small.max(free / 100);
        let (anchor, blocks) = (self.new_id(), (free / most / words).max(1));
        let bytes = blocks * self.config.block;
        self.emit(Op::Alloc { id: anchor, bytes, finaliser: false, noise: false, by_realloc: false })?;
        self.emit(Op::Root { at: 0, value: Value::Object(anchor, 0) })?;
        let kept = *self.random.pick(&[10, 50, 90]);
        let mut word = 0;
        while self.runner.live_blocks() < self.runner.blocks() {
            let (id, blocks) = (self.new_id(), self.random.range(1, most));
            let bytes = self.in_blocks(blocks);
            let finaliser = self.random.chance(self.plan.finaliser);
            self.emit(Op::Alloc { id, bytes, finaliser, noise: false, by_realloc: false })?;
            if !self.runner.is_live(id) && std::mem::replace(&mut most, 1) == 1 {
                break;
            }
            if finaliser {
                self.emit(Op::Write { id, word: 0, value: Value::Del })?;
            }
            if self.random.chance(kept) {
                self.emit(Op::Write { id: anchor, word, value: Value::Object(id, 0) })?;
                word += 1;
            }
        }
        if self.random.chance(70) {
            self.emit(Op::Collect)?;
        }
        self.emit(Op::Auto(true)).map(drop)
    }

    /// An operation on a random live object, if there is one.
    fn with_live(&mut self, op: impl FnOnce(&mut Self, Id) -> Op) -> Result<(), Divergence> {
        if let Some(id) = self.live() {
            let op = op(self, id);
            self.emit(op)?;
        }
        Ok(())
    }

    fn live(&mut self) -> Option<Id> {
        let live = self.runner.live();
        if live.is_empty() { None } else { Some(*self.random.pick(live)) }
    }

    fn new_id(&mut self) -> Id {
        self.next += 1;
        self.next
    }

    /// An object's size: mostly small, sometimes a good part of the heap or more.
    fn size(&mut self) -> usize {
        let heap = self.runner.blocks();
        let random = &mut self.random;
        let blocks = match random.below(100) {
            0..2 => return 0,
            2..4 => return self.too_much(),
            4..50 => random.range(1, 2),
            50..85 => random.range(1, self.plan.small),
            85..95 => random.range(1, heap / 8 + 1),
            _ => random.range(1, heap),
        };
        self.in_blocks(blocks)
    }

    fn in_blocks(&mut self, blocks: usize) -> usize {
        blocks * self.config.block - if self.random.chance(50) { 0 } else { self.random.below(self.config.block) }
    }

    fn too_much(&mut self) -> usize {
        let (block, heap) = (self.config.block, self.runner.blocks());
        let sizes = [
            usize::MAX,
            usize::MAX - block + 2,
            usize::MAX - block + 1,
            usize::MAX / 2,
            isize::MAX as usize + 1,
            heap * block + 1,
            (heap + 4) * block,
            1 << (usize::BITS / 2),
        ];
        *self.random.pick(&sizes)
    }

    fn alloc(&mut self) -> Result<(), Divergence> {
        let bytes = self.size();
        let id = self.new_id();
        let finaliser = self.random.chance(self.plan.finaliser);
        let noise = self.random.chance(self.plan.noise);
        let by_realloc = self.random.chance(5);
        self.emit(Op::Alloc { id, bytes, finaliser, noise, by_realloc })?;
        if !self.runner.is_live(id) {
            return Ok(());
        }
        if finaliser {
            let value = *self.random.pick(&[Value::Zero, Value::Plain, Value::Del, Value::Del, Value::Del]);
            if value != Value::Zero || self.random.chance(50) {
                self.emit(Op::Write { id, word: 0, value })?;
            }
            if value == Value::Del && self.random.chance(70) {
                let acts = (0..self.random.range(1, 3)).map(|_| self.act(id)).collect();
                self.emit(Op::Script { id, acts })?;
            }
        } else if self.random.chance(20) {
            let value = Value::Type(self.random.below(11));
            self.emit(Op::Write { id, word: 0, value })?;
        }
        if self.random.chance(self.plan.rooted) {
            let at = self.root_place();
            self.emit(Op::Root { at, value: Value::Object(id, 0) })?;
        }
        if self.random.chance(self.plan.linked) {
            // Mostly from an older object to this one, so that it stays.
            if let Some(from) = self.live() {
                let word = self.word_of(from);
                self.emit(Op::Write { id: from, word, value: Value::Object(id, 0) })?;
            }
            let (word, value) = (self.word_of(id), self.pointer());
            self.emit(Op::Write { id, word, value })?;
        }
        Ok(())
    }

    fn act(&mut self, me: Id) -> Act {
        // An object that is there already, or one that is going to be.
        let near = me.saturating_sub(20) as usize;
        let id = match self.live() {
            Some(id) if self.random.chance(50) => id,
            _ => self.random.range(near, me as usize + 10) as Id,
        };
        let bytes = self.size();
        if self.config.weakref && self.random.chance(20) {
            return Act::Weakref(id);
        }
        match self.random.below(12) {
            0..6 => Act::Free(id),
            6 => Act::LockedFree(id),
            7 => Act::Alloc(bytes),
            8 => Act::Realloc(id, bytes),
            9 => Act::Nbytes(id),
            10 => Act::Info,
            _ => Act::Dump,
        }
    }

    fn realloc(&mut self) -> Result<(), Divergence> {
        let Some(id) = self.live() else { return Ok(()) };
        let (blocks, most) = (self.runner.blocks_of(id), self.runner.blocks() + 1);
        let may_move = self.random.chance(75);
        let wanted = match self.random.below(20) {
            0..4 => blocks + 1,
            4..8 => blocks.saturating_sub(1).max(1),
            8..10 => blocks,
            10..12 => blocks * 2,
            12..14 => blocks / 2 + 1,
            14 | 15 => self.random.range(1, blocks),
            16 | 17 => blocks + self.random.range(1, 8),
            other => {
                let bytes = if other == 18 { 0 } else { self.size().min(usize::MAX / 2) };
                return self.emit(Op::Realloc { id, bytes, may_move }).map(drop);
            }
        };
        // From time to time the way a list grows: again and again by one.
        let times = if self.random.chance(10) { self.random.range(2, 20) } else { 1 };
        for step in 0..times {
            let bytes = self.in_blocks((wanted + step).min(most));
            self.emit(Op::Realloc { id, bytes, may_move })?;
        }
        if may_move && self.random.chance(50) {
            let at = self.root_place();
            self.emit(Op::Root { at, value: Value::Object(id, 0) })?;
        }
        Ok(())
    }

    fn root_place(&mut self) -> usize {
        *self.random.pick(if self.plan.roots.is_empty() { &[0] } else { &self.plan.roots })
    }

    fn root(&mut self) -> Result<(), Divergence> {
        let at = self.root_place();
        let value = match self.random.below(10) {
            0..4 => Value::Zero,
            4..8 => match self.live() {
                Some(id) => Value::Object(id, 0),
                None => Value::Zero,
            },
            _ => self.pointer(),
        };
        self.emit(Op::Root { at, value }).map(drop)
    }

    fn word_of(&mut self, id: Id) -> usize {
        let words = self.runner.blocks_of(id) * self.config.block / size_of::<usize>();
        self.random.below(words)
    }

    fn link(&mut self) -> Result<(), Divergence> {
        let Some(id) = self.live() else { return Ok(()) };
        let (word, value) = (self.word_of(id), self.pointer());
        self.emit(Op::Write { id, word, value }).map(drop)
    }

    /// Something that is a pointer to an object, or nearly is.
    fn pointer(&mut self) -> Value {
        let block = self.config.block;
        match self.random.below(20) {
            0 => Value::Zero,
            1 => Value::Noise(self.random.next()),
            2 => {
                // At the edges of a pool, and in the tables before it.
                let (start, end) = *self.random.pick(self.runner.pools());
                let by = self.random.below(4) * block;
                let place = *self.random.pick(&[start, end]);
                let place = if self.random.chance(50) { place - by } else { place + by };
                Value::Place(place + *self.random.pick(&[0, 0, 0, 1, 8]))
            }
            3 if self.next > 0 => Value::Object(self.random.range(1, self.next as usize) as Id, 0),
            4..7 => match self.live() {
                Some(id) => {
                    let bytes = (self.runner.blocks_of(id) * block) as isize;
                    let by = [1, 4, 8, -1, block as isize / 2, block as isize, -(block as isize), bytes, bytes - 8];
                    Value::Object(id, *self.random.pick(&by))
                }
                None => Value::Zero,
            },
            _ => self.live().map_or(Value::Zero, |id| Value::Object(id, 0)),
        }
    }

    /// Graphs whose marking overflows any small mark stack, in heaps that are full or have only small holes.
    fn graphs(&mut self) -> Result<(), Divergence> {
        let auto = self.random.chance(20);
        if self.config.split == Split::Auto {
            self.emit(Op::Limit(0))?;
        }
        self.emit(Op::Auto(auto))?;
        for round in 0..self.random.range(1, 3) {
            let free = self.runner.blocks() - self.runner.live_blocks();
            let share = *self.random.pick(&[100, 90, 50]);
            let hub = self.graph(free * share / 100)?;
            let full = round == 0 || self.random.chance(60);
            // Fillers hold a pointer to something each; nobody points at them. A threshold may keep the heap from filling.
            let free = self.runner.blocks() - self.runner.live_blocks();
            for _ in 0..if full { free } else { 0 } {
                let Some(id) = self.node(1)? else { break };
                let value = self.pointer();
                self.emit(Op::Write { id, word: 0, value })?;
            }
            self.emit(Op::Root { at: 0, value: hub.map_or(Value::Zero, |id| Value::Object(id, 0)) })?;
            let more = self.random.below(4);
            for at in 1..=more {
                let value = self.pointer();
                self.emit(Op::Root { at, value })?;
            }
            if self.random.chance(50) {
                // Holes of one block here and there.
                for _ in 0..self.runner.live_blocks() / self.random.range(3, 30) {
                    self.with_live(|_, id| Op::Free(id))?;
                }
            }
            for _ in 0..self.random.range(1, 3) {
                self.emit(Op::Collect)?;
                for _ in 0..self.random.below(40) {
                    self.any()?;
                }
            }
            while self.runner.lock_depth() > 0 {
                self.emit(Op::Unlock)?;
            }
        }
        Ok(())
    }

    /// A large heap, full at first, in which objects come, go and change their sizes, and no collection ever tidies up.
    fn churn(&mut self) -> Result<(), Divergence> {
        self.fill()?;
        self.emit(Op::Auto(false))?;
        let calls = self.runner.calls() + self.random.range(500, 2500);
        while self.runner.calls() < calls {
            let most = *self.random.pick(&[1, 2, 4, 8, 40]);
            let times = self.random.range(1, 60);
            match self.random.below(5) {
                // Objects here and there.
                0 => {
                    for _ in 0..times {
                        self.with_live(|_, id| Op::Free(id))?;
                    }
                }
                // Neighbours, or every second one: what was allocated one after the other often lies so.
                1 => {
                    let first = self.live().unwrap_or(0);
                    let step = *self.random.pick(&[1, 1, 2, -1, -2, 3]);
                    for n in 0..times as i32 {
                        let id = first as i32 + n * step;
                        if let Ok(id) = Id::try_from(id) {
                            self.emit(Op::Free(id))?;
                        }
                    }
                }
                2 => {
                    for _ in 0..times / 4 {
                        self.realloc()?;
                    }
                }
                _ => {
                    for _ in 0..times {
                        let (id, blocks) = (self.new_id(), self.random.range(1, most));
                        let bytes = self.in_blocks(blocks);
                        self.emit(Op::Alloc { id, bytes, finaliser: false, noise: false, by_realloc: false })?;
                    }
                }
            }
        }
        self.emit(Op::Collect).map(drop)
    }

    fn node(&mut self, blocks: usize) -> Result<Option<Id>, Divergence> {
        let id = self.new_id();
        let finaliser = self.plan.finaliser > 10 && self.random.chance(10);
        let bytes = blocks * self.config.block;
        self.emit(Op::Alloc { id, bytes, finaliser, noise: false, by_realloc: false })?;
        if !self.runner.is_live(id) {
            return Ok(None);
        }
        if finaliser {
            self.emit(Op::Write { id, word: 0, value: Value::Del })?;
            let acts = vec![self.act(id)];
            self.emit(Op::Script { id, acts })?;
        }
        Ok(Some(id))
    }

    /// A graph of about so many blocks; the object that reaches all of it.
    fn graph(&mut self, blocks: usize) -> Result<Option<Id>, Divergence> {
        let words = self.config.block / size_of::<usize>();
        let shape = self.random.below(6);
        let backwards = self.random.chance(50);
        let mut nodes = Vec::new();
        // Word 0 may belong to a finaliser's type, so links start at the last word.
        let last = words - 1;
        match shape {
            // A wide object whose children have children.
            0 | 1 => {
                let width = (blocks * words / (2 * words + 1)).max(1);
                let hub_blocks = (width + 1).div_ceil(words);
                let mut hub = if backwards { None } else { self.node(hub_blocks)? };
                for _ in 0..width {
                    nodes.extend(self.node(1)?);
                }
                if backwards {
                    hub = self.node(hub_blocks)?;
                }
                let Some(hub) = hub else { return Ok(nodes.first().copied()) };
                for (n, id) in nodes.iter().enumerate() {
                    self.emit(Op::Write { id: hub, word: n + 1, value: Value::Object(*id, 0) })?;
                }
                for id in nodes {
                    if shape == 0 {
                        if let Some(child) = self.node(1)? {
                            self.emit(Op::Write { id, word: last, value: Value::Object(child, 0) })?;
                        }
                    } else if let Some(other) = self.live() {
                        self.emit(Op::Write { id, word: last, value: Value::Object(other, 0) })?;
                    }
                }
                Ok(Some(hub))
            }
            // A comb: a chain of objects, each with a row of teeth.
            2 => {
                let teeth: usize = *self.random.pick(&[1, 3, 30, 70, 200]);
                let spine_blocks = (teeth + 2).div_ceil(words);
                let mut previous = None;
                let mut first = None;
                for _ in 0..blocks / (spine_blocks + teeth) + 1 {
                    let Some(spine) = self.node(spine_blocks)? else { break };
                    let spine_words = spine_blocks * words;
                    for tooth in 0..teeth {
                        if let Some(id) = self.node(1)? {
                            self.emit(Op::Write { id: spine, word: 1 + tooth, value: Value::Object(id, 0) })?;
                        }
                    }
                    match previous {
                        Some(previous) if backwards => {
                            let value = Value::Object(previous, 0);
                            self.emit(Op::Write { id: spine, word: spine_words - 1, value })?;
                        }
                        Some(previous) => {
                            let value = Value::Object(spine, 0);
                            self.emit(Op::Write { id: previous, word: spine_words - 1, value })?;
                        }
                        None => first = Some(spine),
                    }
                    previous = Some(spine);
                }
                Ok(if backwards { previous } else { first })
            }
            // A list, a tree with as many branches as fit, or anything at all.
            _ => {
                for _ in 0..blocks {
                    let Some(id) = self.node(1)? else { break };
                    nodes.push(id);
                }
                if backwards {
                    nodes.reverse();
                }
                let branches = if shape == 3 { 1 } else { last.max(2).min(words) };
                for n in 0..nodes.len() {
                    for branch in 0..branches {
                        let child = match shape {
                            5 => self.random.below(nodes.len()),
                            _ => n * branches + branch + 1,
                        };
                        if let Some(child) = nodes.get(child) {
                            let value = Value::Object(*child, 0);
                            self.emit(Op::Write { id: nodes[n], word: last - branch, value })?;
                        }
                    }
                }
                Ok(nodes.first().copied())
            }
        }
    }
}

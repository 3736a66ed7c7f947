//! The tools that make all traces: a plan, random choices, and a function that runs an operation.

use std::fs::File;
use std::io::Write as _;

use crate::config::Config;
use crate::run::divergence::Divergence;
use crate::run::runner::Runner;
use crate::trace::random::Random;
use crate::trace::{Act, Id, Op, Value};

/// How often a trace does each thing. Each trace draws its own plan, so unlikely mixtures occur, too.
pub struct Plan {
    /// For each kind of operation in mixture.rs, how often it occurs.
    pub weights: [usize; 10],
    /// The blocks of a small object, at most.
    pub small: usize,
    /// In percent: how many objects have a finaliser.
    pub finaliser: usize,
    /// In percent: how many objects are filled with numbers.
    pub noise: usize,
    /// In percent: how many new objects get a root.
    pub rooted: usize,
    /// In percent: how many new objects are linked to others.
    pub linked: usize,
    /// The roots that the trace uses.
    pub roots: Vec<usize>,
    /// The zones for areas still to come.
    pub zones: Vec<usize>,
}

/// Makes up the operations of one trace, and runs them.
pub struct Generator<'a> {
    pub runner: &'a mut Runner,
    pub config: &'a Config,
    pub random: Random,
    pub record: Option<&'a mut File>,
    pub next: Id,
    pub plan: Plan,
}

impl Generator<'_> {
    /// Records an operation and runs it. True if it called the heaps.
    pub fn emit(&mut self, op: Op) -> Result<bool, Divergence> {
        if let Some(file) = &mut self.record {
            writeln!(file, "{op}").expect("the trace can be written");
        }
        self.runner.step(&op)
    }

    /// An operation on a random live object, if there is one.
    pub fn with_live(&mut self, op: impl FnOnce(&mut Self, Id) -> Op) -> Result<(), Divergence> {
        if let Some(id) = self.live() {
            let op = op(self, id);
            self.emit(op)?;
        }
        Ok(())
    }

    /// A random live object.
    pub fn live(&mut self) -> Option<Id> {
        let live = self.runner.live();
        if live.is_empty() { None } else { Some(*self.random.pick(live)) }
    }

    pub fn new_id(&mut self) -> Id {
        self.next += 1;
        self.next
    }

    /// A size for an object: mostly small, sometimes a large part of the heap, rarely more than the heap.
    pub fn size(&mut self) -> usize {
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

    /// A size in bytes that needs this many blocks.
    pub fn in_blocks(&mut self, blocks: usize) -> usize {
        blocks * self.config.block - if self.random.chance(50) { 0 } else { self.random.below(self.config.block) }
    }

    /// A size for which there is no room; some of them overflow if they are rounded up.
    pub fn too_much(&mut self) -> usize {
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

    /// An act for the finaliser or the weak reference of the object `me`.
    pub fn act(&mut self, me: Id) -> Act {
        // A live object, or one that is allocated about the same time as `me`, before or after it.
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

    /// One of the plan's roots.
    pub fn root_place(&mut self) -> usize {
        *self.random.pick(if self.plan.roots.is_empty() { &[0] } else { &self.plan.roots })
    }

    /// The index of a random word of an object.
    pub fn word_of(&mut self, id: Id) -> usize {
        let words = self.runner.blocks_of(id) * self.config.block / size_of::<usize>();
        self.random.below(words)
    }

    /// A pointer to an object, or a word that is nearly one.
    pub fn pointer(&mut self) -> Value {
        let block = self.config.block;
        match self.random.below(20) {
            0 => Value::Zero,
            1 => Value::Noise(self.random.next()),
            2 => {
                // An address near the start or the end of a pool, perhaps in the tables before it.
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
}

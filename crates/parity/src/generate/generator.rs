//! What all traces are made with: the plan, random choices, and running an operation.

use std::fs::File;
use std::io::Write as _;

use crate::config::Config;
use crate::run::divergence::Divergence;
use crate::run::runner::Runner;
use crate::trace::random::Random;
use crate::trace::{Act, Id, Op, Value};

/// How often a trace does what. Each trace draws its own plan, so unlikely mixtures occur, too.
pub struct Plan {
    pub weights: [usize; 10],
    pub small: usize,
    pub finaliser: usize,
    pub noise: usize,
    pub rooted: usize,
    pub linked: usize,
    pub roots: Vec<usize>,
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

    pub fn live(&mut self) -> Option<Id> {
        let live = self.runner.live();
        if live.is_empty() { None } else { Some(*self.random.pick(live)) }
    }

    pub fn new_id(&mut self) -> Id {
        self.next += 1;
        self.next
    }

    /// An object's size: mostly small, sometimes a good part of the heap or more.
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

    pub fn in_blocks(&mut self, blocks: usize) -> usize {
        blocks * self.config.block - if self.random.chance(50) { 0 } else { self.random.below(self.config.block) }
    }

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

    pub fn act(&mut self, me: Id) -> Act {
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

    pub fn root_place(&mut self) -> usize {
        *self.random.pick(if self.plan.roots.is_empty() { &[0] } else { &self.plan.roots })
    }

    pub fn word_of(&mut self, id: Id) -> usize {
        let words = self.runner.blocks_of(id) * self.config.block / size_of::<usize>();
        self.random.below(words)
    }

    /// Something that is a pointer to an object, or nearly is.
    pub fn pointer(&mut self) -> Value {
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
}

//! What the runner knows about the two heaps while a trace runs.

use super::shared::{Object, shared};
use crate::cover::Count;
use crate::heaps::memory::{ZONES, read};
use crate::heaps::pair::Pair;
use crate::heaps::tables;
use crate::trace::{Id, Span, Value};

pub struct Trial {
    pub pair: Pair,
    /// The span of each area, in the order of the areas.
    pub spans: Vec<Span>,
    /// For each zone, the last span in it, and the bytes before and behind that span.
    pub canaries: [Option<(Span, [Vec<u8>; 2])>; ZONES],
    /// Seed of the initial content of memory.
    pub junk: u64,
    /// The objects that are alive, in no particular order.
    pub live: Vec<Id>,
    /// Calls into the heaps since the trace began.
    pub calls: usize,
    /// Offsets of the start and the end of each pool.
    pub pools: Vec<(usize, usize)>,
    /// Blocks of all areas.
    pub blocks: usize,
    /// Blocks of all live objects.
    pub live_blocks: usize,
    /// Buffers for the dumps of the two heaps.
    pub texts: [Vec<u8>; 2],
}

/// What a pointer points to.
#[derive(Debug, PartialEq)]
#[allow(dead_code)] // The fields are only printed, by Debug.
pub enum Place {
    Null,
    Block { area: usize, block: usize, byte: usize },
    Elsewhere(usize),
}

impl Trial {
    pub fn new(pair: Pair) -> Self {
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
        }
    }

    pub fn count(&self, count: Count) {
        shared(|shared| shared.cover.one(count));
    }

    pub fn lock_depth(&self) -> usize {
        read(self.pair.side(0).lock_depth)
    }

    /// Whether this configuration zeroes new memory whole.
    pub fn clears(&self) -> bool {
        self.pair.library.clears
    }

    pub fn has_finalisers(&self) -> bool {
        shared(|shared| !shared.areas[0][0].ftb.is_null())
    }

    /// Calls `f` for each side and returns both results.
    pub fn both<T>(&self, f: impl Fn(usize) -> T) -> [T; 2] {
        [0, 1].map(|side| {
            shared(|shared| shared.side = side);
            f(side)
        })
    }

    /// Like `both`, for a function that returns an address: the results are offsets.
    pub fn both_at(&self, f: impl Fn(usize) -> usize) -> [usize; 2] {
        self.both(|side| self.pair.offset(side, f(side)))
    }

    /// What an offset from a side's start means in the heap.
    pub fn place(&self, at: usize) -> Place {
        if at == 0 {
            return Place::Null;
        }
        let within = |(start, end): &(usize, usize)| (*start..*end).contains(&at);
        let Some(area) = self.pools.iter().position(within) else { return Place::Elsewhere(at) };
        let from = at - self.pools[area].0;
        Place::Block { area, block: from / self.pair.block(), byte: from % self.pair.block() }
    }

    /// A live object, without its script.
    pub fn live_object(&self, id: Id) -> Option<Object> {
        shared(|shared| {
            let object = shared.objects.get(id as usize).filter(|object| object.live)?;
            Some(Object { script: vec![], ..*object })
        })
    }

    pub fn has_weakref(&self, object: &Object) -> bool {
        let pair = self.pair;
        shared(|shared| tables::has_weakref(&shared.areas[0], pair.block(), pair.base[0] + object.at))
    }

    /// How many words this many blocks have.
    pub fn words_in(&self, blocks: usize) -> usize {
        blocks * self.pair.block() / size_of::<usize>()
    }

    /// A value on both sides, unless it names an object that never existed.
    pub fn words(&self, value: Value) -> Option<[usize; 2]> {
        shared(|shared| {
            let object = |id: Id| shared.objects.get(id as usize).map(|object| object.at).filter(|at| *at != 0);
            Some([self.pair.word(0, value, object)?, self.pair.word(1, value, object)?])
        })
    }
}

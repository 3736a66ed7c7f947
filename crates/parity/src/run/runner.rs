//! Runs one trace after the other on the two heaps of this process.

use super::areas::{new_area, prepare};
use super::compare::{Extent, compare};
use super::divergence::Divergence;
use super::finalisers::on_object;
use super::lender::on_area;
use super::picture;
use super::shared::{OWNER_BYTES, set_limit, share, shared};
use super::steps;
use super::trial::Trial;
use crate::cover::{Count, Cover};
use crate::heaps::memory::{self, ZONES};
use crate::heaps::pair::{Pair, ROOTS};
use crate::heaps::side::RawLibrary;
use crate::trace::{Before, Id, Op, Span};

pub struct Runner {
    trial: Trial,
    /// Seconds after which a trace counts as hanging.
    patience: u32,
}

impl Runner {
    /// Prepares a process for any number of traces.
    pub fn new(library: &'static RawLibrary, patience: u32) -> Result<Self, String> {
        let pair = Pair::new(library, on_object, on_area)?;
        share(pair);
        Ok(Self { trial: Trial::new(pair), patience })
    }

    /// Starts a trace: gc_init.
    pub fn start(&mut self, span: Span, junk: u64, before: Before) -> Result<(), Divergence> {
        let trial = &mut self.trial;
        let pair = trial.pair;
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
        trial.spans.clear();
        trial.canaries = [const { None }; ZONES];
        trial.live.clear();
        (trial.calls, trial.live_blocks, trial.junk) = (0, 0, junk);
        for side in 0..2 {
            for root in 0..ROOTS {
                pair.set_root(side, root, 0);
                pair.set_unreadable(side, root, false);
            }
            match before {
                Before::Zero => pair.state(side).fill(0),
                Before::Junk => pair.state(side).fill(0xa5),
                Before::Keep => {}
            }
            memory::write(pair.side(side).lock_depth, if before == Before::Zero { 0 } else { 6 });
        }
        prepare(trial, span);
        trial.both(|side| pair.init(side, span));
        new_area(trial)
    }

    /// Runs an operation. True if it called the heaps.
    pub fn step(&mut self, op: &Op) -> Result<bool, Divergence> {
        steps::step(&mut self.trial, op)
    }

    /// Compares everything, at the end of a trace.
    pub fn finish(&mut self) -> Result<(), Divergence> {
        compare(&mut self.trial, Extent::Everything)
    }

    pub fn cover(&self) -> Cover {
        shared(|shared| shared.cover.clone())
    }

    /// Both heaps as text.
    pub fn picture(&self) -> String {
        picture::picture()
    }

    /// The objects that are alive, in no particular order.
    pub fn live(&self) -> &[Id] {
        &self.trial.live
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
        self.trial.blocks
    }

    /// Blocks of all live objects.
    pub fn live_blocks(&self) -> usize {
        self.trial.live_blocks
    }

    /// Calls into the heaps since the trace began.
    pub fn calls(&self) -> usize {
        self.trial.calls
    }

    pub fn lock_depth(&self) -> usize {
        self.trial.lock_depth()
    }

    /// Offsets of the start and the end of each pool.
    pub fn pools(&self) -> &[(usize, usize)] {
        &self.trial.pools
    }

    /// The size of the record that gc_add puts at an area's start.
    pub fn area_bytes(&self) -> usize {
        self.trial.pair.library.area_bytes
    }

    /// The span, with its start moved up if gc.c could not make an area of it.
    pub fn fit(&self, span: Span, record: usize, step: usize) -> Span {
        self.trial.pair.fit(span, record, step)
    }
}

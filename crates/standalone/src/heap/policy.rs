//! When to collect, and by how much to grow.
//!
//! As in Go and in Boehm's collector: a collection is due when as much was allocated since the last one as a share of what
//! it left, and not before the memory is used that was in use lately. What has to be looked at beside the objects (static data, stacks) counts too: a collection of a small heap
//! costs that much at least.

use core::cell::Cell;

use gcheap::config::BLOCK_BYTES;

/// The share of what survives, in percent, after which a collection is due.
const USUAL_FACTOR: usize = 66;

/// Of so many bytes the share counts twice: where little is alive, a little more memory saves many collections.
const TWICE: usize = 1 << 20;

/// Nobody collects for less than this many bytes.
const LEAST_BETWEEN: usize = 256 << 10;

/// A heap grows by so many bytes at least. Pages that are not used yet cost nothing.
const LEAST_GROWTH: usize = 1 << 20;

/// A heap's policy, settable at any time.
pub struct Policy {
    /// In percent.
    factor: Cell<usize>,
    /// The most bytes that the heap may have.
    pub limit: Cell<usize>,
    /// As long as the heap has no more bytes than this, no collection is due.
    pub at_least: Cell<usize>,
    /// Whether the heap grows only if a collection has left no room.
    pub reluctant: Cell<bool>,
    /// The most bytes that were in use lately: so much memory is the program's own anyway.
    peak: Cell<usize>,
    /// How many bytes were to be in use at most when the next collection comes.
    planned: Cell<usize>,
}

impl Default for Policy {
    fn default() -> Self {
        Self::new()
    }
}

impl Policy {
    /// The usual policy.
    pub const fn new() -> Self {
        Self {
            factor: Cell::new(USUAL_FACTOR),
            limit: Cell::new(usize::MAX),
            at_least: Cell::new(0),
            reluctant: Cell::new(false),
            peak: Cell::new(0),
            planned: Cell::new(0),
        }
    }

    /// Sets the share of what survives, in percent, after which a collection is due. What was in use before does not count.
    pub fn set_factor(&self, percent: usize) {
        self.factor.set(percent);
        self.peak.set(0);
        self.planned.set(0);
    }

    /// The share, in percent.
    pub fn factor(&self) -> usize {
        self.factor.get()
    }

    /// Takes note of how many bytes were in use when a collection began; of more than were planned, as when collections were
    /// switched off, it takes no note. A peak is forgotten by and by, so that memory of which the program has no use any more
    /// is given back.
    pub fn note_used(&self, bytes: usize) {
        let peak = self.peak.get();
        self.peak.set(bytes.min(self.planned.get()).max(peak - peak / 16));
    }

    /// After how many blocks the next collection is due, when one has left so many bytes alive and has looked at so many
    /// bytes of roots: when a share of what it left was allocated, or as much as was in use before.
    pub fn next_after(&self, live: usize, roots: usize) -> usize {
        let factor = self.factor.get();
        let counted = live.saturating_add(live.min(TWICE));
        let share = (counted / 100).saturating_mul(factor).saturating_add((counted % 100).saturating_mul(factor) / 100);
        let unused = self.at_least.get().max(self.peak.get()).saturating_sub(live);
        let due = share.saturating_add(roots).max(LEAST_BETWEEN).max(unused);
        self.planned.set(live.saturating_add(due));
        due / BLOCK_BYTES
    }

    /// By how many blocks a heap of `blocks` grows that has no room for `needed`.
    pub fn growth(&self, blocks: usize, needed: usize) -> usize {
        needed.saturating_add(blocks / 4).max(LEAST_GROWTH / BLOCK_BYTES)
    }

    /// The most blocks that the heap may have.
    pub fn most_blocks(&self) -> usize {
        self.limit.get() / BLOCK_BYTES
    }
}

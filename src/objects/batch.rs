//! Many objects of one size at once, for hosts that hand them out one by one later, without the heap.

use core::marker::PhantomData;

use super::AllocFlags;
use super::allocate::Allocate;
use super::find::block_at;
use crate::config::BLOCK_BYTES;
use crate::context::Context;
use crate::counting::Counting;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::ptr_from_block;
use crate::layout::lanes::{BLOCKS_PER_WORD, frees, side_by_side, spread_out};
use crate::layout::starts::BLOCKS_PER_START;
use crate::placement::Placement;
use crate::variant::Variant;

/// Objects of one size near each other: two words of the table describe them.
///
/// ```text
///    blocks        h = h h = . . = h = . h = =      two blocks each; the objects at blocks 2 and 11 were there before
///    starts        1     1         1                bit i: one of these objects starts at block i
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The address of block 0 of the picture; that may lie before the heap's first block.
    pub base: usize,
    /// A bit for each object: bit i is for the one at `base` + i * `BLOCK_BYTES`. At least one is set.
    pub starts: usize,
}

/// The largest objects that batches are made of, in blocks.
pub const MOST_BATCH_BLOCKS: usize = BLOCKS_PER_WORD / 2;

/// Makes batches.
#[derive(Clone, Copy)]
pub(crate) struct Batches<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Batches<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Allocates one object of `n` (up to `MOST_BATCH_BLOCKS`) blocks as ever, and all others that fit behind it in its word
    /// of the table and the next one: they are the next lowest places for this size. Their memory holds what it held before.
    #[inline(never)]
    pub fn alloc(self, n: usize, no_scan: bool) -> Option<Batch> {
        // For now an object that nobody scans and clears.
        let flags = AllocFlags::NO_SCAN.and(AllocFlags::NOT_CLEARED);
        let first = Allocate::<H, V>::of(self.0).alloc(n * BLOCK_BYTES, flags);
        let (area, block) = block_at(self.0, first)?;
        let two = TwoWords::around(area, block);
        let lane = two.bit_of(block);
        let (more, taken) = objects_in(two.free() & usize::MAX << (lane + n), n);
        if more != 0 {
            two.make_objects(more, taken);
            self.note_taken(two, taken);
        }
        let starts = more | 1 << lane;
        two.note_kind(starts, no_scan);
        two.note_starts(more, n);
        // SAFETY: I6: the first object's block.
        let address = unsafe { ptr_from_block(area.pool(), block) }.addr().get();
        Some(Batch { base: address.wrapping_sub(lane * BLOCK_BYTES), starts })
    }

    /// Tells counters and placement of blocks that are in use from now on.
    fn note_taken(self, two: TwoWords, mut taken: usize) {
        let (area, n) = (two.area, taken.count_ones() as usize);
        V::Counting::note_used(area, n);
        let amount = self.0.state().alloc_amount();
        amount.set(amount.get().wrapping_add(n));
        let last = two.block(taken.ilog2() as usize);
        area.last_used().set(area.last_used().get().max(last));
        while taken != 0 {
            let at = taken.trailing_zeros() as usize;
            let run = (!(taken >> at)).trailing_zeros() as usize;
            V::Placement::over(self.0).note_use(area, two.block(at), run);
            taken &= !(lowest(run) << at);
        }
    }

    /// Marks the objects of a batch, which nobody has used yet, and does not scan them. Before the first root of a
    /// collection.
    pub fn mark(self, batch: Batch) {
        let area = self.0.state().first_area();
        let mut starts = batch.starts;
        while starts != 0 {
            let at = batch.base.wrapping_add(starts.trailing_zeros() as usize * BLOCK_BYTES);
            let block = at.wrapping_sub(area.pool().addr().get()) / BLOCK_BYTES;
            if block < area.blocks() {
                area.atb::<FastAtb>().head_to_mark(block);
            }
            starts &= starts - 1;
        }
    }
}

/// Two neighbouring words of the table, or the last one: a bit of a machine word for each block that they describe.
#[derive(Clone, Copy)]
struct TwoWords {
    area: Area,
    atb: FastAtb,
    first: usize,
}

impl TwoWords {
    /// The first of them is that of a block.
    #[inline(always)]
    fn around(area: Area, block: usize) -> Self {
        let atb: FastAtb = area.atb();
        Self { area, atb, first: atb.slot(block) / BLOCKS_PER_WORD }
    }

    fn bit_of(self, block: usize) -> usize {
        self.atb.slot(block) - self.first * BLOCKS_PER_WORD
    }

    fn block(self, bit: usize) -> usize {
        self.atb.block(self.first * BLOCKS_PER_WORD + bit)
    }

    /// Calls `f` with the index of each word and where its bits begin.
    #[inline(always)]
    fn each(self, mut f: impl FnMut(usize, usize)) {
        f(self.first, 0);
        if self.first + 1 < self.atb.words() {
            f(self.first + 1, BLOCKS_PER_WORD);
        }
    }

    /// The free blocks.
    #[inline(always)]
    fn free(self) -> usize {
        let mut free = 0;
        self.each(|i, at| free |= side_by_side(frees(self.atb.load(i)) & self.atb.own_lanes(i)) << at);
        free
    }

    /// Makes objects that start at some of the `taken` blocks, which are free, and have all others as tails.
    #[inline(always)]
    fn make_objects(self, starts: usize, taken: usize) {
        self.each(|i, at| {
            let (heads, all) = (spread_out(starts >> at), spread_out(taken >> at));
            self.atb.store(i, self.atb.load(i) | heads | (all & !heads) << 1);
        });
    }

    /// Writes down of the objects that start at these blocks whether somebody looks for pointers in them.
    #[inline(always)]
    fn note_kind(self, starts: usize, no_scan: bool) {
        let ntb = self.area.ntb();
        if self.atb.phase() == 0 {
            let half = usize::MAX >> BLOCKS_PER_WORD;
            return self.each(|i, at| ntb.change_word(i, starts >> at & half, no_scan));
        }
        self.each_block(starts, |block| if no_scan { ntb.set(block) } else { ntb.clear(block) });
    }

    /// Writes down where objects of `n` blocks start that reach over a place where this matters (I13).
    #[inline(always)]
    fn note_starts(self, starts: usize, n: usize) {
        // In most heaps, such a place is the first block of a word: the second word's if any's.
        if self.atb.phase() != 0 || (self.first + 1) * BLOCKS_PER_WORD % BLOCKS_PER_START == 0 {
            self.each_block(starts, |block| self.area.starts().note(block, n));
        }
    }

    fn each_block(self, mut bits: usize, mut f: impl FnMut(usize)) {
        while bits != 0 {
            f(self.block(bits.trailing_zeros() as usize));
            bits &= bits - 1;
        }
    }
}

/// The lowest `n` (any number) bits.
#[inline(always)]
fn lowest(n: usize) -> usize {
    if n >= usize::BITS as usize { usize::MAX } else { (1 << n) - 1 }
}

/// As many objects of `n` blocks as fit into free blocks, the lowest first: the blocks where they start, and all of their
/// blocks.
#[inline(always)]
fn objects_in(mut free: usize, n: usize) -> (usize, usize) {
    if n == 1 {
        return (free, free);
    }
    let (mut starts, mut taken) = (0, 0);
    while free != 0 {
        // A run of free blocks, from bit `at` on.
        let at = free.trailing_zeros();
        let run = (!(free >> at)).trailing_zeros() as usize;
        // Every n-th block of it starts an object, but for a last one that does not fit.
        let heads = EVERY[n] & if run < n { 0 } else { lowest(run + 1 - n) };
        starts |= heads << at;
        taken |= heads.wrapping_mul(lowest(n)) << at;
        free &= !(lowest(run) << at);
    }
    (starts, taken)
}

/// Entry n: every n-th bit, from bit 0 on.
const EVERY: [usize; MOST_BATCH_BLOCKS + 1] = {
    let mut table = [0; MOST_BATCH_BLOCKS + 1];
    let mut n = 1;
    while n < table.len() {
        let mut bit = 0;
        while bit < usize::BITS as usize {
            table[n] |= 1 << bit;
            bit += n;
        }
        n += 1;
    }
    table
};

//! Many objects of one size at once, for hosts that hand them out one by one later, without the heap.

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
use crate::layout::lanes::{
    BLOCKS_PER_WORD, Word, first_lanes, frees, lanes_below, run_at_bottom,
};
use crate::placement::Placement;
use crate::variant::Variant;

/// Objects of one size whose heads lie in one word of the table.
///
/// ```text
///    word          h = h h = . . = h = h      two blocks each; the objects at blocks 2, 5 and 8 were there before
///    starts        1     . .     . 1          bit 2i: one of these objects starts at block i
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The address that the word's first block has, or would have if it were the heap's.
    pub base: usize,
    /// A bit for each object: bit 2i is for the one at `base` + i * `BLOCK_BYTES`. At least one is set.
    pub starts: usize,
}

/// Makes batches.
#[derive(Clone, Copy)]
pub(crate) struct Batches<H: Host, V: Variant>(Context<H>, core::marker::PhantomData<V>);

impl<H: Host, V: Variant> Batches<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, core::marker::PhantomData)
    }

    /// Allocates one object of `n` blocks as ever, and all others that fit behind it in its word of the table: they are
    /// the next lowest places for this size. Their memory holds what it held before.
    #[inline(never)]
    pub fn alloc(self, n: usize, no_scan: bool) -> Option<Batch> {
        // For now an object that nobody scans and clears.
        let flags = AllocFlags::NO_SCAN.and(AllocFlags::NOT_CLEARED);
        let first = Allocate::<H, V>::of(self.0).alloc(n * BLOCK_BYTES, flags);
        let (area, block) = block_at(self.0, first)?;
        let atb: FastAtb = area.atb();
        let (i, lane) = (atb.slot(block) / BLOCKS_PER_WORD, atb.slot(block) % BLOCKS_PER_WORD);
        let word = atb.load(i);
        let free = frees(word) & atb.own_lanes(i) & !lanes_below(lane + n);
        let (more, taken) = objects_in(free, n);
        let starts = more | 1 << (2 * lane);
        if more != 0 {
            atb.store(i, word | more | (taken & !more) << 1);
            self.note_taken(area, i, taken);
        }
        note_objects(area, i, starts, n, no_scan);
        // SAFETY: I6: the first object's address, less what lies before it in the word.
        let first_address = unsafe { ptr_from_block(area.pool(), block) }.addr().get();
        Some(Batch { base: first_address.wrapping_sub(lane * BLOCK_BYTES), starts })
    }

    /// Tells counters and placement of blocks that are in use from now on: these lanes of table word `i`.
    fn note_taken(self, area: Area, i: usize, mut taken: Word) {
        let n = taken.count_ones() as usize;
        V::Counting::note_used(area, n);
        let amount = self.0.state().alloc_amount();
        amount.set(amount.get().wrapping_add(n));
        let atb: FastAtb = area.atb();
        let last = (Word::BITS - 1 - taken.leading_zeros()) as usize / 2;
        area.last_used().set(area.last_used().get().max(atb.block(i * BLOCKS_PER_WORD + last)));
        while taken != 0 {
            let lane = taken.trailing_zeros() as usize / 2;
            let run = run_at_bottom(taken >> (2 * lane));
            V::Placement::over(self.0).note_use(area, atb.block(i * BLOCKS_PER_WORD + lane), run);
            taken &= !lanes_below(lane + run);
        }
    }

    /// Marks the objects of a batch, which nobody has used yet, and does not scan them. Before the first root of a
    /// collection.
    pub fn mark(self, batch: Batch) {
        let area = self.0.state().first_area();
        let mut starts = batch.starts;
        while starts != 0 {
            let at = batch.base.wrapping_add(starts.trailing_zeros() as usize / 2 * BLOCK_BYTES);
            let block = at.wrapping_sub(area.pool().addr().get()) / BLOCK_BYTES;
            if block < area.blocks() {
                area.atb::<FastAtb>().head_to_mark(block);
            }
            starts &= starts - 1;
        }
    }
}

/// As many objects of `n` (up to half a word) blocks as fit into free lanes, the lowest first: the lanes where they start,
/// and all their lanes.
#[inline(always)]
fn objects_in(mut free: Word, n: usize) -> (Word, Word) {
    if n == 1 {
        return (free, free);
    }
    let (mut starts, mut taken) = (0, 0);
    while free != 0 {
        // A run of free lanes, from bit `at` on.
        let at = free.trailing_zeros();
        let lanes = run_at_bottom(free >> at);
        // Every n-th lane of it starts an object, but for a last one that does not fit.
        let fits = if lanes < n { 0 } else { first_lanes(lanes + 1 - n) };
        let heads = every(n) & fits;
        starts |= heads << at;
        taken |= heads.wrapping_mul(first_lanes(n)) << at;
        free &= !(first_lanes(lanes) << at);
    }
    (starts, taken)
}

/// Every n-th lane of a word, from lane 0 on.
#[inline(always)]
fn every(n: usize) -> Word {
    const EVERY: [Word; BLOCKS_PER_WORD / 2 + 1] = {
        let mut table = [0; BLOCKS_PER_WORD / 2 + 1];
        let mut n = 1;
        while n < table.len() {
            let mut lane = 0;
            while lane < BLOCKS_PER_WORD {
                table[n] |= 1 << (2 * lane);
                lane += n;
            }
            n += 1;
        }
        table
    };
    EVERY[n]
}

/// Writes into the other tables what belongs there of objects of `n` blocks that start at these lanes of table word `i`.
#[inline(always)]
fn note_objects(area: Area, i: usize, mut starts: Word, n: usize, no_scan: bool) {
    let (atb, ntb) = (area.atb::<FastAtb>(), area.ntb());
    if atb.phase() == 0 {
        // No object of a word reaches over a multiple of 4096 blocks but one that reaches over the word's end.
        let last = i * BLOCKS_PER_WORD + (Word::BITS - 1 - starts.leading_zeros()) as usize / 2;
        area.starts().note(last, n);
        return ntb.set_lanes(i, starts, no_scan);
    }
    while starts != 0 {
        let block = atb.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2);
        if no_scan { ntb.set(block) } else { ntb.clear(block) }
        area.starts().note(block, n);
        starts &= starts - 1;
    }
}

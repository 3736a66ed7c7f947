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

/// Objects of one size near each other, in a few stretches of as many blocks as a machine word has bits: each as two words
/// of the table describe them.
///
/// ```text
///    blocks        h = h h = . . = h = . h = =      two blocks each; the objects at blocks 2 and 11 were there before
///    starts        1     1         1                bit i: one of these objects starts at block i
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The address of block 0 of the picture; that may lie before the heap's first block.
    pub base: usize,
    /// A bit for each object: bit i is for the one at `base` + i * `BLOCK_BYTES`. At least one of the first is set; the second
    /// number is for the blocks behind, and so on.
    pub starts: [usize; MOST_STRETCHES],
}

/// How many stretches a batch has at most: together they are a page of memory on 64-bit machines. What a program allocates one
/// after the other, it often looks at one after the other, and processors fetch what comes next in a page.
pub const MOST_STRETCHES: usize = 4;

/// From how many blocks on that it has found a stretch free, a batch goes on to the next one.
const WORTHWHILE: usize = usize::BITS as usize / 4;

/// The bytes of a stretch.
pub const STRETCH_BYTES: usize = usize::BITS as usize * BLOCK_BYTES;

/// The largest objects that batches are made of, in blocks.
pub const MOST_BATCH_BLOCKS: usize = BLOCKS_PER_WORD / 2;

/// Makes batches.
#[derive(Clone, Copy)]
pub(crate) struct Batches<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Batches<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Allocates one object of `n` (up to `MOST_BATCH_BLOCKS`) blocks as ever, and all others that fit behind it in a number
    /// of stretches: they are the next lowest places for this size. Their memory holds what it held before.
    #[inline(never)]
    pub fn alloc(self, n: usize, no_scan: bool, stretches: usize) -> Option<Batch> {
        // For now an object that nobody scans and clears.
        let flags = AllocFlags::NO_SCAN.and(AllocFlags::NOT_CLEARED);
        let first = Allocate::<H, V>::of(self.0).alloc(n * BLOCK_BYTES, flags);
        let (area, block) = block_at(self.0, first)?;
        let mut stretch = Stretch::around(area, block);
        let lane = stretch.bit_of(block);
        let mut starts = [0; MOST_STRETCHES];
        starts[0] = self.take_from(stretch, Blocks::MAX << (lane + n), n) | 1 << lane;
        stretch.note_kind(starts[0], no_scan);
        for i in 1..stretches.min(MOST_STRETCHES) {
            // Among many other objects there is little to be had, and looking for it costs more.
            let Some(next) = stretch.next().filter(|_| starts[i - 1].count_ones() as usize * n >= WORTHWHILE) else {
                break;
            };
            stretch = next;
            starts[i] = self.take_from(stretch, Blocks::MAX, n);
            stretch.note_kind(starts[i], no_scan);
        }
        // SAFETY: I6: the first object's block.
        let address = unsafe { ptr_from_block(area.pool(), block) }.addr().get();
        Some(Batch { base: address.wrapping_sub(lane * BLOCK_BYTES), starts })
    }

    /// Makes as many objects of `n` blocks as fit into what is free of the `allowed` blocks, and start in the stretch. Returns
    /// where they start.
    #[inline(always)]
    fn take_from(self, stretch: Stretch, allowed: Blocks, n: usize) -> usize {
        let (starts, taken) = objects_in(stretch.free(n) & allowed, n);
        if starts != 0 {
            stretch.make_objects(starts, taken);
            self.note_taken(stretch, taken);
            stretch.note_starts(starts, n);
        }
        starts
    }

    /// Tells counters and placement of blocks that are in use from now on.
    fn note_taken(self, stretch: Stretch, mut taken: Blocks) {
        let (area, n) = (stretch.area, taken.count_ones() as usize);
        V::Counting::note_used(area, n);
        let amount = self.0.state().alloc_amount();
        amount.set(amount.get().wrapping_add(n));
        let last = stretch.block(taken.ilog2() as usize);
        area.last_used().set(area.last_used().get().max(last));
        while taken != 0 {
            let (at, run) = first_run(taken);
            V::Placement::over(self.0).note_use(area, stretch.block(at), run);
            taken &= !(lowest(run) << at);
        }
    }

    /// Marks the objects of a batch, which nobody has used yet, and does not scan them. Before the first root of a
    /// collection.
    pub fn mark(self, batch: Batch) {
        let area = self.0.state().first_area();
        batch.each(|address| {
            let block = address.wrapping_sub(area.pool().addr().get()) / BLOCK_BYTES;
            if block < area.blocks() {
                area.atb::<FastAtb>().head_to_mark(block);
            }
        });
    }
}

impl Batch {
    /// Calls `f` with the address of each object.
    pub fn each(&self, mut f: impl FnMut(usize)) {
        for (i, &starts) in self.starts.iter().enumerate() {
            let mut starts = starts;
            while starts != 0 {
                let block = i * usize::BITS as usize + starts.trailing_zeros() as usize;
                f(self.base.wrapping_add(block * BLOCK_BYTES));
                starts &= starts - 1;
            }
        }
    }
}

/// A bit for each block of a stretch, and for the blocks behind it that its last object may have.
#[cfg(target_pointer_width = "64")]
type Blocks = u128;
#[cfg(not(target_pointer_width = "64"))]
type Blocks = u64;

/// Two neighbouring words of the table (the heap may end before the second), and the one behind, in which the last object may
/// end.
#[derive(Clone, Copy)]
struct Stretch {
    area: Area,
    atb: FastAtb,
    first: usize,
}

impl Stretch {
    /// The one whose first word is that of a block.
    #[inline(always)]
    fn around(area: Area, block: usize) -> Self {
        let atb: FastAtb = area.atb();
        Self { area, atb, first: atb.slot(block) / BLOCKS_PER_WORD }
    }

    /// The one behind.
    fn next(self) -> Option<Self> {
        let first = self.first + 2;
        if first < self.atb.words() { Some(Self { first, ..self }) } else { None }
    }

    fn bit_of(self, block: usize) -> usize {
        self.atb.slot(block) - self.first * BLOCKS_PER_WORD
    }

    fn block(self, bit: usize) -> usize {
        self.atb.block(self.first * BLOCKS_PER_WORD + bit)
    }

    /// Calls `f` with the indexes of the first `words` words and where their bits begin.
    #[inline(always)]
    fn each(self, words: usize, mut f: impl FnMut(usize, usize)) {
        for i in 0..words {
            if self.first + i < self.atb.words() {
                f(self.first + i, i * BLOCKS_PER_WORD);
            }
        }
    }

    /// The free blocks, for objects of `n` blocks.
    #[inline(always)]
    fn free(self, n: usize) -> Blocks {
        let mut free = 0;
        self.each(if n > 1 { 3 } else { 2 }, |i, at| {
            free |= (side_by_side(frees(self.atb.load(i)) & self.atb.own_lanes(i)) as Blocks) << at;
        });
        free
    }

    /// Makes objects that start at some of the `taken` blocks, which are free, and have all others as tails.
    #[inline(always)]
    fn make_objects(self, starts: usize, taken: Blocks) {
        let starts = starts as Blocks;
        self.each(if taken >> usize::BITS != 0 { 3 } else { 2 }, |i, at| {
            let (heads, all) = (spread_out((starts >> at) as usize), spread_out((taken >> at) as usize));
            self.atb.store(i, self.atb.load(i) | heads | (all & !heads) << 1);
        });
    }

    /// Writes down of the objects that start at these blocks whether somebody looks for pointers in them.
    #[inline(always)]
    fn note_kind(self, starts: usize, no_scan: bool) {
        let ntb = self.area.ntb();
        if self.atb.phase() == 0 {
            let half = usize::MAX >> BLOCKS_PER_WORD;
            return self.each(2, |i, at| ntb.change_word(i, starts >> at & half, no_scan));
        }
        self.each_block(starts, |block| if no_scan { ntb.set(block) } else { ntb.clear(block) });
    }

    /// Writes down where objects of `n` blocks start that reach over a place where this matters (I13).
    #[inline(always)]
    fn note_starts(self, starts: usize, n: usize) {
        // In most heaps, such a place is the first block of a word: of the second or third one, if any.
        let place = |word: usize| (self.first + word) * BLOCKS_PER_WORD % BLOCKS_PER_START == 0;
        if self.atb.phase() != 0 || place(1) || place(2) {
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
fn lowest(n: usize) -> Blocks {
    if n >= Blocks::BITS as usize { Blocks::MAX } else { (1 << n) - 1 }
}

/// The lowest set bits in a row (there are some): where they begin, and how many they are.
#[inline(always)]
fn first_run(bits: Blocks) -> (usize, usize) {
    let at = bits.trailing_zeros() as usize;
    (at, (!(bits >> at)).trailing_zeros() as usize)
}

/// As many objects of `n` blocks as fit into free blocks and start in the stretch, the lowest first: the blocks where they
/// start, and all of their blocks.
#[inline(always)]
fn objects_in(mut free: Blocks, n: usize) -> (usize, Blocks) {
    if n == 1 {
        return (free as usize, free & usize::MAX as Blocks);
    }
    let (mut starts, mut taken) = (0, 0);
    while free as usize != 0 {
        let (at, run) = first_run(free);
        // Every n-th block of the run starts an object, but for a last one that does not fit, or starts behind the stretch.
        let heads = EVERY[n] & if run < n { 0 } else { lowest(run + 1 - n) } & lowest(usize::BITS as usize - at);
        starts |= heads << at;
        taken |= heads.wrapping_mul(lowest(n)) << at;
        free &= !(lowest(run) << at);
    }
    (starts as usize, taken)
}

/// Entry n: every n-th bit, from bit 0 on.
const EVERY: [Blocks; MOST_BATCH_BLOCKS + 1] = {
    let mut table = [0; MOST_BATCH_BLOCKS + 1];
    let mut n = 1;
    while n < table.len() {
        let mut bit = 0;
        while bit < Blocks::BITS as usize {
            table[n] |= 1 << bit;
            bit += n;
        }
        n += 1;
    }
    table
};

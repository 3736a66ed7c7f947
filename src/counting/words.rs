//! Counting by words of the table; and blocks in use as they come and go.

use super::{Counting, Info};
use crate::config::BLOCK_BYTES;
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::Kind;
use crate::layout::lanes::{
    BLOCKS_PER_WORD, LANES, Word, both_bits, frees, heads, marks, run_at_bottom, run_at_top, run_starts, tails,
};

/// Every area has a counter of its blocks in use.
pub struct ByWords;

impl Counting for ByWords {
    fn note_used(area: Area, n: usize) {
        area.used().set(area.used().get() + n);
    }

    fn note_freed(area: Area, n: usize) {
        area.used().set(area.used().get() - n);
    }

    fn count_live(live: Word) -> usize {
        live.count_ones() as usize
    }

    fn agrees(area: Area, used: usize) -> bool {
        area.used().get() == used
    }

    fn info<H: Host>(context: Context<H>) -> Info {
        context.host().enter();
        let mut info = Info::default();
        for area in context.state().areas() {
            let atb: FastAtb = area.atb();
            info.total += atb.blocks() * BLOCK_BYTES;
            let mut count = Count::default();
            if !count_by_words(context, &atb, &mut count) {
                count = Count::default();
                count_by_blocks(context, &atb, &mut count);
            }
            info.used += count.used * BLOCK_BYTES;
            info.free += count.free * BLOCK_BYTES;
            info.max_free = info.max_free.max(count.max_free);
            info.num_1block += count.num_1block;
            info.num_2block += count.num_2block;
            info.max_block = info.max_block.max(count.max_block);
        }
        context.host().exit();
        #[cfg(gcheap_split_heap_auto)]
        {
            info.max_new_split = context.host().max_new_split();
        }
        info
    }

    fn info_fast<H: Host>(context: Context<H>) -> Info {
        context.host().enter();
        let (mut blocks, mut used) = (0, 0);
        for area in context.state().areas() {
            blocks += area.blocks();
            used += area.used().get();
        }
        context.host().exit();
        Info {
            total: blocks * BLOCK_BYTES,
            used: used * BLOCK_BYTES,
            free: (blocks - used) * BLOCK_BYTES,
            ..Info::default()
        }
    }
}

/// Counts a word at a time; gives up (false) at the first marked head, which only a finaliser ever sees.
fn count_by_words<H: Host>(context: Context<H>, atb: &FastAtb, count: &mut Count) -> bool {
    let (mut free_run, mut tail_run) = (LongestRun::default(), LongestRun::default());
    let mut word = if atb.blocks() == 0 { 0 } else { own_word(atb, 0) };
    let mut own = if atb.blocks() == 0 { 0 } else { atb.own_lanes(0) };
    for i in 0..atb.words() {
        context.host().hook(i * BLOCKS_PER_WORD);
        if marks(word) != 0 {
            return false;
        }
        let next = if i + 1 < atb.words() { own_word(atb, i + 1) } else { 0 };
        let (head, tail, free) = (heads(word), tails(word), frees(word) & own);
        // Lane by lane: is the next block a tail, and the one after it?
        let tail_1 = tail >> 2 | tails(next) << (Word::BITS - 2);
        let tail_2 = tail_1 >> 2 | (tails(next) >> 2) << (Word::BITS - 2);
        count.used += (head | tail).count_ones() as usize;
        count.free += free.count_ones() as usize;
        count.num_1block += (head & !tail_1).count_ones() as usize;
        count.num_2block += (head & tail_1 & !tail_2).count_ones() as usize;
        count.max_block |= (head != 0) as usize;
        free_run.add(free);
        tail_run.add(tail);
        (word, own) = (next, LANES);
    }
    count.max_free = free_run.longest;
    count.max_block += tail_run.longest;
    true
}

/// Counts as gc.c does, which does not know what to do with a marked head and passes over it: an object runs on
/// behind one, and so does a free run.
#[cold]
fn count_by_blocks<H: Host>(context: Context<H>, atb: &FastAtb, count: &mut Count) {
    let (mut len, mut free_len) = (0, 0);
    for block in 0..atb.blocks() {
        context.host().hook(block);
        match atb.kind(block) {
            Kind::Free => (count.free, free_len, len) = (count.free + 1, free_len + 1, 0),
            Kind::Head => (count.used, len) = (count.used + 1, 1),
            Kind::Tail => (count.used, len) = (count.used + 1, len + 1),
            Kind::Mark => {}
        }
        let next = if block + 1 < atb.blocks() { Some(atb.kind(block + 1)) } else { None };
        if matches!(next, None | Some(Kind::Free | Kind::Head)) {
            count.num_1block += (len == 1) as usize;
            count.num_2block += (len == 2) as usize;
            count.max_block = count.max_block.max(len);
        }
        if matches!(next, None | Some(Kind::Head)) {
            count.max_free = count.max_free.max(free_len);
            free_len = 0;
        }
    }
}

/// One area's numbers, in blocks and objects.
#[derive(Default)]
struct Count {
    used: usize,
    free: usize,
    max_free: usize,
    num_1block: usize,
    num_2block: usize,
    max_block: usize,
}

fn own_word(atb: &FastAtb, i: usize) -> Word {
    atb.load(i) & both_bits(atb.own_lanes(i))
}

/// The longest run of set lanes in a sequence of lane masks.
#[derive(Default)]
struct LongestRun {
    longest: usize,
    /// Set lanes in a row at the end of what was added.
    at_end: usize,
}

impl LongestRun {
    #[inline(always)]
    fn add(&mut self, lanes: Word) {
        let bottom = run_at_bottom(lanes);
        if bottom == BLOCKS_PER_WORD {
            self.at_end += BLOCKS_PER_WORD;
            self.longest = self.longest.max(self.at_end);
            return;
        }
        self.longest = self.longest.max(self.at_end + bottom);
        // Inside the word: as long as there is a run one longer than the longest, it is the longest.
        while self.longest < BLOCKS_PER_WORD && run_starts(lanes, self.longest + 1) != 0 {
            self.longest += 1;
        }
        self.at_end = run_at_top(lanes);
    }
}

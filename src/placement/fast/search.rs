//! Searching the table for free runs, word by word.

use super::super::Place;
use super::super::index::place_at;
use super::segments::Segments;
use crate::config::SPLIT_HEAP;
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::SEGMENTS;
use crate::layout::lanes::{BLOCKS_PER_WORD, Word, frees, lanes_from, longest_run, run_at_bottom, run_at_top, run_starts};

/// The lowest heap index from `from` on, but below `limit`, with `n` free blocks in a row, holes aside; or where the search
/// has ended. Below `from` there must be none, except in holes: then segments say what the search need not look at, and
/// learn from it.
#[inline(never)]
pub(super) fn search<H: Host>(context: Context<H>, from: usize, n: usize, limit: usize) -> Result<usize, usize> {
    search_with(context, from, n, limit, if SEGMENTS > 0 { Some(Segments(context)) } else { None })
}

/// The same from any index on, in holes too.
#[cold]
pub(super) fn search_plainly<H: Host>(context: Context<H>, from: usize, n: usize) -> Result<usize, usize> {
    search_with(context, from, n, usize::MAX, None)
}

/// The lowest block of the first area from `from` on, but below `limit`, at which `n` free blocks in a row start.
#[inline(never)]
pub(super) fn find_run_in<H: Host>(atb: &FastAtb, from: usize, n: usize, limit: usize) -> Option<usize> {
    find_run(atb, from, n, limit, None::<Segments<H>>)
}

#[inline(always)]
fn search_with<H: Host>(
    context: Context<H>,
    from: usize,
    n: usize,
    limit: usize,
    segments: Option<Segments<H>>,
) -> Result<usize, usize> {
    let state = context.state();
    if !SPLIT_HEAP {
        context.host().hook(from);
        let atb: FastAtb = state.first_area().atb();
        return find_run(&atb, from, n, limit, segments).ok_or(limit.min(atb.blocks()));
    }
    let Place { mut area, mut block } = place_at(state, from);
    let mut first = from - block;
    loop {
        context.host().hook(block);
        let atb: FastAtb = area.atb();
        let end = first + atb.blocks();
        if let Some(block) = find_run(&atb, block, n, limit - first, segments) {
            return Ok(first + block);
        }
        match area.next() {
            Some(next) if limit > end => (area, block, first) = (next, 0, end + 1),
            _ => return Err(limit.min(end)),
        }
    }
}

/// The lowest block from `from` on, but below `limit`, at which `n` free blocks in a row start.
#[inline(always)]
fn find_run<H: Host>(
    atb: &FastAtb,
    from: usize,
    n: usize,
    limit: usize,
    segments: Option<Segments<H>>,
) -> Option<usize> {
    let (slot, words) = (atb.slot(from), atb.words());
    let mut i = slot / BLOCKS_PER_WORD;
    if i >= words {
        return None;
    }
    // The words in which a run below the limit can start.
    let most = words.min(atb.slot(limit.min(atb.blocks())).div_ceil(BLOCKS_PER_WORD));
    let below_limit = |block: usize| if block < limit { Some(block) } else { None };
    let mut free = frees(atb.load(i)) & lanes_from(slot % BLOCKS_PER_WORD);
    // Without segments, all words are one.
    let bits = segments.map_or(usize::BITS - 1, Segments::bits);
    let mut from_start = slot % BLOCKS_PER_WORD == 0;
    loop {
        let segment = i >> bits;
        let end = most.min((segment + 1) << bits);
        // What of the segment lies before the first word has no n blocks. The longest run of the others is measured.
        let mut longest = if i == segment << bits && from_start { 0 } else { n - 1 };
        // Free lanes in a row at the end of the words before word i.
        let mut run = 0;
        loop {
            if n > 1 && run <= 1 && free & (free >> 2 | run) == 0 {
                // No two free lanes are neighbours, as in most words.
                run = free >> (Word::BITS - 2);
                longest = longest.max((free != 0) as usize);
            } else {
                if run != 0 {
                    let bottom = run_at_bottom(free);
                    if run + bottom >= n {
                        return Some(atb.block(i * BLOCKS_PER_WORD - run));
                    }
                    longest = longest.max(run + bottom);
                    run = if bottom == BLOCKS_PER_WORD { run + bottom } else { 0 };
                }
                if run == 0 {
                    if n <= BLOCKS_PER_WORD {
                        let starts = run_starts(free, n);
                        if starts != 0 {
                            return below_limit(atb.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2));
                        }
                    }
                    run = run_at_top(free);
                    longest = longest.max(longest_run(free));
                }
            }
            i += 1;
            if i >= end {
                break;
            }
            free = frees(atb.load_behind_first(i));
        }
        // A run at the segment's end may go on.
        while run != 0 && i < words {
            let bottom = run_at_bottom(frees(atb.load_behind_first(i)));
            if run + bottom >= n {
                return Some(atb.block(i * BLOCKS_PER_WORD - run));
            }
            longest = longest.max(run + bottom);
            if bottom < BLOCKS_PER_WORD {
                break;
            }
            run += bottom;
            i += 1;
        }
        let segments = segments?;
        if end < words.min((segment + 1) << bits) {
            return None;
        }
        for passed in segment..(i >> bits).max(segment + 1) {
            segments.note_passed(passed, longest);
        }
        let next = segments.next(i >> bits, n)?;
        i = i.max(next << bits);
        if i >= most {
            return None;
        }
        free = frees(atb.load_behind_first(i));
        from_start = true;
    }
}

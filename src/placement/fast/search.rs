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
use crate::layout::lanes::{BLOCKS_PER_WORD, Word, frees, lanes_from, run_at_bottom, run_at_top, run_starts};

/// The lowest heap index from `from` on with `n` free blocks in a row, or the heap's end. Below `from` there must be none,
/// except in holes: then segments say what the search need not look at, and learn from it.
pub(super) fn search<H: Host>(context: Context<H>, from: usize, n: usize) -> Result<usize, usize> {
    search_with(context, from, n, if SEGMENTS > 0 { Some(Segments(context)) } else { None })
}

/// The same from any index on.
#[cold]
pub(super) fn search_plainly<H: Host>(context: Context<H>, from: usize, n: usize) -> Result<usize, usize> {
    search_with(context, from, n, None)
}

#[inline(always)]
fn search_with<H: Host>(
    context: Context<H>,
    from: usize,
    n: usize,
    segments: Option<Segments<H>>,
) -> Result<usize, usize> {
    let state = context.state();
    if !SPLIT_HEAP {
        context.host().hook(from);
        let atb: FastAtb = state.first_area().atb();
        return find_run(&atb, from, n, segments).ok_or(atb.blocks());
    }
    let Place { mut area, mut block } = place_at(state, from);
    let mut first = from - block;
    loop {
        context.host().hook(block);
        let atb: FastAtb = area.atb();
        if let Some(block) = find_run(&atb, block, n, segments) {
            return Ok(first + block);
        }
        let Some(next) = area.next() else { return Err(first + atb.blocks()) };
        first += atb.blocks() + 1;
        (area, block) = (next, 0);
    }
}

/// The lowest block from `from` on at which `n` free blocks in a row start.
#[inline(always)]
fn find_run<H: Host>(atb: &FastAtb, from: usize, n: usize, segments: Option<Segments<H>>) -> Option<usize> {
    let (slot, words) = (atb.slot(from), atb.words());
    let mut i = slot / BLOCKS_PER_WORD;
    if i >= words {
        return None;
    }
    let mut free = frees(atb.load(i)) & lanes_from(slot % BLOCKS_PER_WORD);
    // Without segments, all words are one.
    let bits = segments.map_or(usize::BITS - 1, Segments::bits);
    loop {
        let segment = i >> bits;
        let end = words.min((segment + 1) << bits);
        // Free lanes in a row at the end of the words before word i.
        let mut run = 0;
        loop {
            if n > 1 && run <= 1 && free & (free >> 2 | run) == 0 {
                // No two free lanes are neighbours, as in most words.
                run = free >> (Word::BITS - 2);
            } else {
                if run != 0 {
                    let bottom = run_at_bottom(free);
                    if run + bottom >= n {
                        return Some(atb.block(i * BLOCKS_PER_WORD - run));
                    }
                    run = if bottom == BLOCKS_PER_WORD { run + bottom } else { 0 };
                }
                if run == 0 {
                    if n <= BLOCKS_PER_WORD {
                        let starts = run_starts(free, n);
                        if starts != 0 {
                            return Some(atb.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2));
                        }
                    }
                    run = run_at_top(free);
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
            if bottom < BLOCKS_PER_WORD {
                break;
            }
            run += bottom;
            i += 1;
        }
        let segments = segments?;
        for passed in segment..(i >> bits).max(segment + 1) {
            segments.note_passed(passed, n);
        }
        let next = segments.next(i >> bits, n)?;
        i = i.max(next << bits);
        if i >= words {
            return None;
        }
        free = frees(atb.load_behind_first(i));
    }
}

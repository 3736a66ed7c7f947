//! Searching the table for free runs, word by word.

use super::super::Place;
use super::super::index::place_at;
use crate::config::SPLIT_HEAP;
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::lanes::{BLOCKS_PER_WORD, Word, frees, lanes_from, run_at_bottom, run_at_top, run_starts};

/// The lowest heap index from `from` on with `n` free blocks in a row, or the heap's end.
#[inline(always)]
pub(super) fn search<H: Host>(context: Context<H>, from: usize, n: usize) -> Result<usize, usize> {
    let state = context.state();
    if !SPLIT_HEAP {
        context.host().hook(from);
        let atb: FastAtb = state.first_area().atb();
        return find_run(&atb, from, n).ok_or(atb.blocks());
    }
    let Place { mut area, mut block } = place_at(state, from);
    let mut first = from - block;
    loop {
        context.host().hook(block);
        let atb: FastAtb = area.atb();
        if let Some(block) = find_run(&atb, block, n) {
            return Ok(first + block);
        }
        let Some(next) = area.next() else { return Err(first + atb.blocks()) };
        first += atb.blocks() + 1;
        (area, block) = (next, 0);
    }
}

/// The lowest block from `from` on at which `n` free blocks in a row start.
#[inline(always)]
fn find_run(atb: &FastAtb, from: usize, n: usize) -> Option<usize> {
    let slot = atb.slot(from);
    let mut i = slot / BLOCKS_PER_WORD;
    if i >= atb.words() {
        return None;
    }
    let mut free = frees(atb.load(i)) & lanes_from(slot % BLOCKS_PER_WORD);
    // Free lanes in a row at the end of the words before word i.
    let mut run = 0;
    // In most words no two free lanes are neighbours: they are passed quickly.
    let (small, neighbour) = (n <= BLOCKS_PER_WORD, if n > 1 { 2 } else { 0 });
    loop {
        if run != 0 {
            let bottom = run_at_bottom(free);
            if run + bottom >= n {
                return Some(atb.block(i * BLOCKS_PER_WORD - run));
            }
            run = if bottom == BLOCKS_PER_WORD { run + bottom } else { 0 };
        }
        if run == 0 {
            if small && free & free >> neighbour != 0 {
                let starts = run_starts(free, n);
                if starts != 0 {
                    return Some(atb.block(i * BLOCKS_PER_WORD + starts.trailing_zeros() as usize / 2));
                }
            }
            // In most words nothing reaches the end.
            if free >> (Word::BITS - 2) != 0 {
                run = run_at_top(free);
            }
        }
        i += 1;
        if i >= atb.words() {
            return None;
        }
        free = frees(atb.load_behind_first(i));
    }
}

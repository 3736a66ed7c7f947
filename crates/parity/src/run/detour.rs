//! What MicroPython's coverage test does: saves the heap's state, uses the same functions on another small heap, and
//! restores the state.

use super::divergence::{Divergence, same};
use super::trial::Trial;
use crate::heaps::memory::{SPARE_ZONE, bytes_mut, read, write};
use crate::trace::Span;
use crate::trace::random::Random;

/// Makes a heap of this many bytes for a while, and compares what the two sides return there.
pub fn detour(trial: &Trial, bytes: usize, seed: u64) -> Result<(), Divergence> {
    let pair = trial.pair;
    let saved = trial.both(|side| (pair.state(side).to_vec(), read(pair.side(side).lock_depth)));
    let span = Span { zone: SPARE_ZONE, start: (seed % 64) as usize, end: (seed % 64) as usize + bytes };
    let span = pair.fit(span, 0, 1);
    let result = trial.both(|side| {
        let mut random = Random::new(seed);
        let mut log = Vec::new();
        let start = pair.span_start(side, span);
        bytes_mut(start, bytes).fill(0);
        pair.init(side, span);
        for _ in 0..random.below(20) {
            let address = pair.alloc(side, random.below(5 * pair.block()), false);
            log.push(pair.offset(side, address));
            if random.chance(30) && address != 0 {
                pair.free(side, address);
            }
        }
        pair.sweep_all(side);
        log.push(pair.alloc(side, pair.block(), true).wrapping_sub(pair.base[side]));
        let info = pair.info(side);
        log.extend([info.total, info.used, info.free, info.max_free]);
        log
    });
    for (side, (state, depth)) in saved.iter().enumerate() {
        pair.state(side).copy_from_slice(state);
        write(pair.side(side).lock_depth, *depth as u16);
    }
    let step = result[0].iter().zip(&result[1]).position(|(left, right)| left != right);
    let Some(n) = step else { return Ok(()) };
    let of = result[0].len();
    same!(result[0][n], result[1][n], "step {n} of {of} in another heap (offsets, then gc_info)");
    Ok(())
}

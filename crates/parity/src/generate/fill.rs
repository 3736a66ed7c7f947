//! Fills the heap to the last block.

use super::generator::Generator;
use crate::config::Split;
use crate::run::divergence::Divergence;
use crate::trace::{Op, Value};

/// Allocates until no block is free. An anchor object points to some of the new objects, so that a collection leaves a
/// pattern of survivors and holes.
pub fn fill(g: &mut Generator) -> Result<(), Divergence> {
    while g.runner.lock_depth() > 0 {
        g.emit(Op::Unlock)?;
    }
    if g.config.split == Split::Auto {
        g.emit(Op::Limit(0))?;
    }
    g.emit(Op::Auto(false))?;
    let (free, words) = (g.runner.blocks() - g.runner.live_blocks(), g.config.block / size_of::<usize>());
    // Larger objects in a large heap, because it would take too long otherwise.
    let mut most = g.plan.small.max(free / 100);
    let (anchor, blocks) = (g.new_id(), (free / most / words).max(1));
    let bytes = blocks * g.config.block;
    g.emit(Op::Alloc { id: anchor, bytes, finaliser: false, noise: false, by_realloc: false })?;
    g.emit(Op::Root { at: 0, value: Value::Object(anchor, 0) })?;
    let kept = *g.random.pick(&[10, 50, 90]);
    let mut word = 0;
    while g.runner.live_blocks() < g.runner.blocks() {
        let (id, blocks) = (g.new_id(), g.random.range(1, most));
        let bytes = g.in_blocks(blocks);
        let finaliser = g.random.chance(g.plan.finaliser);
        g.emit(Op::Alloc { id, bytes, finaliser, noise: false, by_realloc: false })?;
        if !g.runner.is_live(id) && std::mem::replace(&mut most, 1) == 1 {
            break;
        }
        if finaliser {
            g.emit(Op::Write { id, word: 0, value: Value::Del })?;
        }
        if g.random.chance(kept) {
            g.emit(Op::Write { id: anchor, word, value: Value::Object(id, 0) })?;
            word += 1;
        }
    }
    if g.random.chance(70) {
        g.emit(Op::Collect)?;
    }
    g.emit(Op::Auto(true)).map(drop)
}

//! Random operations of all kinds.

use super::generator::Generator;
use super::{fill, objects, setup};
use crate::config::Split;
use crate::heaps::side::MAX_ROOTS;
use crate::run::divergence::Divergence;
use crate::trace::{Op, Value};

/// One operation, or a few that belong together. The plan's weights say how often each kind occurs.
pub fn any(g: &mut Generator) -> Result<(), Divergence> {
    if g.runner.lock_depth() > 0 && g.random.chance(25) {
        return g.emit(Op::Unlock).map(drop);
    }
    if g.random.chance(2) {
        return rare(g);
    }
    if g.config.weakref && g.random.chance(5) {
        return objects::weakref(g);
    }
    if g.config.split == Split::Auto && g.random.chance(1) {
        return setup::limit(g);
    }
    if g.config.valgrind && g.random.chance(4) {
        let (at, yes) = (g.random.below(MAX_ROOTS - 1), g.random.chance(50));
        let at = if g.random.chance(70) { g.root_place() } else { at };
        if at < MAX_ROOTS {
            return g.emit(Op::Readable { at, yes }).map(drop);
        }
    }
    // BASE makes every trace do a bit of the usual things; SHARE is multiplied by the plan's weights.
    const BASE: [usize; 10] = [60, 10, 20, 10, 1, 10, 20, 0, 0, 0];
    const SHARE: [usize; 10] = [20, 10, 10, 5, 3, 2, 10, 1, 1, 1];
    let weights: [usize; 10] = std::array::from_fn(|i| BASE[i] + SHARE[i] * g.plan.weights[i]);
    let mut roll = g.random.below(weights.iter().sum());
    let choice = weights.iter().position(|weight| {
        let hit = roll < *weight;
        roll = roll.wrapping_sub(*weight);
        hit
    });
    match choice {
        Some(0) => objects::alloc(g),
        Some(1) => g.with_live(|_, id| Op::Free(id)),
        Some(2) => objects::realloc(g),
        Some(3) => objects::root(g),
        Some(4) => g.emit(Op::Collect).map(drop),
        Some(5) => {
            let value = g.pointer();
            g.emit(Op::Nbytes(value)).map(drop)
        }
        Some(6) => objects::link(g),
        Some(7) => g.emit(Op::Lock).map(drop),
        Some(8) => {
            let on = g.random.chance(75);
            g.emit(Op::Auto(on)).map(drop)
        }
        _ => {
            let blocks = g.random.range(0, g.runner.blocks());
            let blocks = if g.random.chance(30) { usize::MAX } else { blocks };
            g.emit(Op::Threshold(blocks)).map(drop)
        }
    }
}

/// Operations that would change a trace too much if they occurred often.
fn rare(g: &mut Generator) -> Result<(), Divergence> {
    match g.random.below(10) {
        0 => g.emit(Op::Sweep).map(drop),
        1 | 2 => {
            let least = 600.max(6 * g.config.block);
            let (bytes, seed) = (g.random.range(least, 3000), g.random.next() >> 40);
            g.emit(Op::Detour { bytes, seed }).map(drop)
        }
        3 | 4 => g.emit(Op::FreeNull).map(drop),
        5 => setup::add(g, false),
        6 => fill::fill(g),
        7 => {
            // No object can be reached any more.
            for at in g.plan.roots.clone() {
                g.emit(Op::Root { at, value: Value::Zero })?;
            }
            g.emit(Op::Collect).map(drop)
        }
        _ => {
            for _ in 0..g.random.range(1, 3) {
                g.emit(Op::Lock)?;
            }
            Ok(())
        }
    }
}

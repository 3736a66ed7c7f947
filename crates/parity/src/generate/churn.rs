//! Traces about placement in a large, fragmented heap.

use super::generator::Generator;
use super::{fill, objects};
use crate::run::divergence::Divergence;
use crate::trace::{Id, Op};

/// Fills a large heap, then frees, reallocates and allocates objects, without a collection until the end.
pub fn churn(g: &mut Generator) -> Result<(), Divergence> {
    fill::fill(g)?;
    g.emit(Op::Auto(false))?;
    let calls = g.runner.calls() + g.random.range(500, 2500);
    while g.runner.calls() < calls {
        let most = *g.random.pick(&[1, 2, 4, 8, 40]);
        let times = g.random.range(1, 60);
        match g.random.below(5) {
            // Frees random objects.
            0 => {
                for _ in 0..times {
                    g.with_live(|_, id| Op::Free(id))?;
                }
            }
            // Frees neighbours, or every second or third object: objects allocated in sequence are often neighbours.
            1 => {
                let first = g.live().unwrap_or(0);
                let step = *g.random.pick(&[1, 1, 2, -1, -2, 3]);
                for n in 0..times as i32 {
                    let id = first as i32 + n * step;
                    if let Ok(id) = Id::try_from(id) {
                        g.emit(Op::Free(id))?;
                    }
                }
            }
            2 => {
                for _ in 0..times / 4 {
                    objects::realloc(g)?;
                }
            }
            _ => {
                for _ in 0..times {
                    let (id, blocks) = (g.new_id(), g.random.range(1, most));
                    let bytes = g.in_blocks(blocks);
                    g.emit(Op::Alloc { id, bytes, finaliser: false, noise: false, by_realloc: false })?;
                }
            }
        }
    }
    g.emit(Op::Collect).map(drop)
}

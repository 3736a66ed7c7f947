//! Makes random traces. A trace is determined by its seed and by the results of gc.c.

mod churn;
mod fill;
mod generator;
mod graphs;
mod mixture;
mod objects;
mod setup;

use std::fs::File;

use crate::config::Config;
use crate::heaps::memory::SPARE_ZONE;
use crate::heaps::pair::{ROOT_BUSY, ROOTS};
use crate::run::divergence::Divergence;
use crate::run::runner::Runner;
use crate::trace::random::Random;
use generator::{Generator, Plan};

/// Of this many traces, one is about graphs and one about churn.
const SPECIAL_EVERY: usize = 24;

/// Makes and runs trace number `n`. With `record`, every operation is written to the file before it runs.
pub fn trace(
    runner: &mut Runner,
    config: &Config,
    seed: u64,
    n: usize,
    record: Option<&mut File>,
) -> Result<(), Divergence> {
    let mut random = Random::new(seed);
    let graph = n % SPECIAL_EVERY == 1;
    let churn = n % SPECIAL_EVERY == 13;
    let plan = Plan {
        weights: std::array::from_fn(|_| *random.pick(&[0, 1, 2, 4, 8])),
        small: *random.pick(&[1, 2, 4, 8, 20]),
        finaliser: *random.pick(&[0, 20, 60, 90]),
        noise: *random.pick(&[0, 30, 100]),
        rooted: *random.pick(&[5, 20, 60]),
        linked: *random.pick(&[5, 40, 80]),
        roots: (0..random.range(1, 12)).map(|_| random.below(ROOTS)).filter(|at| *at != ROOT_BUSY).collect(),
        zones: {
            let mut zones: Vec<usize> = (0..SPARE_ZONE).collect();
            (1..zones.len()).for_each(|i| zones.swap(i, random.below(i + 1)));
            zones
        },
    };
    let mut generator = Generator { runner, config, random, record, next: 0, plan };
    setup::start(&mut generator, graph || churn)?;
    if graph {
        graphs::graphs(&mut generator)?;
    } else if churn {
        churn::churn(&mut generator)?;
    } else {
        // Longer in a large heap, because it takes longer to fill.
        let calls = generator.random.range(20, 600) + generator.random.below(generator.runner.blocks().min(1000));
        if generator.random.chance(15) {
            fill::fill(&mut generator)?;
        }
        while generator.runner.calls() < calls {
            mixture::any(&mut generator)?;
        }
    }
    generator.runner.finish()
}

//! What runs in a process of its own, because a broken heap may crash it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use crate::config::Config;
use crate::generate;
use crate::heaps::side;
use crate::run::runner::Runner;
use crate::trace::Trace;
use crate::trace::random::mix;

/// How a child ends that has found a difference. Anything but this and 0 is a crash.
pub const DIVERGED: i32 = 3;

fn runner(library: &Path, patience: u32) -> Result<Runner, String> {
    Runner::new(side::load(library)?, patience)
}

/// The seed of trace `n` of a configuration.
fn trace_seed(seed: u64, config: &Config, n: usize) -> u64 {
    config.name().bytes().fold(mix(seed ^ mix(n as u64)), |hash, byte| mix(hash ^ u64::from(byte)))
}

/// Runs traces until there were `calls` calls, or only number `only`. Writes to standard output a line for each trace
/// that begins, then either what differs or `done` and the counters.
pub fn run(
    library: &Path,
    config: &Config,
    seed: u64,
    calls: usize,
    only: Option<usize>,
    record: Option<&Path>,
) -> Result<i32, String> {
    let mut runner = runner(library, 30)?;
    let mut record = match record {
        Some(path) => Some(File::create(path).map_err(|e| format!("{}: {e}", path.display()))?),
        None => None,
    };
    let mut out = std::io::stdout();
    let (mut n, mut total) = (only.unwrap_or(0), 0);
    while total < calls {
        writeln!(out, "trace {n}").map_err(|e| e.to_string())?;
        let seed = trace_seed(seed, config, n);
        if let Err(divergence) = generate::trace(&mut runner, config, seed, n, record.as_mut()) {
            println!("after {} calls: {}", runner.calls(), divergence.0);
            return Ok(DIVERGED);
        }
        total += runner.calls();
        n += 1;
        if only.is_some() {
            break;
        }
    }
    println!("done {}", runner.cover().to_line());
    Ok(0)
}

/// Runs the trace in a file. With `explain`, tells each step and shows the heap after it.
pub fn replay(library: &Path, file: &Path, explain: bool) -> Result<i32, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let trace: Trace = text.parse()?;
    let mut runner = runner(library, 3 + trace.ops.len() as u32 / 2000)?;
    let pictures = trace.ops.len() <= 40;
    let mut result = runner.start(trace.heap, trace.junk, trace.before).map(|()| false);
    for (n, op) in trace.ops.iter().enumerate() {
        if result.is_err() {
            break;
        }
        if explain && !pictures && n + 1 == trace.ops.len() {
            print!("before the last line:\n{}", runner.picture());
        }
        if explain && (pictures || n + 5 > trace.ops.len()) {
            println!("{op}");
        }
        result = runner.step(op);
        if explain && pictures && result.as_ref().is_ok_and(|called| *called) {
            print!("{}", runner.picture());
        }
    }
    match result.and_then(|_| runner.finish()) {
        Ok(()) => Ok(0),
        Err(divergence) => {
            if explain {
                println!("DIFFERENT after {} calls: {}\n{}", runner.calls(), divergence.0, runner.picture());
            }
            Ok(DIVERGED)
        }
    }
}

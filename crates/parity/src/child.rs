//! What runs in a process of its own, because a broken heap may crash it. session/process.rs starts it and reads what
//! it writes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config::Config;
use crate::generate;
use crate::heaps::side;
use crate::run::runner::Runner;
use crate::trace::Trace;
use crate::trace::random::mix;

/// The exit code of a child that found a difference. Any other code but 0 is a crash.
pub const DIVERGED: i32 = 3;
/// Begins the last line of a child that found no difference; the counters follow.
pub const DONE: &str = "done ";

/// Seconds after which a generated trace counts as hanging.
const PATIENCE: u32 = 30;
/// A replay shows the heap after each step if the trace is at most this long.
const PICTURES_UP_TO: usize = 40;

/// What a child has to do.
pub enum Job {
    Traces(Traces),
    Replay { file: PathBuf, explain: bool },
}

/// Random traces of one configuration.
pub struct Traces {
    pub config: Config,
    pub seed: u64,
    /// The child runs traces until it has made this many calls.
    pub calls: usize,
    /// The number of the only trace to run.
    pub only: Option<usize>,
    /// The file that gets every operation before it runs.
    pub record: Option<PathBuf>,
}

pub fn perform(library: &Path, job: &Job) -> Result<ExitCode, String> {
    let same = match job {
        Job::Traces(traces) => run(library, traces)?,
        Job::Replay { file, explain } => replay(library, file, *explain)?,
    };
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(DIVERGED as u8) })
}

fn runner(library: &Path, patience: u32) -> Result<Runner, String> {
    Runner::new(side::load(library)?, patience)
}

/// The seed of trace `n` of a configuration.
fn trace_seed(seed: u64, config: &Config, n: usize) -> u64 {
    config.name().bytes().fold(mix(seed ^ mix(n as u64)), |hash, byte| mix(hash ^ u64::from(byte)))
}

/// The line that a child writes when it begins trace `n`, after this many calls.
fn trace_line(n: usize, calls: usize) -> String {
    format!("trace {n} {calls}")
}

/// The numbers in a line of `trace_line`.
pub fn parse_trace_line(line: &str) -> Option<(usize, usize)> {
    let (n, calls) = line.strip_prefix("trace ")?.split_once(' ')?;
    Some((n.parse().ok()?, calls.parse().ok()?))
}

/// Runs traces. Writes a line to standard output when each begins, then either the difference or the counters. False if
/// there is a difference.
fn run(library: &Path, traces: &Traces) -> Result<bool, String> {
    let mut runner = runner(library, PATIENCE)?;
    let mut record = match &traces.record {
        Some(path) => Some(File::create(path).map_err(|e| format!("{}: {e}", path.display()))?),
        None => None,
    };
    let (mut n, mut total) = (traces.only.unwrap_or(0), 0);
    while total < traces.calls {
        println!("{}", trace_line(n, total));
        let seed = trace_seed(traces.seed, &traces.config, n);
        if let Err(divergence) = generate::trace(&mut runner, &traces.config, seed, n, record.as_mut()) {
            println!("after {} calls: {}", runner.calls(), divergence.0);
            return Ok(false);
        }
        total += runner.calls();
        n += 1;
        if traces.only.is_some() {
            break;
        }
    }
    println!("{DONE}{}", runner.cover().to_line());
    Ok(true)
}

/// Runs the trace in a file. With `explain`, describes each step and shows the heap after it. False if there is a
/// difference.
fn replay(library: &Path, file: &Path, explain: bool) -> Result<bool, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let trace: Trace = text.parse()?;
    let mut runner = runner(library, 3 + trace.ops.len() as u32 / 2000)?;
    let pictures = trace.ops.len() <= PICTURES_UP_TO;
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
    let Err(divergence) = result.and_then(|_| runner.finish()) else { return Ok(true) };
    if explain {
        println!("DIFFERENT after {} calls: {}\n{}", runner.calls(), divergence.0, runner.picture());
    }
    Ok(false)
}

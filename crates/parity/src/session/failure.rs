//! Turns a failure into a report: how to repeat it, the shortest trace that fails, and that trace step by step.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::process::{self, End};
use super::shrink::Shrinker;
use crate::child::Traces;
use crate::options::Options;
use crate::trace::Trace;

/// How long the shrinker may take.
const SHRINK_LIMIT: Duration = Duration::from_secs(100);

/// The report on a failure of `traces`, which ended like `end`. `show` is told what takes long.
pub fn report(options: &Options, traces: &Traces, library: &Path, end: &End, show: impl Fn(&str)) -> String {
    let (name, seed) = (traces.config.name(), traces.seed);
    let mut command =
        format!("cargo run --release -p parity -- --micropython {}", options.places.micropython.display());
    if let Some(against) = &options.places.against {
        command += &format!(" --against {}", against.display());
    }
    let mut text = format!(
        "seed {seed}, trace {}: {}again: {command} --seed {seed} --config {name} --only {}\n",
        end.trace, end.message, end.trace
    );
    let out = options.places.out.join(&name);
    let (whole, short) = (out.join("whole.trace"), out.join("failing.trace"));
    show("records the trace");
    let alone = Traces {
        calls: usize::MAX,
        only: Some(end.trace),
        record: Some(whole.clone()),
        config: traces.config.clone(),
        seed,
    };
    if process::run(library, &alone, |_| ()).is_ok_and(|end| end.cover.is_some()) {
        return text + "alone, this trace passes: the traces before it matter\n";
    }
    let trace: Trace = match fs::read_to_string(&whole).map_err(|e| e.to_string()).and_then(|text| text.parse()) {
        Ok(trace) => trace,
        Err(why) => return text + &format!("the trace was not recorded: {why}\n"),
    };
    let length = trace.ops.len();
    let mut shrinker = Shrinker::new(library, &short, SHRINK_LIMIT);
    if !shrinker.fails(&trace) {
        return text + &format!("the recorded trace, {}, passes\n", whole.display());
    }
    show("shortens the trace");
    let trace = shrinker.shrink(trace);
    text += &format!(
        "shrunk from {length} lines to {} in {} tries: {}\n",
        trace.ops.len(),
        shrinker.tries,
        short.display()
    );
    text += &format!("see it: {command} --replay {}\n\n", short.display());
    text + &trace.text() + "\n" + &process::explain(library, &short)
}

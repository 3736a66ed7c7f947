//! Starts this program again as a child, because a broken heap may crash it or never return.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::child::{self, Traces};
use crate::cover::Cover;

/// How a child ended.
pub struct End {
    /// What it counted, unless it failed.
    pub cover: Option<Cover>,
    /// The last trace that it began.
    pub trace: usize,
    /// What it said about its failure.
    pub message: String,
}

/// A command that runs this program on a shared object.
fn this_program(library: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the program has a path"));
    command.arg("--library").arg(library);
    command
}

/// The arguments that `options::parse` turns into the same traces.
fn arguments(traces: &Traces) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["--child".into(), traces.config.name().into()];
    let mut add = |name: &str, value: OsString| args.extend([name.into(), value]);
    add("--seed", traces.seed.to_string().into());
    add("--calls", traces.calls.to_string().into());
    if let Some(only) = traces.only {
        add("--only", only.to_string().into());
    }
    if let Some(record) = &traces.record {
        add("--record", record.into());
    }
    args
}

/// Runs traces in a child. `on_trace` gets the number of calls made before each trace.
pub fn run(library: &Path, traces: &Traces, on_trace: impl Fn(usize)) -> Result<End, String> {
    let mut command = this_program(library);
    command.args(arguments(traces)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|e| e.to_string())?;
    let mut end = End { cover: None, trace: 0, message: String::new() };
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok) {
        if let Some((trace, calls)) = child::parse_trace_line(&line) {
            end.trace = trace;
            on_trace(calls);
        } else if let Some(counts) = line.strip_prefix(child::DONE) {
            end.cover = Cover::from_line(counts);
        } else {
            end.message += &line;
            end.message += "\n";
        }
    }
    let mut errors = String::new();
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).map_err(|e| e.to_string())?;
    let status = child.wait().map_err(|e| e.to_string())?;
    end.message += &errors;
    if !status.success() {
        end.cover = None;
        if status.code() != Some(child::DIVERGED) {
            end.message += &format!("it crashed or hung: {status}\n");
        }
    }
    Ok(end)
}

/// Whether the trace in a file fails in any way.
pub fn fails(library: &Path, file: &Path) -> bool {
    let mut command = this_program(library);
    command.arg("--child-replay").arg(file).stdout(Stdio::null()).stderr(Stdio::null());
    !command.status().expect("the program can be run").success()
}

/// The output of a replay that describes every step.
pub fn explain(library: &Path, file: &Path) -> String {
    let mut command = this_program(library);
    command.arg("--child-replay").arg(file).arg("--explain");
    let output = command.output().expect("the program can be run");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => text + "no difference\n",
        Some(child::DIVERGED) => text,
        _ => text + &format!("it crashed or hung in the last line: {}\n", output.status),
    }
}

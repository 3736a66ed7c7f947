//! The command line.

use std::fs;
use std::path::{Path, PathBuf};

use crate::child::{Job, Traces};
use crate::config::{self, Config};
use crate::heaps::places::Places;

pub const USAGE: &str = "\
parity: the same random trace through MicroPython's gc.c and through libgcheap

  --micropython PATH  an unpacked MicroPython tree (default: $MICROPYTHON, or build/micropython)
  --calls N           the number of calls, over all configurations (default 1000000)
  --seed S            makes other traces (default 1)
  --config NAME       only the configurations whose names contain NAME; may be repeated. A complete name selects that
                      configuration, even if --list does not show it (crates/parity/src/config.rs)
  --jobs N            how many configurations run at a time (default: the number of processors)
  --replay FILE       run the trace in FILE and show each step
  --only N            run only trace N of each configuration
  --against FILE      test the test: FILE, a changed copy of gc.c, takes libgcheap's place
  --list              list the configurations that run by default
";

/// What the command line asks for.
pub enum Task {
    Help,
    List,
    /// Compares both heaps in every configuration of the options.
    Compare(Options),
    /// Runs the trace in a file and shows each step.
    Replay(Options, PathBuf),
    /// The job of a process that this program started.
    Child {
        library: PathBuf,
        job: Job,
    },
}

pub struct Options {
    pub places: Places,
    /// Calls over all configurations.
    pub calls: usize,
    pub seed: u64,
    pub configs: Vec<Config>,
    /// How many configurations run at a time.
    pub jobs: usize,
    /// The number of the only trace to run.
    pub only: Option<usize>,
}

impl Options {
    fn new() -> Self {
        let root =
            Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("parity lies in crates/").to_path_buf();
        Self {
            places: Places {
                micropython: std::env::var_os("MICROPYTHON").map_or(root.join("build/micropython"), PathBuf::from),
                against: None,
                out: root.join(if config::WORD == 4 { "build/parity-32" } else { "build/parity" }),
                cc: std::env::var("CC").unwrap_or("cc".into()),
                root,
            },
            calls: 1_000_000,
            seed: 1,
            configs: config::all(),
            jobs: std::thread::available_parallelism().map_or(2, usize::from),
            only: None,
        }
    }
}

pub fn parse(mut args: impl Iterator<Item = String>) -> Result<Task, String> {
    let mut options = Options::new();
    let mut names: Vec<String> = Vec::new();
    let mut replay = None;
    let (mut library, mut record, mut child, mut child_replay, mut explain) = (None, None, None, None, false);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("{arg} needs a value"));
        match arg.as_str() {
            "--micropython" => options.places.micropython = value()?.into(),
            "--calls" => options.calls = number(&value()?)?,
            "--seed" => options.seed = number(&value()?)?,
            "--config" => names.push(value()?),
            "--jobs" => options.jobs = number(&value()?)?,
            "--replay" => replay = Some(PathBuf::from(value()?)),
            "--only" => options.only = Some(number(&value()?)?),
            "--against" => options.places.against = Some(absolute(&value()?)?),
            "--list" => return Ok(Task::List),
            "--help" | "-h" => return Ok(Task::Help),
            // For processes that this program starts (session/process.rs).
            "--library" => library = Some(PathBuf::from(value()?)),
            "--child" => child = Some(value()?),
            "--child-replay" => child_replay = Some(PathBuf::from(value()?)),
            "--record" => record = Some(PathBuf::from(value()?)),
            "--explain" => explain = true,
            _ => return Err(format!("unknown argument {arg}\n\n{USAGE}")),
        }
    }
    if let Some(library) = library {
        let job = if let Some(file) = child_replay {
            Job::Replay { file, explain }
        } else {
            let config = child.as_deref().and_then(Config::parse).ok_or("--library without a configuration")?;
            let Options { seed, calls, only, .. } = options;
            Job::Traces(Traces { config, seed, calls, only, record })
        };
        return Ok(Task::Child { library, job });
    }
    if !options.places.micropython.join("py/gc.c").exists() {
        return Err(format!(
            "{} is not a MicroPython tree: get one with scripts/get-micropython, or name one with --micropython PATH",
            options.places.micropython.display()
        ));
    }
    options.places.micropython = fs::canonicalize(&options.places.micropython).map_err(|e| e.to_string())?;
    if options.places.against.is_some() {
        options.places.out = options.places.out.join("against");
    }
    if let Some(file) = replay {
        return Ok(Task::Replay(options, file));
    }
    if !names.is_empty() {
        options.configs = chosen(names)?;
    }
    Ok(Task::Compare(options))
}

/// The configurations that `--config` names. A complete name means that configuration alone, and part of a name every
/// listed configuration that contains it.
fn chosen(names: Vec<String>) -> Result<Vec<Config>, String> {
    let (exact, parts): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| Config::parse(name).is_some());
    let mut configs = config::all();
    if let Some(part) = parts.iter().find(|part| !configs.iter().any(|c| c.name().contains(part.as_str()))) {
        return Err(format!("\"{part}\" is neither the name of a configuration nor part of a listed one; see --list"));
    }
    configs.retain(|config| parts.iter().any(|part| config.name().contains(part.as_str())));
    configs.extend(exact.iter().filter_map(|name| Config::parse(name)));
    Ok(configs)
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.replace('_', "").parse().map_err(|_| format!("\"{text}\" is not a number"))
}

fn absolute(path: &str) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|e| format!("{path}: {e}"))
}

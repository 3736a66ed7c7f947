//! Runs the same random trace through MicroPython's gc.c and through libgcheap, and compares everything after each call.
//! crates/parity/README.md tells what is compared and how to read a failure.

mod child;
mod config;
mod cover;
mod generate;
mod heaps;
mod run;
mod session;
mod trace;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use config::Config;
use cover::{Count, Cover};
use heaps::library::{self, Places};
use session::shrink::Shrinker;
use trace::Trace;

const USAGE: &str = "\
parity: the same random trace through MicroPython's gc.c and through libgcheap

  --micropython PATH  an unpacked MicroPython tree (default: $MICROPYTHON, or build/micropython)
  --calls N           how many calls in all, over all configurations (default 1000000)
  --seed S            another run (default 1)
  --config NAME       only configurations whose name contains NAME; may be repeated. Any configuration has a name, and is
                      taken by it, even if it is not one of those listed (crates/parity/src/config.rs)
  --jobs N            how many configurations at a time (default: as many as there are processors)
  --replay FILE       run the trace in FILE and show each step
  --only N            run only trace number N of the configuration
  --against FILE      test the test: FILE, a changed copy of gc.c, takes libgcheap's place
  --list              list the configurations
";

/// From so many calls on, all counters must have moved.
const ENOUGH_CALLS: u64 = 1_000_000;

struct Options {
    places: Places,
    calls: usize,
    seed: u64,
    configs: Vec<Config>,
    jobs: usize,
    only: Option<usize>,
}

fn main() -> ExitCode {
    match start() {
        Ok(code) => code,
        Err(message) => {
            eprintln!("parity: {message}");
            ExitCode::from(2)
        }
    }
}

fn start() -> Result<ExitCode, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("parity lies in crates/").to_path_buf();
    let mut options = Options {
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
    };
    let mut names: Vec<String> = Vec::new();
    let (mut replay, mut library, mut record) = (None, None, None);
    let (mut child, mut child_replay, mut explained) = (None, None, false);
    let mut args = std::env::args().skip(1);
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
            "--list" => {
                config::all().iter().for_each(|config| println!("{}", config.name()));
                return Ok(ExitCode::SUCCESS);
            }
            "--help" | "-h" => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            // The rest is for the processes that it starts.
            "--library" => library = Some(PathBuf::from(value()?)),
            "--child" => child = Some(value()?),
            "--child-replay" => child_replay = Some(PathBuf::from(value()?)),
            "--record" => record = Some(PathBuf::from(value()?)),
            "--explain" => explained = true,
            _ => return Err(format!("unknown argument {arg}\n\n{USAGE}")),
        }
    }
    if let Some(library) = library {
        let code = if let Some(file) = child_replay {
            child::replay(&library, &file, explained)?
        } else {
            let config = child.as_deref().and_then(Config::parse).ok_or("--library without a configuration")?;
            child::run(&library, &config, options.seed, options.calls, options.only, record.as_deref())?
        };
        return Ok(ExitCode::from(code as u8));
    }
    if !options.places.micropython.join("py/gc.c").exists() {
        let path = options.places.micropython.display();
        return Err(format!(
            "{path} is no MicroPython tree: get one with scripts/get-micropython, or say --micropython PATH"
        ));
    }
    options.places.micropython = fs::canonicalize(&options.places.micropython).map_err(|e| e.to_string())?;
    if options.places.against.is_some() {
        options.places.out = options.places.out.join("against");
    }
    if let Some(file) = replay {
        return run_replay(&options, &file);
    }
    // A full name means that configuration alone.
    let (exact, parts): (Vec<String>, Vec<String>) = names.into_iter().partition(|name| Config::parse(name).is_some());
    if !exact.is_empty() || !parts.is_empty() {
        if let Some(part) = parts.iter().find(|part| !options.configs.iter().any(|c| c.name().contains(part.as_str())))
        {
            return Err(format!("no configuration is called \"{part}\", nor can one be; --list shows them"));
        }
        let wanted = |config: &Config| parts.iter().any(|part| config.name().contains(part.as_str()));
        options.configs.retain(wanted);
        options.configs.extend(exact.iter().filter_map(|name| Config::parse(name)));
    }
    if options.configs.is_empty() {
        return Err("no such configuration; --list shows them".into());
    }
    Ok(run_all(&options))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.replace('_', "").parse().map_err(|_| format!("\"{text}\" is no number"))
}

fn absolute(path: &str) -> Result<PathBuf, String> {
    fs::canonicalize(path).map_err(|e| format!("{path}: {e}"))
}

fn run_replay(options: &Options, file: &Path) -> Result<ExitCode, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let name = text.parse::<Trace>()?.config;
    let config = Config::parse(&name).ok_or(format!("{}: no configuration {name}", file.display()))?;
    let library = library::build(&config, &options.places)?;
    print!("{}", explain(&library, file));
    Ok(ExitCode::SUCCESS)
}

/// All configurations, `jobs` at a time.
fn run_all(options: &Options) -> ExitCode {
    let queue = Mutex::new(options.configs.iter());
    let calls = options.calls.div_ceil(options.configs.len());
    let total = Mutex::new((Cover::new(), 0, 0));
    let mut skipped = 0;
    for config in &options.configs {
        if let Some(why) = library::lacks(config, &options.places) {
            println!("{:<20} skipped: {why}", config.name());
            skipped += 1;
        }
    }
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(config) = next else { return };
                    if library::lacks(config, &options.places).is_some() {
                        continue;
                    }
                    let result = one(options, config, calls);
                    let mut total = total.lock().unwrap();
                    match result {
                        Ok((cover, line)) => {
                            println!("{line}");
                            total.0.merge(&cover);
                            total.1 += 1;
                        }
                        Err(message) => {
                            println!("{:<20} FAILED\n{message}", config.name());
                            total.2 += 1;
                        }
                    }
                }
            });
        }
    });
    let (cover, passed, mut failed) = total.into_inner().unwrap();
    if passed > 0 {
        println!("\nWhat the traces did:\n{}", cover.table(2));
    }
    let run: Vec<Config> =
        options.configs.iter().filter(|config| library::lacks(config, &options.places).is_none()).cloned().collect();
    let missing = cover.missing(&run);
    if failed == 0 && cover.get(Count::calls) >= ENOUGH_CALLS && !missing.is_empty() {
        println!("FAILED: in all these calls there was none of: {}", missing.join(", "));
        failed += 1;
    }
    println!(
        "{} calls, {} collections, {} finalisers run, {} mark stack overflows in {} configurations",
        cover.get(Count::calls),
        cover.get(Count::collect_freed)
            + cover.get(Count::collect_freed_none)
            + cover.get(Count::alloc_after_collection)
            + cover.get(Count::alloc_threshold_collection)
            + cover.get(Count::realloc_after_collection),
        cover.get(Count::finaliser_called),
        cover.get(Count::stack_overflow),
        run.len(),
    );
    println!("parity: {passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One configuration: its counters and a line about it, or what went wrong.
fn one(options: &Options, config: &Config, calls: usize) -> Result<(Cover, String), String> {
    let start = Instant::now();
    let library = library::build(config, &options.places)?;
    let built = start.elapsed();
    let start = Instant::now();
    let end = run_child(options, config, &library, calls, options.only, None)?;
    let Some(cover) = end.cover else {
        return Err(failure(options, config, &library, &end));
    };
    let line = format!(
        "{:<20} {:>10} calls in {:>6.1} s, {:>8.0} a second (build {:.1} s)",
        config.name(),
        cover.get(Count::calls),
        start.elapsed().as_secs_f64(),
        cover.get(Count::calls) as f64 / start.elapsed().as_secs_f64(),
        built.as_secs_f64()
    );
    Ok((cover, line))
}

/// How a child ended.
struct End {
    cover: Option<Cover>,
    /// The last trace that it began.
    trace: usize,
    message: String,
}

fn run_child(
    options: &Options,
    config: &Config,
    library: &Path,
    calls: usize,
    only: Option<usize>,
    record: Option<&Path>,
) -> Result<End, String> {
    let mut command = Command::new(std::env::current_exe().map_err(|e| e.to_string())?);
    command.args(["--child", &config.name(), "--seed", &options.seed.to_string(), "--calls", &calls.to_string()]);
    command.arg("--library").arg(library);
    if let Some(only) = only {
        command.args(["--only", &only.to_string()]);
    }
    if let Some(record) = record {
        command.arg("--record").arg(record);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(|e| e.to_string())?;
    let mut end = End { cover: None, trace: 0, message: String::new() };
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines().map_while(Result::ok) {
        if let Some(n) = line.strip_prefix("trace ") {
            end.trace = n.parse().unwrap_or(0);
        } else if let Some(counts) = line.strip_prefix("done ") {
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

/// Finds the shortest trace that fails, and tells everything about it.
fn failure(options: &Options, config: &Config, library: &Path, end: &End) -> String {
    let name = config.name();
    let micropython = options.places.micropython.display();
    let command = "cargo run --release -p parity --";
    let mut text = format!(
        "seed {}, trace {}: {}again: {command} --micropython {micropython} --seed {} --config {name} --only {}\n",
        options.seed, end.trace, end.message, options.seed, end.trace
    );
    let out = options.places.out.join(&name);
    let (whole, short) = (out.join("whole.trace"), out.join("failing.trace"));
    let again = run_child(options, config, library, usize::MAX, Some(end.trace), Some(&whole));
    if again.is_ok_and(|again| again.cover.is_some()) {
        return text + "alone, this trace passes: what came before it matters\n";
    }
    let trace: Trace = match fs::read_to_string(&whole).map_err(|e| e.to_string()).and_then(|text| text.parse()) {
        Ok(trace) => trace,
        Err(why) => return text + &format!("the trace was not recorded: {why}\n"),
    };
    let length = trace.ops.len();
    let mut shrinker = Shrinker::new(library, &short, Duration::from_secs(100));
    if !shrinker.fails(&trace) {
        return text + &format!("the recorded trace, {}, passes\n", whole.display());
    }
    let trace = shrinker.shrink(trace);
    text += &format!(
        "shrunk from {length} lines to {} in {} tries: {}\n",
        trace.ops.len(),
        shrinker.tries,
        short.display()
    );
    text += &format!("see it: {command} --micropython {micropython} --replay {}\n\n", short.display());
    text + &trace.text() + "\n" + &explain(library, &short)
}

/// The output of a replay that tells every step.
fn explain(library: &Path, file: &Path) -> String {
    let mut command = Command::new(std::env::current_exe().expect("the program has a path"));
    command.arg("--child-replay").arg(file).arg("--library").arg(library).arg("--explain");
    let output = command.output().expect("the program can be run");
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text += &String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) => text + "no difference\n",
        Some(child::DIVERGED) => text,
        _ => text + &format!("it crashed or hung in the last line: {}\n", output.status),
    }
}

//! Runs a list of configurations, several at a time, and sums up.

use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Instant;

use super::progress::Progress;
use super::{failure, process};
use crate::child::Traces;
use crate::config::Config;
use crate::cover::{Count, Cover};
use crate::heaps::library;
use crate::options::Options;

/// In a run of this many calls every counter must have moved.
const ENOUGH_CALLS: u64 = 1_000_000;

/// The results so far.
struct Total {
    cover: Cover,
    passed: usize,
    failed: usize,
}

pub fn run(options: &Options) -> ExitCode {
    let calls = options.calls.div_ceil(options.configs.len().max(1));
    let mut configs: Vec<&Config> = Vec::new();
    for config in &options.configs {
        match library::lacks(config, &options.places) {
            Some(why) => println!("{:<20} skipped: {why}", config.name()),
            None => configs.push(config),
        }
    }
    let progress = Progress::new(configs.len());
    let queue = Mutex::new(configs.iter());
    let total = Mutex::new(Total { cover: Cover::new(), passed: 0, failed: 0 });
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().unwrap().next();
                    let Some(config) = next else { return };
                    let result = one(options, config, calls, &progress);
                    let mut total = total.lock().unwrap();
                    match result {
                        Ok((cover, line)) => {
                            progress.done(&config.name(), &line);
                            total.cover.merge(&cover);
                            total.passed += 1;
                        }
                        Err(message) => {
                            progress.done(&config.name(), &format!("{:<20} FAILED\n{message}", config.name()));
                            total.failed += 1;
                        }
                    }
                }
            });
        }
    });
    let skipped = options.configs.len() - configs.len();
    summary(&configs, total.into_inner().unwrap(), skipped)
}

/// One configuration: its counters and a line about it, or what went wrong.
fn one(options: &Options, config: &Config, calls: usize, progress: &Progress) -> Result<(Cover, String), String> {
    let name = config.name();
    let start = Instant::now();
    progress.show(&name, "builds");
    let library = library::build(config, &options.places)?;
    let built = start.elapsed();
    let start = Instant::now();
    let traces = Traces { config: config.clone(), seed: options.seed, calls, only: options.only, record: None };
    let on_trace = |made: usize| progress.show(&name, &format!("{} %", 100 * made / calls.max(1)));
    let end = process::run(&library, &traces, on_trace)?;
    let Some(cover) = end.cover else {
        return Err(failure::report(options, &traces, &library, &end, |what| progress.show(&name, what)));
    };
    let line = format!(
        "{name:<20} {:>10} calls in {:>6.1} s, {:>8.0} a second (build {:.1} s)",
        cover.get(Count::calls),
        start.elapsed().as_secs_f64(),
        cover.get(Count::calls) as f64 / start.elapsed().as_secs_f64(),
        built.as_secs_f64()
    );
    Ok((cover, line))
}

fn summary(configs: &[&Config], total: Total, skipped: usize) -> ExitCode {
    let Total { cover, passed, mut failed } = total;
    if passed > 0 {
        println!("\nWhat the traces did:\n{}", cover.table(2));
    }
    let missing = cover.missing(configs);
    if failed == 0 && cover.get(Count::calls) >= ENOUGH_CALLS && !missing.is_empty() {
        println!("FAILED: these did not happen in any call: {}", missing.join(", "));
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
        configs.len(),
    );
    println!("parity: {passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

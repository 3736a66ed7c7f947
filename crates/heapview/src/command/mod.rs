//! The command line.

mod budget;
mod check;
mod diff;
mod export;
mod frag;
mod manual;
mod map;
mod oom;
mod options;
mod output;
mod suspects;
mod top;
mod view;
mod why;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use options::Options;
use output::Answer;

/// Shows what is in a heap: how full it is, how fragmented, what is largest, what stands in the way of an allocation.
#[derive(Debug, Parser)]
#[command(name = "heapview", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    view: view::Arguments,
    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
FILE is the output of micropython.mem_info(1) or a snapshot of libgcheap, with anything else around it, such as a log of a
serial line; - is the standard input. A file that is named like a subcommand is written ./map.

Examples:
  heapview board.log                     the verdict, and the map
  mpremote exec 'import micropython; micropython.mem_info(1)' | heapview -
  heapview map board.log -o heap.html    a page to look around in, offline
  heapview oom 2816 board.log            what stands in the way of 2816 bytes
  heapview why 0x7f12a0 heap.snapshot    what keeps the object at this address alive
  heapview check --budget heap.toml board.log";

#[derive(Debug, Subcommand)]
enum Command {
    /// Draw the map as a picture or a page
    Map(map::Arguments),
    /// Figures and a picture of fragmentation
    Frag(frag::Arguments),
    /// The best places for an allocation, and what stands in the way of each
    Oom(oom::Arguments),
    /// What grew from one dump to another
    Diff(diff::Arguments),
    /// What keeps an object alive: the shortest path to it (snapshots only)
    Why(why::Arguments),
    /// What keeps most alive, by object, kind and root (snapshots only)
    Top(top::Arguments),
    /// What is alive only through words that may be no pointers (snapshots only)
    Suspects(suspects::Arguments),
    /// Words of the program that point at free memory (snapshots only)
    Missing(suspects::Arguments),
    /// Write a .heapsnapshot for Chromium's DevTools (snapshots only)
    Export(export::Arguments),
    /// Print what a shell needs to complete command lines
    Completions(manual::Arguments),
    /// Print the manual page
    Man,
    /// Compare with limits; the exit code is 1 if one is exceeded
    Check(check::Arguments),
}

/// Runs the program. The exit code is 0; 1 if a limit of `check` is exceeded; 2 if something is wrong.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(&cli) {
        Ok(answer) => {
            let code = if answer.failed { 1 } else { 0 };
            match answer.print(&cli.options) {
                Ok(()) => ExitCode::from(code),
                // Nobody reads on, as after `heapview FILE | head`.
                Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(code),
                Err(error) => fail(&format!("the output cannot be written: {error}")),
            }
        }
        Err(sentence) => fail(&sentence),
    }
}

fn run(cli: &Cli) -> Result<Answer, String> {
    let options = &cli.options;
    if cli.command.is_some() && cli.view.is_used() {
        return Err("--rows and --no-map, and a file before the subcommand, belong to `heapview FILE`".into());
    }
    match &cli.command {
        None => view::run(&cli.view, options),
        Some(Command::Map(arguments)) => map::run(arguments, options),
        Some(Command::Frag(arguments)) => frag::run(arguments, options),
        Some(Command::Oom(arguments)) => oom::run(arguments, options),
        Some(Command::Diff(arguments)) => diff::run(arguments, options),
        Some(Command::Why(arguments)) => why::run(arguments, options),
        Some(Command::Top(arguments)) => top::run(arguments, options),
        Some(Command::Suspects(arguments)) => suspects::run(arguments, options),
        Some(Command::Missing(arguments)) => suspects::missing(arguments, options),
        Some(Command::Export(arguments)) => export::run(arguments, options),
        Some(Command::Completions(arguments)) => Ok(manual::completions(arguments, Cli::command())),
        Some(Command::Man) => manual::page(&Cli::command()),
        Some(Command::Check(arguments)) => check::run(arguments, options),
    }
}

fn fail(sentence: &str) -> ExitCode {
    eprintln!("heapview: {sentence}");
    ExitCode::from(2)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        super::Cli::command().debug_assert();
    }
}

//! Runs the same random trace through MicroPython's gc.c and through libgcheap, and compares everything after each
//! call. crates/parity/README.md explains what is compared and how to read a failure.

mod child;
mod config;
mod cover;
mod generate;
mod heaps;
mod options;
mod run;
mod session;
mod trace;

use std::process::ExitCode;

use options::{Task, USAGE};
use session::{batch, replay};

fn main() -> ExitCode {
    match options::parse(std::env::args().skip(1)).and_then(perform) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("parity: {message}");
            ExitCode::from(2)
        }
    }
}

fn perform(task: Task) -> Result<ExitCode, String> {
    match task {
        Task::Help => print!("{USAGE}"),
        Task::List => config::all().iter().for_each(|config| println!("{}", config.name())),
        Task::Compare(options) => return Ok(batch::run(&options)),
        Task::Replay(options, file) => print!("{}", replay::replay(&options, &file)?),
        Task::Child { library, job } => return child::perform(&library, &job),
    }
    Ok(ExitCode::SUCCESS)
}

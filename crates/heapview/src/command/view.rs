//! `heapview FILE`: the verdict first, then the map.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::options::Options;
use super::output::{Answer, about, remarks};
use crate::analyse::verdict;
use crate::draw::report::Report;
use crate::draw::terminal;
use crate::read;

#[derive(Debug, Args)]
pub struct Arguments {
    /// A file with a dump, or - for the standard input
    file: Option<PathBuf>,
    /// Rows of the map, about (32)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    rows: Option<u16>,
    /// Print the verdict alone
    #[arg(long)]
    no_map: bool,
}

impl Arguments {
    /// Whether any was given.
    pub fn is_used(&self) -> bool {
        self.file.is_some() || self.rows.is_some() || self.no_map
    }
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let file = arguments.file.as_deref().ok_or("no file is named; heapview --help shows what can be done")?;
    let heap = read::one(file, options.nth)?;
    let verdict = verdict::of(&heap);
    let mut report = Report::default();
    report.heading(&heap.title);
    verdict.sentences.iter().for_each(|sentence| report.say(sentence));
    if !verdict.suspects.is_empty() {
        report.heading("Suspects");
        verdict.suspects.iter().for_each(|sentence| report.say(format!("- {sentence}")));
    }
    if !arguments.no_map && !heap.areas.is_empty() {
        report.picture(terminal::map(&heap, options.columns(), arguments.rows.unwrap_or(32).into()));
    }
    if !heap.facts.is_empty() || !heap.problems.is_empty() {
        report.heading("About the file");
        heap.facts.iter().for_each(|fact| report.say(fact));
        remarks(&mut report, &heap);
    }
    Ok(Answer::new(report, json!({"about": about(&heap), "verdict": verdict})))
}

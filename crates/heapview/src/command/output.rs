//! Prints an answer in the form that was asked for.

use std::io::{IsTerminal, Write};

use clap::ColorChoice;
use serde_json::Value;

use super::options::Options;
use crate::analyse::reach::Nodes;
use crate::draw::report::Report;
use crate::model::Heap;

/// What a subcommand found.
pub struct Answer {
    /// For people.
    pub report: Report,
    /// For programs.
    pub json: Value,
    /// Whether limits are exceeded.
    pub failed: bool,
}

/// The forms of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Text,
    Json,
    Markdown,
}

impl Options {
    pub fn format(&self) -> Format {
        match (self.json, self.markdown) {
            (true, _) => Format::Json,
            (_, true) => Format::Markdown,
            _ => Format::Text,
        }
    }

    /// Columns of the output.
    pub fn columns(&self) -> usize {
        let terminal = || terminal_size::terminal_size().map(|(width, _)| width.0);
        let named = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let columns = match self.format() {
            Format::Text => self.width.or_else(|| std::io::stdout().is_terminal().then(terminal)?).or_else(named),
            // GitHub cuts wider lines.
            Format::Json | Format::Markdown => self.width,
        };
        usize::from(columns.unwrap_or(80)).max(20)
    }
}

impl Answer {
    pub fn new(report: Report, json: Value) -> Self {
        Self { report, json, failed: false }
    }

    pub fn print(&self, options: &Options) -> std::io::Result<()> {
        let choice = match options.color {
            ColorChoice::Auto => anstream::ColorChoice::Auto,
            ColorChoice::Always => anstream::ColorChoice::Always,
            ColorChoice::Never => anstream::ColorChoice::Never,
        };
        let mut out = anstream::AutoStream::new(std::io::stdout(), choice);
        match options.format() {
            Format::Text => out.write_all(self.report.text(options.columns()).as_bytes())?,
            Format::Markdown => out.write_all(self.report.markdown().as_bytes())?,
            Format::Json => writeln!(out, "{:#}", self.json)?,
        }
        out.flush()
    }
}

/// What is wrong with a file: at the end of a report.
pub fn remarks(report: &mut Report, heap: &Heap) {
    heap.problems.iter().for_each(|problem| report.warn(problem));
}

/// The same for programs: every answer about one heap begins with it.
pub fn about(heap: &Heap) -> Value {
    let areas: Vec<Value> = heap
        .areas
        .iter()
        .map(|area| serde_json::json!({"address": area.address, "bytes": heap.bytes(area.blocks.len() as u32)}))
        .collect();
    serde_json::json!({
        "file": heap.title,
        "source": heap.source,
        "block_bytes": heap.block_bytes,
        "areas": areas,
        "facts": heap.facts,
        "problems": heap.problems,
    })
}

/// Who points to whom in a heap; an error if its file does not tell.
pub fn graph_of(heap: &Heap) -> Result<Nodes<'_>, String> {
    Nodes::of(heap).ok_or_else(|| {
        format!(
            "{} has no contents of objects, so nobody can say who keeps what; a snapshot of libgcheap has",
            heap.title
        )
    })
}

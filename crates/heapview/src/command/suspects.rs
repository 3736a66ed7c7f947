//! `heapview suspects FILE`: what is alive only through words that may be no pointers. `heapview missing FILE`: words that
//! point at free memory.

use clap::Args;
use serde_json::json;

use super::options::{Input, Options};
use super::output::{Answer, about, graph_of, remarks};
use crate::analyse::{keepers, retained};
use crate::draw::report::Report;
use crate::read;
use crate::units::{plural, size};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// How many to show
    #[arg(long, default_value_t = 10)]
    rows: usize,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let heap = read::one(&arguments.input.file, options.nth)?;
    let nodes = graph_of(&heap)?;
    let found = keepers::pinned(&heap, nodes, &retained::retained(&heap, nodes));
    let bytes: u64 = found.iter().map(|pinned| pinned.bytes).sum();
    let mut report = Report::default();
    report.heading(format!("Suspects in {}", heap.title));
    report.say(match found.len() as u64 {
        0 => "Every object that is alive is so through a word that must be a pointer.".into(),
        number => format!(
            "{} with {} in all are alive only through words that may be no pointers: on a stack, in registers, in texts or \
             numbers.",
            plural(number, "object"),
            size(bytes)
        ),
    });
    for pinned in found.iter().take(arguments.rows) {
        report.heading(format!("{} for {}", size(pinned.bytes), pinned.what));
        pinned.by.iter().take(3).for_each(|word| report.say(format!("- {word}")));
        if pinned.by.len() > 3 {
            report.say(format!("- and {} more words", pinned.by.len() - 3));
        }
    }
    if found.len() > arguments.rows {
        report.say(format!("{} more; --rows shows them.", found.len() - arguments.rows));
    }
    remarks(&mut report, &heap);
    Ok(Answer::new(report, json!({"about": about(&heap), "bytes": bytes, "pinned": found})))
}

/// Words of roots that point at free memory.
pub fn missing(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let heap = read::one(&arguments.input.file, options.nth)?;
    let nodes = graph_of(&heap)?;
    let graph = nodes.graph;
    let words: Vec<_> = graph
        .stray
        .iter()
        .filter(|word| !graph.roots[word.root as usize].doubtful)
        .map(|word| (graph.word_name(word), word.value))
        .collect();
    let mut report = Report::default();
    report.heading(format!("Missing in {}", heap.title));
    report.say(match words.len() as u64 {
        0 => "No word outside stacks and registers points at free memory.".into(),
        number => format!(
            "{} outside stacks and registers point at free memory or into objects: what they meant was freed, or they are \
             numbers.",
            plural(number, "word")
        ),
    });
    words.iter().take(arguments.rows).for_each(|(word, value)| report.say(format!("- {word} points to {value:#x}")));
    if words.len() > arguments.rows {
        report.say(format!("{} more; --rows shows them.", words.len() - arguments.rows));
    }
    remarks(&mut report, &heap);
    let list: Vec<_> = words.iter().map(|(word, value)| json!({"word": word, "value": value})).collect();
    Ok(Answer::new(report, json!({"about": about(&heap), "words": list})))
}

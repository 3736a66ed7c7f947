//! `heapview export FILE -o OUT.heapsnapshot`: for the Memory panel of Chromium's DevTools.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::options::{Input, Options};
use super::output::{Answer, about, graph_of, remarks};
use crate::draw::heapsnapshot;
use crate::draw::report::Report;
use crate::read;
use crate::units::size;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// The file to write; its name ends in .heapsnapshot
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let name = arguments.output.display();
    if arguments.output.extension().is_none_or(|ending| ending != "heapsnapshot") {
        return Err(format!("{name} should end in .heapsnapshot: DevTools loads no other file"));
    }
    let heap = read::one(&arguments.input.file, options.nth)?;
    let nodes = graph_of(&heap)?;
    let text = heapsnapshot::draw(&heap, nodes, &nodes.shortest(|_, _| true));
    std::fs::write(&arguments.output, &text).map_err(|error| format!("{name} cannot be written: {error}"))?;
    let mut report = Report::default();
    report.say(format!("{name}: {}. Load it in the Memory panel of Chromium's DevTools.", size(text.len() as u64)));
    remarks(&mut report, &heap);
    Ok(Answer::new(report, json!({"about": about(&heap), "output": arguments.output, "bytes": text.len()})))
}

//! `heapview map FILE -o OUT`: the map as a picture or a page.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::options::Options;
use super::output::{Answer, about, remarks};
use crate::draw::report::Report;
use crate::draw::{html, png, svg};
use crate::model::Heap;
use crate::read;
use crate::units::{plural, size};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Files with dumps; a page shows two side by side
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// The picture to write; its name ends in .png, .svg or .html
    #[arg(short, long, value_name = "OUT")]
    output: PathBuf,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let output = &arguments.output;
    let name = output.display();
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or("").to_ascii_lowercase();
    let draw: fn(&[Heap]) -> Result<Vec<u8>, String> = match ending.as_str() {
        "png" => png::draw,
        "svg" => |heaps| Ok(svg::draw(heaps).into_bytes()),
        "html" | "htm" => |heaps| Ok(html::draw(heaps).into_bytes()),
        _ => return Err(format!("{name} should end in .png, .svg or .html, which says what it becomes")),
    };
    let heaps: Vec<Heap> = arguments.files.iter().map(|file| read::one(file, options.nth)).collect::<Result<_, _>>()?;
    if let Some(heap) = heaps.iter().find(|heap| heap.areas.is_empty()) {
        return Err(format!("{} has only totals and no map, which mem_info(1) prints", heap.title));
    }
    let bytes = draw(&heaps)?;
    std::fs::write(output, &bytes).map_err(|error| format!("{name} cannot be written: {error}"))?;
    let mut report = Report::default();
    let objects: usize = heaps.iter().map(|heap| heap.objects.len()).sum();
    report.say(format!(
        "{name}: {} of {}, {}.",
        plural(heaps.len() as u64, "map"),
        plural(objects as u64, "object"),
        size(bytes.len() as u64)
    ));
    heaps.iter().for_each(|heap| remarks(&mut report, heap));
    Ok(Answer::new(
        report,
        json!({"output": output, "bytes": bytes.len(), "heaps": heaps.iter().map(about).collect::<Vec<_>>()}),
    ))
}

//! `heapview frag FILE`: figures and a picture of fragmentation.

use clap::Args;
use serde_json::json;

use super::options::{Input, Options};
use super::output::{Answer, about, remarks};
use crate::analyse::fragmentation::{self, Class};
use crate::draw::report::Report;
use crate::read;
use crate::units::{exact, plural, size, thousands};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let heap = read::one(&arguments.input.file, options.nth)?;
    if heap.areas.is_empty() {
        return Err(format!(
            "{} has only totals; fragmentation can be seen in the map, which mem_info(1) prints",
            heap.title
        ));
    }
    let found = fragmentation::of(&heap);
    let mut report = Report::default();
    report.heading(format!("Fragmentation of {}", heap.title));
    if found.holes == 0 {
        report.say("Nothing is free.");
    } else {
        report.say(format!(
            "{} are free in {}. Fragmentation is {} %: so much of it is not in the largest hole, which has {}.",
            size(found.free),
            plural(found.holes, "hole"),
            found.percent,
            exact(found.largest)
        ));
        report.say(format!("Half of what is free lies in holes of {} or more.", exact(found.half_in)));
        let rows = found.classes.iter().map(row).collect();
        report.table(&["holes of", "holes", "bytes", "objects of that size fit"], rows);
        report.picture(picture(&found.classes, options.columns()));
    }
    remarks(&mut report, &heap);
    Ok(Answer::new(report, json!({"about": about(&heap), "fragmentation": found})))
}

fn row(class: &Class) -> Vec<String> {
    let cells = [class.holes, class.bytes, class.fits].map(thousands);
    std::iter::once(format!("from {}", size(class.from))).chain(cells).collect()
}

/// A bar for the bytes in the holes of each class.
fn picture(classes: &[Class], width: usize) -> String {
    let most = classes.iter().map(|class| class.bytes).max().unwrap_or(0).max(1);
    let name = |class: &Class| format!("from {}", size(class.from));
    let longest = classes.iter().map(|class| name(class).len()).max().unwrap_or(0);
    let room = width.saturating_sub(longest + 14).max(10) as u64;
    let bar = |class: &Class| {
        let length = (class.bytes * room).div_ceil(most) as usize;
        format!(
            "{:<longest$}  {}{}\n",
            name(class),
            "#".repeat(length),
            if class.bytes > 0 { format!(" {}", size(class.bytes)) } else { String::new() }
        )
    };
    format!("Free memory by the size of its hole\n{}", classes.iter().map(bar).collect::<String>())
}

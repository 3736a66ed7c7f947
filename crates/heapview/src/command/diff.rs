//! `heapview diff A B`: what grew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::options::Options;
use super::output::{Answer, about, remarks};
use crate::analyse::groups::{self, Group};
use crate::analyse::verdict::{self, Verdict};
use crate::draw::report::Report;
use crate::read;
use crate::units::{exact, plural, size, thousands};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The earlier dump
    before: PathBuf,
    /// The later dump; without it, BEFORE holds several, and its first and last are compared
    after: Option<PathBuf>,
    /// Rows to show
    #[arg(long, default_value_t = 10)]
    rows: usize,
}

/// How a kind and size of objects changed.
#[derive(Debug, Serialize)]
struct Change {
    kind: String,
    each_bytes: u64,
    objects_before: u64,
    objects_after: u64,
    bytes: i64,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let (before, after) = match &arguments.after {
        Some(after) => (read::one(&arguments.before, None)?, read::one(after, options.nth)?),
        None => {
            let mut heaps = read::all(&arguments.before)?;
            match (heaps.len(), heaps.pop()) {
                (2.., Some(last)) => (heaps.swap_remove(0), last),
                _ => return Err(format!("{} holds one dump; name a second file", arguments.before.display())),
            }
        }
    };
    if before.areas.is_empty() || after.areas.is_empty() {
        return Err("two maps are needed to compare objects, and mem_info() without 1 prints only totals".into());
    }
    let (then, now) = (verdict::of(&before), verdict::of(&after));
    let changes = changes(&groups::by_size(&before), &groups::by_size(&after));
    let mut report = Report::default();
    report.heading(format!("From {} to {}", before.title, after.title));
    summary(&mut report, &then, &now);
    let grown: Vec<&Change> = changes.iter().filter(|change| change.bytes > 0).collect();
    match grown.first() {
        Some(first) => report.say(format!(
            "Most of the growth: {} more of kind {}, {} each.",
            plural(first.objects_after - first.objects_before, "object"),
            first.kind,
            exact(first.each_bytes)
        )),
        None => report.say("Nothing grew."),
    }
    let rows = changes.iter().take(arguments.rows).map(row).collect::<Vec<_>>();
    if !rows.is_empty() {
        report.table(&["kind", "each", "before", "after", "change in bytes"], rows);
    }
    if changes.len() > arguments.rows {
        report.say(format!("{} more changed; --rows shows them.", changes.len() - arguments.rows));
    }
    remarks(&mut report, &before);
    remarks(&mut report, &after);
    let json = json!({"before": {"about": about(&before), "verdict": then}, "after": {"about": about(&after), "verdict": now},
        "changes": changes});
    Ok(Answer::new(report, json))
}

fn summary(report: &mut Report, then: &Verdict, now: &Verdict) {
    let word = |before: u64, after: u64| match after.cmp(&before) {
        std::cmp::Ordering::Less => format!("fell from {} to {}", size(before), size(after)),
        std::cmp::Ordering::Equal => format!("stayed at {}", size(after)),
        std::cmp::Ordering::Greater => format!("rose from {} to {}", size(before), size(after)),
    };
    let largest = |verdict: &Verdict| verdict.fragmentation.as_ref().map_or(0, |holes| holes.largest);
    report.say(format!(
        "What is in use {}; the largest hole {}.",
        word(then.used, now.used),
        word(largest(then), largest(now))
    ));
}

/// What changed, the most bytes first: what grew, then what shrank.
fn changes(before: &[Group], after: &[Group]) -> Vec<Change> {
    let mut all: BTreeMap<(&str, u64), (u64, u64)> = BTreeMap::new();
    for group in before {
        all.entry((&group.kind, group.each_bytes.unwrap_or(0))).or_default().0 += group.objects;
    }
    for group in after {
        all.entry((&group.kind, group.each_bytes.unwrap_or(0))).or_default().1 += group.objects;
    }
    let mut changes: Vec<Change> = all
        .into_iter()
        .filter(|(_, (before, after))| before != after)
        .map(|((kind, each_bytes), (before, after))| Change {
            kind: kind.into(),
            each_bytes,
            objects_before: before,
            objects_after: after,
            bytes: (after as i64 - before as i64) * each_bytes as i64,
        })
        .collect();
    changes.sort_by_key(|change| (change.bytes < 0, -change.bytes.abs()));
    changes
}

fn row(change: &Change) -> Vec<String> {
    let sign = if change.bytes < 0 { "-" } else { "+" };
    vec![
        change.kind.clone(),
        thousands(change.each_bytes),
        thousands(change.objects_before),
        thousands(change.objects_after),
        format!("{sign}{}", thousands(change.bytes.unsigned_abs())),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grew_comes_first() {
        let group = |kind: &str, each, objects| Group { kind: kind.into(), each_bytes: Some(each), objects, bytes: 0 };
        let changes = changes(
            &[group("list", 32, 1), group("str", 16, 9), group("same", 16, 1)],
            &[group("list", 32, 3), group("new", 64, 2), group("same", 16, 1)],
        );
        let found: Vec<_> = changes.iter().map(|change| (change.kind.as_str(), change.bytes)).collect();
        assert_eq!(found, [("new", 128), ("list", 64), ("str", -144)]);
    }
}

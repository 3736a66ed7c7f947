//! `heapview check --budget FILE`: compares a heap with limits, for CI.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::budget::{self, Budget};
use super::options::{Input, Options};
use super::output::{Answer, about, remarks};
use crate::analyse::verdict::{self, Verdict};
use crate::draw::report::Report;
use crate::read;
use crate::units::{plural, thousands};

#[derive(Debug, Args)]
pub struct Arguments {
    /// The limits, in TOML: docs/HEAPVIEW.md describes them
    #[arg(long, value_name = "FILE")]
    budget: PathBuf,
    #[command(flatten)]
    input: Input,
}

/// A limit, and what was found.
#[derive(Debug, Serialize)]
struct Limit {
    name: String,
    limit: f64,
    found: f64,
    kept: bool,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let budget = budget::read(&arguments.budget)?;
    let heap = read::one(&arguments.input.file, options.nth)?;
    let verdict = verdict::of(&heap);
    let limits = limits(&budget, &verdict)?;
    let exceeded = limits.iter().filter(|limit| !limit.kept).count();
    let mut report = Report::default();
    report.heading(format!("{} and its budget", heap.title));
    match exceeded {
        0 => report.say(format!("The budget is kept: {}.", plural(limits.len() as u64, "limit"))),
        number => report
            .say(format!("The budget is not kept: {number} of {} exceeded.", plural(limits.len() as u64, "limit"))),
    }
    let rows = limits.iter().map(|limit| {
        vec![
            limit.name.clone(),
            number(limit.limit),
            number(limit.found),
            if limit.kept { "kept" } else { "EXCEEDED" }.into(),
        ]
    });
    report.table(&["limit", "budget", "found", ""], rows.collect());
    remarks(&mut report, &heap);
    let json = json!({"about": about(&heap), "kept": exceeded == 0, "limits": limits});
    Ok(Answer { failed: exceeded > 0, ..Answer::new(report, json) })
}

fn number(value: f64) -> String {
    if value.fract() == 0.0 { thousands(value as u64) } else { format!("{value:.1}") }
}

/// All limits of a budget. An error if one cannot be decided: what is not known must not pass.
fn limits(budget: &Budget, verdict: &Verdict) -> Result<Vec<Limit>, String> {
    let mut limits = Vec::new();
    let mut at_most = |name: &str, limit: Option<f64>, found: Option<f64>| -> Result<(), String> {
        let Some(limit) = limit else { return Ok(()) };
        let found = found.ok_or_else(|| format!("{name} needs the map, which mem_info(1) prints"))?;
        limits.push(Limit { name: name.into(), limit, found, kept: found <= limit });
        Ok(())
    };
    let heap = &budget.heap;
    let holes = verdict.fragmentation.as_ref();
    at_most("max_used", heap.max_used.map(|size| size.0 as f64), Some(verdict.used as f64))?;
    let share = verdict.used as f64 * 100.0 / verdict.total.max(1) as f64;
    at_most("max_used_percent", heap.max_used_percent, Some(share))?;
    at_most("max_fragmentation_percent", heap.max_fragmentation_percent, holes.map(|holes| holes.percent))?;
    at_most("max_objects", heap.max_objects.map(|number| number as f64), verdict.objects.map(|number| number as f64))?;
    for (kind, limit) in &budget.kinds {
        let group = verdict.kinds.iter().find(|group| group.kind == *kind);
        let known = verdict.objects.is_some();
        let bytes = known.then(|| group.map_or(0, |group| group.bytes) as f64);
        let objects = known.then(|| group.map_or(0, |group| group.objects) as f64);
        at_most(&format!("{kind}: max_bytes"), limit.max_bytes.map(|size| size.0 as f64), bytes)?;
        at_most(&format!("{kind}: max_objects"), limit.max_objects.map(|number| number as f64), objects)?;
    }
    let mut at_least = |name: &str, limit: Option<f64>, found: Option<f64>| -> Result<(), String> {
        let Some(limit) = limit else { return Ok(()) };
        let found = found.ok_or_else(|| format!("{name} needs the map, which mem_info(1) prints"))?;
        limits.push(Limit { name: name.into(), limit, found, kept: found >= limit });
        Ok(())
    };
    at_least("min_free", heap.min_free.map(|size| size.0 as f64), Some(verdict.free as f64))?;
    let largest = holes.map(|holes| holes.largest as f64);
    at_least("min_largest_hole", heap.min_largest_hole.map(|size| size.0 as f64), largest)?;
    if verdict.unknown > 0 {
        return Err(format!(
            "{} of the heap could not be read, so the budget cannot be checked",
            plural(verdict.unknown, "byte")
        ));
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    fn kept(limit: &str, picture: &str) -> Result<Vec<bool>, String> {
        let budget: Budget = toml::from_str(limit).map_err(|error| error.to_string())?;
        let limits = limits(&budget, &verdict::of(&drawn(picture, 16)))?;
        Ok(limits.into_iter().map(|limit| limit.kept).collect())
    }

    #[test]
    fn limits_hold_up_to_their_value() {
        for (limit, expected) in [
            ("[heap]\nmax_used = 64", true),
            ("[heap]\nmax_used = 63", false),
            ("[heap]\nmax_used_percent = 40", true),
            ("[heap]\nmax_used_percent = 39.9", false),
            ("[heap]\nmin_free = 96", true),
            ("[heap]\nmin_free = 97", false),
            ("[heap]\nmin_largest_hole = 64", true),
            ("[heap]\nmin_largest_hole = 65", false),
            ("[heap]\nmax_fragmentation_percent = 34", true),
            ("[heap]\nmax_fragmentation_percent = 33", false),
            ("[heap]\nmax_objects = 1", false),
            ("[kinds.a]\nmax_bytes = 47", false),
            ("[kinds.a]\nmax_objects = 1", true),
            ("[kinds.none]\nmax_objects = 0", true),
        ] {
            assert_eq!(kept(limit, "a==..b....").map(|kept| kept[0]), Ok(expected), "{limit}");
        }
    }

    #[test]
    fn what_is_not_known_does_not_pass() {
        assert!(kept("[heap]\nmax_used = \"1M\"", "a?").is_err());
    }
}

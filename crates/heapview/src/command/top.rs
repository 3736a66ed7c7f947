//! `heapview top FILE`: what keeps most alive.

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::options::{Input, Options};
use super::output::{Answer, about, graph_of, remarks};
use crate::analyse::reach::{NONE, Nodes};
use crate::analyse::retained::{self, Retained};
use crate::draw::report::Report;
use crate::model::Heap;
use crate::read;
use crate::units::thousands;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    input: Input,
    /// Rows of each table
    #[arg(long, default_value_t = 10)]
    rows: usize,
}

#[derive(Debug, Serialize)]
struct Row {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<u64>,
    objects: u64,
    own_bytes: u64,
    retained_bytes: u64,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let heap = read::one(&arguments.input.file, options.nth)?;
    let nodes = graph_of(&heap)?;
    let retained = retained::retained(&heap, nodes);
    let cut = |mut rows: Vec<Row>| {
        rows.sort_by(|a, b| b.retained_bytes.cmp(&a.retained_bytes).then_with(|| a.what.cmp(&b.what)));
        rows.truncate(arguments.rows);
        rows
    };
    let (objects, kinds, roots) = (
        cut(by_object(&heap, nodes, &retained)),
        cut(by_kind(&heap, nodes, &retained)),
        cut(by_root(nodes, &retained)),
    );
    let mut report = Report::default();
    report.heading(format!("What keeps most alive in {}", heap.title));
    report.say(
        "Retained bytes are those that would be free without it: its own, and those of all that only it leads to.",
    );
    for (title, rows) in [("By object", &objects), ("By kind", &kinds), ("By root", &roots)] {
        report.heading(title);
        let cells = rows.iter().map(|row| {
            vec![thousands(row.retained_bytes), thousands(row.own_bytes), thousands(row.objects), row.what.clone()]
        });
        report.table(&["retained", "own", "objects", "what"], cells.collect());
    }
    remarks(&mut report, &heap);
    Ok(Answer::new(report, json!({"about": about(&heap), "objects": objects, "kinds": kinds, "roots": roots})))
}

fn by_object(heap: &Heap, nodes: Nodes<'_>, retained: &Retained) -> Vec<Row> {
    let row = |object: usize| Row {
        what: heap.describe(object),
        address: Some(heap.address(heap.objects.start[object])),
        objects: 1,
        own_bytes: heap.bytes(heap.objects.blocks[object]),
        retained_bytes: retained.bytes[nodes.object(object) as usize],
    };
    let mut all: Vec<usize> = (0..heap.objects.len()).collect();
    all.sort_unstable_by_key(|object| u64::MAX - retained.bytes[nodes.object(*object) as usize]);
    // More than anybody looks at.
    all.into_iter().take(100_000).map(row).collect()
}

/// What would be free without all objects of a kind, as far as each of them keeps it alone.
fn by_kind(heap: &Heap, nodes: Nodes<'_>, retained: &Retained) -> Vec<Row> {
    let row = |kind: &crate::model::Kind| Row {
        what: kind.name.clone(),
        address: None,
        objects: 0,
        own_bytes: 0,
        retained_bytes: 0,
    };
    let mut rows: Vec<Row> = heap.kinds.iter().map(row).collect();
    // Walks the tree of dominators; inside an object of a kind another one's bytes are counted already.
    let mut first_child = vec![NONE; nodes.len()];
    let mut sibling = vec![NONE; nodes.len()];
    for node in (1..nodes.len()).rev() {
        let above = retained.dominator[node];
        if above != NONE {
            sibling[node] = std::mem::replace(&mut first_child[above as usize], node as u32);
        }
    }
    let mut inside = vec![0u32; rows.len()];
    let mut stack = vec![(0u32, false)];
    while let Some((node, leaving)) = stack.pop() {
        if let Some(object) = nodes.object_of(node) {
            let kind = heap.objects.kind[object] as usize;
            if leaving {
                inside[kind] -= 1;
                continue;
            }
            rows[kind].objects += 1;
            rows[kind].own_bytes += heap.bytes(heap.objects.blocks[object]);
            if inside[kind] == 0 {
                rows[kind].retained_bytes += retained.bytes[node as usize];
            }
            inside[kind] += 1;
            stack.push((node, true));
        }
        let mut child = first_child[node as usize];
        while child != NONE {
            stack.push((child, false));
            child = sibling[child as usize];
        }
    }
    rows.retain(|row| row.objects > 0);
    rows
}

/// What each root keeps alive alone.
fn by_root(nodes: Nodes<'_>, retained: &Retained) -> Vec<Row> {
    let mut rows: Vec<Row> = nodes
        .graph
        .roots
        .iter()
        .map(|root| Row { what: root.name.clone(), address: None, objects: 0, own_bytes: 0, retained_bytes: 0 })
        .collect();
    for (root, row) in rows.iter_mut().enumerate() {
        row.retained_bytes = retained.bytes[1 + root];
        row.objects = nodes.words(root).len() as u64;
    }
    rows
}

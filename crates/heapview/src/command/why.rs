//! `heapview why ADDRESS|TYPE FILE`: what keeps an object alive.

use clap::Args;
use serde_json::json;

use super::options::{Input, Options};
use super::output::{Answer, about, graph_of, remarks};
use crate::analyse::keepers;
use crate::analyse::reach::Nodes;
use crate::analyse::retained;
use crate::draw::report::Report;
use crate::model::Heap;
use crate::read;
use crate::units::{plural, size};

#[derive(Debug, Args)]
pub struct Arguments {
    /// An address in the object (0x20001230), or the name of a kind of objects (list)
    #[arg(value_name = "ADDRESS|TYPE")]
    what: String,
    #[command(flatten)]
    input: Input,
    /// How many objects of a kind to explain: those that keep most alive
    #[arg(long, default_value_t = 3)]
    objects: usize,
}

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let heap = read::one(&arguments.input.file, options.nth)?;
    let nodes = graph_of(&heap)?;
    let retained = retained::retained(&heap, nodes);
    let bytes = |object: usize| retained.bytes[nodes.object(object) as usize];
    let mut objects = named(&heap, &arguments.what)?;
    objects.sort_by_key(|object| (u64::MAX - bytes(*object), *object));
    let before = nodes.shortest(|_, _| true);
    let mut report = Report::default();
    if objects.len() > 1 {
        report.say(format!("There are {} of kind {}.", plural(objects.len() as u64, "object"), arguments.what));
    }
    let mut found = Vec::new();
    for object in objects.into_iter().take(arguments.objects.max(1)) {
        let path = keepers::path(&heap, nodes, &before, object);
        tell(&mut report, &heap, object, bytes(object), path.as_deref());
        found.push(json!({
            "address": heap.address(heap.objects.start[object]),
            "what": heap.describe(object),
            "retained_bytes": bytes(object),
            "path": path,
        }));
    }
    remarks(&mut report, &heap);
    Ok(Answer::new(report, json!({"about": about(&heap), "objects": found})))
}

fn tell(report: &mut Report, heap: &Heap, object: usize, bytes: u64, path: Option<&[String]>) {
    report.heading(heap.describe(object));
    match path {
        None => report.say("Nothing that the program can reach points to it: the next collection frees it."),
        Some(path) => {
            report.say(format!("It is alive, and {} would go with it. The shortest path to it:", size(bytes)));
            path.iter().enumerate().for_each(|(number, step)| report.say(format!("{}. {step}", number + 1)));
        }
    }
}

/// The objects that are meant: the one at an address, or all of a kind.
fn named(heap: &Heap, what: &str) -> Result<Vec<usize>, String> {
    if let Some(digits) = what.strip_prefix("0x") {
        let address =
            u64::from_str_radix(digits, 16).map_err(|_| format!("{what} is not an address such as 0x20001230"))?;
        return heap
            .object_at(address)
            .map(|object| vec![object])
            .ok_or_else(|| format!("there is no object at {what}"));
    }
    let kind = heap.kinds.iter().position(|kind| kind.name == what).ok_or_else(|| {
        let names: Vec<_> = heap.kinds.iter().map(|kind| kind.name.as_str()).take(20).collect();
        format!("there is no kind {what:?} of objects; there are: {}", names.join(", "))
    })?;
    Ok((0..heap.objects.len()).filter(|object| heap.objects.kind[*object] as usize == kind).collect())
}

/// What keeps an object alive, in a few words.
pub fn in_short(heap: &Heap, nodes: Nodes<'_>, before: &[u32], object: usize) -> String {
    match keepers::path(heap, nodes, before, object) {
        None => "garbage: the next collection frees it".into(),
        Some(path) if path.len() > 2 => format!("kept by {}, through {}", path[0], path[path.len() - 2]),
        Some(path) => format!("kept by {}", path[0]),
    }
}

//! `heapview oom N FILE`: the best places for N bytes, and what stands in the way of each.

use clap::Args;
use serde_json::{Value, json};

use super::options::{Input, Options};
use super::output::{Answer, about, remarks};
use super::why;
use crate::analyse::reach::Nodes;
use crate::analyse::room::{self, Place};
use crate::draw::report::Report;
use crate::model::Heap;
use crate::read;
use crate::units::{exact, parse_size, plural, size};

#[derive(Debug, Args)]
pub struct Arguments {
    /// How many bytes: 2816, 48K
    #[arg(value_name = "N", value_parser = parse_size)]
    bytes: u64,
    #[command(flatten)]
    input: Input,
    /// How many places to show
    #[arg(long, default_value_t = 3)]
    places: usize,
}

/// Objects in the way of a place that are named one by one.
const NAMED: usize = 8;

pub fn run(arguments: &Arguments, options: &Options) -> Result<Answer, String> {
    let heap = read::one(&arguments.input.file, options.nth)?;
    if heap.areas.is_empty() {
        return Err(format!("{} has only totals; holes can be seen in the map, which mem_info(1) prints", heap.title));
    }
    let blocks = arguments.bytes.max(1).div_ceil(u64::from(heap.block_bytes));
    let mut report = Report::default();
    report.heading(format!("Room for {} in {}", exact(arguments.bytes), heap.title));
    let wanted = u32::try_from(blocks).ok().filter(|blocks| *blocks <= heap.blocks());
    let fit = wanted.and_then(|blocks| room::first_fit(&heap, blocks));
    let places = match wanted {
        Some(blocks) if fit.is_none() => room::best(&heap, blocks, arguments.places),
        _ => Vec::new(),
    };
    let largest = heap.holes.iter().map(|hole| hole.blocks).max().unwrap_or(0);
    match (&fit, wanted) {
        (Some(place), _) => report.say(format!(
            "They fit: the first hole that is large enough is at {:#x} and has {}.",
            heap.address(place.start),
            exact(heap.bytes(place.blocks))
        )),
        (None, None) => report.say(format!("The whole heap has only {}.", size(heap.bytes(heap.blocks())))),
        (None, Some(_)) => report.say(format!(
            "They do not fit: {} are free, but the largest hole has {}, which is {} too few.",
            size(heap.bytes(heap.counts().free)),
            exact(heap.bytes(largest)),
            exact(blocks * u64::from(heap.block_bytes) - heap.bytes(largest))
        )),
    }
    if fit.is_none() && wanted.is_some() && places.is_empty() {
        report.say("Even without any object no place is that large: areas and what could not be read divide the heap.");
    }
    let nodes = Nodes::of(&heap);
    let before = nodes.map(|nodes| nodes.shortest(|_, _| true));
    let keepers = nodes.zip(before.as_deref());
    places.iter().enumerate().for_each(|(number, place)| tell(&mut report, &heap, number, place, keepers));
    if fit.is_none() && nodes.is_none() {
        report.say("What stands in the way may be garbage: call gc.collect() before mem_info(1) to know.");
    }
    remarks(&mut report, &heap);
    let json = json!({
        "about": about(&heap),
        "bytes": arguments.bytes,
        "fits": fit.is_some(),
        "largest_hole": heap.bytes(largest),
        "first_fit": fit.map(|place| value(&heap, &place)),
        "places": places.iter().map(|place| value(&heap, place)).collect::<Vec<_>>(),
    });
    Ok(Answer::new(report, json))
}

/// `keepers` knows who keeps objects alive, if the file tells.
fn tell(report: &mut Report, heap: &Heap, number: usize, place: &Place, keepers: Option<(Nodes<'_>, &[u32])>) {
    let (first, after) = place.objects;
    report.heading(format!(
        "Place {}: {} from {:#x} on",
        number + 1,
        size(heap.bytes(place.blocks)),
        heap.address(place.start)
    ));
    report.say(format!(
        "In the way: {} of {} in all.",
        plural((after - first) as u64, "object"),
        exact(heap.bytes(place.in_the_way))
    ));
    for object in (first..after).take(NAMED) {
        let why = keepers
            .map_or(String::new(), |(nodes, before)| format!(", {}", why::in_short(heap, nodes, before, object)));
        report.say(format!("- {}{why}", heap.describe(object)));
    }
    if after - first > NAMED {
        report.say(format!("- and {} more", after - first - NAMED));
    }
}

fn value(heap: &Heap, place: &Place) -> Value {
    let objects: Vec<Value> = (place.objects.0..place.objects.1)
        .map(|object| {
            json!({
                "address": heap.address(heap.objects.start[object]),
                "kind": heap.kind_name(object),
                "bytes": heap.bytes(heap.objects.blocks[object]),
            })
        })
        .collect();
    json!({
        "address": heap.address(place.start),
        "bytes": heap.bytes(place.blocks),
        "in_the_way": heap.bytes(place.in_the_way),
        "objects": objects,
    })
}

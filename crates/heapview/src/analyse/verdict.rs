//! What is the matter with a heap, in sentences: how full, how fragmented, what is largest, what looks suspicious.

use serde::Serialize;

use super::fragmentation::{self, Fragmentation};
use super::groups::{self, Group};
use super::reach::Nodes;
use super::retained::retained;
use super::{keepers, room};
use crate::model::Heap;
use crate::units::{exact, percent, plural, size};

/// A heap in words, with the figures behind them. All sizes in bytes.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The heap's size.
    pub total: u64,
    /// Bytes in use.
    pub used: u64,
    /// Free bytes.
    pub free: u64,
    /// Bytes that could not be read.
    pub unknown: u64,
    /// How many objects there are; none if the file has only totals.
    pub objects: Option<u64>,
    /// Figures of the holes; none if the file has only totals.
    pub fragmentation: Option<Fragmentation>,
    /// Bytes of objects that a collection would free; none if the file does not tell.
    pub garbage: Option<u64>,
    /// Objects by kind, those that take most first.
    pub kinds: Vec<Group>,
    /// How full, how fragmented, what is largest.
    pub sentences: Vec<String>,
    /// What may be wrong with the program.
    pub suspects: Vec<String>,
}

/// The verdict on a heap.
pub fn of(heap: &Heap) -> Verdict {
    if heap.areas.is_empty() {
        return by_totals(heap);
    }
    let counts = heap.counts();
    let holes = fragmentation::of(heap);
    let kinds = groups::by_kind(heap);
    let mut verdict = Verdict {
        total: heap.bytes(heap.blocks()),
        used: heap.bytes(counts.used),
        free: holes.free,
        unknown: heap.bytes(counts.unknown),
        objects: Some(heap.objects.len() as u64),
        fragmentation: None,
        sentences: Vec::new(),
        suspects: Vec::new(),
        kinds,
        garbage: None,
    };
    verdict.sentences.push(fullness(heap, &verdict));
    verdict.sentences.push(fragmentation(&holes));
    verdict.sentences.extend(largest(heap, &verdict));
    verdict.suspects.extend(nearly_full(heap, &verdict));
    verdict.suspects.extend(a_wall(heap, &holes));
    verdict.suspects.extend(many_alike(heap, &verdict));
    if let Some(nodes) = Nodes::of(heap) {
        let retained = retained(heap, nodes);
        let (objects, bytes) = keepers::garbage(heap, nodes, &retained);
        verdict.sentences.push(match objects {
            0 => "Everything in use can be reached: a collection would free nothing.".into(),
            _ => format!("A collection would free {} of them: {}.", plural(objects, "object"), size(bytes)),
        });
        verdict.garbage = Some(bytes);
        verdict.suspects.extend(keepers::accumulation(heap, nodes, &retained, verdict.used));
    } else {
        verdict.sentences.push(
            "Objects that nothing points to any more count as in use until a collection: call gc.collect() before \
             mem_info(1) to see only what is kept."
                .into(),
        );
    }
    verdict.fragmentation = Some(holes);
    verdict
}

/// What can be said without a map.
fn by_totals(heap: &Heap) -> Verdict {
    let totals = heap.totals.unwrap_or_default();
    let mut sentences = vec![format!(
        "The heap has {}; {} ({}) are in use, {} are free.",
        size(totals.total),
        size(totals.used),
        percent(totals.used, totals.total),
        size(totals.free)
    )];
    if let Some(blocks) = totals.max_free_blocks {
        sentences.push(format!("The largest hole has {}.", plural(blocks, "block")));
    }
    sentences.push(
        "There is no map in the output, so nothing more can be said: mem_info(1) prints one, mem_info() none.".into(),
    );
    Verdict {
        total: totals.total,
        used: totals.used,
        free: totals.free,
        unknown: 0,
        objects: None,
        fragmentation: None,
        kinds: Vec::new(),
        garbage: None,
        sentences,
        suspects: Vec::new(),
    }
}

fn fullness(heap: &Heap, verdict: &Verdict) -> String {
    let share = verdict.used as f64 / verdict.total.max(1) as f64;
    let word = match share {
        _ if verdict.free == 0 && verdict.unknown == 0 => "full",
        share if share > 0.95 => "nearly full",
        share if share > 0.75 => "rather full",
        share if share > 0.25 => "in moderate use",
        _ => "mostly free",
    };
    let unknown =
        if verdict.unknown > 0 { format!(", {} could not be read", size(verdict.unknown)) } else { String::new() };
    format!(
        "The heap is {word}: {} ({}) of {} are in use by {}, {} are free{unknown}.",
        size(verdict.used),
        percent(verdict.used, verdict.total),
        heap.shape(),
        plural(heap.objects.len() as u64, "object"),
        size(verdict.free)
    )
}

fn fragmentation(holes: &Fragmentation) -> String {
    if holes.holes == 0 {
        return "Nothing is free, so every allocation starts a collection.".into();
    }
    let word = match holes.percent {
        share if share < 10.0 => "hardly fragmented",
        share if share < 50.0 => "somewhat fragmented",
        share if share < 80.0 => "fragmented",
        _ => "badly fragmented",
    };
    let all = if holes.holes == 1 { "in one hole".into() } else { format!("in {}", plural(holes.holes, "hole")) };
    format!(
        "It is {word}: what is free lies {all}, the largest of {} ({} of it) at {:#x}; nothing larger can be allocated.",
        exact(holes.largest),
        percent(holes.largest, holes.free),
        holes.largest_address
    )
}

fn largest(heap: &Heap, verdict: &Verdict) -> Vec<String> {
    let Some(largest) =
        (0..heap.objects.len()).max_by_key(|object| (heap.objects.blocks[*object], usize::MAX - object))
    else {
        return Vec::new();
    };
    let bytes = heap.bytes(heap.objects.blocks[largest]);
    let share = percent(bytes, verdict.used);
    let mut sentences = vec![format!("The largest object is: {}, {share} of what is in use.", heap.describe(largest))];
    let kinds: Vec<_> = verdict
        .kinds
        .iter()
        .take(3)
        .map(|group| format!("{} ({} of {})", group.kind, size(group.bytes), plural(group.objects, "object")))
        .collect();
    if verdict.kinds.len() > 1 {
        sentences.push(format!("By kind, most is taken by: {}.", kinds.join(", ")));
    }
    sentences
}

fn nearly_full(heap: &Heap, verdict: &Verdict) -> Option<String> {
    let tight = verdict.unknown == 0 && verdict.free * 20 < verdict.total && !heap.objects.is_empty();
    tight.then(|| {
        "Less than a twentieth of the heap is free, so collections come often and find little; this is where long pauses and \
         MemoryError come from."
            .into()
    })
}

/// One or two small objects that divide the free memory.
fn a_wall(heap: &Heap, holes: &Fragmentation) -> Option<String> {
    let wanted = (holes.largest / u64::from(heap.block_bytes) * 3 / 2) as u32 + 1;
    let place = room::best(heap, wanted, 1).into_iter().next()?;
    let gain = heap.bytes(place.blocks - place.in_the_way);
    let worth = heap.bytes(place.in_the_way) * 20 <= gain && holes.largest * 5 < holes.free * 4;
    let objects = place.objects.1 - place.objects.0;
    if !worth || objects > 8 {
        return None;
    }
    let first = heap.describe(place.objects.0);
    let which =
        if objects == 1 { format!("One object ({first})") } else { format!("{objects} objects (the first: {first})") };
    Some(format!(
        "{which} of {} in all divide free memory: without them one hole would have {} instead of {}.",
        exact(heap.bytes(place.in_the_way)),
        size(heap.bytes(place.blocks)),
        size(holes.largest)
    ))
}

fn many_alike(heap: &Heap, verdict: &Verdict) -> Option<String> {
    let groups = groups::by_size(heap);
    let group = groups.iter().find(|group| group.objects >= 50)?;
    let each = group.each_bytes.unwrap_or(0);
    (group.bytes * 4 > verdict.used).then(|| {
        format!(
            "{} are alike ({}, {} each) and take {} of what is in use: if their number only grows, something keeps them.",
            plural(group.objects, "object"),
            group.kind,
            exact(each),
            percent(group.bytes, verdict.used)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    fn verdict(picture: &str) -> Verdict {
        of(&drawn(picture, 16))
    }

    #[test]
    fn how_full_and_how_fragmented() {
        let found = verdict("a===b=..........");
        assert_eq!(
            found.sentences[0],
            "The heap is in moderate use: 96 bytes (38 %) of 256 bytes, in blocks of 16 bytes are \
            in use by 2 objects, 160 bytes are free."
        );
        assert!(found.sentences[1].starts_with("It is hardly fragmented: what is free lies in one hole"), "{found:?}");
        assert!(found.sentences[2].contains("a of 64 bytes at 0x10000, 67 %"), "{found:?}");
        assert_eq!(found.suspects, [""; 0]);
        assert!(verdict("a===").sentences[1].starts_with("Nothing is free"));
        assert!(verdict(&"a.".repeat(50)).sentences[1].starts_with("It is badly fragmented"));
    }

    #[test]
    fn a_small_object_in_the_middle_is_a_suspect() {
        let picture = format!("{0}x{0}", ".".repeat(100));
        let found = verdict(&picture);
        assert!(found.suspects[0].contains("One object (x of 16 bytes at 0x10640)"), "{found:?}");
        assert!(found.suspects[0].contains("one hole would have 3.1 KiB instead of 1.6 KiB"), "{found:?}");
    }

    #[test]
    fn many_alike_are_a_suspect() {
        let found = verdict(&format!("{}{}", "b=".repeat(60), ".".repeat(100)));
        assert!(found.suspects[0].starts_with("60 objects are alike (b, 32 bytes each)"), "{found:?}");
    }
}

//! A snapshot that the heap wrote (docs/SNAPSHOT.md), binary or framed in a log.

use std::collections::HashMap;

use gcheap_snapshot::{Cause, Snapshot, contains_frames, is_binary, parse_all};

use super::pointers::graph;
use crate::model::{Area, Block, Heap, Kind};
use crate::units::{exact, plural, thousands};

/// The most blocks that a heap may have here: a damaged header must not ask for all memory.
const MOST_BLOCKS: u64 = 1 << 30;

/// Whether a file holds a snapshot.
pub fn is_one(bytes: &[u8]) -> bool {
    is_binary(bytes) || contains_frames(bytes)
}

/// All snapshots of a file that can be read; an error if none can.
pub fn read(bytes: &[u8]) -> Result<Vec<Heap>, String> {
    let mut heaps = Vec::new();
    let mut failed = None;
    for found in parse_all(bytes) {
        match found.and_then(|snapshot| heap(&snapshot)) {
            Ok(heap) => heaps.push(heap),
            Err(sentence) => failed = Some(sentence),
        }
    }
    match failed {
        Some(sentence) if heaps.is_empty() => Err(format!("the snapshot cannot be read: {sentence}")),
        Some(sentence) => {
            heaps.iter_mut().for_each(|heap| heap.problems.push(format!("Another snapshot in the file: {sentence}.")));
            Ok(heaps)
        }
        None => Ok(heaps),
    }
}

/// The heap of a snapshot.
pub(super) fn heap(snapshot: &Snapshot<'_>) -> Result<Heap, String> {
    let blocks = snapshot.areas.iter().fold(0u64, |sum, area| sum.saturating_add(area.blocks));
    if blocks > MOST_BLOCKS {
        return Err(format!("it says that the heap has {} blocks, more than any", thousands(blocks)));
    }
    let mut names = Kinds::default();
    let mut kinds = Vec::new();
    let mut labels = HashMap::new();
    let mut no_scan = Vec::new();
    let mut areas = Vec::new();
    for area in &snapshot.areas {
        areas.push(Area::new(Some(area.address), blocks_of(area)));
        for object in area.objects() {
            let kind = match snapshot.type_name(object.address) {
                _ if object.set_aside => "set aside for a thread",
                Some(name) => name,
                None if object.no_scan => "data without pointers",
                None => "object",
            };
            if let Some(detail) = snapshot.detail(object.address) {
                labels.insert(kinds.len() as u32, detail.to_string());
            }
            kinds.push(names.number(kind));
            no_scan.push(object.no_scan || object.set_aside);
        }
    }
    let mut heads = kinds.into_iter();
    let header = &snapshot.header;
    let mut heap = Heap::new(String::new(), "a snapshot", header.block_bytes as u32, areas, names.list, |_| {
        heads.next().unwrap_or(0)
    });
    heap.labels = labels;
    heap.problems.clone_from(&snapshot.problems);
    facts(&mut heap, snapshot);
    if header.flags.contents() {
        heap.graph = Some(graph(&heap, snapshot, &no_scan));
    }
    Ok(heap)
}

fn blocks_of(area: &gcheap_snapshot::Area<'_>) -> Vec<Block> {
    let mut blocks: Vec<Block> = (0..area.blocks)
        .map(|block| match area.kind(block) {
            gcheap_snapshot::Kind::Free => Block::Free,
            gcheap_snapshot::Kind::Tail => Block::Tail,
            gcheap_snapshot::Kind::Head | gcheap_snapshot::Kind::Mark => Block::Head,
        })
        .collect();
    for range in &area.unknown {
        let (from, to) = (range.start.min(area.blocks) as usize, range.end.min(area.blocks) as usize);
        if from < to {
            blocks[from..to].fill(Block::Unknown);
        }
    }
    blocks
}

/// Kinds by their names, in the order in which they occur.
#[derive(Default)]
struct Kinds {
    list: Vec<Kind>,
    numbers: HashMap<String, u32>,
}

impl Kinds {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.list.len() as u32;
        let letter = name.chars().find(char::is_ascii_alphabetic).unwrap_or('o');
        self.list.push(Kind { name: name.into(), letter });
        self.numbers.insert(name.into(), number);
        number
    }
}

fn facts(heap: &mut Heap, snapshot: &Snapshot<'_>) {
    let header = &snapshot.header;
    let why = match header.cause {
        Cause::Asked => "when the program asked for it".into(),
        Cause::OutOfMemory(bytes) => format!("when an allocation of {} failed", exact(bytes)),
        Cause::Exit => "when the program ended".into(),
        Cause::Other(number) => format!("for a reason that this version does not know ({number})"),
    };
    heap.facts.push(format!("The snapshot was written by {} ({}) {why}.", header.library, header.host));
    if let Some(lines) = snapshot.lines {
        heap.facts.push(format!("It stands in lines {} to {} of the file.", lines.first, lines.last));
        if lines.lost > 0 {
            heap.facts.push(format!(
                "{} of {} are lost or damaged.",
                plural(lines.lost, "line"),
                lines.lost + lines.whole
            ));
        }
    }
    for (key, value) in &snapshot.statistics {
        heap.facts.push(format!("{}: {}.", key.replace('_', " "), thousands(*value)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::pictures::{heap_of, snapshot};
    use super::*;
    use gcheap_snapshot::RootKind;

    #[test]
    fn tables_and_pointers() {
        let words = [Some(2), None, None, None, Some(0), Some(3), None, Some(1)];
        let heap = heap_of("h=hh..", &words, &[(RootKind::Static, 0), (RootKind::Stack, 5)]);
        assert_eq!(heap.objects.start, [0, 2, 3]);
        let graph = heap.graph.unwrap();
        assert_eq!(graph.first, [0, 1, 3, 3], "a pointer to a tail is none");
        assert_eq!((graph.to, graph.slot), (vec![1, 0, 2], vec![0, 0, 1]));
        let words: Vec<_> = graph.words.iter().map(|word| word.object).collect();
        assert_eq!((words, graph.stray.len()), (vec![0], 1), "one root points at free memory");
        assert!(graph.roots[1].doubtful && !graph.roots[0].doubtful);
    }

    #[test]
    fn a_header_that_asks_for_too_much() {
        let mut large = snapshot("h", &[], &[]);
        large.areas[0].blocks = u64::MAX;
        assert!(heap(&large).unwrap_err().contains("more than any"));
    }
}

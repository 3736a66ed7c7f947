//! Who keeps objects alive: paths for people, and what looks like a leak.

use std::collections::BTreeMap;

use serde::Serialize;

use super::reach::{NONE, Nodes};
use super::retained::Retained;
use crate::model::Heap;
use crate::units::{percent, size};

/// A path from the program to an object, one step a line; `None` if there is none. Of a long path the middle is left out.
pub fn path(heap: &Heap, nodes: Nodes<'_>, before: &[u32], object: usize) -> Option<Vec<String>> {
    const SHOWN: usize = 12;
    let mut at = nodes.object(object);
    if before[at as usize] == NONE {
        return None;
    }
    let mut steps = Vec::new();
    while at != 0 {
        steps.push(at);
        at = before[at as usize];
    }
    steps.reverse();
    let mut lines = Vec::new();
    for (number, node) in steps.iter().enumerate() {
        if steps.len() > 2 * SHOWN && number >= SHOWN && number + SHOWN < steps.len() {
            if number == SHOWN {
                lines.push(format!("... {} more objects ...", steps.len() - 2 * SHOWN));
            }
            continue;
        }
        if let Some(root) = nodes.root_of(*node) {
            let next = steps.get(number + 1).copied();
            let word = nodes.words(root).iter().find(|word| Some(nodes.object(word.object as usize)) == next);
            lines.extend(word.map(|word| nodes.graph.word_name(word)));
        } else if let Some(object) = nodes.object_of(*node) {
            let slot = number.checked_sub(1).and_then(|above| slot(nodes, steps[above], *node));
            let by = slot.map_or(String::new(), |slot| format!(", by its word {slot}"));
            let text = heap.describe(object);
            lines.push(if by.is_empty() { text } else { format!("{text}{}", by.replace("its", "the last one's")) });
        }
    }
    Some(lines)
}

/// Which word of an object points to another node.
fn slot(nodes: Nodes<'_>, from: u32, to: u32) -> Option<u32> {
    let object = nodes.object_of(from)?;
    nodes.graph.pointers(object).find(|(target, _)| nodes.object(*target as usize) == to).map(|(_, slot)| slot)
}

/// Objects and bytes that no path leads to.
pub fn garbage(heap: &Heap, nodes: Nodes<'_>, retained: &Retained) -> (u64, u64) {
    let lost = (0..heap.objects.len()).filter(|object| retained.dominator[nodes.object(*object) as usize] == NONE);
    lost.fold((0, 0), |(objects, bytes), object| (objects + 1, bytes + heap.bytes(heap.objects.blocks[object])))
}

/// A sentence about the object that keeps most of the heap alive, and from which that spreads to many others.
pub fn accumulation(heap: &Heap, nodes: Nodes<'_>, retained: &Retained, used: u64) -> Option<String> {
    let bytes = |object: usize| retained.bytes[nodes.object(object) as usize];
    let mut largest_child = vec![0u64; nodes.len()];
    for object in 0..heap.objects.len() {
        let above = retained.dominator[nodes.object(object) as usize];
        if above != NONE {
            largest_child[above as usize] = largest_child[above as usize].max(bytes(object));
        }
    }
    // Where the most comes together: none of its parts is nearly the whole. In a long list every rest is: then its beginning.
    let spreads = |object: &usize| largest_child[nodes.object(*object) as usize] * 10 < bytes(*object) * 8;
    let own = |object: usize| heap.bytes(heap.objects.blocks[object]);
    let much = |object: &usize| bytes(*object) * 10 > used * 3 && bytes(*object) > own(*object) * 2;
    let most = |object: &usize| (bytes(*object), usize::MAX - object);
    let all = || (0..heap.objects.len()).filter(much);
    all().filter(spreads).max_by_key(most).or_else(|| all().max_by_key(most)).map(|object| {
        format!(
            "Without the {} alone, {} ({} of what is in use) would be free; heapview why {:#x} FILE says what keeps it.",
            heap.describe(object),
            size(bytes(object)),
            percent(bytes(object), used),
            heap.address(heap.objects.start[object])
        )
    })
}

/// An object that is alive only through words that may be no pointers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pinned {
    /// Which object, counted in the heap's objects.
    #[serde(skip)]
    pub object: usize,
    /// What it is.
    pub what: String,
    /// Bytes that would go with it.
    pub bytes: u64,
    /// The words.
    pub by: Vec<String>,
}

/// Whether a kind of objects has no pointers in it, so that what looks like one is text or a number.
fn is_data(kind: &str) -> bool {
    ["str", "bytes", "bytearray data", "array data", "data", "int", "float", "complex", "string", "real", "number"]
        .contains(&kind)
}

/// What is pinned, most bytes first.
pub fn pinned(heap: &Heap, nodes: Nodes<'_>, retained: &Retained) -> Vec<Pinned> {
    let data: Vec<bool> = heap.kinds.iter().map(|kind| is_data(&kind.name)).collect();
    let doubtful = |from: u32, to: u32| match (nodes.root_of(to), nodes.object_of(from)) {
        (Some(root), _) => nodes.graph.roots[root].doubtful,
        (None, Some(object)) => data[heap.objects.kind[object] as usize],
        _ => false,
    };
    let certain = nodes.shortest(|from, to| !doubtful(from, to));
    let mut found: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut pins = |object: u32, by: String| {
        let node = nodes.object(object as usize) as usize;
        if certain[node] == NONE && retained.dominator[node] != NONE {
            found.entry(object as usize).or_default().push(by);
        }
    };
    for word in &nodes.graph.words {
        if nodes.graph.roots[word.root as usize].doubtful {
            pins(word.object, nodes.graph.word_name(word));
        }
    }
    for holder in (0..heap.objects.len()).filter(|object| data[heap.objects.kind[*object] as usize]) {
        if retained.dominator[nodes.object(holder) as usize] != NONE {
            nodes
                .graph
                .pointers(holder)
                .for_each(|(to, slot)| pins(to, format!("word {slot} of {}", heap.describe(holder))));
        }
    }
    let pinned = |(object, by)| Pinned {
        object,
        what: heap.describe(object),
        bytes: retained.bytes[nodes.object(object) as usize],
        by,
    };
    let mut all: Vec<Pinned> = found.into_iter().map(pinned).collect();
    all.sort_by_key(|pinned| (u64::MAX - pinned.bytes, pinned.object));
    all
}

#[cfg(test)]
mod tests {
    use super::super::retained::retained;
    use super::*;
    use crate::read::heap_of;
    use gcheap_snapshot::RootKind::{Stack, Static};

    #[test]
    fn a_table_or_a_list_that_keeps_most_is_named() {
        // Block 0 is a root's; it leads to 1, which leads to 3 to 6 (a table); or each leads to the next (a list).
        let table = heap_of("hh=hhhh", &[Some(1), None, Some(3), Some(4), Some(5), Some(6)], &[(Static, 0)]);
        let words: Vec<_> = (1..30).flat_map(|next| [Some(next), None]).collect();
        let list = heap_of(&"h".repeat(30), &words, &[(Static, 0)]);
        for (heap, start) in [(table, "object of 32 bytes at 0x4010"), (list, "object of 16 bytes at 0x4000")] {
            let nodes = Nodes::of(&heap).unwrap();
            let kept = retained(&heap, nodes);
            let sentence = accumulation(&heap, nodes, &kept, heap.bytes(heap.counts().used));
            assert!(sentence.as_ref().is_some_and(|sentence| sentence.contains(start)), "{sentence:?}");
        }
    }

    /// Objects of one block, two words each; a chain from block 0 to 1 to 2; block 3 leads to 4.
    fn heap() -> Heap {
        let words = [Some(1), None, None, Some(2), None, None, Some(4), None, None, None];
        heap_of("hhhhhh", &words, &[(Static, 0), (Stack, 3), (Stack, 2)])
    }

    #[test]
    fn a_path_names_its_root_and_words() {
        let heap = heap();
        let nodes = Nodes::of(&heap).unwrap();
        let before = nodes.shortest(|_, to| nodes.root_of(to) != Some(2));
        let steps = path(&heap, nodes, &before, 2).unwrap();
        assert_eq!(steps[0], "word 2 of static data");
        assert_eq!(steps[3], "object of 16 bytes at 0x4020, by the last one's word 1");
        assert_eq!(path(&heap, nodes, &before, 5), None);
    }

    #[test]
    fn what_only_the_stack_keeps_is_pinned() {
        let heap = heap();
        let nodes = Nodes::of(&heap).unwrap();
        let retained = retained(&heap, nodes);
        let found = pinned(&heap, nodes, &retained);
        assert_eq!(found.len(), 1, "block 2 has another path, block 4 is kept by block 3: {found:?}");
        assert_eq!((found[0].object, found[0].bytes, found[0].by[0].as_str()), (3, 32, "word 2 of the stack"));
        assert_eq!(garbage(&heap, nodes, &retained), (1, 16));
    }
}

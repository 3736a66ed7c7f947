//! The pointers in a snapshot's contents and roots.

use gcheap_snapshot::{RootKind, Snapshot};

use crate::model::{Graph, Heap, Root, RootWord};

const NONE: u32 = u32::MAX;

/// Which object each block belongs to.
struct Owners<'h> {
    heap: &'h Heap,
    of: Vec<u32>,
    /// The lowest address of the heap, and the one behind the highest.
    bounds: (u64, u64),
}

impl<'h> Owners<'h> {
    fn of(heap: &'h Heap) -> Self {
        let mut of = vec![NONE; heap.blocks() as usize];
        for (object, (start, blocks)) in (0..).zip(heap.objects.start.iter().zip(&heap.objects.blocks)) {
            of[*start as usize..(start + blocks) as usize].fill(object);
        }
        let end =
            |area: &crate::model::Area| area.address.unwrap_or(0).saturating_add(heap.bytes(area.blocks.len() as u32));
        let low = heap.areas.iter().filter_map(|area| area.address).min().unwrap_or(0);
        let high = heap.areas.iter().map(end).max().unwrap_or(0);
        Self { heap, of, bounds: (low, high) }
    }

    /// The heap index of the block at an address.
    fn block(&self, address: u64) -> Option<u32> {
        if address < self.bounds.0 || address >= self.bounds.1 {
            return None;
        }
        self.heap.areas.iter().find_map(|area| {
            let block = address.checked_sub(area.address?)? / u64::from(self.heap.block_bytes);
            (block < area.blocks.len() as u64).then(|| area.first + block as u32)
        })
    }

    /// The object that a word keeps alive.
    fn object(&self, word: u64, interior: bool) -> Option<u32> {
        let block = self.block(word)?;
        let object = Some(self.of[block as usize]).filter(|object| *object != NONE)?;
        let start = self.heap.objects.start[object as usize];
        (interior || (block == start && self.heap.address(block) == word)).then_some(object)
    }
}

/// The graph of a heap that was read from a snapshot. `no_scan` tells which objects hold no pointers.
pub fn graph(heap: &Heap, snapshot: &Snapshot<'_>, no_scan: &[bool]) -> Graph {
    let owners = Owners::of(heap);
    let header = &snapshot.header;
    let interior = header.flags.interior();
    let mut graph = Graph { word_bytes: header.word_bytes as u32, ..Graph::default() };
    graph.first.push(0);
    for (area, read) in heap.areas.iter().zip(&snapshot.areas) {
        let (from, to) = (heap.objects.from(area.first), heap.objects.from(area.end()));
        for object in from..to {
            if no_scan.get(object) == Some(&false) {
                let start = heap.bytes(heap.objects.start[object] - area.first);
                let bytes = heap.bytes(heap.objects.blocks[object]);
                for (offset, bytes) in known(read, start, start + bytes) {
                    let words =
                        bytes.chunks_exact(header.word_bytes).zip((offset - start) / header.word_bytes as u64..);
                    for (word, slot) in words {
                        if let Some(target) = owners.object(snapshot.word(word), interior) {
                            graph.to.push(target);
                            graph.slot.push(slot as u32);
                        }
                    }
                }
            }
            graph.first.push(graph.to.len() as u32);
        }
    }
    roots(&mut graph, &owners, snapshot);
    graph
}

/// The known parts of an area's contents between two offsets, each with its offset.
fn known<'s>(area: &'s gcheap_snapshot::Area<'_>, from: u64, to: u64) -> impl Iterator<Item = (u64, &'s [u8])> {
    let end = |piece: &gcheap_snapshot::Piece<'_>| piece.first.saturating_add(piece.bytes.len() as u64);
    let first = area.pieces.partition_point(|piece| end(piece) <= from);
    area.pieces[first..].iter().take_while(move |piece| piece.first < to).map(move |piece| {
        let start = piece.first.max(from);
        let range = (start - piece.first) as usize..(end(piece).min(to) - piece.first) as usize;
        (start, &piece.bytes[range])
    })
}

fn roots(graph: &mut Graph, owners: &Owners<'_>, snapshot: &Snapshot<'_>) {
    graph.word_first.push(0);
    for (number, range) in (0..).zip(&snapshot.roots) {
        let (name, doubtful) = root(snapshot, range);
        graph.roots.push(Root { name, address: range.address, doubtful });
        for word in &range.words {
            // One past the end of an object counts, too.
            let behind = || if range.interior { owners.object(word.value.wrapping_sub(1), true) } else { None };
            let object = owners.object(word.value, range.interior).or_else(behind);
            let word = |object| RootWord { root: number, index: word.index, value: word.value, object };
            match object {
                Some(object) => graph.words.push(word(object)),
                None => graph.stray.push(word(NONE)),
            }
        }
        graph.word_first.push(graph.words.len() as u32);
    }
}

/// What a root is, for sentences; and whether its words may be no pointers.
fn root(snapshot: &Snapshot<'_>, root: &gcheap_snapshot::Root) -> (String, bool) {
    let mut name = root.kind.text().to_string();
    if let Some(module) = snapshot.module(root.module) {
        name += &format!(" of {}", module.path);
    }
    if root.thread != 0 {
        name += &format!(" of thread {}", root.thread);
    }
    if !root.name.is_empty() {
        name += &format!(" ({})", root.name);
    }
    (name, matches!(root.kind, RootKind::Stack | RootKind::Registers))
}

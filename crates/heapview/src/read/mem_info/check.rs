//! Compares the map with the totals that were printed above it.

use crate::model::{Block, Heap, Hole};
use crate::units::{exact, plural};

/// Blocks that were lost are free if the totals can only be true then.
pub fn unknown_that_is_free(heap: &mut Heap) {
    let counts = heap.counts();
    let Some(totals) = heap.totals else { return };
    let all = heap.bytes(heap.blocks()) == totals.total;
    if counts.unknown == 0 || !all || heap.bytes(counts.free + counts.unknown) != totals.free {
        return;
    }
    for area in &mut heap.areas {
        area.blocks.iter_mut().filter(|block| **block == Block::Unknown).for_each(|block| *block = Block::Free);
    }
    heap.holes = Hole::all(&heap.areas);
    heap.problems.push("By the totals everything that is missing is free, and it is shown so.".into());
}

/// Says where the map and the totals differ.
pub fn totals(heap: &mut Heap) {
    let counts = heap.counts();
    let Some(totals) = heap.totals else { return };
    if heap.areas.is_empty() {
        return;
    }
    if counts.unknown > 0 {
        let lost = exact(heap.bytes(counts.unknown));
        heap.problems.push(format!("What {lost} hold is not known; figures from the map are without them."));
        return;
    }
    let objects = &heap.objects;
    let with = |blocks| objects.blocks.iter().filter(|have| **have == blocks).count() as u64;
    let mut differences = Vec::new();
    let mut compare = |what: &str, map: String, said: String| {
        if map != said {
            differences.push(format!("{what} {said} and the map shows {map}"));
        }
    };
    compare("a size of", exact(heap.bytes(heap.blocks())), exact(totals.total));
    compare("the use of", exact(heap.bytes(counts.used)), exact(totals.used));
    if let Some([one, two, largest]) = totals.objects {
        let most = u64::from(objects.blocks.iter().copied().max().unwrap_or(0));
        compare("", plural(with(1), "object") + " of one block", plural(one, "object") + " of one block");
        compare("", plural(with(2), "object") + " of two", plural(two, "object") + " of two");
        compare("a largest object of", plural(most, "block"), plural(largest, "block"));
    }
    if let Some(said) = totals.max_free_blocks {
        let hole = u64::from(heap.holes.iter().map(|hole| hole.blocks).max().unwrap_or(0));
        compare("a largest hole of", plural(hole, "block"), plural(said, "block"));
    }
    if !differences.is_empty() {
        let all = differences.iter().map(|text| text.trim()).collect::<Vec<_>>().join("; ");
        heap.problems.push(format!("The lines above the map name {all}. A part of the output was lost or changed."));
    }
}

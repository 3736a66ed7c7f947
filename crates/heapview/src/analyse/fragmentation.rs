//! Figures for how much the free memory is cut up.

use serde::Serialize;

use crate::model::Heap;

/// Figures of a heap's holes. All sizes in bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fragmentation {
    /// Free bytes in all.
    pub free: u64,
    /// How many holes there are.
    pub holes: u64,
    /// The largest hole: the largest object that can be allocated without a collection.
    pub largest: u64,
    /// The address of the largest hole.
    pub largest_address: u64,
    /// The size that half of the free memory lies in holes of at least.
    pub half_in: u64,
    /// Per cent of the free memory that is not in the largest hole, 0 to 100.
    pub percent: f64,
    /// Holes by size: powers of two.
    pub classes: Vec<Class>,
}

/// Holes of at least `from` and fewer than `below` bytes, and what requests of `from` bytes can get of all holes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
    /// The least size.
    pub from: u64,
    /// The first size that is too large.
    pub below: u64,
    /// How many holes have such a size.
    pub holes: u64,
    /// Bytes in them.
    pub bytes: u64,
    /// How many objects of `from` bytes fit into all holes.
    pub fits: u64,
}

/// The figures of a heap.
pub fn of(heap: &Heap) -> Fragmentation {
    let mut sizes: Vec<u32> = heap.holes.iter().map(|hole| hole.blocks).collect();
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let free: u64 = sizes.iter().map(|blocks| heap.bytes(*blocks)).sum();
    let largest = heap.holes.iter().rev().max_by_key(|hole| hole.blocks);
    let largest_bytes = largest.map_or(0, |hole| heap.bytes(hole.blocks));
    let mut sum = 0;
    let half_in = sizes.iter().map(|blocks| heap.bytes(*blocks)).find(|bytes| {
        sum += bytes;
        sum * 2 >= free
    });
    let percent = if free == 0 { 0.0 } else { (1.0 - largest_bytes as f64 / free as f64) * 100.0 };
    Fragmentation {
        free,
        holes: sizes.len() as u64,
        largest: largest_bytes,
        largest_address: largest.map_or(0, |hole| heap.address(hole.start)),
        half_in: half_in.unwrap_or(0),
        percent: (percent * 10.0).round() / 10.0,
        classes: classes(heap, &sizes),
    }
}

fn classes(heap: &Heap, sizes: &[u32]) -> Vec<Class> {
    let Some(largest) = sizes.first() else { return Vec::new() };
    (0..=largest.ilog2())
        .map(|power| {
            let (from, below) = (1u32 << power, 1u64 << (power + 1));
            let within = sizes.iter().filter(|blocks| **blocks >= from && u64::from(**blocks) < below);
            Class {
                from: heap.bytes(from),
                below: below * u64::from(heap.block_bytes),
                holes: within.clone().count() as u64,
                bytes: within.map(|blocks| heap.bytes(*blocks)).sum(),
                fits: sizes.iter().map(|blocks| u64::from(blocks / from)).sum(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    #[test]
    fn figures_of_holes() {
        let found = of(&drawn("a.b..c...d....", 16));
        assert_eq!((found.free, found.holes, found.largest, found.largest_address), (160, 4, 64, 0x100a0));
        assert_eq!((found.percent, found.half_in), (60.0, 48));
        let classes: Vec<_> = found.classes.iter().map(|class| (class.from, class.holes, class.fits)).collect();
        assert_eq!(classes, [(16, 1, 10), (32, 2, 4), (64, 1, 1)]);
    }

    #[test]
    fn a_heap_that_is_full_or_empty() {
        let full = of(&drawn("a===", 16));
        assert_eq!((full.free, full.largest, full.percent), (0, 0, 0.0));
        assert_eq!(of(&drawn("....", 16)).percent, 0.0);
    }
}

//! A map cut into cells: each is one block, or in a large heap several that lie side by side.

use crate::model::{Block, Heap};

/// What a cell shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Blocks in it.
    pub blocks: u32,
    /// Blocks of objects.
    pub used: u32,
    /// Blocks that could not be read.
    pub unknown: u32,
    /// The kind that has most blocks in it.
    pub kind: Option<u32>,
    /// Whether it begins with the head of an object.
    pub head: bool,
}

impl Cell {
    /// Whether nothing in it is in use or unknown.
    pub fn is_free(&self) -> bool {
        self.used == 0 && self.unknown == 0
    }
}

/// The least power of two of blocks that a cell must have for a heap to have at most so many cells.
pub fn scale(heap: &Heap, most_cells: u32) -> u32 {
    heap.blocks().div_ceil(most_cells.max(1)).next_power_of_two()
}

/// The cells of an area: each has `scale` blocks, the last one perhaps fewer.
pub fn of(heap: &Heap, area: usize, scale: u32) -> Vec<Cell> {
    let area = &heap.areas[area];
    let mut object = heap.objects.from(area.first);
    let mut inside: Option<(u32, u32)> = None; // the kind, and where the object ends
    let mut counts = vec![0u32; heap.kinds.len()];
    let mut cells = Vec::with_capacity(area.blocks.len().div_ceil(scale as usize));
    for (blocks, first) in area.blocks.chunks(scale as usize).zip((area.first..).step_by(scale as usize)) {
        let mut cell =
            Cell { blocks: blocks.len() as u32, used: 0, unknown: 0, kind: None, head: blocks[0] == Block::Head };
        let mut seen: Vec<u32> = Vec::new();
        for (block, at) in blocks.iter().zip(first..) {
            match block {
                Block::Free => continue,
                Block::Unknown => cell.unknown += 1,
                Block::Head => {
                    cell.used += 1;
                    inside = Some((heap.objects.kind[object], at + heap.objects.blocks[object]));
                    object += 1;
                }
                Block::Tail => cell.used += 1,
            }
            if let Some((kind, _)) = inside.filter(|(_, end)| at < *end) {
                if counts[kind as usize] == 0 {
                    seen.push(kind);
                }
                counts[kind as usize] += 1;
            }
        }
        cell.kind = seen.iter().copied().max_by_key(|kind| counts[*kind as usize]);
        seen.into_iter().for_each(|kind| counts[kind as usize] = 0);
        cells.push(cell);
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    #[test]
    fn a_cell_has_the_kind_that_fills_it_most() {
        let heap = drawn("ab==...? .a", 16);
        let cells = of(&heap, 0, 4);
        assert_eq!(cells[0], Cell { blocks: 4, used: 4, unknown: 0, kind: Some(1), head: true });
        assert_eq!(cells[1], Cell { blocks: 4, used: 0, unknown: 1, kind: None, head: false });
        assert_eq!(of(&heap, 1, 4), [Cell { blocks: 2, used: 1, unknown: 0, kind: Some(0), head: false }]);
        assert_eq!(of(&heap, 0, 1)[3].kind, Some(1), "a tail is of its object's kind");
    }

    #[test]
    fn scales_are_powers_of_two() {
        let heap = drawn(&".".repeat(1000), 16);
        assert_eq!([1, 10, 999, 1000, 5000].map(|cells| scale(&heap, cells)), [1024, 128, 2, 1, 1]);
    }
}

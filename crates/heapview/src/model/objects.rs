//! The objects and the holes of a heap, in flat arrays: there may be millions.

use super::area::{Area, Block};

/// All objects, in the order of their heap index.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    /// The heap index of each head.
    pub start: Vec<u32>,
    /// How many blocks each has.
    pub blocks: Vec<u32>,
    /// What each is: an index into the heap's kinds.
    pub kind: Vec<u32>,
}

impl Objects {
    /// The objects of some areas. Tails without a head, whose head could not be read, belong to none.
    pub(super) fn of(areas: &[Area], mut kind_of: impl FnMut(u32) -> u32) -> Self {
        let mut found = Self::default();
        for area in areas {
            let mut inside = false;
            for (block, what) in (area.first..).zip(&area.blocks) {
                match what {
                    Block::Head => {
                        found.start.push(block);
                        found.blocks.push(1);
                        found.kind.push(kind_of(block));
                        inside = true;
                    }
                    Block::Tail if inside => {
                        if let Some(last) = found.blocks.last_mut() {
                            *last += 1;
                        }
                    }
                    _ => inside = false,
                }
            }
        }
        found
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.start.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.start.is_empty()
    }

    /// The object that a block belongs to.
    pub fn containing(&self, block: u32) -> Option<usize> {
        let object = self.start.partition_point(|start| *start <= block).checked_sub(1)?;
        (block - self.start[object] < self.blocks[object]).then_some(object)
    }

    /// The first object whose head is at this heap index or behind it.
    pub fn from(&self, block: u32) -> usize {
        self.start.partition_point(|start| *start < block)
    }
}

/// Free blocks in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The heap index of the first.
    pub start: u32,
    /// How many.
    pub blocks: u32,
}

impl Hole {
    /// All holes of some areas. None reaches from one area into the next.
    pub fn all(areas: &[Area]) -> Vec<Self> {
        let mut holes: Vec<Self> = Vec::new();
        for area in areas {
            let mut inside = false;
            for (block, what) in (area.first..).zip(&area.blocks) {
                let free = *what == Block::Free;
                match holes.last_mut() {
                    Some(hole) if free && inside => hole.blocks += 1,
                    _ if free => holes.push(Self { start: block, blocks: 1 }),
                    _ => {}
                }
                inside = free;
            }
        }
        holes
    }

    /// The heap index after the last block.
    pub fn end(self) -> u32 {
        self.start + self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::drawn;

    #[test]
    fn an_object_is_a_head_and_its_tails() {
        let heap = drawn("a==b.=c ==d", 16);
        assert_eq!(heap.objects.start, [0, 3, 6, 9]);
        assert_eq!(heap.objects.blocks, [3, 1, 1, 1], "tails without a head belong to no object");
        assert_eq!(heap.objects.containing(2), Some(0));
        assert_eq!(heap.objects.containing(5), None);
        assert_eq!(heap.objects.from(1), 1);
    }

    #[test]
    fn a_hole_ends_with_its_area_and_at_what_is_unknown() {
        let heap = drawn("..a. ..?.", 16);
        let holes: Vec<_> = heap.holes.iter().map(|hole| (hole.start, hole.blocks)).collect();
        assert_eq!(holes, [(0, 2), (3, 1), (4, 2), (7, 1)]);
    }
}

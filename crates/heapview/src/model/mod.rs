//! A heap as it was at one moment, whatever file it was read from.

mod area;
mod graph;
mod objects;

pub use area::{Area, Block};
pub use graph::{Graph, Root, RootWord};
pub use objects::{Hole, Objects};

use std::collections::HashMap;

use crate::units::{plural, size};

/// What an object is, as far as the file tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// A name for sentences: `list`, `str or bytes`.
    pub name: String,
    /// The letter in maps of one character a block.
    pub letter: char,
}

/// What the heap said about itself. All in bytes, but for the two counts of objects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Size of all pools.
    pub total: u64,
    /// Bytes in use.
    pub used: u64,
    /// Bytes that are free.
    pub free: u64,
    /// Bytes that the heap could still get from its system (MicroPython's automatic split heap).
    pub max_new_split: Option<u64>,
    /// Blocks of objects: how many objects have one, how many have two, and how many blocks the largest has.
    pub objects: Option<[u64; 3]>,
    /// Blocks of the largest hole.
    pub max_free_blocks: Option<u64>,
}

/// A heap at one moment. Blocks are counted through all areas: the *heap index*.
#[derive(Clone, Debug)]
pub struct Heap {
    /// The file's name, and which of several dumps in it this is.
    pub title: String,
    /// What it was read from, for a sentence: `the output of micropython.mem_info(1)`.
    pub source: &'static str,
    /// Bytes of a block.
    pub block_bytes: u32,
    /// The areas, in the heap's order. None if only totals are known.
    pub areas: Vec<Area>,
    /// What kinds of objects there are. `Objects::kind` counts in this.
    pub kinds: Vec<Kind>,
    /// All objects, in the order of their heap index.
    pub objects: Objects,
    /// All holes, in the order of their heap index.
    pub holes: Vec<Hole>,
    /// What the heap said about itself.
    pub totals: Option<Totals>,
    /// Further facts from the file, each a sentence.
    pub facts: Vec<String>,
    /// What could not be read, or does not fit together, each a sentence.
    pub problems: Vec<String>,
    /// What tells some objects from others of their kind, such as a string's text.
    pub labels: HashMap<u32, String>,
    /// Who points to whom, if the file tells.
    pub graph: Option<Graph>,
}

impl Heap {
    /// Puts a heap together from its areas. `kind_of` says what the object with a given head is: an index into `kinds`.
    pub fn new(
        title: String,
        source: &'static str,
        block_bytes: u32,
        mut areas: Vec<Area>,
        kinds: Vec<Kind>,
        kind_of: impl FnMut(u32) -> u32,
    ) -> Self {
        let mut first = 0;
        for area in &mut areas {
            area.first = first;
            first += area.blocks.len() as u32;
        }
        let objects = Objects::of(&areas, kind_of);
        let holes = Hole::all(&areas);
        Self {
            title,
            source,
            block_bytes,
            areas,
            kinds,
            objects,
            holes,
            totals: None,
            facts: Vec::new(),
            problems: Vec::new(),
            labels: HashMap::new(),
            graph: None,
        }
    }

    /// Number of blocks in all areas.
    pub fn blocks(&self) -> u32 {
        self.areas.last().map_or(0, Area::end)
    }

    /// Bytes of some blocks.
    pub fn bytes(&self, blocks: u32) -> u64 {
        u64::from(blocks) * u64::from(self.block_bytes)
    }

    /// The area that a heap index lies in.
    pub fn area_of(&self, block: u32) -> &Area {
        let after = self.areas.partition_point(|area| area.first <= block);
        &self.areas[after.saturating_sub(1)]
    }

    /// What the block with a heap index is.
    pub fn block(&self, block: u32) -> Block {
        let area = self.area_of(block);
        area.blocks[(block - area.first) as usize]
    }

    /// The address of a block; its distance from the start of its area, if that is all that is known.
    pub fn address(&self, block: u32) -> u64 {
        let area = self.area_of(block);
        area.address.unwrap_or(0).wrapping_add(self.bytes(block - area.first))
    }

    /// The object that an address lies in, counted in `objects`.
    pub fn object_at(&self, address: u64) -> Option<usize> {
        let area = self.areas.iter().find(|area| {
            let start = area.address.unwrap_or(0);
            address >= start && address - start < self.bytes(area.blocks.len() as u32)
        })?;
        let block = area.first + ((address - area.address.unwrap_or(0)) / u64::from(self.block_bytes)) as u32;
        self.objects.containing(block)
    }

    /// The name of an object's kind.
    pub fn kind_name(&self, object: usize) -> &str {
        &self.kinds[self.objects.kind[object] as usize].name
    }

    /// An object for a sentence: `list of 64 bytes at 0x20001230`, and what tells it from others.
    pub fn describe(&self, object: usize) -> String {
        let bytes = self.bytes(self.objects.blocks[object]);
        let label = self.labels.get(&(object as u32)).map_or(String::new(), |label| format!(" ({label})"));
        let address = self.address(self.objects.start[object]);
        format!("{}{label} of {} at {address:#x}", self.kind_name(object), size(bytes))
    }

    /// Blocks in use, free blocks, and blocks that could not be read.
    pub fn counts(&self) -> Counts {
        let free = self.holes.iter().map(|hole| hole.blocks).sum();
        let unknown = self.areas.iter().map(Area::unknown).sum();
        Counts { used: self.blocks() - free - unknown, free, unknown }
    }

    /// The heap's shape for a sentence: `256 KiB in 2 areas, in blocks of 32 bytes`.
    pub fn shape(&self) -> String {
        let areas = match self.areas.len() {
            1 => String::new(),
            number => format!(" in {}", plural(number as u64, "area")),
        };
        format!("{}{areas}, in blocks of {} bytes", size(self.bytes(self.blocks())), self.block_bytes)
    }
}

/// How many blocks are what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Blocks of objects.
    pub used: u32,
    /// Free blocks.
    pub free: u32,
    /// Blocks that could not be read.
    pub unknown: u32,
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A heap drawn one letter a block: `.` free, `=` tail, `?` unknown, any other letter the head of an object of the kind
    /// that is named by it. Areas are divided by spaces; each begins at a multiple of 0x10000, the first at 0x10000.
    pub(crate) fn drawn(picture: &str, block_bytes: u32) -> Heap {
        let mut kinds: Vec<Kind> = Vec::new();
        let mut heads = Vec::new();
        let mut areas = Vec::new();
        for (number, text) in picture.split_whitespace().enumerate() {
            let blocks = text.chars().map(|letter| match letter {
                '.' => Block::Free,
                '=' => Block::Tail,
                '?' => Block::Unknown,
                _ => Block::Head,
            });
            areas.push(Area::new(Some(0x10000 * (number as u64 + 1)), blocks.collect()));
            for letter in text.chars().filter(|letter| !".=?".contains(*letter)) {
                let known = kinds.iter().position(|kind| kind.letter == letter);
                heads.push(known.unwrap_or(kinds.len()) as u32);
                if known.is_none() {
                    kinds.push(Kind { name: letter.to_string(), letter });
                }
            }
        }
        let mut heads = heads.into_iter();
        Heap::new("drawn".into(), "a picture", block_bytes, areas, kinds, |_| heads.next().unwrap_or(0))
    }

    #[test]
    fn blocks_are_counted_through_all_areas() {
        let heap = drawn("a=.b .c==", 32);
        assert_eq!(heap.blocks(), 8);
        assert_eq!(heap.counts(), Counts { used: 6, free: 2, unknown: 0 });
        assert_eq!(heap.address(3), 0x10060);
        assert_eq!(heap.address(5), 0x20020);
        assert_eq!(heap.describe(2), "c of 96 bytes at 0x20020");
        assert_eq!(heap.shape(), "256 bytes in 2 areas, in blocks of 32 bytes");
    }

    #[test]
    fn addresses_lead_to_objects() {
        let heap = drawn("a=.b .c==", 32);
        assert_eq!(heap.object_at(0x10000), Some(0));
        assert_eq!(heap.object_at(0x1003f), Some(0));
        assert_eq!(heap.object_at(0x10040), None);
        assert_eq!(heap.object_at(0x2007f), Some(2));
        assert_eq!(heap.object_at(0x20080), None);
        assert_eq!(heap.object_at(0), None);
    }
}

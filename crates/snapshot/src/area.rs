//! An area of a heap: its tables and its contents.

use std::borrow::Cow;
use std::ops::Range;

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Not in use.
    Free,
    /// The first block of an object.
    Head,
    /// A further block of the object before it.
    Tail,
    /// A head that the collection under way has reached ([`crate::Flags::finalising`]).
    Mark,
}

/// A contiguous part of the heap.
#[derive(Clone, Debug, Default)]
pub struct Area<'a> {
    /// Of block 0.
    pub address: u64,
    /// How many blocks it has.
    pub blocks: u64,
    /// All blocks from this index on are free.
    pub used: u64,
    /// Bytes in a block.
    pub block_bytes: u64,
    /// The allocation table as far as it was read, four blocks a byte.
    pub atb: Vec<u8>,
    /// The table of finalisers, eight blocks a byte.
    pub ftb: Vec<u8>,
    /// The table of weak references.
    pub wtb: Vec<u8>,
    /// The table of no-scan objects.
    pub ntb: Vec<u8>,
    /// Blocks of which it is not known what they are; they look free.
    pub unknown: Vec<Range<u64>>,
    /// Blocks set aside for threads' next allocations, which look like objects, in order.
    pub set_aside: Vec<Range<u64>>,
    /// What is known of the contents, in order.
    pub pieces: Vec<Piece<'a>>,
}

/// A part of an area's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece<'a> {
    /// The offset of the first byte from block 0.
    pub first: u64,
    /// The bytes.
    pub bytes: Cow<'a, [u8]>,
}

/// An object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// Of its first byte.
    pub address: u64,
    /// Its head's index in the area.
    pub block: u64,
    /// How many blocks it has.
    pub blocks: u64,
    /// The collection under way has reached it.
    pub marked: bool,
    /// It has a finaliser.
    pub finaliser: bool,
    /// It has a weak reference.
    pub weak_reference: bool,
    /// It is not scanned.
    pub no_scan: bool,
    /// It is no object of the program, but set aside for a thread's next allocation.
    pub set_aside: bool,
}

/// Consecutive free blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The index of the first.
    pub block: u64,
    /// How many there are.
    pub blocks: u64,
}

impl<'a> Area<'a> {
    pub(crate) fn into_owned(self) -> Area<'static> {
        let own = |piece: Piece<'a>| Piece { first: piece.first, bytes: Cow::Owned(piece.bytes.into_owned()) };
        Area {
            pieces: self.pieces.into_iter().map(own).collect(),
            address: self.address,
            blocks: self.blocks,
            used: self.used,
            block_bytes: self.block_bytes,
            atb: self.atb,
            ftb: self.ftb,
            wtb: self.wtb,
            ntb: self.ntb,
            unknown: self.unknown,
            set_aside: self.set_aside,
        }
    }

    /// Whether an address lies in one of its blocks.
    pub fn contains(&self, address: u64) -> bool {
        address.checked_sub(self.address).is_some_and(|offset| offset / self.block_bytes.max(1) < self.blocks)
    }

    /// What a block is; free if that is not known.
    pub fn kind(&self, block: u64) -> Kind {
        let byte = usize::try_from(block / 4).ok().and_then(|i| self.atb.get(i)).copied().unwrap_or(0);
        match byte >> (2 * (block % 4)) & 3 {
            0 => Kind::Free,
            1 => Kind::Head,
            2 => Kind::Tail,
            _ => Kind::Mark,
        }
    }

    /// How many blocks the allocation table as it was read describes.
    fn described(&self) -> u64 {
        (self.atb.len() as u64).saturating_mul(4).min(self.blocks)
    }

    /// The first block from `block` on, and below `end`, that is of another kind than in `same`, or `end`.
    fn end_of(&self, mut block: u64, end: u64, same: Kind) -> u64 {
        let full = if same == Kind::Tail { 0xaa } else { 0 };
        while block < end {
            let whole = block % 4 == 0 && block + 4 <= end;
            if whole && self.atb.get((block / 4) as usize) == Some(&full) {
                block += 4;
            } else if self.kind(block) == same {
                block += 1;
            } else {
                break;
            }
        }
        block
    }

    fn object(&self, block: u64) -> Object {
        let bit = |table: &Vec<u8>| {
            let byte = usize::try_from(block / 8).ok().and_then(|i| table.get(i)).copied().unwrap_or(0);
            byte >> (block % 8) & 1 != 0
        };
        let end = self.end_of(block.saturating_add(1), self.described(), Kind::Tail);
        Object {
            address: self.address.saturating_add(block.saturating_mul(self.block_bytes)),
            block,
            blocks: end - block,
            marked: self.kind(block) == Kind::Mark,
            finaliser: bit(&self.ftb),
            weak_reference: bit(&self.wtb),
            no_scan: bit(&self.ntb),
            set_aside: self.is_set_aside(block),
        }
    }

    fn is_set_aside(&self, block: u64) -> bool {
        let behind = self.set_aside.partition_point(|range| range.start <= block);
        behind.checked_sub(1).is_some_and(|i| self.set_aside[i].contains(&block))
    }

    /// All objects, in order of address.
    pub fn objects(&self) -> Objects<'_, 'a> {
        Objects { area: self, next: 0 }
    }

    /// The object that has this block.
    pub fn object_around(&self, mut block: u64) -> Option<Object> {
        if block >= self.described() {
            return None;
        }
        while self.kind(block) == Kind::Tail {
            block = block.checked_sub(1)?;
            // Three tails more in the same byte, and again.
            while block % 4 == 3 && block > 3 && self.atb.get((block / 4) as usize) == Some(&0xaa) {
                block -= 4;
            }
        }
        if self.kind(block) == Kind::Free { None } else { Some(self.object(block)) }
    }

    /// All free runs, in order of address; what lies behind the last block in use is part of the last one. Blocks that are not
    /// known are no part of any.
    pub fn free_runs(&self) -> impl Iterator<Item = Run> + '_ {
        let mut next = 0;
        let mut unknown = self.unknown.iter().peekable();
        std::iter::from_fn(move || {
            while next < self.blocks {
                while unknown.next_if(|range| range.end <= next).is_some() {}
                if let Some(range) = unknown.peek().filter(|range| range.start <= next) {
                    next = range.end;
                    continue;
                }
                let limit = unknown.peek().map_or(self.blocks, |range| range.start.min(self.blocks));
                if next < self.described() && self.kind(next) != Kind::Free {
                    next += 1;
                    continue;
                }
                let described = self.described().min(limit);
                let mut end = self.end_of(next, described, Kind::Free);
                if end >= described {
                    end = limit;
                }
                let run = Run { block: next, blocks: end - next };
                next = end;
                return Some(run);
            }
            None
        })
    }

    /// The bytes at an address, if all of them are known and lie in one piece.
    pub fn bytes(&self, address: u64, len: usize) -> Option<&[u8]> {
        let first = address.checked_sub(self.address)?;
        let i = self.pieces.partition_point(|piece| piece.first <= first).checked_sub(1)?;
        let piece = &self.pieces[i];
        let from = usize::try_from(first - piece.first).ok()?;
        piece.bytes.get(from..from.checked_add(len)?)
    }
}

/// Iterator over an area's objects.
#[derive(Clone, Debug)]
pub struct Objects<'s, 'a> {
    area: &'s Area<'a>,
    next: u64,
}

impl Iterator for Objects<'_, '_> {
    type Item = Object;

    fn next(&mut self) -> Option<Object> {
        let end = self.area.described();
        while self.next < end {
            match self.area.kind(self.next) {
                Kind::Head | Kind::Mark => {
                    let object = self.area.object(self.next);
                    self.next += object.blocks;
                    return Some(object);
                }
                // A tail without a head: its head is not known.
                kind => self.next = self.area.end_of(self.next, end, kind),
            }
        }
        None
    }
}

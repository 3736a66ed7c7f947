//! The holes but the lowest: a tree in the holes themselves, which costs no memory.
//!
//! In order of address from left to right, and every hole is at least as long as those below it in the tree (a Cartesian
//! tree: Vuillemin 1980; as an allocator's index: Stephenson, "Fast Fits", 1983). So the lowest hole for `n` blocks is
//! found on the way from the root to the left: as long as the next one to the left is long enough, it is the better one.
//!
//! ```text
//!    heap      hh..h.hhh....h...hhh.h…          index behind a hole's last block: 4, 6, 13, 17, 21
//!
//!    tree            13: 4                      for 2 blocks:  13 → 4, which is the lowest
//!                   /     \                     for 3 blocks:  13; the holes left of it have at most 2
//!               4: 2       17: 3
//!                  \            \
//!                   6: 1         21: 1
//! ```
//!
//! A hole's node lies in its last block, and is named by the index behind that. An allocation takes blocks from a hole's
//! start, so the node stays where it is; only its length changes. Holes of equal length are ordered by a hash of their
//! place, or a heap full of holes of one length would be a list.
//!
//! The program may write to memory that it has freed. That can mislead a search here, but not the heap: every link is
//! checked before it is followed, and the table has the last word on what is free. Where a link is wrong, all that is known
//! of the heap is forgotten ([`Tree::distrust`]).

use core::ptr::NonNull;

use super::super::Run;
use super::super::index::place_at;
use super::bounds::Bounds;
use crate::config::{BLOCK_BYTES, SPLIT_HEAP};
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::ptr_from_block;
use crate::layout::borrowed::PlacementWords;
use crate::layout::field::Field;

/// The blocks that a node takes: one, unless blocks are tiny.
pub(super) const NODE_BLOCKS: usize = (3 * size_of::<u32>()).div_ceil(BLOCK_BYTES);

/// A hole's node.
#[derive(Clone, Copy)]
struct Node(NonNull<u32>);

impl Node {
    fn field(self, i: usize) -> Field<u32> {
        // SAFETY: I6, I8: the node lies in free blocks of the pool, which hold nothing else.
        unsafe { Field::new(self.0.add(i)) }
    }

    /// How many blocks the hole has.
    fn len(self) -> Field<u32> {
        self.field(0)
    }

    /// The root of the tree of the holes that lie lower and are not longer; 0 if there are none.
    fn left(self) -> Field<u32> {
        self.field(1)
    }

    /// The same for the holes that lie higher.
    fn right(self) -> Field<u32> {
        self.field(2)
    }
}

/// A hole in the tree: its node, its end, and its length.
#[derive(Clone, Copy)]
struct Found {
    node: Node,
    end: u32,
    len: u32,
}

impl Found {
    fn start(self) -> usize {
        (self.end - self.len) as usize
    }

    /// Whether this hole belongs above the other one in the tree.
    fn outranks(self, other: Found) -> bool {
        outranks((self.len, self.end), (other.len, other.end))
    }
}

/// Whether one hole, given by length and end, belongs above another one.
fn outranks(one: (u32, u32), other: (u32, u32)) -> bool {
    let hash = |end: u32| end.wrapping_mul(0x9e37_79b1);
    one.0 > other.0 || (one.0 == other.0 && hash(one.1) > hash(other.1))
}

/// Between which heap indexes a hole of the tree must lie, as those say that were passed on the way to it.
#[derive(Clone, Copy)]
struct Range {
    from: u32,
    to: u32,
}

impl Range {
    fn left_of(self, hole: Found) -> Range {
        Range { to: hole.end - hole.len, ..self }
    }

    fn right_of(self, hole: Found) -> Range {
        Range { from: hole.end, ..self }
    }
}

#[derive(Clone, Copy)]
pub(super) struct Tree<H: Host>(pub Context<H>);

impl<H: Host> Tree<H> {
    fn words(self) -> PlacementWords {
        PlacementWords(self.0.state())
    }

    fn root(self) -> Field<u32> {
        self.words().root()
    }

    /// Whether a hole of the tree may end at an index or above it.
    pub fn reaches(self, index: usize) -> bool {
        self.words().highest_end().get() as usize >= index
    }

    pub fn clear(self) {
        self.root().set(0);
        self.words().highest_end().set(0);
    }

    /// Where holes can be: with one area no index is above its blocks.
    #[inline(always)]
    fn everywhere(self) -> Range {
        let blocks = self.0.state().first_area().blocks();
        Range { from: 0, to: if SPLIT_HEAP || blocks > u32::MAX as usize { u32::MAX } else { blocks as u32 } }
    }

    /// The hole that a link leads to. It must lie in `range`, or the link is none of ours.
    #[inline(always)]
    fn follow(self, link: u32, range: Range) -> Option<Found> {
        if link == 0 {
            return None;
        }
        // Below the range this is a huge number.
        let room = link.wrapping_sub(range.from);
        if room > range.to - range.from {
            return self.distrust();
        }
        let Some(node) = self.node(link) else { return self.distrust() };
        let len = node.len().get();
        // A length of 0 is refused, too.
        if len.wrapping_sub(1) >= room {
            return self.distrust();
        }
        Some(Found { node, end: link, len })
    }

    /// The node of a hole that ends there, if there is room for one. `end` lies in `everywhere`.
    #[inline(always)]
    fn node(self, end: u32) -> Option<Node> {
        let first = (end as usize).checked_sub(NODE_BLOCKS)?;
        let place = place_at(self.0.state(), first);
        if SPLIT_HEAP && place.block + NODE_BLOCKS > place.area.blocks() {
            return None;
        }
        // SAFETY: I6: blocks of this area.
        Some(Node(unsafe { ptr_from_block(place.area.pool(), place.block) }.cast()))
    }

    /// Forgets all holes of the tree, and with them all bounds: then no hole need be known.
    #[cold]
    #[inline(never)]
    pub fn distrust<T>(self) -> Option<T> {
        self.clear();
        Bounds(self.words()).forget();
        None
    }

    /// Adds a hole, together with those that it overlaps or touches. Its end must be the end of a free run.
    #[inline(never)]
    pub fn add(self, run: Run) {
        let (mut start, mut end) = (run.start as u32, run.end() as u32);
        let slot = self.place_for(&mut start, &mut end);
        // What is below the hole in the tree is parted into what lies left and right of it.
        let mut parts = [0; 3];
        let first = NonNull::from(&mut parts).cast::<u32>();
        // SAFETY: I1: an element of the array, which is accessed in no other way.
        let part = |i: usize| unsafe { Field::new(first.add(i)) };
        let (left, right, done) = (part(0), part(1), part(2));
        let (mut left_slot, mut right_slot) = (left, right);
        let (mut link, mut range) = (slot.get(), self.everywhere());
        while let Some(hole) = self.follow(link, range) {
            let (left_link, right_link) = (hole.node.left().get(), hole.node.right().get());
            if hole.end < start {
                left_slot.set(hole.end);
                left_slot = hole.node.right();
                (link, range) = (right_link, range.right_of(hole));
            } else if hole.end - hole.len > end {
                right_slot.set(hole.end);
                right_slot = hole.node.left();
                (link, range) = (left_link, range.left_of(hole));
            } else if hole.end < end {
                // It becomes part of the new hole: its start. Nothing between them is left.
                left_slot.set(left_link);
                left_slot = done;
                start = start.min(hole.end - hole.len);
                (link, range) = (right_link, range.right_of(hole));
            } else {
                // The same for its end.
                right_slot.set(right_link);
                right_slot = done;
                (start, end) = (start.min(hole.end - hole.len), hole.end);
                (link, range) = (left_link, range.left_of(hole));
            }
        }
        left_slot.set(0);
        right_slot.set(0);
        let Some(node) = self.node(end) else { return };
        node.len().set(end - start);
        node.left().set(left.get());
        node.right().set(right.get());
        slot.set(end);
        let highest = self.words().highest_end();
        highest.set(highest.get().max(end));
    }

    /// The link from which a hole of that length and place hangs, or will hang: all above it are longer. If one of those
    /// touches the hole, it is taken out of the tree, and the hole's part becomes that of both.
    fn place_for(self, start: &mut u32, end: &mut u32) -> Field<u32> {
        let (mut slot, mut range) = (self.root(), self.everywhere());
        while let Some(hole) = self.follow(slot.get(), range) {
            if outranks((*end - *start, *end), (hole.len, hole.end)) {
                break;
            }
            if hole.end < *start {
                (slot, range) = (hole.node.right(), range.right_of(hole));
            } else if hole.end - hole.len > *end {
                (slot, range) = (hole.node.left(), range.left_of(hole));
            } else {
                self.remove(slot, hole);
                (*start, *end) = ((*start).min(hole.end - hole.len), (*end).max(hole.end));
                (slot, range) = (self.root(), self.everywhere());
            }
        }
        slot
    }

    /// Takes `n` blocks from the start of the lowest hole that has so many, unless it starts above `limit`.
    #[inline(always)]
    pub fn take(self, n: usize, limit: usize) -> Option<usize> {
        let (mut slot, mut range) = (self.root(), self.everywhere());
        let mut hole = self.follow(slot.get(), range)?;
        if (hole.len as usize) < n {
            return None;
        }
        loop {
            range = range.left_of(hole);
            let link = hole.node.left();
            let Some(lower) = self.follow(link.get(), range) else { break };
            if (lower.len as usize) < n {
                break;
            }
            (slot, hole) = (link, lower);
        }
        let start = hole.start();
        if start > limit {
            return None;
        }
        let place = place_at(self.0.state(), start);
        if !place.area.atb::<FastAtb>().are_free(place.block, n) {
            return self.distrust();
        }
        self.shorten(slot, hole, n);
        Some(start)
    }

    /// Takes the lowest hole out of the tree.
    #[inline(never)]
    pub fn take_lowest(self) -> Option<Run> {
        let (mut slot, mut range) = (self.root(), self.everywhere());
        let mut hole = self.follow(slot.get(), range)?;
        loop {
            range = range.left_of(hole);
            let link = hole.node.left();
            let Some(lower) = self.follow(link.get(), range) else { break };
            (slot, hole) = (link, lower);
        }
        slot.set(hole.node.right().get());
        Some(Run { start: hole.start(), len: hole.len as usize })
    }

    /// Removes the blocks `start..end` from the holes. They lie at the start of one, or contain one.
    #[inline(never)]
    pub fn cut(self, start: usize, end: usize) {
        while let Some((slot, hole)) = self.find(start, end) {
            // If they lay in the middle of one, the part before them would be forgotten, and the bounds know nothing of it.
            if hole.start() < start {
                Bounds(self.words()).lower(Run { start: hole.start(), len: start - hole.start() }, usize::MAX);
            }
            self.shorten(slot, hole, end.min(hole.end as usize) - hole.start());
        }
    }

    /// Takes all holes that the run overlaps or touches out of the tree; returns the run and them as one.
    #[inline(never)]
    pub fn swallow(self, mut run: Run) -> Run {
        while let Some((slot, hole)) = self.find(run.start.saturating_sub(1), run.end() + 1) {
            self.remove(slot, hole);
            run = run.union(Run { start: hole.start(), len: hole.len as usize });
        }
        run
    }

    /// The hole that block `index` lies in, if it lies in one.
    #[inline(never)]
    pub fn hole_at(self, index: usize) -> Option<Run> {
        let (_, hole) = self.find(index, index + 1)?;
        Some(Run { start: hole.start(), len: hole.len as usize })
    }

    /// The lowest hole that ends above an index.
    pub fn next(self, index: usize) -> Option<Run> {
        let (mut link, mut range, mut best) = (self.root().get(), self.everywhere(), None);
        while let Some(hole) = self.follow(link, range) {
            if hole.end as usize > index {
                best = Some(Run { start: hole.start(), len: hole.len as usize });
                (link, range) = (hole.node.left().get(), range.left_of(hole));
            } else {
                (link, range) = (hole.node.right().get(), range.right_of(hole));
            }
        }
        best
    }

    /// A hole with at least one of the blocks `start..end`, and the link from which it hangs.
    fn find(self, start: usize, end: usize) -> Option<(Field<u32>, Found)> {
        let (mut slot, mut range) = (self.root(), self.everywhere());
        loop {
            let hole = self.follow(slot.get(), range)?;
            if hole.end as usize <= start {
                (slot, range) = (hole.node.right(), range.right_of(hole));
            } else if hole.start() >= end {
                (slot, range) = (hole.node.left(), range.left_of(hole));
            } else {
                return Some((slot, hole));
            }
        }
    }

    /// Takes `n` blocks, at most all, from the start of a hole.
    #[inline(always)]
    fn shorten(self, slot: Field<u32>, hole: Found, n: usize) {
        let len = hole.len - n as u32;
        if (len as usize) < NODE_BLOCKS {
            self.remove(slot, hole);
            if len != 0 {
                Bounds(self.words()).lower(Run { start: hole.start() + n, len: len as usize }, usize::MAX);
            }
            return;
        }
        hole.node.len().set(len);
        self.sink(slot, Found { len, ..hole });
    }

    /// Moves a hole that has become shorter down to its place.
    #[inline(always)]
    fn sink(self, mut slot: Field<u32>, hole: Found) {
        let (left_link, right_link) = (hole.node.left(), hole.node.right());
        let range = self.everywhere();
        loop {
            let left = self.follow(left_link.get(), range.left_of(hole));
            let right = self.follow(right_link.get(), range.right_of(hole));
            let highest = match (left, right) {
                (Some(left), Some(right)) => if left.outranks(right) { left } else { right },
                (Some(only), None) | (None, Some(only)) => only,
                (None, None) => break,
            };
            if hole.outranks(highest) {
                break;
            }
            // It moves up to the hole's place, and the hole between it and the holes on its inner side.
            slot.set(highest.end);
            let (inner, link) = if highest.end < hole.end {
                (highest.node.right(), left_link)
            } else {
                (highest.node.left(), right_link)
            };
            link.set(inner.get());
            slot = inner;
        }
        slot.set(hole.end);
    }

    /// Takes a hole out of the tree: those below it close up.
    #[inline(never)]
    fn remove(self, mut slot: Field<u32>, hole: Found) {
        let (mut left_link, mut right_link) = (hole.node.left().get(), hole.node.right().get());
        let (left_range, right_range) = (self.everywhere().left_of(hole), self.everywhere().right_of(hole));
        loop {
            let left = self.follow(left_link, left_range);
            let right = self.follow(right_link, right_range);
            match (left, right) {
                (Some(left), Some(right)) if left.outranks(right) => {
                    slot.set(left.end);
                    slot = left.node.right();
                    left_link = slot.get();
                }
                (Some(_), Some(right)) => {
                    slot.set(right.end);
                    slot = right.node.left();
                    right_link = slot.get();
                }
                (Some(_), None) => return slot.set(left_link),
                (None, Some(_)) => return slot.set(right_link),
                (None, None) => return slot.set(0),
            }
        }
    }
}

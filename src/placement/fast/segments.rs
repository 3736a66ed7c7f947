//! Segments: the table in equal parts, each with a number that no free run in it exceeds, holes aside. So a search that
//! starts low, since a bound was lowered, passes quickly over what other searches have seen.
//!
//! ```text
//!    table      |hh.h..h=|h==hh.hh|hh.h....|........
//!    number      2        1        127      127          not looked at yet: 127
//!    4 blocks    passed   passed   ↑ found
//! ```
//!
//! The number counts from every block of the segment to the end of its run, which may lie in another segment. A search
//! that leaves a segment without success lowers it to the longest run that it has seen; a free run that is no hole raises it.

use super::super::Run;
use super::list::LONG;
use crate::config::WORD_BYTES;
use crate::context::Context;
use crate::host::Host;
use crate::layout::atb::Atb;
use crate::layout::atb::fast::FastAtb;
use crate::layout::borrowed::{HAS_SEGMENTS, PlacementWords, SEGMENTS};
use crate::layout::bytes;
use crate::layout::lanes::BLOCKS_PER_WORD;

/// The segments of the heap's only area. With several areas there are none.
#[derive(Clone, Copy)]
pub(super) struct Segments<H: Host>(pub Context<H>);

impl<H: Host> Segments<H> {
    fn words(self) -> PlacementWords {
        PlacementWords(self.0.state())
    }

    /// Forgets all numbers.
    pub fn forget(self) {
        if !HAS_SEGMENTS {
            return;
        }
        let words = self.0.state().first_area().atb::<FastAtb>().words();
        let bits = words.div_ceil(SEGMENTS).next_power_of_two().trailing_zeros();
        self.words().segment_bits().set(bits as u8);
        for i in 0..SEGMENTS / WORD_BYTES {
            self.words().mosts(i).set(bytes::all(LONG as u8));
        }
    }

    /// log2 of the number of words of the table in a segment.
    #[inline(always)]
    pub fn bits(self) -> u32 {
        self.words().segment_bits().get().into()
    }

    /// The segment of a block. With one area, an index is a block.
    fn of(self, index: usize) -> usize {
        (self.0.state().first_area().atb::<FastAtb>().slot(index) / BLOCKS_PER_WORD) >> self.bits()
    }

    /// Takes note of the blocks of a free run, which are not in a hole.
    pub fn note_free(self, run: Run) {
        if !HAS_SEGMENTS {
            return;
        }
        for segment in self.of(run.start)..=self.of(run.end() - 1) {
            let most = self.words().most(segment);
            most.set(most.get().max(run.len.min(LONG) as u8));
        }
    }

    /// Whether a segment's number allows for `n` free blocks from an index on. For `check`.
    pub fn may_have(self, index: usize, n: usize) -> bool {
        if !HAS_SEGMENTS {
            return true;
        }
        self.words().most(self.of(index)).get() as usize >= n.min(LONG)
    }

    /// Takes note that a segment was searched to its end, and of the longest run there is.
    #[inline(always)]
    pub fn note_passed(self, segment: usize, longest: usize) {
        let most = self.words().most(segment);
        most.set(most.get().min(longest.min(LONG) as u8));
    }

    /// The first segment from `segment` on that may have a run of `n` blocks.
    #[inline(always)]
    pub fn next(self, segment: usize, n: usize) -> Option<usize> {
        let mut skipped = usize::MAX << (8 * (segment % WORD_BYTES));
        for w in segment / WORD_BYTES..SEGMENTS / WORD_BYTES {
            let mask = bytes::at_least(usize::from_le(self.words().mosts(w).get()), n.min(LONG)) & skipped;
            if mask != 0 {
                return Some(w * WORD_BYTES + bytes::first(mask));
            }
            skipped = usize::MAX;
        }
        None
    }
}

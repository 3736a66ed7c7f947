//! Ranges that the program names as roots.

use super::AddressRange;
use crate::memory::Growing;
use crate::os::OutOfMemory;

/// What a call of [`UserRoots`] has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The roots have changed.
    Done,
    /// Everything was so already, or the range has no whole word.
    Nothing,
}

/// Why a call of [`UserRoots`] failed. The roots are as before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RootsError {
    /// The end of the range lies before its start.
    Reversed,
    /// The system refused memory for the list.
    OutOfMemory,
}

impl From<OutOfMemory> for RootsError {
    fn from(_: OutOfMemory) -> Self {
        Self::OutOfMemory
    }
}

/// A set of ranges.
///
/// The ranges are kept as they were added, because bdwgc's `GC_remove_roots` removes whole ranges. Ranges may overlap;
/// [`UserRoots::iter`] merges them. Only whole, aligned words count: an added range is rounded inwards. A removed range is
/// rounded outwards, because the memory may vanish after its removal.
///
/// Only `add` and `remove` ask the system for memory.
#[derive(Debug)]
pub struct UserRoots {
    /// Sorted by `start`; no two have the same one; none is empty.
    ranges: Growing<AddressRange>,
}

impl UserRoots {
    /// No roots.
    pub const fn new() -> Self {
        Self { ranges: Growing::new() }
    }

    /// Adds the addresses from `start` to just before `end`. They must stay readable until they are removed.
    ///
    /// `Nothing` if there is no whole word in it, or if a range with the same first word and at least this length was added
    /// before; a shorter one with the same first word is made longer. `start == end` is `Nothing`, whatever they are.
    pub fn add(&mut self, start: usize, end: usize) -> Result<Change, RootsError> {
        let range = checked(start, end)?.whole_words();
        if range.is_empty() {
            return Ok(Change::Nothing);
        }
        match self.ranges.as_slice().binary_search_by_key(&range.start, |old| old.start) {
            Err(index) => self.ranges.insert(index, range)?,
            Ok(index) => {
                let old = &mut self.ranges.as_mut_slice()[index];
                if old.end >= range.end {
                    return Ok(Change::Nothing);
                }
                old.end = range.end;
            }
        }
        Ok(Change::Done)
    }

    /// Removes the addresses from `start` to just before `end` from all ranges, which may shorten or split them. `Nothing`
    /// if none of them was a root, for example because they were removed before, or if `start == end`.
    pub fn remove(&mut self, start: usize, end: usize) -> Result<Change, RootsError> {
        let hole = checked(start, end)?.touched_words();
        let overlapping = self.ranges.as_slice().iter().filter(|range| range.overlaps(hole)).count();
        if overlapping == 0 {
            return Ok(Change::Nothing);
        }
        // Of all that reaches beyond the hole, the longest remains: it covers the others.
        let beyond = self.ranges.as_slice().iter().filter(|range| range.overlaps(hole)).map(|range| range.end).max();
        self.ranges.reserve(1)?;
        for range in self.ranges.as_mut_slice().iter_mut().filter(|range| range.overlaps(hole)) {
            *range = range.without(hole)[0];
        }
        self.ranges.retain(|range| !range.is_empty());
        if let Some(beyond) = beyond.filter(|&beyond| beyond > hole.end) {
            self.add(hole.end, beyond)?;
        }
        Ok(Change::Done)
    }

    /// Removes the ranges that lie entirely between `start` and `end`, as bdwgc's `GC_remove_roots` does. Ranges that lie
    /// there only in part stay whole. A range is what one call of `add` named.
    pub fn remove_inside(&mut self, start: usize, end: usize) -> Result<Change, RootsError> {
        let outer = checked(start, end)?.touched_words();
        let before = self.ranges.len();
        self.ranges.retain(|range| !outer.covers(*range));
        Ok(if self.ranges.len() < before { Change::Done } else { Change::Nothing })
    }

    /// Removes all roots.
    pub fn clear(&mut self) -> Change {
        let change = if self.ranges.is_empty() { Change::Nothing } else { Change::Done };
        self.ranges.clear();
        change
    }

    /// The roots in order of address, as ranges of whole words that neither overlap nor touch.
    pub fn iter(&self) -> impl Iterator<Item = AddressRange> + '_ {
        let mut rest = self.ranges.as_slice().iter().copied().peekable();
        core::iter::from_fn(move || {
            let mut merged = rest.next()?;
            while let Some(next) = rest.next_if(|next| next.start <= merged.end) {
                merged.end = merged.end.max(next.end);
            }
            Some(merged)
        })
    }
}

impl Default for UserRoots {
    fn default() -> Self {
        Self::new()
    }
}

fn checked(start: usize, end: usize) -> Result<AddressRange, RootsError> {
    if end < start { Err(RootsError::Reversed) } else { Ok(AddressRange::new(start, end)) }
}

#[cfg(test)]
mod tests {
    use super::Change::{Done, Nothing};
    use super::*;

    const W: usize = size_of::<usize>();

    /// Roots at these words.
    fn roots(ranges: &[(usize, usize)]) -> UserRoots {
        let mut roots = UserRoots::new();
        for &(start, end) in ranges {
            assert_eq!(roots.add(start * W, end * W), Ok(Done));
        }
        roots
    }

    fn words(roots: &UserRoots) -> Vec<(usize, usize)> {
        roots.iter().map(|range| (range.start / W, range.end / W)).collect()
    }

    #[test]
    fn ranges_are_sorted_and_merged() {
        assert_eq!(words(&roots(&[(50, 60), (10, 20), (20, 30), (15, 25), (40, 41)])), [(10, 30), (40, 41), (50, 60)]);
        assert_eq!(words(&roots(&[(10, 90), (20, 30), (40, 50)])), [(10, 90)]);
    }

    #[test]
    fn a_range_of_length_0_changes_nothing() {
        let mut roots = roots(&[(10, 20)]);
        assert_eq!(roots.add(5 * W, 5 * W), Ok(Nothing));
        assert_eq!(roots.add(0, 0), Ok(Nothing));
        assert_eq!(roots.remove(15 * W, 15 * W), Ok(Nothing));
        assert_eq!(roots.remove_inside(15 * W, 15 * W), Ok(Nothing));
        assert_eq!(words(&roots), [(10, 20)]);
    }

    #[test]
    fn a_reversed_range_is_an_error() {
        let mut roots = roots(&[(10, 20)]);
        assert_eq!(roots.add(5 * W, 4 * W), Err(RootsError::Reversed));
        assert_eq!(roots.remove(30 * W, 4 * W), Err(RootsError::Reversed));
        assert_eq!(roots.remove_inside(30 * W, 4 * W), Err(RootsError::Reversed));
        assert_eq!(words(&roots), [(10, 20)]);
    }

    #[test]
    fn added_bounds_are_rounded_inwards_and_removed_ones_outwards() {
        let mut roots = UserRoots::new();
        assert_eq!(roots.add(10 * W + 1, 13 * W - 1), Ok(Done));
        assert_eq!(words(&roots), [(11, 12)]);
        assert_eq!(roots.add(20 * W + 1, 22 * W - 1), Ok(Nothing));
        assert_eq!(roots.add(30 * W, 40 * W), Ok(Done));
        assert_eq!(roots.remove(33 * W + 1, 33 * W + 2), Ok(Done));
        assert_eq!(words(&roots), [(11, 12), (30, 33), (34, 40)]);
        assert_eq!(roots.add(usize::MAX - 1, usize::MAX), Ok(Nothing));
    }

    #[test]
    fn adding_twice_changes_nothing_and_one_removal_is_enough() {
        let mut roots = roots(&[(10, 20)]);
        assert_eq!(roots.add(10 * W, 20 * W), Ok(Nothing));
        assert_eq!(roots.add(10 * W, 15 * W), Ok(Nothing));
        assert_eq!(roots.add(10 * W, 25 * W), Ok(Done));
        assert_eq!(roots.remove(10 * W, 25 * W), Ok(Done));
        assert_eq!(roots.remove(10 * W, 25 * W), Ok(Nothing));
        assert_eq!(words(&roots), []);
    }

    #[test]
    fn partial_removal_cuts_all_ranges() {
        let mut roots = roots(&[(0, 10), (5, 30), (8, 20), (40, 50)]);
        assert_eq!(roots.remove(9 * W, 15 * W), Ok(Done));
        assert_eq!(words(&roots), [(0, 9), (15, 30), (40, 50)]);
        assert_eq!(roots.remove(0, 45 * W), Ok(Done));
        assert_eq!(words(&roots), [(45, 50)]);
    }

    #[test]
    fn only_ranges_entirely_inside_are_removed_in_bdwgcs_way() {
        let mut roots = roots(&[(0, 10), (10, 20), (20, 30)]);
        assert_eq!(roots.remove_inside(10 * W, 25 * W), Ok(Done));
        assert_eq!(words(&roots), [(0, 10), (20, 30)]);
        assert_eq!(roots.remove_inside(10 * W, 25 * W), Ok(Nothing));
        assert_eq!((roots.clear(), roots.clear()), (Done, Nothing));
        assert_eq!(words(&roots), []);
    }
}

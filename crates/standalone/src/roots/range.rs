//! A range of addresses.

/// The size of a word in bytes: that of a pointer.
pub(crate) const WORD: usize = size_of::<usize>();

/// The addresses from `start` to just before `end`. Empty if `end` is not greater than `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressRange {
    /// The first address.
    pub start: usize,
    /// The address after the last one.
    pub end: usize,
}

impl AddressRange {
    /// A range without addresses.
    pub const EMPTY: Self = Self { start: 0, end: 0 };

    /// The addresses from `start` to just before `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// Whether there is no address in it.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// The number of bytes.
    pub const fn bytes(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it contains an address.
    pub const fn contains(self, address: usize) -> bool {
        self.start <= address && address < self.end
    }

    /// Whether all of `other`, which is not empty, lies in it.
    pub const fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two have an address in common.
    pub const fn overlaps(self, other: Self) -> bool {
        !self.is_empty() && !other.is_empty() && self.start < other.end && other.start < self.end
    }

    /// The whole, aligned words inside the range.
    pub const fn whole_words(self) -> Self {
        match self.start.checked_next_multiple_of(WORD) {
            Some(start) => Self { start, end: self.end - self.end % WORD },
            None => Self::EMPTY,
        }
    }

    /// The aligned words of which a byte lies in the range. (The last word of the address space is cut off.)
    pub const fn touched_words(self) -> Self {
        if self.is_empty() {
            return self;
        }
        let end = match self.end.checked_next_multiple_of(WORD) {
            Some(end) => end,
            None => self.end - self.end % WORD,
        };
        Self { start: self.start - self.start % WORD, end }
    }

    /// The part below `hole` and the part above it. Either may be empty.
    pub fn without(self, hole: Self) -> [Self; 2] {
        if !self.overlaps(hole) {
            return [self, Self::EMPTY];
        }
        [Self::new(self.start, hole.start), Self::new(hole.end, self.end)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_rounded_inwards_and_outwards() {
        let range = AddressRange::new(WORD + 1, 4 * WORD - 1);
        assert_eq!(range.whole_words(), AddressRange::new(2 * WORD, 3 * WORD));
        assert_eq!(range.touched_words(), AddressRange::new(WORD, 4 * WORD));
        assert!(AddressRange::new(1, WORD).whole_words().is_empty());
        assert!(AddressRange::new(usize::MAX - 1, usize::MAX).whole_words().is_empty());
        assert!(AddressRange::new(5, 5).touched_words().is_empty());
    }

    #[test]
    fn a_hole_splits_a_range() {
        let range = AddressRange::new(10, 20);
        assert_eq!(range.without(AddressRange::new(12, 15)), [AddressRange::new(10, 12), AddressRange::new(15, 20)]);
        assert_eq!(range.without(AddressRange::new(20, 30)), [range, AddressRange::EMPTY]);
        assert_eq!(range.without(AddressRange::new(15, 15)), [range, AddressRange::EMPTY]);
        assert!(range.without(AddressRange::new(0, 30)).iter().all(|part| part.is_empty()));
    }
}

//! Bytes: a machine word as 8 small numbers (4 on a 32-bit machine), below 128 each, compared all at once.
//!
//! ```text
//!    numbers            3   0   5   1        the lowest byte is drawn leftmost
//!    with 128 added   131 128 133 129
//!    less 3           128 125 130 126        the top bit is left where the number is at least 3
//! ```

/// The lowest bit of every byte.
const ONES: usize = usize::MAX / 255;
/// The highest bit of every byte.
const TOPS: usize = ONES << 7;

/// The highest bit of every byte whose number (0..128) is at least `n` (1..=128).
#[inline(always)]
pub(crate) const fn at_least(numbers: usize, n: usize) -> usize {
    (numbers | TOPS).wrapping_sub(n * ONES) & TOPS
}

/// The same of every byte whose number is below `n`.
#[inline(always)]
pub(crate) const fn below(numbers: usize, n: usize) -> usize {
    at_least(numbers, n) ^ TOPS
}

/// The lowest of the bytes in the mask, which has one.
#[inline(always)]
pub(crate) const fn first(mask: usize) -> usize {
    mask.trailing_zeros() as usize / 8
}

/// The highest of the bytes in the mask, which has one.
#[inline(always)]
pub(crate) const fn last(mask: usize) -> usize {
    (usize::BITS - 1 - mask.leading_zeros()) as usize / 8
}

/// Every byte has this number.
#[inline(always)]
pub(crate) const fn all(n: u8) -> usize {
    n as usize * ONES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_compared_one_by_one() {
        let bytes = size_of::<usize>();
        for (number, n) in (0..128).flat_map(|number| (1..=128).map(move |n| (number, n))) {
            for other in [0, 1, n - 1, n.min(127), 127] {
                for at in 0..bytes {
                    let mut numbers = [other as u8; size_of::<usize>()];
                    numbers[at] = number as u8;
                    let word = usize::from_le_bytes(numbers);
                    let expected = numbers.iter().enumerate().filter(|(_, m)| **m as usize >= n).map(|(i, _)| i);
                    let expected = expected.collect::<Vec<_>>();
                    let (found, others) = (at_least(word, n), below(word, n));
                    let mask = expected.iter().map(|i| 0x80 << (8 * i)).sum::<usize>();
                    assert_eq!((found, others), (mask, mask ^ TOPS), "{numbers:?}, at least {n}");
                    if mask != 0 {
                        assert_eq!((first(mask), last(mask)), (expected[0], expected[expected.len() - 1]));
                    }
                }
            }
        }
        assert_eq!(all(3).to_le_bytes(), [3; size_of::<usize>()]);
    }
}

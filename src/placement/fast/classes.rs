//! Size classes: which bound serves which number of blocks.

pub(super) use crate::layout::borrowed::CLASSES;

/// Sizes below this have a class each; above, there are two classes to a doubling.
const EXACT: usize = 16;

/// The largest size with a class of its own.
pub(super) const SMALL: usize = if CLASSES < EXACT { CLASSES } else { EXACT - 1 };

/// The largest class whose size is at most `n` blocks (n >= 1).
///
/// ```text
///    n       1 2 … 15 16..24 24..32 32..48 48..64 64..96 …
///    class   0 1 … 14   15     16     17     18     19
/// ```
#[inline(always)]
pub(super) const fn class_of(n: usize) -> usize {
    let class = if n < EXACT {
        n - 1
    } else {
        let log = (usize::BITS - 1 - n.leading_zeros()) as usize;
        EXACT - 1 + (log - 4) * 2 + ((n >> (log - 1)) & 1)
    };
    if class < CLASSES { class } else { CLASSES - 1 }
}

/// The smallest number of blocks in a class.
#[inline(always)]
pub(super) const fn class_size(class: usize) -> usize {
    if class < EXACT - 1 {
        class + 1
    } else {
        let step = class - (EXACT - 1);
        (2 + step % 2) << (step / 2 + 3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_in_order_and_hold_their_sizes() {
        for class in 0..CLASSES {
            assert_eq!(class_of(class_size(class)), class);
            assert_eq!(class_of(class_size(class + 1) - 1), class);
        }
        for n in 1..=class_size(CLASSES) * 2 {
            assert!(class_size(class_of(n)) <= n);
        }
    }
}

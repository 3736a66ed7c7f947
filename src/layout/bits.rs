//! Finding a set bit: with the instruction that counts zeros, or step by step on processors that lack it.

use super::bit_table::{BLOCKS_PER_BYTE, BitTable};
use super::lanes::Word;
use crate::config::WORD_BYTES;

/// How a variant finds set bits.
pub trait Bits {
    /// The highest lane of a mask that is not empty.
    fn highest_lane(lanes: Word) -> usize;

    /// The lowest block from `from` up to and including `last` whose bit in the table is set. Reads the table afresh at
    /// every call, because a finaliser may have changed it.
    fn next_set(table: &BitTable, from: usize, last: usize) -> Option<usize>;
}

/// The processor counts zeros, and whole words of zeros are skipped.
pub struct Counted;

impl Bits for Counted {
    #[inline(always)]
    fn highest_lane(lanes: Word) -> usize {
        // Not ilog2, which can panic: some compilers do not see that the mask is not empty.
        (Word::BITS - 1 - lanes.leading_zeros()) as usize / 2
    }

    fn next_set(table: &BitTable, from: usize, last: usize) -> Option<usize> {
        if from > last {
            return None;
        }
        let (mut i, end) = (from / BLOCKS_PER_BYTE, last / BLOCKS_PER_BYTE);
        let mut wanted = u8::MAX << (from % BLOCKS_PER_BYTE);
        loop {
            let bits = table.byte(i) & wanted;
            if bits != 0 {
                let block = i * BLOCKS_PER_BYTE + bits.trailing_zeros() as usize;
                return if block <= last { Some(block) } else { None };
            }
            wanted = u8::MAX;
            i += 1;
            while i + WORD_BYTES <= end && table.word(i) == 0 {
                i += WORD_BYTES;
            }
            if i > end {
                return None;
            }
        }
    }
}

/// One bit at a time: short code, which a Cortex-M0 can run.
pub struct Stepped;

impl Bits for Stepped {
    #[inline(always)]
    fn highest_lane(mut lanes: Word) -> usize {
        let mut lane = 0;
        while lanes > 3 {
            lanes >>= 2;
            lane += 1;
        }
        lane
    }

    fn next_set(table: &BitTable, from: usize, last: usize) -> Option<usize> {
        let mut block = from;
        while block <= last {
            let bits = table.byte(block / BLOCKS_PER_BYTE) >> (block % BLOCKS_PER_BYTE);
            if bits & 1 != 0 {
                return Some(block);
            }
            // If nothing is left in this byte, go on with the next one.
            block = if bits == 0 { block | (BLOCKS_PER_BYTE - 1) } else { block } + 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use core::ptr::NonNull;

    use super::*;

    const BYTES: usize = 3 * WORD_BYTES + 1;

    /// The lowest set bit, found block by block.
    fn slow(table: &BitTable, from: usize, last: usize) -> Option<usize> {
        (from..last + 1).find(|&block| table.get(block))
    }

    fn finds_every_bit<B: Bits>() {
        for set in 0..BYTES * 8 {
            for other in [0, set, BYTES * 8 - 1] {
                let mut bytes = [0u8; BYTES];
                bytes[set / 8] |= 1 << (set % 8);
                bytes[other / 8] |= 1 << (other % 8);
                // SAFETY: I5: the bytes are a table for eight blocks each.
                let table = unsafe { BitTable::new(NonNull::from(&mut bytes).cast(), BYTES * 8) };
                for from in [0, 1, 7, 8, 9, set, set + 1] {
                    for last in [0, set.saturating_sub(1), set, BYTES * 8 - 1] {
                        let found = B::next_set(&table, from, last);
                        assert_eq!(found, slow(&table, from, last), "bits {set} and {other}, {from}..={last}");
                    }
                }
            }
        }
    }

    #[test]
    fn both_ways_find_every_bit() {
        finds_every_bit::<Counted>();
        finds_every_bit::<Stepped>();
    }

    #[test]
    fn both_ways_find_the_highest_lane() {
        for lane in 0..Word::BITS as usize / 2 {
            for below in [0, 1, super::super::lanes::lanes_below(lane)] {
                let lanes = 1 << (2 * lane) | below;
                assert_eq!((Counted::highest_lane(lanes), Stepped::highest_lane(lanes)), (lane, lane));
            }
        }
    }
}

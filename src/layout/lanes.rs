//! Lanes: what one machine word of the allocation table says about its blocks.
//!
//! A machine word of the table covers 32 blocks (16 on a 32-bit machine). A *lane* is one block's pair of bits; a lane
//! mask has the lower bit of each chosen pair set, and nothing else:
//!
//! ```text
//!    word    01 10 10 00 11 00 …      lowest lane on the right in memory order, drawn leftmost here
//!    lanes   01 01 01 01 01 01        LANES: every lane
//!    heads    1  .  .  .  .  .        bit set where the pair is 01
//!    tails    .  1  1  .  .  .        … 10
//!    frees    .  .  .  1  .  1        … 00
//!    marks    .  .  .  .  1  .        … 11
//! ```

/// A machine word of the table.
pub(crate) type Word = usize;

/// Blocks (lanes) in a word: 32, or 16 on a 32-bit machine.
pub(crate) const BLOCKS_PER_WORD: usize = Word::BITS as usize / 2;

/// The lower bit of every lane: `…01010101`.
pub(crate) const LANES: Word = Word::MAX / 3;

/// How far a slot's lane lies from bit 0 of its word. gc.c: `BLOCK_SHIFT`, which says the same of a byte.
///
/// ```text
///    slot (mod 32)     3     2     1     0
///    bits             7 6   5 4   3 2   1 0
///    block_shift       6     4     2     0
/// ```
pub(crate) const fn block_shift(slot: usize) -> u32 {
    2 * (slot % BLOCKS_PER_WORD) as u32
}

/// The lanes of a mask as bits side by side: lane i becomes bit i.
///
/// ```text
///    lanes     . h . g . f . e . d . c . b . a
///    step 1    . . h g . . f e . . d c . . b a     pairs move together,
///    step 2    . . . . h g f e . . . . d c b a     then fours, and so on
/// ```
#[cfg(gcheap_growth)]
#[inline(always)]
pub(crate) const fn side_by_side(mut lanes: Word) -> Word {
    let mut together = 1;
    while together < BLOCKS_PER_WORD {
        // 2 * `together` bits, as many zeros, and so on.
        let kept = Word::MAX / ((1 << (2 * together)) + 1);
        lanes = (lanes | lanes >> together) & kept;
        together *= 2;
    }
    lanes
}

/// The opposite: bit i of the lower half becomes lane i.
#[cfg(gcheap_growth)]
#[inline(always)]
pub(crate) const fn spread_out(bits: usize) -> Word {
    let mut lanes = bits & (Word::MAX >> BLOCKS_PER_WORD);
    let mut together = BLOCKS_PER_WORD / 2;
    while together > 0 {
        // `together` bits, as many zeros, and so on.
        let kept = Word::MAX / ((1 << together) + 1);
        lanes = (lanes | lanes << together) & kept;
        together /= 2;
    }
    lanes
}

/// The lanes of `word` that are free (00).
pub(crate) const fn frees(word: Word) -> Word {
    !(word | word >> 1) & LANES
}

/// The lanes that are heads (01).
pub(crate) const fn heads(word: Word) -> Word {
    word & !(word >> 1) & LANES
}

/// The lanes that are tails (10).
#[inline(always)]
pub(crate) const fn tails(word: Word) -> Word {
    !word & word >> 1 & LANES
}

/// The lanes that are marked heads (11).
#[inline(always)]
pub(crate) const fn marks(word: Word) -> Word {
    word & word >> 1 & LANES
}

/// The word with every marked head turned back into a head: 11 becomes 01. gc.c: `ATB_MARK_TO_HEAD`, once per block.
#[inline(always)]
pub(crate) const fn marks_to_heads(word: Word) -> Word {
    word & !(marks(word) << 1)
}

/// Both bits of each lane in the mask: `01 00 01` becomes `11 00 11`.
#[inline(always)]
pub(crate) const fn both_bits(lanes: Word) -> Word {
    lanes * 3
}

/// The lanes from `lane` (0..32) up.
pub(crate) const fn lanes_from(lane: usize) -> Word {
    LANES << (2 * lane)
}

/// The lanes below `lane` (0..=32).
pub(crate) const fn lanes_below(lane: usize) -> Word {
    if lane >= BLOCKS_PER_WORD { LANES } else { LANES & !(Word::MAX << (2 * lane)) }
}

/// The lowest `n` (1..=32) lanes.
pub(crate) const fn first_lanes(n: usize) -> Word {
    LANES >> (Word::BITS as usize - 2 * n)
}

/// The bits of an object of `n` (1..=32) blocks whose head is in lane 0.
///
/// ```text
///    n = 4      tails in four lanes     10 10 10 10
///               less 1                  10 10 10 01
/// ```
pub(crate) const fn object_bits(n: usize) -> Word {
    (first_lanes(n) << 1) - 1
}

/// How many lanes in a row are in the mask, from lane 0 up.
#[inline(always)]
pub(crate) const fn run_at_bottom(lanes: Word) -> usize {
    (!lanes & LANES).trailing_zeros() as usize / 2
}

/// How many lanes in a row are in the mask, from the top lane down.
#[inline(always)]
pub(crate) const fn run_at_top(lanes: Word) -> usize {
    // The highest lane that is not in the mask is at bit 2i; above it are 31 - i lanes.
    (!lanes & LANES).leading_zeros() as usize / 2
}

/// The largest number of lanes in a row that are in the mask.
#[inline(always)]
pub(crate) const fn longest_run(mut lanes: Word) -> usize {
    let mut len = 0;
    while lanes != 0 {
        // A lane stays if the next one is in the mask, too.
        lanes &= lanes >> 2;
        len += 1;
    }
    len
}

/// How many bits lie below the lowest lane that is not 00, in a word that has one.
///
/// On a processor that cannot count zeros: first bytes, then lanes.
#[inline(always)]
pub(crate) fn zeros_below(word: Word) -> usize {
    if cfg!(gcheap_counts_zeros) { word.trailing_zeros() as usize & !1 } else { stepped_zeros_below(word) }
}

#[inline(always)]
fn stepped_zeros_below(mut word: Word) -> usize {
    let mut bits = 0;
    while word & 0xff == 0 {
        word >>= 8;
        bits += 8;
    }
    while word & 3 == 0 {
        word >>= 2;
        bits += 2;
    }
    bits
}

/// How many bits the object has whose head is at bit 0 of a word that was shifted down. The lanes that were shifted in are
/// no tails and end it; if they do, its real end was not seen.
///
/// ```text
///    word >> shift     … . h = = h       (lane 0 on the right)
///    no tails          … 1 1 . . -
/// ```
#[inline(always)]
pub(crate) const fn run_of_tails(above: Word) -> usize {
    (!tails(above) & (LANES - 1)).trailing_zeros() as usize
}

/// The lanes of the objects with these heads (plain or marked), as far as they lie in the word, and 1 if the last one may
/// go on in the next word. `carry` is what the word before returned.
///
/// A carry finds the tails: with both bits of each tail set, adding 1 to the lane behind a head runs through its tails,
/// turns them to 0, and ends in the first lane that is no tail. That lane may be in the next word.
///
/// ```text
///    word         h  =  =  m  =  h  .        lanes in memory order; the carry runs to the right
///    tails × 3    00 11 11 00 11 00 00
///    heads, next  .  01 .  .  .  .  01       the plain heads, one lane up
///    sum          00 00 00 01 11 00 01
///    lanes        h  =  =  .  .  h  .        heads, and tails whose lane in the sum is 0
/// ```
#[inline(always)]
pub(crate) const fn lanes_of_objects(word: Word, heads: Word, carry: Word) -> (Word, Word) {
    let tail = tails(word);
    let (sum, over) = both_bits(tail).overflowing_add(heads << 2 | carry);
    (heads | tail & !sum, heads >> (Word::BITS - 2) | over as Word)
}

/// The lanes at which a run of `n` (1..=32) lanes of the mask starts.
///
/// Halving: after a step a set lane means "this lane and the `have - 1` above it". Eight in a row take three steps:
///
/// ```text
///    lanes          1 1 1 1 1 1 1 1 . 1     (lane 0 on the right)
///    have 2         . 1 1 1 1 1 1 1 . .     lanes & lanes >> 1 lane
///    have 4         . . . 1 1 1 1 1 . .     … & >> 2 lanes
///    have 8         . . . . . . . 1 . .     … & >> 4 lanes
/// ```
#[inline(always)]
pub(crate) const fn run_starts(mut lanes: Word, n: usize) -> Word {
    let mut have = 1;
    while have < n && lanes != 0 {
        let step = if n - have < have { n - have } else { have };
        lanes &= lanes >> (2 * step);
        have += step;
    }
    lanes
}

const _: () = {
    assert!(frees(0b11_10_01_00) & 0xff == 0b00_00_00_01);
    assert!(heads(0b11_10_01_00) & 0xff == 0b00_00_01_00);
    assert!(tails(0b11_10_01_00) & 0xff == 0b00_01_00_00);
    assert!(marks(0b11_10_01_00) & 0xff == 0b01_00_00_00);
};

#[cfg(test)]
mod tests {
    use super::super::block::Kind;
    use super::*;

    /// Each lane of `word` as gc.c's macros see it, from the bytes.
    fn kinds(word: Word) -> Vec<Kind> {
        word.to_le_bytes().iter().flat_map(|a| [0, 2, 4, 6].map(|shift| Kind::of((a >> shift) as usize))).collect()
    }

    /// Eight blocks of every pattern, at the bottom and at the top of a word and amid other bits.
    fn words() -> impl Iterator<Item = Word> {
        let top = Word::BITS - 16;
        (0..1usize << 16).flat_map(move |bits| [bits, bits << top, !(bits << top), bits << 8 | LANES << 24])
    }

    fn lanes_where(word: Word, kind: Kind) -> Word {
        kinds(word).iter().enumerate().map(|(i, k)| ((*k == kind) as Word) << (2 * i)).sum()
    }

    #[test]
    fn words_hold_the_same_kinds_as_bytes() {
        for word in words() {
            assert_eq!(frees(word), lanes_where(word, Kind::Free), "{word:#x}");
            assert_eq!(heads(word), lanes_where(word, Kind::Head), "{word:#x}");
            assert_eq!(tails(word), lanes_where(word, Kind::Tail), "{word:#x}");
            assert_eq!(marks(word), lanes_where(word, Kind::Mark), "{word:#x}");
            let unmarked = marks_to_heads(word);
            assert_eq!(heads(unmarked), heads(word) | marks(word), "{word:#x}");
            assert_eq!(tails(unmarked), tails(word), "{word:#x}");
        }
    }

    #[test]
    fn runs_in_a_word() {
        for word in words() {
            let lanes = word & LANES;
            let set = (0..BLOCKS_PER_WORD).map(|i| lanes >> (2 * i) & 1 == 1).collect::<Vec<_>>();
            assert_eq!(run_at_bottom(lanes), set.iter().take_while(|&&s| s).count());
            assert_eq!(run_at_top(lanes), set.iter().rev().take_while(|&&s| s).count());
            let longest = set.split(|&s| !s).map(<[bool]>::len).max().unwrap();
            assert_eq!(longest_run(lanes), longest);
            for n in 1..=BLOCKS_PER_WORD.min(9) {
                let starts = run_starts(lanes, n);
                for i in 0..BLOCKS_PER_WORD {
                    let is_start = set[i..].len() >= n && set[i..i + n].iter().all(|&s| s);
                    assert_eq!(starts >> (2 * i) & 1 == 1, is_start, "{lanes:#x}, {n} from lane {i}");
                }
            }
        }
    }

    #[cfg(gcheap_growth)]
    #[test]
    fn lanes_side_by_side() {
        for word in words() {
            let lanes = word & LANES;
            let bits = (0..BLOCKS_PER_WORD).map(|i| (lanes >> (2 * i) & 1) << i).sum();
            assert_eq!(side_by_side(lanes), bits, "{lanes:#x}");
            assert_eq!(spread_out(bits), lanes, "{lanes:#x}");
        }
    }

    #[test]
    fn zeros_are_counted_in_both_ways() {
        for word in words().filter(|&word| word != 0) {
            assert_eq!(stepped_zeros_below(word), word.trailing_zeros() as usize & !1, "{word:#x}");
        }
    }

    #[test]
    fn lanes_above_and_below() {
        for lane in 0..BLOCKS_PER_WORD {
            assert_eq!(lanes_from(lane) | lanes_below(lane), LANES);
            assert_eq!(lanes_from(lane) & lanes_below(lane), 0);
            assert_eq!(lanes_below(lane).count_ones() as usize, lane);
            assert_eq!(both_bits(1 << (2 * lane)), 3 << (2 * lane));
            assert_eq!(first_lanes(lane + 1), lanes_below(lane + 1));
            let mut object = vec![Kind::Tail; lane + 1];
            object[0] = Kind::Head;
            assert_eq!(kinds(object_bits(lane + 1))[..=lane], object);
            assert_eq!(frees(object_bits(lane + 1)).count_ones() as usize, BLOCKS_PER_WORD - lane - 1);
        }
        assert_eq!(lanes_below(BLOCKS_PER_WORD), LANES);
    }
}

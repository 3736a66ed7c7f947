//! Sweeping: all unmarked objects become free, all marked ones unmarked, whole words at a time.

use core::marker::PhantomData;

use crate::config::SPLIT_HEAP_AUTO;
use crate::context::Context;
use crate::counting::Counting;
use crate::host::Host;
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::bits::Bits;
use crate::layout::block::Kind;
use crate::layout::lanes::{BLOCKS_PER_WORD, LANES, Word, both_bits, frees, heads, lanes_of_objects, marks_to_heads};
use crate::variant::Variant;

/// What sweeping does to one word of the table.
struct Swept {
    /// The word afterwards.
    word: Word,
    /// The heads that were freed.
    heads: Word,
    /// 1 if the last block was freed: tails at the start of the next word are freed too.
    carry: Word,
}

/// Frees the unmarked heads of a word and their tails; marked heads become heads.
fn sweep_word(word: Word, carry: Word) -> Swept {
    let dead = heads(word);
    let (freed, carry) = lanes_of_objects(word, dead, carry);
    Swept { word: marks_to_heads(word & !both_bits(freed)), heads: dead, carry }
}

/// The sweep at the end of a collection.
#[derive(Clone, Copy)]
pub(super) struct Sweep<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Sweep<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Frees all unmarked objects, unmarks the others; returns how many were freed. If areas come by themselves, those
    /// that are empty now go, except the first one.
    ///
    /// gc.c gives an area back when its last used block is number 0, and does so with a live object in block 0, too.
    pub fn free_unmarked(self) -> usize {
        let (mut freed, mut kept, mut next) = (0, None::<Area>, Some(self.0.state().first_area()));
        while let Some(area) = next {
            freed += self.sweep_area(area);
            next = area.next();
            match kept {
                Some(before) if SPLIT_HEAP_AUTO && is_empty::<V::Atb>(area) => {
                    before.next_field().set(next);
                    self.0.host().free_heap(area.address());
                }
                _ => kept = Some(area),
            }
        }
        freed
    }

    fn sweep_area(self, area: Area) -> usize {
        let atb: V::Atb = area.atb();
        if atb.blocks() == 0 {
            return 0;
        }
        let words = atb.slot(area.last_used().get()) / BLOCKS_PER_WORD + 1;
        let (mut freed, mut used, mut last_live, mut carry) = (0, 0, (0, 0), 0);
        let mut own = both_bits(atb.own_lanes(0));
        for i in 0..words {
            self.0.host().hook(i * BLOCKS_PER_WORD);
            let word = atb.load(i);
            let swept = sweep_word(word & own, carry);
            own = Word::MAX;
            carry = swept.carry;
            atb.store_own_lanes(i, word, swept.word);
            freed += swept.heads.count_ones() as usize;
            let live = !frees(swept.word) & LANES;
            if live != 0 {
                used += V::Counting::count_live(live);
                last_live = (i, live);
            }
        }
        area.used().set(used);
        let (i, live) = last_live;
        let last = if live != 0 { atb.block(i * BLOCKS_PER_WORD + V::Bits::highest_lane(live)) } else { 0 };
        area.last_used().set(last);
        freed
    }
}

/// Whether the sweep has left nothing.
fn is_empty<A: Atb>(area: Area) -> bool {
    area.last_used().get() == 0 && area.atb::<A>().kind(0) == Kind::Free
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A word from its picture, lowest block first, and back.
    fn word(picture: &str) -> Word {
        let kind = |c| match c {
            '.' => 0,
            'h' => 1,
            '=' => 2,
            'm' => 3,
            _ => panic!("no block looks like {c:?}"),
        };
        picture.chars().rev().fold(0, |word, c| word << 2 | kind(c))
    }

    fn picture(word: Word) -> String {
        (0..BLOCKS_PER_WORD).map(|i| ['.', 'h', '=', 'm'][word >> (2 * i) & 3]).collect()
    }

    /// Block by block, as gc.c does it.
    fn slow(mut w: Word, carry: Word) -> (Word, usize, Word) {
        let (mut freeing, mut dead) = (carry != 0, 0);
        for i in 0..BLOCKS_PER_WORD {
            let lane = 3 << (2 * i);
            match w >> (2 * i) & 3 {
                0 => freeing = false,
                1 => {
                    (freeing, dead) = (true, dead + 1);
                    w &= !lane;
                }
                2 if freeing => w &= !lane,
                2 => {}
                _ => {
                    freeing = false;
                    w &= !(2 << (2 * i));
                }
            }
        }
        (w, dead, freeing as Word)
    }

    fn check(w: Word, carry: Word) {
        let swept = sweep_word(w, carry);
        let (word, dead, freeing) = slow(w, carry);
        assert_eq!(picture(swept.word), picture(word), "from {} carry {carry}", picture(w));
        assert_eq!(swept.heads.count_ones() as usize, dead, "from {}", picture(w));
        // After a free lane at the end nothing follows that could be a tail, so only then may the carries differ.
        assert_eq!(swept.carry, freeing, "from {} carry {carry}", picture(w));
    }

    #[test]
    fn every_pattern_of_eight_blocks_at_both_ends_of_a_word() {
        for bits in 0..1usize << 16 {
            for carry in [0, 1] {
                check(bits, carry);
                check(bits << (Word::BITS - 16), carry);
                check(bits << (Word::BITS - 16) | word("h=======") << (Word::BITS - 32), carry);
            }
        }
    }

    #[test]
    fn a_word_of_tails_passes_the_carry_on() {
        let all_tails = !LANES;
        check(all_tails, 0);
        check(all_tails, 1);
    }
}

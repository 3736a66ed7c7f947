//! Sweeping: finalisers first, while every object is still there; then all unmarked objects become free.

use super::Heap;
use super::atb::{Kind, ptr_from_block};
use super::ftb::BLOCKS_PER_FTB;
use super::lanes::{BLOCKS_PER_WORD, LANES, Word, both_bits, frees, heads, highest_lane, marks_to_heads, tails};
use super::state::Area;
use crate::config::{SPLIT_HEAP_AUTO, COMPACT, WEAKREF};
use crate::port::Port;

/// What sweeping does to one word of the table.
struct Swept {
    /// The word afterwards.
    word: Word,
    /// The heads that were freed.
    heads: Word,
    /// 1 if the last block was freed: tails at the start of the next word are freed too.
    carry: Word,
}

/// Frees the unmarked heads of a word, and their tails; marked heads become heads.
///
/// A carry frees the tails: with both bits of each tail set, adding 1 to the lane behind a dead head runs through its
/// tails, turns them to 0, and comes to rest in the first lane that is no tail. That lane may be in the next word.
///
/// ```text
///    word         h  =  =  m  =  h  .        lanes in memory order; the carry runs to the right
///    tails × 3    00 11 11 00 11 00 00
///    heads, next  .  01 .  .  .  .  01       one lane up
///    sum          00 00 00 01 11 00 01
///    freed        h  =  =  .  .  h  .        heads, and tails whose lane in the sum is 0
/// ```
#[inline(always)]
fn sweep_word(word: Word, carry: Word) -> Swept {
    let dead = heads(word);
    let tail = tails(word);
    let (sum, over) = both_bits(tail).overflowing_add(dead << 2 | carry);
    let freed = dead | tail & !sum;
    Swept {
        word: marks_to_heads(word & !both_bits(freed)),
        heads: dead,
        carry: dead >> (Word::BITS - 2) | over as Word,
    }
}

impl Area {
    /// Whether the sweep has left nothing.
    fn is_empty(self) -> bool {
        self.last_used().get() == 0 && self.atb().kind(0) == Kind::Free
    }
}

impl<P: Port> Heap<P> {
    /// Runs the finalisers of all unmarked objects that have one, in address order, area by area.
    ///
    /// The host's finaliser may free objects: every step looks at the tables afresh. In a build with weak references, the
    /// host is told of those as it goes: as in gc.c, of eight blocks' when the finalisers of these eight have run.
    pub(super) fn run_finalisers(&self) {
        for area in self.state().areas() {
            let (atb, ftb, last) = (area.atb(), area.ftb(), area.last_used().get());
            if atb.blocks() == 0 {
                continue;
            }
            let (mut next, mut told) = (0, 0);
            while let Some(block) = ftb.next(next, last) {
                if WEAKREF {
                    self.tell_weakrefs(area, told, block / BLOCKS_PER_FTB * BLOCKS_PER_FTB);
                    told = block / BLOCKS_PER_FTB * BLOCKS_PER_FTB;
                }
                self.port().hook(block);
                if atb.kind(block) == Kind::Head {
                    // SAFETY: I6: a block of this area.
                    self.port().finalise(unsafe { ptr_from_block(area.pool(), block) });
                    ftb.clear(block);
                }
                next = block + 1;
            }
            if WEAKREF {
                self.tell_weakrefs(area, told, last + 1);
            }
        }
        if WEAKREF {
            self.tell_late_weakrefs();
        }
    }

    /// Frees all unmarked objects, unmarks the others; returns how many were freed. If areas come by themselves, those
    /// that are empty now go, but for the first one.
    ///
    /// gc.c gives an area back when its last used block is number 0, and does so with a live object in block 0, too.
    pub(super) fn free_unmarked(&self) -> usize {
        let (mut freed, mut kept, mut next) = (0, None::<Area>, Some(self.state().first_area()));
        while let Some(area) = next {
            freed += self.sweep_area(area);
            next = area.next();
            match kept {
                Some(before) if SPLIT_HEAP_AUTO && area.is_empty() => {
                    before.next_field().set(next);
                    self.port().free_heap(area.address());
                }
                _ => kept = Some(area),
            }
        }
        freed
    }

    fn sweep_area(&self, area: Area) -> usize {
        let atb = area.atb();
        if atb.blocks() == 0 {
            return 0;
        }
        let words = atb.slot(area.last_used().get()) / BLOCKS_PER_WORD + 1;
        let (mut freed, mut used, mut last_live, mut carry) = (0, 0, (0, 0), 0);
        let mut own = both_bits(atb.own_lanes(0));
        for i in 0..words {
            self.port().hook(i * BLOCKS_PER_WORD);
            let word = atb.load(i);
            let swept = sweep_word(word & own, carry);
            own = Word::MAX;
            carry = swept.carry;
            atb.store_own_lanes(i, word, swept.word);
            freed += swept.heads.count_ones() as usize;
            let live = !frees(swept.word) & LANES;
            if live != 0 {
                if !COMPACT {
                    used += live.count_ones() as usize;
                }
                last_live = (i, live);
            }
        }
        area.used().set(used);
        let (i, live) = last_live;
        area.last_used().set(if live != 0 { atb.block(i * BLOCKS_PER_WORD + highest_lane(live)) } else { 0 });
        freed
    }
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

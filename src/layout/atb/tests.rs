//! Both tables against blocks drawn as letters: free '.', head 'h', tail '=', mark 'm'; with every pattern of eight blocks.

use core::ptr::NonNull;

use super::super::block::BLOCKS_PER_ATB;
use super::super::lanes::{BLOCKS_PER_WORD, Word, block_shift};
use super::compact::CompactAtb;
use super::fast::{FastAtb, Reached};
use super::window::Window;
use super::*;
use crate::config::{BLOCK_BYTES, WORD_BYTES};

/// A table of two words of its own, and of part of a word before them, whose other part is not the table's.
struct Table {
    words: [Word; 3],
}

const FOREIGN: usize = 8; // blocks

impl Table {
    fn new(picture: &[u8]) -> Self {
        let mut table = Table { words: [Word::MAX, 0, 0] };
        for (block, letter) in picture.iter().enumerate() {
            let slot = block + BLOCKS_PER_WORD;
            let kind = b".h=m".iter().position(|l| l == letter).unwrap();
            table.words[slot / BLOCKS_PER_WORD] |= kind << block_shift(slot);
        }
        table
    }

    /// Block 0 of the picture is block `FOREIGN` of this.
    fn atb<A: Atb>(&mut self) -> A {
        let start = self.words.as_mut_ptr().cast::<u8>().wrapping_add(WORD_BYTES - FOREIGN / BLOCKS_PER_ATB);
        // SAFETY: I5: these bytes of the words are a table that ends where they do.
        unsafe { A::new(NonNull::new(start).unwrap(), 2 * WORD_BYTES + FOREIGN / BLOCKS_PER_ATB) }
    }

    fn picture(&self) -> Vec<u8> {
        assert_eq!(self.words[0], Word::MAX, "a word before the blocks was changed");
        let kind = |i: usize| self.words[1 + i / BLOCKS_PER_WORD] >> block_shift(i) & 3;
        (0..2 * BLOCKS_PER_WORD).map(|i| b".h=m"[kind(i)]).collect()
    }
}

/// Every eight blocks that are in order, at both ends of a word and in its middle, among used or free ones.
fn each_table(mut test: impl FnMut(Vec<u8>, core::ops::Range<usize>)) {
    for bits in 0..1usize << 16 {
        let part = (0..8).map(|i| b".h=m"[bits >> (2 * i) & 3]).collect::<Vec<_>>();
        if part[0] == b'=' || part.windows(2).any(|w| w == b".=") || part.contains(&b'm') {
            continue;
        }
        for at in [0, BLOCKS_PER_WORD / 2 - 4, BLOCKS_PER_WORD - 8] {
            for around in [b'.', b'h'] {
                let mut table = vec![around; 2 * BLOCKS_PER_WORD];
                table[at..at + 8].copy_from_slice(&part);
                test(table, at..at + 8);
            }
        }
    }
}

fn shown(table: &[u8]) -> String {
    String::from_utf8_lossy(table).into_owned()
}

fn run_of(table: &[u8], letter: u8) -> usize {
    table.iter().take_while(|&&l| l == letter).count()
}

fn object_len(table: &[u8], block: usize) -> usize {
    1 + run_of(&table[block + 1..], b'=')
}

fn keeps_the_contract<A: Atb>() {
    each_table(|before, part| {
        for block in part {
            let mut table = Table::new(&before);
            let (atb, at) = (table.atb::<A>(), FOREIGN + block);
            let (object, free) = (object_len(&before, block), run_of(&before[block..], b'.'));
            assert_eq!(atb.tails_after(at), object - 1, "{block} in {}", shown(&before));
            for enough in [1, 5, usize::MAX] {
                let frees = run_of(&before[block + 1..], b'.');
                let found = atb.frees_after(at, enough);
                assert!(found == frees || found >= enough && found < frees, "{block} in {}", shown(&before));
            }
            let mut after = before.clone();
            match before[block] {
                b'h' => {
                    assert_eq!(atb.object_to_free(at), Some(object));
                    after[block..block + object].fill(b'.');
                    assert_eq!(shown(&table.picture()), shown(&after));
                    atb.free_to_object(at, object);
                    if object > 1 {
                        atb.tail_to_free(at + 1, object - 1);
                        atb.free_to_tail(at + 1, object - 1);
                    }
                    assert_eq!(shown(&table.picture()), shown(&before));
                }
                b'.' => {
                    assert_eq!(atb.object_to_free(at), None);
                    atb.free_to_object(at, free);
                    after[block..block + free].fill(b'=');
                    after[block] = b'h';
                    assert_eq!(shown(&table.picture()), shown(&after));
                }
                _ => assert_eq!(atb.object_to_free(at), None),
            }
        }
    });
}

#[test]
fn the_fast_table_keeps_the_contract() {
    keeps_the_contract::<FastAtb>();
}

#[test]
fn the_compact_table_keeps_the_contract() {
    keeps_the_contract::<CompactAtb>();
}

#[test]
fn only_unmarked_heads_are_marked() {
    each_table(|before, part| {
        for block in part {
            let mut after = before.clone();
            if before[block] == b'h' {
                after[block] = b'm';
            }
            let (mut fast, mut compact) = (Table::new(&before), Table::new(&before));
            let reached = fast.atb::<FastAtb>().head_to_mark(FOREIGN + block);
            assert_eq!(reached != Reached::Nothing, before[block] == b'h');
            if reached == Reached::OneBlock {
                assert_eq!(object_len(&before, block), 1, "{block} in {}", shown(&before));
            }
            assert_eq!(compact.atb::<CompactAtb>().head_to_mark(FOREIGN + block), before[block] == b'h');
            assert_eq!((shown(&fast.picture()), shown(&compact.picture())), (shown(&after), shown(&after)));
        }
    });
}

/// Where a pool would be; only its address counts.
fn pool() -> NonNull<u8> {
    NonNull::new(core::ptr::without_provenance_mut(1 << 20)).unwrap()
}

#[test]
fn the_window_sees_what_the_table_does() {
    each_table(|before, part| {
        for block in part {
            let is_head = before[block] == b'h';
            let (mut marked, mut deferred, mut table) = (Table::new(&before), Table::new(&before), Table::new(&before));
            let slot = |window: &Window| {
                let slot = window.slot_or_more(pool().addr().get() + (FOREIGN + block) * BLOCK_BYTES);
                assert!(window.has(slot));
                slot
            };
            let window = Window::of(marked.atb(), pool());
            let reached = table.atb::<FastAtb>().head_to_mark(FOREIGN + block);
            assert_eq!(window.head_to_mark(slot(&window)), reached, "{block} in {}", shown(&before));
            assert_eq!(shown(&marked.picture()), shown(&table.picture()));
            let window = Window::of(deferred.atb(), pool());
            assert_eq!(window.head_to_deferred(slot(&window)), is_head);
            let mut after = before.clone();
            if is_head {
                after[block] = b'.';
                let at = table.atb::<FastAtb>().slot(FOREIGN + block) / BLOCKS_PER_WORD;
                assert_eq!(window.table_word(slot(&window)), at);
                assert_eq!(Table::new(&before).atb::<FastAtb>().head_to_deferred(FOREIGN + block), Some(at));
            }
            assert_eq!(shown(&deferred.picture()), shown(&after));
        }
    });
}

#[test]
fn the_window_does_not_see_what_comes_before_the_table() {
    let mut table = Table::new(&[b'h'; 2 * BLOCKS_PER_WORD]);
    // Lanes before the table's that look like heads.
    table.words[0] = LANES;
    let window = Window::of(table.atb(), pool());
    for before in 1..2 * BLOCKS_PER_WORD {
        let slot = window.slot_or_more(pool().addr().get() - before * BLOCK_BYTES);
        if window.has(slot) {
            assert_eq!(window.head_to_mark(slot), Reached::Nothing, "{before}");
            assert!(!window.head_to_deferred(slot), "{before}");
        }
    }
    assert_eq!(table.words[0], LANES);
}

#[test]
fn the_lowest_run_in_a_word() {
    each_table(|before, _| {
        for (from, n) in [0, 13].into_iter().flat_map(|from| (1..12).map(move |n| (from, n))) {
            let mut table = Table::new(&before);
            let cell = table.atb::<FastAtb>().cell(FOREIGN + from).unwrap();
            let found = cell.find_run(n);
            if let Some((skip, _)) = found {
                cell.take_up(skip, n);
            }
            let found = found.map(|(skip, more)| (from + skip, more));
            let free = |b: &usize| before[*b..b + n].iter().all(|&l| l == b'.');
            let more = |b: usize| (b, b + n < BLOCKS_PER_WORD && before[b + n] == b'.');
            let expected = (from..=BLOCKS_PER_WORD.saturating_sub(n)).find(free).map(more);
            assert_eq!(found, expected, "{n} in {}", shown(&before));
            let mut after = before.clone();
            if let Some((b, _)) = expected {
                after[b..b + n].fill(b'=');
                after[b] = b'h';
            }
            assert_eq!(table.picture(), after);
        }
    });
}

#[test]
fn taking_blocks_that_are_not_free_or_in_another_word_fails() {
    each_table(|before, part| {
        for (block, n) in part.flat_map(|block| (1..12).map(move |n| (block, n))) {
            let mut table = Table::new(&before);
            let took = table.atb::<FastAtb>().cell(FOREIGN + block).unwrap().take(n);
            let in_word = block % BLOCKS_PER_WORD + n <= BLOCKS_PER_WORD;
            let free = in_word && before[block..block + n].iter().all(|&l| l == b'.');
            assert_eq!(took, free, "{n} at {block} in {}", shown(&before));
            let mut after = before.clone();
            if free {
                after[block..block + n].fill(b'=');
                after[block] = b'h';
            }
            assert_eq!(table.picture(), after);
        }
    });
}

#[test]
fn freeing_within_a_word_sees_the_whole_run() {
    let (mut within, mut not_seen) = (0, 0);
    each_table(|before, part| {
        let used = |l: &u8| *l != b'.';
        let last_used = before.iter().rposition(used).unwrap_or(0);
        for block in part {
            let len = object_len(&before, block);
            let mut table = Table::new(&before);
            let atb = table.atb::<FastAtb>();
            let freed = atb.cell(FOREIGN + block).unwrap().free(FOREIGN + block, atb.blocks(), FOREIGN + last_used);
            let mut after = before.clone();
            if let Some(freed) = freed {
                assert_eq!(before[block], b'h');
                assert_eq!(freed.blocks, len);
                after[block..block + len].fill(b'.');
                let start = after[..block].iter().rposition(used).map_or(0, |b| b + 1);
                let end = after[block..].iter().position(used).map_or(after.len(), |n| block + n);
                if let FreedRun::Within(from, to) = freed.run {
                    assert_eq!((from, to), (FOREIGN + start, FOREIGN + end), "{block} in {}", shown(&before));
                    within += 1;
                } else {
                    let word = |b: usize| b / BLOCKS_PER_WORD;
                    let seen_below = start > 0 && word(start - 1) == word(block);
                    let seen_above = end < after.len() && word(end) == word(block);
                    assert!(!(seen_below && seen_above), "{block} in {}", shown(&before));
                    not_seen += 1;
                }
            }
            assert_eq!(table.picture(), after);
        }
    });
    assert!(within.min(not_seen) > 1_000, "{within} {not_seen}");
}

#[test]
fn freeing_near_a_free_run_looks_at_what_touches_it() {
    let (mut touching, mut others) = (0, 0);
    each_table(|before, part| {
        for (block, distance, any) in part.flat_map(|b| (0..4).flat_map(move |d| [(b, d, false), (b, d, true)])) {
            let len = object_len(&before, block);
            let mut table = Table::new(&before);
            let freed = table.atb::<FastAtb>().cell(FOREIGN + block).unwrap().free_near(FOREIGN + block, distance, any);
            let mut after = before.clone();
            if let Some(n) = freed {
                assert_eq!((before[block], n), (b'h', len));
                after[block..block + len].fill(b'.');
                if len == distance {
                    assert!(block == 0 || before[block - 1] != b'.', "{block} in {}", shown(&before));
                    touching += 1;
                } else {
                    assert!(any);
                    others += 1;
                }
            }
            assert_eq!(table.picture(), after);
        }
    });
    assert!(touching.min(others) > 1_000, "{touching} {others}");
}

#[test]
fn free_blocks_from_one_on() {
    each_table(|before, part| {
        let last_used = before.iter().rposition(|&l| l != b'.').unwrap_or(0);
        for (block, enough) in part.flat_map(|block| [1, 3, 40, 100, usize::MAX].map(|enough| (block, enough))) {
            let mut table = Table::new(&before);
            let atb = table.atb::<FastAtb>();
            for n in [1, 7, 40].into_iter().filter(|n| block + n <= before.len()) {
                let free = before[block..block + n].iter().filter(|&&l| l == b'.').count();
                assert_eq!(atb.count_free(FOREIGN + block, n), free, "{n} from {block} in {}", shown(&before));
            }
            let run = before[block..].iter().position(|&l| l != b'.').unwrap_or(before.len() - block);
            let found = atb.frees_from(FOREIGN + block, FOREIGN + last_used, enough);
            let right = if found < enough { found == run } else { enough <= run && found <= run };
            assert!(right, "{found} from {block} in {}", shown(&before));
        }
    });
}

#[test]
fn growing_in_a_word() {
    let mut grown = 0;
    each_table(|before, part| {
        for (block, n) in part.flat_map(|block| (1..12).map(move |n| (block, n))) {
            let mut table = Table::new(&before);
            let old = table.atb::<FastAtb>().cell(FOREIGN + block).unwrap().grow(n);
            let mut after = before.clone();
            if let Some(old) = old {
                assert_eq!(before[block], b'h');
                assert_eq!(old, object_len(&before, block));
                assert!(n >= old && before[block + old..block + n].iter().all(|&l| l == b'.'));
                after[block + old..block + n].fill(b'=');
                grown += (n > old) as usize;
            }
            assert_eq!(table.picture(), after);
        }
    });
    assert!(grown > 10_000, "{grown}");
}

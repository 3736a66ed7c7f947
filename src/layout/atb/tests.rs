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
                    assert_eq!(atb.object_to_free(at), object);
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
                    atb.free_to_object(at, free);
                    after[block..block + free].fill(b'=');
                    after[block] = b'h';
                    assert_eq!(shown(&table.picture()), shown(&after));
                }
                _ => {}
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
            let found = cell.take_run(n).map(|skip| from + skip);
            let free = |b: &usize| before[*b..b + n].iter().all(|&l| l == b'.');
            let expected = (from..=BLOCKS_PER_WORD.saturating_sub(n)).find(free);
            assert_eq!(found, expected, "{n} in {}", shown(&before));
            let mut after = before.clone();
            if let Some(b) = expected {
                after[b..b + n].fill(b'=');
                after[b] = b'h';
            }
            assert_eq!(table.picture(), after);
        }
    });
}

#[test]
fn freeing_within_a_word_sees_the_whole_run() {
    let mut seen = 0;
    each_table(|before, part| {
        let used = |l: &u8| *l != b'.';
        let last_used = before.iter().rposition(used).unwrap_or(0);
        for block in part.clone() {
            let mut table = Table::new(&before);
            let atb = table.atb::<FastAtb>();
            let cell = atb.cell(FOREIGN + block).unwrap();
            let run = cell.free(FOREIGN + block, atb.blocks(), FOREIGN + last_used);
            let mut after = before.clone();
            if let Some(run) = run {
                seen += 1;
                assert_eq!(before[block], b'h');
                let len = object_len(&before, block);
                assert_eq!(run.freed, len);
                after[block..block + len].fill(b'.');
                let start = after[..block].iter().rposition(used).map_or(0, |b| b + 1);
                let end = after[block..].iter().position(used).map_or(after.len(), |n| block + n);
                let expected = (FOREIGN + start, FOREIGN + end);
                assert_eq!((run.start, run.end), expected, "{block} in {}", shown(&before));
            }
            assert_eq!(table.picture(), after);
        }
    });
    assert!(seen > 10_000, "{seen}");
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

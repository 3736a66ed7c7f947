//! Shows both heaps as text.

use super::shared::shared;
use crate::heaps::side::AreaView;
use crate::heaps::tables::{self, Kind};

const BLOCKS_PER_ROW: usize = 96;

/// Both heaps, one row above the other. Where they differ, the differences are marked.
pub fn picture() -> String {
    shared(|shared| {
        let mut text = String::new();
        for (n, (left, right)) in shared.areas[0].iter().zip(&shared.areas[1]).enumerate() {
            for (row, (left, right)) in rows(left).iter().zip(&rows(right)).enumerate() {
                text += &format!("  area {n} block {:<6} gc.c      {left}\n", row * BLOCKS_PER_ROW);
                if left != right {
                    let marks: String =
                        left.chars().zip(right.chars()).map(|(l, r)| if l == r { ' ' } else { '^' }).collect();
                    text += &format!("  {:19} libgcheap {right}\n  {:29} {marks}\n", "", "");
                }
            }
        }
        text
    })
}

fn rows(area: &AreaView) -> Vec<String> {
    let symbols: Vec<char> = (0..tables::blocks(area)).map(|block| symbol(area, block)).collect();
    symbols.chunks(BLOCKS_PER_ROW).map(|row| row.iter().collect()).collect()
}

/// A letter for the kind of a block. A capital letter is a head with a finaliser bit; `!` is a block that has such a
/// bit but is not a head.
fn symbol(area: &AreaView, block: usize) -> char {
    match (tables::kind(area, block), tables::bit(tables::ftb(area), block)) {
        (Kind::Free, false) => '.',
        (Kind::Head, false) => 'h',
        (Kind::Head, true) => 'H',
        (Kind::Tail, false) => '=',
        (Kind::MarkedHead, false) => 'm',
        (Kind::MarkedHead, true) => 'M',
        (Kind::Free | Kind::Tail, true) => '!',
    }
}

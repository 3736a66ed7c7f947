//! Small snapshots for tests, drawn.

use std::borrow::Cow;

use gcheap_snapshot::{Flags, Header, Names, Piece, Root, RootKind, RootWord, Snapshot};

use super::snapshot::heap;
use crate::model::Heap;

const BASE: u64 = 0x4000;

/// A snapshot with one area of blocks of 16 bytes, two words of 8 bytes each. `picture` has a letter for each block: `h`
/// head, `=` tail, `.` free; `words` are the contents, word by word, as the number of the block that they point to.
pub(crate) fn snapshot(picture: &str, words: &[Option<u64>], roots: &[(RootKind, u64)]) -> Snapshot<'static> {
    let mut atb = vec![0u8; picture.len().div_ceil(4)];
    for (block, letter) in picture.chars().enumerate() {
        atb[block / 4] |= match letter {
            'h' => 1,
            '=' => 2,
            _ => 0,
        } << (2 * (block % 4));
    }
    let bytes: Vec<u8> =
        words.iter().flat_map(|word| word.map_or(7u64, |block| BASE + 16 * block).to_le_bytes()).collect();
    let area = gcheap_snapshot::Area {
        address: BASE,
        blocks: picture.len() as u64,
        used: picture.len() as u64,
        block_bytes: 16,
        atb,
        pieces: vec![Piece { first: 0, bytes: Cow::Owned(bytes) }],
        ..Default::default()
    };
    let header = Header { block_bytes: 16, word_bytes: 8, flags: Flags(8), areas: 1, ..Header::default() };
    let roots = roots.iter().map(|(kind, block)| Root {
        kind: *kind,
        name: String::new(),
        words: vec![RootWord { index: 2, value: BASE + 16 * block }],
        ..Root::default()
    });
    Snapshot { header, areas: vec![area], roots: roots.collect(), names: Names::default(), ..Snapshot::default() }
}

/// The heap of such a snapshot.
pub(crate) fn heap_of(picture: &str, words: &[Option<u64>], roots: &[(RootKind, u64)]) -> Heap {
    heap(&snapshot(picture, words, roots)).unwrap()
}

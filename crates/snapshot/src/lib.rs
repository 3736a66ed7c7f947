//! Reads snapshots of libgcheap's heaps, whose format docs/SNAPSHOT.md describes.
//!
//! [`parse`] takes the bytes of a file: a binary snapshot, or a log in which a framed one is to be found. Whatever the bytes are,
//! it does not panic; what is wrong is in [`Snapshot::problems`], in sentences, and what could be read is there.
//!
//! ```no_run
//! let file = std::fs::read("heap.gcheap").unwrap();
//! let snapshot = gcheap_snapshot::parse(&file).unwrap();
//! for area in &snapshot.areas {
//!     for object in area.objects() {
//!         println!("{:#x}: {} blocks, {:?}", object.address, object.blocks, snapshot.name(object.address));
//!     }
//! }
//! ```

mod area;
mod assemble;
mod frames;
mod model;
mod records;

pub use area::{Area, Kind, Object, Objects, Piece, Run};
pub use frames::contains_frames;
pub use model::{ByteOrder, Cause, Flags, Header, Lines, Module, Names, Root, RootKind, RootWord, Snapshot};

use records::{MAGIC, Segment};

/// Whether a file begins like a binary snapshot.
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Reads a snapshot: a binary one, or else the last one with a header in a log. The error is a sentence.
pub fn parse(bytes: &[u8]) -> Result<Snapshot<'_>, String> {
    let mut all = parse_all(bytes);
    match all.iter().rposition(Result::is_ok) {
        Some(last) => all.swap_remove(last),
        None => all.pop().unwrap_or_else(|| Err(nothing_found(bytes))),
    }
}

/// Reads all snapshots that there are, in their order: one of a binary file, any number of a log.
pub fn parse_all(bytes: &[u8]) -> Vec<Result<Snapshot<'_>, String>> {
    if is_binary(bytes) {
        return vec![assemble::assemble(&[Segment::binary(bytes)], None)];
    }
    let framed = frames::find(bytes);
    framed
        .into_iter()
        .map(|found| assemble::assemble(&found.segments(), Some(found.lines)).map(Snapshot::into_owned))
        .collect()
}

fn nothing_found(bytes: &[u8]) -> String {
    let what = if bytes.is_empty() {
        "the file is empty"
    } else if MAGIC.starts_with(bytes) {
        "the file ends within the first bytes of a snapshot"
    } else {
        "this is no snapshot of libgcheap, and no line of it belongs to one"
    };
    what.into()
}

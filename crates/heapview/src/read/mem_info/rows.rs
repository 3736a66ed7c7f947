//! From rows of letters to blocks: what was lost becomes unknown, and is said.

use crate::model::Block;
use crate::units::{plural, size};

use super::lines::ROW;

/// What was read of an area, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// A row: its distance from the start of the area, whether only the last five digits of that are known, the letters.
    Row(u64, bool, String),
    /// Lines of free blocks that were not printed.
    AllFree(u64),
    /// Letters without a distance.
    Letters(String),
}

/// The blocks of an area, with a letter for each head.
#[derive(Debug, Default)]
pub struct Blocks {
    pub blocks: Vec<Block>,
    pub heads: Vec<char>,
    /// How many letters are missing from the last row, if that was cut, or if the area ends there.
    pub missing: usize,
    pub problems: Vec<String>,
}

/// Bytes of a block, by the distances of rows that follow each other, or that have lines of free blocks between them.
pub fn block_bytes<'a>(areas: impl Iterator<Item = &'a [Item]>) -> Option<u32> {
    let mut votes: Vec<(u64, u32)> = Vec::new();
    for items in areas {
        let mut before: Option<(u64, u64)> = None; // distance of the last row, and the lines since
        for item in items {
            match item {
                Item::AllFree(lines) => before = before.map(|(at, since)| (at, since.saturating_add(*lines))),
                Item::Letters(_) => {}
                Item::Row(at, short, _) => {
                    if let Some((last, lines)) = before {
                        let step = if *short { at.wrapping_sub(last) & 0xf_ffff } else { at.wrapping_sub(last) };
                        let bytes = step / lines / ROW as u64;
                        if bytes * lines * ROW as u64 == step
                            && bytes.is_power_of_two()
                            && (4..=1 << 16).contains(&bytes)
                        {
                            match votes.iter_mut().find(|(value, _)| *value == bytes) {
                                Some((_, votes)) => *votes += 1,
                                None => votes.push((bytes, 1)),
                            }
                        }
                    }
                    before = Some((*at, 1));
                }
            }
        }
    }
    votes.into_iter().max_by_key(|(bytes, votes)| (*votes, u64::MAX - bytes)).map(|(bytes, _)| bytes as u32)
}

/// Whether a distance is that of a row.
pub fn fits(at: u64, block_bytes: u32) -> bool {
    at % (u64::from(block_bytes) * ROW as u64) == 0
}

/// The blocks of an area that has at most a number of them.
pub fn blocks(items: &[Item], block_bytes: u32, most: usize) -> Blocks {
    let mut area = Blocks::default();
    let row_bytes = u64::from(block_bytes) * ROW as u64;
    for item in items {
        match item {
            Item::Letters(letters) => area.continue_row(letters),
            Item::AllFree(lines) => {
                area.end_row(row_bytes);
                match usize::try_from(*lines).ok().and_then(|lines| lines.checked_mul(ROW)) {
                    Some(free) if free <= most - area.blocks.len().min(most) => {
                        area.blocks.resize(area.blocks.len() + free, Block::Free);
                    }
                    _ => {
                        area.problems.push(format!("A line says that {lines} lines are free, more than the heap has."))
                    }
                }
            }
            Item::Row(at, short, letters) => {
                area.end_row(row_bytes);
                let expected = (area.blocks.len() / ROW) as u64 * row_bytes;
                // The first digits are those that bring the row behind the last one.
                let at = if *short { expected + (at.wrapping_sub(expected) & 0xf_ffff) } else { *at };
                if !area.go_to(at, expected, row_bytes, most) {
                    continue;
                }
                area.row(at, letters);
            }
        }
    }
    area
}

impl Blocks {
    /// The rest of a row that other output cut in two.
    fn continue_row(&mut self, letters: &str) {
        if self.missing == letters.len() {
            self.missing = 0;
            letters.chars().for_each(|letter| self.push(letter));
        }
    }

    /// Another row follows: what is missing of the last one was lost.
    fn end_row(&mut self, row_bytes: u64) {
        if self.missing > 0 {
            let at = (self.blocks.len() / ROW) as u64 * row_bytes;
            self.problems.push(format!("{} of the row {at:08x} are missing.", plural(self.missing as u64, "letter")));
            self.lose(self.missing);
            self.missing = 0;
        }
    }

    /// Fills up to a row with what is unknown. False if the row cannot be of this area.
    fn go_to(&mut self, at: u64, expected: u64, row_bytes: u64, most: usize) -> bool {
        if at < expected {
            self.problems.push(format!("The row {at:08x} comes a second time; the first one counts."));
            return false;
        }
        let lost = (at - expected) / row_bytes;
        let room = (most - self.blocks.len().min(most)) / ROW;
        if lost > room as u64 {
            self.problems.push(format!("The row {at:08x} lies beyond the end of the heap, and was left out."));
            return false;
        }
        if lost > 0 {
            let rows = plural(lost, "row");
            let of = size(lost * row_bytes);
            let verb = if lost == 1 { "is" } else { "are" };
            self.problems.push(format!("{rows} before the row {at:08x} {verb} missing: {of}."));
            self.lose(lost as usize * ROW);
        }
        true
    }

    fn row(&mut self, at: u64, letters: &str) {
        if letters.len() > ROW {
            self.problems.push(format!(
                "The row {at:08x} has {} letters instead of {ROW}: other output is mixed into it, so it was left out.",
                letters.len()
            ));
            self.lose(ROW);
            return;
        }
        letters.chars().for_each(|letter| self.push(letter));
        self.missing = ROW - letters.len();
    }

    fn push(&mut self, letter: char) {
        self.blocks.push(match letter {
            '.' => Block::Free,
            '=' => Block::Tail,
            _ => Block::Head,
        });
        if !".=".contains(letter) {
            self.heads.push(letter);
        }
    }

    fn lose(&mut self, blocks: usize) {
        self.blocks.resize(self.blocks.len() + blocks, Block::Unknown);
    }
}

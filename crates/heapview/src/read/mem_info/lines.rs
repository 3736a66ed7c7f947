//! What a line of a log has to do with a heap.

use std::borrow::Cow;

use regex::Regex;

/// Letters of a whole row.
pub const ROW: usize = 64;

/// The part of a line that `mem_info` printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// `stack: 832 out of 80000`: bytes in use, and how many there may be.
    Stack(u64, Option<u64>),
    /// `mem: total=16468, current=10719, peak=11209`: bytes.
    Memory([u64; 3]),
    /// `GC: total: …, used: …, free: …`, and what the heap could still get from its system.
    Totals([u64; 3], Option<u64>),
    /// `No. of 1-blocks: …, 2-blocks: …, max blk sz: …, max free sz: …`.
    Blocks([u64; 4]),
    /// The start of an area, and its address.
    Layout(u64),
    /// A row: its distance from the start of the area, whether only the last five digits of that are known, and the letters.
    Row(u64, bool, String),
    /// `(119 lines all free)`.
    AllFree(u64),
    /// Letters alone: perhaps the end of a row that other output was printed into.
    Letters(String),
    /// Nothing.
    Empty,
    /// Something else, printed by the program or by a terminal.
    Other,
}

/// The patterns of all those lines.
pub struct Patterns {
    totals: Regex,
    blocks: Regex,
    stack: Regex,
    memory: Regex,
    layout: Regex,
    all_free: Regex,
    row: Regex,
    letters: Regex,
    escapes: Regex,
}

impl Patterns {
    pub fn new() -> Self {
        let pattern = |text| Regex::new(text).expect("a pattern of this file");
        Self {
            totals: pattern(r"GC: total: ([0-9]+), used: ([0-9]+), free: ([0-9]+)(?:, max new split: ([0-9]+))?"),
            blocks: pattern(
                r"No\. of 1-blocks: ([0-9]+), 2-blocks: ([0-9]+), max blk sz: ([0-9]+), max free sz: ([0-9]+)",
            ),
            stack: pattern(r"(?-u:\b)stack: ([0-9]+)(?: out of ([0-9]+))?"),
            memory: pattern(r"mem: total=([0-9]+), current=([0-9]+), peak=([0-9]+)"),
            layout: pattern(r"GC memory layout; from (?:0x)?([0-9a-fA-F]{1,16}):"),
            all_free: pattern(r"\(([0-9]+) lines all free\)"),
            row: pattern(r"(?:^|[^0-9a-zA-Z])([0-9a-f]{5,16}): ([.=A-Za-z]+)"),
            letters: pattern(r"^[.=A-Za-z]{1,64}$"),
            escapes: pattern("\x1b\\[[0-9;?]*[A-Za-z]"),
        }
    }

    /// What a line is. What stands before and behind, such as the time of day, does not matter.
    pub fn classify(&self, line: &str) -> Line {
        let line = self.escapes.replace_all(line, "");
        let line = line.trim_end();
        // An i-th group that is too large a number is that of no heap.
        let number =
            |found: &regex::Captures<'_>, group: usize| found.get(group).and_then(|text| text.as_str().parse().ok());
        let numbers = |found: &regex::Captures<'_>, group: usize| number(found, group).unwrap_or(0);
        if line.is_empty() {
            Line::Empty
        } else if let Some(found) = self.row.captures(line) {
            match u64::from_str_radix(&found[1], 16) {
                Ok(distance) => Line::Row(distance, found[1].len() == 5, found[2].to_string()),
                Err(_) => Line::Other,
            }
        } else if let Some(found) = self.all_free.captures(line) {
            Line::AllFree(numbers(&found, 1))
        } else if let Some(found) = self.layout.captures(line) {
            Line::Layout(u64::from_str_radix(&found[1], 16).unwrap_or(0))
        } else if let Some(found) = self.totals.captures(line) {
            Line::Totals([1, 2, 3].map(|group| numbers(&found, group)), number(&found, 4))
        } else if let Some(found) = self.blocks.captures(line) {
            Line::Blocks([1, 2, 3, 4].map(|group| numbers(&found, group)))
        } else if let Some(found) = self.stack.captures(line) {
            Line::Stack(numbers(&found, 1), number(&found, 2))
        } else if let Some(found) = self.memory.captures(line) {
            Line::Memory([1, 2, 3].map(|group| numbers(&found, group)))
        } else if self.letters.is_match(line) {
            Line::Letters(line.to_string())
        } else {
            Line::Other
        }
    }
}

/// A file's text. Windows' shell writes UTF-16 when output is redirected.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let units = |order: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes[2..].chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect()
    };
    match bytes {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)).into(),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)).into(),
        _ => String::from_utf8_lossy(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_dump_in_other_output() {
        let patterns = Patterns::new();
        let row = |text: &str| Line::Row(0x800, false, text.into());
        for (line, expected) in [
            ("00000800: ==h.", row("==h.")),
            ("12:00:01.5 -> 00000800: ==h.", row("==h.")),
            ("[  12345.678] 00000800: ==h. <", row("==h.")),
            ("\x1b[32m00000800: ==h.\x1b[0m", row("==h.")),
            ("00800: ==h.", Line::Row(0x800, true, "==h.".into())),
            ("       (119 lines all free)", Line::AllFree(119)),
            ("GC memory layout; from 0x20001230:", Line::Layout(0x2000_1230)),
            ("GC memory layout; from 7efeb2030c00:", Line::Layout(0x7efe_b203_0c00)),
            ("I: GC: total: 1, used: 2, free: 3", Line::Totals([1, 2, 3], None)),
            ("GC: total: 1, used: 2, free: 3, max new split: 4", Line::Totals([1, 2, 3], Some(4))),
            ("stack: 832 out of 80000", Line::Stack(832, Some(80000))),
            ("stack: 832", Line::Stack(832, None)),
            ("==h.", Line::Letters("==h.".into())),
            ("  ", Line::Empty),
            (">>> micropython.mem_info(1)", Line::Other),
        ] {
            assert_eq!(patterns.classify(line), expected, "{line}");
        }
    }

    #[test]
    fn text_of_windows_shell() {
        let utf16: Vec<u8> =
            [0xff, 0xfe].into_iter().chain("GC\r\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&utf16), "GC\r\n");
    }
}

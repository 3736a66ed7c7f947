//! The map in a terminal: one character for a block, or for several. The characters alone say what is free and what is not;
//! colours tell kinds apart.

use std::fmt::Write;

use anstyle::{RgbColor, Style};

use super::cells::{self, Cell};
use super::colours;
use crate::model::Heap;
use crate::units::{plural, size};

/// Rows of free cells in a row that are not drawn.
const MANY_FREE: usize = 3;

/// The map of all areas, at most `width` columns wide and about `rows` rows high, and what its characters mean.
pub fn map(heap: &Heap, width: usize, rows: usize) -> String {
    let digits = heap.areas.iter().map(|area| format!("{:x}", heap.address(area.end().saturating_sub(1))).len());
    let digits = digits.max().unwrap_or(8).max(4);
    // As many columns as fit, a power of two, so that addresses are round.
    let room = width.saturating_sub(digits + 2).max(8);
    let columns = 1 << room.ilog2();
    let scale = cells::scale(heap, (columns * rows) as u32);
    let mut text = String::new();
    for (number, area) in heap.areas.iter().enumerate() {
        let of = size(heap.bytes(area.blocks.len() as u32));
        let name = if heap.areas.len() > 1 {
            format!("Area {} of {}", number + 1, heap.areas.len())
        } else {
            "The map".into()
        };
        _ = writeln!(text, "{name}: {of} from {:#x} on", heap.address(area.first));
        area_rows(&mut text, heap, number, columns, scale, digits);
    }
    text + &legend(heap, scale)
}

fn area_rows(text: &mut String, heap: &Heap, area: usize, columns: usize, scale: u32, digits: usize) {
    let cells = cells::of(heap, area, scale);
    let rows: Vec<&[Cell]> = cells.chunks(columns).collect();
    let mut row = 0;
    while row < rows.len() {
        let free = rows[row..].iter().take_while(|cells| cells.iter().all(Cell::is_free)).count();
        if free >= MANY_FREE {
            let bytes: u32 = rows[row..row + free].iter().flat_map(|cells| cells.iter()).map(|cell| cell.blocks).sum();
            _ = writeln!(
                text,
                "{:digits$}  ({} all free: {})",
                "",
                plural(free as u64, "row"),
                size(heap.bytes(bytes))
            );
            row += free;
            continue;
        }
        let at = heap.address(heap.areas[area].first) + heap.bytes(scale) * (row * columns) as u64;
        _ = write!(text, "{at:0digits$x}  ");
        row_cells(text, heap, rows[row], scale);
        text.push('\n');
        row += 1;
    }
}

/// One row: cells of one colour share its escape sequence.
fn row_cells(text: &mut String, heap: &Heap, cells: &[Cell], scale: u32) {
    let style = |cell: &Cell| cell.kind.map(style);
    for run in cells.chunk_by(|a, b| style(a) == style(b)) {
        let letters: String = run.iter().map(|cell| letter(heap, cell, scale)).collect();
        match style(&run[0]) {
            Some(style) => _ = write!(text, "{style}{letters}{style:#}"),
            None => text.push_str(&letters),
        }
    }
}

fn style(kind: u32) -> Style {
    let colour = colours::kind(kind);
    let ink = if colours::lightness(colour) > 128 { [0, 0, 0] } else { [255, 255, 255] };
    let rgb = |[red, green, blue]: colours::Colour| Some(RgbColor(red, green, blue).into());
    Style::new().bg_color(rgb(colour)).fg_color(rgb(ink))
}

fn letter(heap: &Heap, cell: &Cell, scale: u32) -> char {
    if cell.unknown * 2 > cell.blocks {
        return '?';
    }
    if scale == 1 {
        return match cell.kind {
            Some(kind) if cell.head => heap.kinds[kind as usize].letter,
            _ if cell.used > 0 => '=',
            _ => '.',
        };
    }
    match cell.used * 4 / cell.blocks {
        0 if cell.used == 0 => '.',
        0 => ':',
        1 => '-',
        2 => '+',
        3 => '*',
        _ => '#',
    }
}

fn legend(heap: &Heap, scale: u32) -> String {
    let mut text = String::new();
    if scale == 1 {
        text += &format!("One character is a block of {} bytes: . free  = goes on", heap.block_bytes);
    } else {
        let bytes = size(heap.bytes(scale));
        text += &format!(
            "One character is {scale} blocks, {bytes}: . free; used : in part, - + * a quarter, half, three quarters, # all"
        );
    }
    if heap.counts().unknown > 0 {
        text += "  ? unknown";
    }
    text.push('\n');
    let kinds: Vec<String> = heap
        .kinds
        .iter()
        .zip(0..)
        .take(12)
        .map(|(kind, number)| {
            let (style, letter) = (style(number), if scale == 1 { kind.letter } else { '#' });
            format!("{style}{letter}{style:#} {}", kind.name)
        })
        .collect();
    text + &kinds.join("  ") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    fn plain(picture: &str, width: usize, rows: usize) -> String {
        anstream::adapter::strip_str(&map(&drawn(picture, 16), width, rows)).to_string()
    }

    #[test]
    fn one_character_a_block() {
        let text = plain("ab==...?", 80, 20);
        assert!(
            text.starts_with("The map: 128 bytes from 0x10000 on\n10000  ab==...?\nOne character is a block"),
            "{text}"
        );
        assert!(text.contains("? unknown\na a  b b\n"), "{text}");
    }

    #[test]
    fn a_narrow_terminal_and_a_large_heap() {
        let picture = format!("{}{}x", "a===".repeat(64), ".".repeat(4000));
        for width in [10, 40, 80, 200] {
            let text = plain(&picture, width, 10);
            let map = text.lines().filter(|line| line.starts_with('1'));
            assert!(map.clone().count() <= 11 && map.map(str::len).all(|len| len <= width.max(16)), "{text}");
        }
        assert!(plain(&picture, 80, 10).contains("rows all free"), "{}", plain(&picture, 80, 10));
    }

    #[test]
    fn a_colour_is_set_once_for_cells_of_one_kind() {
        let heap = drawn("a===b...", 16);
        assert_eq!(map(&heap, 80, 10).lines().nth(1).unwrap().matches("\x1b[48").count(), 2);
    }
}

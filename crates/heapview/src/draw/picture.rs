//! What a PNG and an SVG have in common: where the title, the verdict, the map and the legend are.

use super::cells;
use crate::analyse::verdict;
use crate::model::Heap;

/// Pixels of the map from left to right.
pub const WIDTH: usize = 1024;
/// Pixels around everything.
pub const MARGIN: usize = 16;
/// Pixels of a character, of a font in which all are equally wide, from left to right.
pub const CHARACTER: usize = 8;
/// Pixels from one line of text to the next.
pub const LINE: usize = 18;
const MOST_ROWS: usize = 256;

/// Where the map of a heap is, in pixels.
pub struct Layout {
    /// Cells in a row.
    pub columns: usize,
    /// Pixels of a cell.
    pub cell: usize,
    /// Blocks in a cell.
    pub scale: u32,
    /// Lines of text above the map, each short enough.
    pub text: Vec<String>,
    /// From the top of the picture to the top of the first area.
    pub top: usize,
    /// For each area where its caption is, and how many rows it has.
    pub areas: Vec<(usize, usize)>,
    /// Where the legend is.
    pub legend: usize,
    /// Lines of the legend: kinds, as their numbers.
    pub legend_lines: Vec<Vec<u32>>,
    /// Pixels from top to bottom.
    pub height: usize,
}

impl Layout {
    /// The layout for a heap.
    pub fn of(heap: &Heap) -> Self {
        let columns = if heap.blocks() > 64 * 64 { 128 } else { 64 };
        let cell = WIDTH / columns;
        let scale = cells::scale(heap, (columns * MOST_ROWS) as u32);
        let verdict = verdict::of(heap);
        let mut text = vec![heap.title.clone()];
        verdict.sentences.iter().take(2).for_each(|sentence| text.extend(lines(sentence)));
        heap.problems.iter().take(3).for_each(|sentence| text.extend(lines(&format!("! {sentence}"))));
        let top = MARGIN + LINE * text.len() + MARGIN / 2;
        let mut y = top;
        let mut areas = Vec::new();
        for area in &heap.areas {
            let rows = area.blocks.len().div_ceil(scale as usize).div_ceil(columns);
            areas.push((y, rows));
            y += LINE + rows * cell + MARGIN / 2;
        }
        let legend_lines = legend(heap);
        let legend = y;
        Self {
            columns,
            cell,
            scale,
            text,
            top,
            areas,
            legend,
            height: y + LINE * legend_lines.len() + MARGIN,
            legend_lines,
        }
    }

    /// What stands above an area.
    pub fn caption(&self, heap: &Heap, area: usize) -> String {
        let first = heap.areas[area].first;
        let number = if heap.areas.len() > 1 { format!("area {}, ", area + 1) } else { String::new() };
        format!("{number}from {:#x} on; a cell is {} bytes", heap.address(first), heap.bytes(self.scale))
    }
}

/// A sentence in lines that fit.
fn lines(sentence: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last_mut().expect("never empty");
        if !line.is_empty() && (line.chars().count() + 1 + word.chars().count()) * CHARACTER > WIDTH {
            lines.push(word.into());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Characters of an entry of the legend: a sample of the colour, the name, a gap.
pub fn entry_width(name: &str) -> usize {
    name.chars().count() + 5
}

fn legend(heap: &Heap) -> Vec<Vec<u32>> {
    let mut found = vec![Vec::new()];
    let mut width = entry_width("free") + entry_width("unknown");
    for (kind, number) in heap.kinds.iter().zip(0..).take(40) {
        let entry = entry_width(&kind.name);
        if (width + entry) * CHARACTER > WIDTH {
            found.push(Vec::new());
            width = 0;
        }
        width += entry;
        found.last_mut().expect("never empty").push(number);
    }
    found
}

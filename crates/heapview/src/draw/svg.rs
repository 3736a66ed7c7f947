//! The map as an SVG. Programs that show SVG show the object under the pointer.

use std::fmt::Write;

use super::cells::{self, Cell};
use super::colours;
use super::picture::{CHARACTER, LINE, Layout, MARGIN, WIDTH, entry_width};
use crate::model::Heap;
use crate::units::size;

/// The maps of some heaps, below each other.
pub fn draw(heaps: &[Heap]) -> String {
    let layouts: Vec<Layout> = heaps.iter().map(Layout::of).collect();
    let height: usize = layouts.iter().map(|layout| layout.height).sum();
    let width = WIDTH + 2 * MARGIN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"monospace\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    let mut top = 0;
    for (heap, layout) in heaps.iter().zip(&layouts) {
        heap_at(&mut svg, heap, layout, top);
        top += layout.height;
    }
    svg + "</svg>\n"
}

fn heap_at(svg: &mut String, heap: &Heap, layout: &Layout, top: usize) {
    for (line, words) in layout.text.iter().enumerate() {
        text(svg, MARGIN, top + MARGIN + line * LINE, words);
    }
    for (area, (y, _)) in layout.areas.iter().enumerate() {
        text(svg, MARGIN, top + y, &layout.caption(heap, area));
        let cells = cells::of(heap, area, layout.scale);
        for (row, cells) in cells.chunks(layout.columns).enumerate() {
            let y = top + y + LINE + row * layout.cell;
            rect(svg, (MARGIN, y), (cells.len() * layout.cell, layout.cell - 1), &colours::css(colours::FREE), "");
            let first = heap.areas[area].first + (row * layout.columns) as u32 * layout.scale;
            row_at(svg, heap, layout, cells, first, y);
        }
    }
    for (line, kinds) in layout.legend_lines.iter().enumerate() {
        let y = top + layout.legend + line * LINE;
        let mut x = MARGIN;
        let mut entry = |colour, name: &str| {
            rect(svg, (x, y), (2 * CHARACTER, CHARACTER + 2), &colours::css(colour), "");
            text(svg, x + 3 * CHARACTER, y, name);
            x += entry_width(name) * CHARACTER;
        };
        if line == 0 {
            entry(colours::FREE, "free");
            entry(colours::UNKNOWN, "unknown");
        }
        kinds.iter().for_each(|kind| entry(colours::kind(*kind), &heap.kinds[*kind as usize].name));
    }
}

/// A row: cells of one object, or cells that look alike, are one rectangle.
fn row_at(svg: &mut String, heap: &Heap, layout: &Layout, cells: &[Cell], first: u32, y: usize) {
    let one = layout.scale == 1;
    let quarter = |cell: &Cell| (cell.used * 4).div_ceil(cell.blocks);
    let alike =
        |a: &Cell, b: &Cell| a.kind == b.kind && quarter(a) == quarter(b) && a.unknown == b.unknown && !(one && b.head);
    let mut at = 0;
    for run in cells.chunk_by(alike) {
        let (x, start) = (MARGIN + at * layout.cell, first + at as u32 * layout.scale);
        at += run.len();
        if run[0].is_free() {
            continue;
        }
        let colour = match run[0].kind {
            _ if run[0].unknown * 2 > run[0].blocks => colours::UNKNOWN,
            Some(kind) => colours::kind(kind),
            None => [0x60; 3],
        };
        let high = ((layout.cell - 1) * quarter(&run[0]).max(1) as usize / 4).max(1);
        let (high, gap) =
            if run[0].unknown > 0 { (layout.cell - 1, 0) } else { (high, usize::from(one && run[0].head)) };
        let title = match heap.objects.containing(start) {
            Some(object) if one => heap.describe(object),
            _ => format!("{} at {:#x}", size(heap.bytes(run.len() as u32 * layout.scale)), heap.address(start)),
        };
        let place = (x + gap, y + layout.cell - 1 - high);
        rect(svg, place, (run.len() * layout.cell - gap, high), &colours::css(colour), &title);
    }
}

fn rect(svg: &mut String, (x, y): (usize, usize), (width, height): (usize, usize), colour: &str, title: &str) {
    _ = write!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill=\"{colour}\"");
    if title.is_empty() {
        svg.push_str("/>\n");
    } else {
        _ = writeln!(svg, "><title>{}</title></rect>", escaped(title));
    }
}

fn text(svg: &mut String, x: usize, y: usize, words: &str) {
    _ = writeln!(svg, "<text x=\"{x}\" y=\"{}\">{}</text>", y + 11, escaped(words));
}

/// What may stand in XML; characters that may not are replaced.
fn escaped(text: &str) -> String {
    let visible = |c: char| if c.is_control() || "\u{fffe}\u{ffff}".contains(c) { '\u{fffd}' } else { c };
    let text: String = text.chars().map(visible).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    #[test]
    fn an_object_is_one_rectangle_with_its_name() {
        let svg = draw(&[drawn("a==b..a", 16)]);
        assert!(svg.contains("<title>a of 48 bytes at 0x10000</title>"), "{svg}");
        assert_eq!(svg.matches("<title>").count(), 3);
    }

    #[test]
    fn names_cannot_break_out() {
        let mut heap = drawn("a", 16);
        heap.kinds[0].name = "<script>\"&\u{0}".into();
        heap.title = "</text>".into();
        let svg = draw(&[heap]);
        assert!(!svg.contains("<script>") && !svg.contains("></text><") && !svg.contains('\0'), "{svg}");
    }
}

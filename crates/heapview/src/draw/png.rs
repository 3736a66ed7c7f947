//! The map as a PNG.

use font8x8::legacy::BASIC_LEGACY;

use super::cells::{self, Cell};
use super::colours::{self, Colour};
use super::picture::{CHARACTER, LINE, Layout, MARGIN, WIDTH, entry_width};
use crate::model::Heap;

const PAPER: Colour = [255, 255, 255];
const INK: Colour = [32, 32, 32];

/// The maps of some heaps, below each other.
pub fn draw(heaps: &[Heap]) -> Result<Vec<u8>, String> {
    let layouts: Vec<Layout> = heaps.iter().map(Layout::of).collect();
    let height = layouts.iter().map(|layout| layout.height).sum();
    let mut canvas = Canvas::new(WIDTH + 2 * MARGIN, height);
    let mut top = 0;
    for (heap, layout) in heaps.iter().zip(&layouts) {
        heap_at(&mut canvas, heap, layout, top);
        top += layout.height;
    }
    canvas.encode().map_err(|error| format!("the PNG cannot be made: {error}"))
}

fn heap_at(canvas: &mut Canvas, heap: &Heap, layout: &Layout, top: usize) {
    for (line, text) in layout.text.iter().enumerate() {
        canvas.text(MARGIN, top + MARGIN + line * LINE, text);
    }
    for (area, (y, _)) in layout.areas.iter().enumerate() {
        canvas.text(MARGIN, top + y, &layout.caption(heap, area));
        for (number, cell) in cells::of(heap, area, layout.scale).iter().enumerate() {
            let x = MARGIN + number % layout.columns * layout.cell;
            let y = top + y + LINE + number / layout.columns * layout.cell;
            draw_cell(canvas, cell, x, y, layout);
        }
    }
    for (line, kinds) in layout.legend_lines.iter().enumerate() {
        let y = top + layout.legend + line * LINE;
        let mut x = MARGIN;
        let mut entry = |colour, name: &str| {
            canvas.fill(x, y, 2 * CHARACTER, CHARACTER + 2, INK);
            canvas.fill(x + 1, y + 1, 2 * CHARACTER - 2, CHARACTER, colour);
            canvas.text(x + 3 * CHARACTER, y + 1, name);
            x += entry_width(name) * CHARACTER;
        };
        if line == 0 {
            entry(colours::FREE, "free");
            entry(colours::UNKNOWN, "unknown");
        }
        kinds.iter().for_each(|kind| entry(colours::kind(*kind), &heap.kinds[*kind as usize].name));
    }
}

/// One block: its head has a darker edge, and blocks of an object touch. Several blocks: filled as far as they are in use.
fn draw_cell(canvas: &mut Canvas, cell: &Cell, x: usize, y: usize, layout: &Layout) {
    let (size, gap) = (layout.cell, 1);
    canvas.fill(x, y, size, size - gap, colours::FREE);
    if cell.unknown * 2 > cell.blocks {
        canvas.fill(x, y, size, size - gap, colours::UNKNOWN);
    } else if cell.used > 0 {
        let colour = cell.kind.map_or([0x60; 3], colours::kind);
        let full = size - gap;
        let high = (cell.used as usize * full).div_ceil(cell.blocks as usize).min(full);
        canvas.fill(x, y + full - high, size, high, colour);
        if layout.scale == 1 && cell.head {
            canvas.fill(x, y, (size / 8).max(1), full, PAPER);
            canvas.fill(x + (size / 8).max(1), y, (size / 4).max(1), full, colours::darker(colour));
        }
    }
}

/// Pixels.
struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: PAPER.repeat(width * height) }
    }

    fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Colour) {
        for row in y..(y + height).min(self.height) {
            let (from, to) = (x.min(self.width), (x + width).min(self.width));
            let line = &mut self.pixels[(row * self.width + from) * 3..(row * self.width + to) * 3];
            line.chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&colour));
        }
    }

    /// Letters of 8 by 8 pixels.
    fn text(&mut self, x: usize, y: usize, text: &str) {
        for (place, letter) in text.chars().enumerate() {
            let glyph = BASIC_LEGACY.get(letter as usize).copied().unwrap_or(BASIC_LEGACY[usize::from(b'?')]);
            for (row, bits) in glyph.iter().enumerate() {
                for column in (0..8).filter(|column| bits >> column & 1 == 1) {
                    self.fill(x + place * CHARACTER + column, y + row, 1, 1, INK);
                }
            }
        }
    }

    fn encode(&self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    #[test]
    fn each_block_has_the_colour_of_its_kind() {
        let heap = drawn("ab==...?", 16);
        let layout = Layout::of(&heap);
        let bytes = draw(std::slice::from_ref(&heap)).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        let y = layout.areas[0].0 + LINE + layout.cell / 2;
        let at = |block: usize| {
            let x = MARGIN + block * layout.cell + layout.cell - 1;
            let pixel = (y * info.width as usize + x) * 3;
            [pixels[pixel], pixels[pixel + 1], pixels[pixel + 2]]
        };
        let expected = [colours::kind(0), colours::kind(1), colours::kind(1), colours::kind(1), colours::FREE];
        assert_eq!([0, 1, 2, 3, 4].map(at), expected);
        assert_eq!(at(7), colours::UNKNOWN);
    }

    #[test]
    fn a_heap_without_a_map_and_a_large_one() {
        let mut none = drawn("a", 16);
        none.areas.clear();
        let large = drawn(&"a=..".repeat(100_000), 16);
        assert!(draw(&[large]).unwrap().len() > 1000);
    }
}

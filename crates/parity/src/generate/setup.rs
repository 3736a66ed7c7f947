//! Makes the heap of a trace and its areas.

use std::io::Write as _;

use super::generator::Generator;
use crate::config::Split;
use crate::heaps::memory::ZONE_BYTES;
use crate::run::divergence::Divergence;
use crate::trace::{Before, Op, Span, Trace};

/// Draws the heap and starts the trace. `graph`: the trace needs a large heap.
pub fn start(g: &mut Generator, graph: bool) -> Result<(), Divergence> {
    let areas = if g.config.split == Split::One { 1 } else { g.random.range(1, 4) };
    let late = if g.random.chance(30) { g.random.below(areas) } else { 0 };
    let bytes = heap_bytes(g, graph);
    let heap = span(g, bytes, false);
    let junk = g.random.next() >> 32;
    let before = *g.random.pick(&[Before::Zero, Before::Junk, Before::Keep]);
    let head = Trace { config: g.config.name(), heap, junk, before, ops: Vec::new() };
    if let Some(file) = &mut g.record {
        write!(file, "{}", head.head()).expect("the trace can be written");
    }
    g.runner.start(heap, junk, before)?;
    for _ in 1..areas - late {
        add(g, graph)?;
    }
    limit(g)
}

/// Sets the largest area that the heap may ask for, if it may ask at all.
pub fn limit(g: &mut Generator) -> Result<(), Divergence> {
    if g.config.split != Split::Auto {
        return Ok(());
    }
    let most = g.config.most_blocks().saturating_mul(g.config.block).min(ZONE_BYTES - 256);
    let bytes = match g.random.below(10) {
        0..3 => 0,
        3..7 => g.random.range(2049, 8192),
        7..9 => g.random.range(2049, 1 << 17),
        _ => ZONE_BYTES,
    };
    g.emit(Op::Limit(bytes.min(most))).map(drop)
}

/// Adds an area.
pub fn add(g: &mut Generator, graph: bool) -> Result<(), Divergence> {
    if g.config.split != Split::One && !g.plan.zones.is_empty() {
        let graph = graph && g.random.chance(50);
        let bytes = heap_bytes(g, graph);
        let span = span(g, bytes, true);
        g.emit(Op::Add(span))?;
    }
    Ok(())
}

/// A size for an area that gc.c's mark stack can index.
fn heap_bytes(g: &mut Generator, graph: bool) -> usize {
    let bytes = any_heap_bytes(g, graph);
    bytes.min(g.config.most_blocks().saturating_mul(g.config.block))
}

/// A size for an area: mostly so small that the heap is often full.
fn any_heap_bytes(g: &mut Generator, graph: bool) -> usize {
    let random = &mut g.random;
    let roll = random.below(1000);
    if graph {
        return if roll < 980 { random.range(500, 1500) * g.config.block } else { random.range(1 << 17, 1 << 20) };
    }
    match roll {
        0..550 => random.range(100, 2048),
        550..850 => random.range(2048, 8192),
        850..995 => random.range(8192, 65536),
        _ => random.range(1 << 16, 1 << 20),
    }
}

/// A place for an area of this many bytes: at the start of a zone, at its end, where an access beyond it faults, or
/// anywhere.
fn span(g: &mut Generator, bytes: usize, added: bool) -> Span {
    let zone = g.plan.zones.pop().expect("as many zones as areas");
    let align = if added { size_of::<usize>() } else { 1 };
    // gc_add puts the area record at the start.
    let head = if added { g.runner.area_bytes() } else { 0 };
    let least = head + 5 * g.config.block + 8;
    let bytes = bytes.max(least);
    let random = &mut g.random;
    let start = match random.below(3) {
        0 => 0,
        1 => ZONE_BYTES - bytes,
        _ => 64 + random.below(8192),
    };
    let start = start / align * align;
    let end = start + bytes;
    let end = if random.chance(30) { end & !(g.config.block - 1) } else { end };
    g.runner.fit(Span { zone, start, end }, head, align)
}

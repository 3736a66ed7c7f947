//! Areas: the memory that they get, and those that come and go by themselves.

use super::compare::{Extent, compare, same_shape};
use super::divergence::{Divergence, same};
use super::dumps::dump_room;
use super::lender::LENT_FILL;
use super::shared::shared;
use super::trial::Trial;
use crate::heaps::memory::{CANARY_BYTES, ZONE_BYTES, bytes, bytes_mut, zone_of, zone_start};
use crate::heaps::side::AreaView;
use crate::heaps::tables;
use crate::trace::Span;
use crate::trace::random::Random;

/// Fills the memory of a new area, and remembers what is around it.
pub fn prepare(trial: &mut Trial, span: Span) {
    let pair = trial.pair;
    let (first, last) = (span.start.saturating_sub(CANARY_BYTES), (span.end + CANARY_BYTES).min(ZONE_BYTES));
    let zone = zone_start(span.zone);
    let mut random = Random::new(trial.junk ^ span.start as u64);
    let pattern = [0xff, 0xaa, 0x55, 0][(trial.junk % 4) as usize];
    for (side, base) in pair.base.into_iter().enumerate() {
        let memory = bytes_mut(base + zone + first, last - first);
        if side == 1 {
            memory.copy_from_slice(bytes(pair.base[0] + zone + first, last - first));
        } else if trial.junk == 0 || pattern != 0 {
            memory.fill(if trial.junk == 0 { 0 } else { pattern });
        } else {
            memory.chunks_mut(8).for_each(|chunk| {
                let bytes = random.next().to_le_bytes();
                chunk.copy_from_slice(&bytes[..chunk.len()]);
            });
        }
    }
    // The heap ends at a block boundary, so the bytes behind it do not belong to the heap.
    let start = pair.span_start(0, span);
    let end = pair.span_end(0, span) & !(pair.block() - 1);
    let limits = [(pair.base[0] + zone + first, start), (end, pair.base[0] + zone + last)];
    let around = limits.map(|(from, to)| bytes(from, to - from).to_vec());
    trial.canaries[span.zone] = Some((span, around));
    trial.spans.push(span);
    shared(|shared| {
        shared.zones.iter_mut().for_each(|zones| zones[span.zone] = Some(span));
        shared.lent[span.zone] = false;
    });
}

/// Compares the whole heap after gc_init or gc_add.
pub fn new_area(trial: &mut Trial) -> Result<(), Divergence> {
    let areas = [trial.pair.areas(0), trial.pair.areas(1)];
    same_shape(trial, &areas)?;
    note_areas(trial, areas);
    compare(trial, Extent::Everything)
}

/// Where areas come and go by themselves: records those that did so in the call that has just returned.
pub fn sync(trial: &mut Trial) -> Result<(), Divergence> {
    let pair = trial.pair;
    if !pair.library.grows {
        return Ok(());
    }
    let areas = [pair.areas(0), pair.areas(1)];
    let (zones, lent) = shared(|shared| (shared.zones, shared.lent));
    let spans = [0, 1].map(|side| {
        let zone = |area: &AreaView| zone_of(pair.offset(side, area.pool_start as usize));
        areas[side].iter().map(|area| zones[side].get(zone(area)).copied().flatten()).collect::<Vec<_>>()
    });
    same!(spans[0], spans[1], "the memory that the areas lie in");
    let spans: Vec<Span> = spans[0].iter().copied().flatten().collect();
    for span in spans.iter().filter(|span| lent[span.zone]) {
        let before = span.start.min(CANARY_BYTES);
        let rounded = pair.span_end(0, *span) % pair.block();
        let behind = (span.end + CANARY_BYTES).min(ZONE_BYTES) - span.end + rounded;
        trial.canaries[span.zone] = Some((*span, [before, behind].map(|length| vec![LENT_FILL; length])));
    }
    if spans == trial.spans {
        // An area may have been returned and lent again at the same place.
        shared(|shared| shared.areas = areas);
        return Ok(());
    }
    trial.spans = spans;
    same_shape(trial, &areas)?;
    note_areas(trial, areas);
    Ok(())
}

fn note_areas(trial: &mut Trial, areas: [Vec<AreaView>; 2]) {
    let pair = trial.pair;
    trial.blocks = areas[0].iter().map(tables::blocks).sum();
    let place = |pointer: *mut u8| pair.offset(0, pointer as usize);
    trial.pools = areas[0].iter().map(|area| (place(area.pool_start), place(area.pool_end))).collect();
    let room = dump_room(&areas[0]);
    for text in &mut trial.texts {
        text.clear();
        text.reserve(room);
    }
    shared(|shared| shared.areas = areas);
}

//! Lends memory to heaps whose areas come and go.

use std::ffi::c_void;

use super::shared::{Event, Shared, limit, shared};
use crate::cover::Count;
use crate::heaps::memory::{CANARY_BYTES, SPARE_ZONE, ZONE_BYTES, bytes_mut};
use crate::heaps::side::AreaRequest;
use crate::trace::Span;

/// The content of memory that is lent.
pub const LENT_FILL: u8 = 0x5a;

pub extern "C" fn on_area(request: AreaRequest, bytes: usize, memory: *mut c_void) -> *mut c_void {
    match request {
        AreaRequest::Limit => limit() as *mut c_void,
        AreaRequest::Lend => shared(|shared| lend(shared, bytes)) as *mut c_void,
        AreaRequest::TakeBack => {
            shared(|shared| take_back(shared, memory as usize));
            std::ptr::null_mut()
        }
    }
}

/// Memory for an area, at the start or the end of the first zone that is not in use. Some sizes are refused: they get
/// none.
fn lend(shared: &mut Shared, bytes: usize) -> usize {
    let (pair, side) = (shared.pair, shared.side);
    let refused = bytes + 256 > ZONE_BYTES || bytes / 16 % 8 == 5;
    let zone = (0..SPARE_ZONE).find(|zone| shared.zones[side][*zone].is_none() && !refused);
    let span = zone.map(|zone| {
        // Aligned like memory from malloc.
        let start = if zone % 2 == 0 { 0 } else { (ZONE_BYTES - 128 - bytes) & !15 };
        let mut span = Span { zone, start, end: start + bytes };
        while pair.fit(span, pair.library.area_bytes, 16) != span {
            (span.start, span.end) = (span.start + 16, span.end + 16);
        }
        let first = span.start.saturating_sub(CANARY_BYTES);
        let length = (span.end + CANARY_BYTES).min(ZONE_BYTES) - first;
        bytes_mut(pair.span_start(side, Span { start: first, ..span }), length).fill(LENT_FILL);
        shared.zones[side][zone] = Some(span);
        shared.lent[zone] = true;
        span
    });
    shared.events[side].push(Event::Lent(bytes, span));
    shared.count(if span.is_some() { Count::area_grown } else { Count::area_refused });
    span.map_or(0, |span| pair.span_start(side, span))
}

fn take_back(shared: &mut Shared, address: usize) {
    let (pair, side) = (shared.pair, shared.side);
    let mut mine = (0..SPARE_ZONE).filter_map(|zone| shared.zones[side][zone]);
    let span = mine.find(|span| pair.span_start(side, *span) == address);
    if let Some(span) = span {
        shared.zones[side][span.zone] = None;
    }
    shared.events[side].push(Event::Back(span));
    shared.count(Count::area_given_back);
}

//! Calls into both heaps: side 0 is gc.c, side 1 is the heap under test.

use std::ffi::c_void;
use std::slice;

use super::memory::{SIDE_BYTES, ZONE_BYTES, ZONES, zone_start};
use super::side::{AreaView, Callback, FIXED_ROOTS, Info, Lender, MAX_AREAS, MAX_ROOTS, RawLibrary, Side};
use crate::trace::{Span, Value};

/// The number of roots: first those in the table, then the words that gc_collect_start finds by itself.
pub const ROOTS: usize = MAX_ROOTS + FIXED_ROOTS;
/// The root that refers to the object being reallocated, as a C stack would.
pub const ROOT_BUSY: usize = MAX_ROOTS - 1;

#[derive(Clone, Copy)]
pub struct Pair {
    pub library: &'static RawLibrary,
    /// Start of each side's memory.
    pub base: [usize; 2],
}

impl Pair {
    pub fn new(library: &'static RawLibrary, callback: Callback, lender: Lender) -> Result<Self, String> {
        // SAFETY: the functions belong to the shared object; the memory is new and never returned.
        unsafe {
            *library.on_object = Some(callback);
            *library.on_area = Some(lender);
            let memory = (library.reserve)(2 * SIDE_BYTES) as usize;
            if memory == 0 {
                return Err("cannot reserve memory".into());
            }
            let pair = Self { library, base: [memory, memory + SIDE_BYTES] };
            for side in 0..2 {
                for zone in 0..ZONES {
                    let start = pair.base[side] + zone_start(zone);
                    if !(library.open)(start as *mut c_void, ZONE_BYTES) {
                        return Err("cannot open memory".into());
                    }
                }
            }
            Ok(pair)
        }
    }

    pub fn side(&self, side: usize) -> &'static Side {
        // SAFETY: the shared object's tables are static.
        unsafe { &*self.library.sides[side] }
    }

    pub fn block(&self) -> usize {
        self.library.block_bytes
    }

    /// An address as an offset from the side's start. NULL becomes 0, an offset that no zone contains.
    pub fn offset(&self, side: usize, address: usize) -> usize {
        if address == 0 { 0 } else { address.wrapping_sub(self.base[side]) }
    }

    pub fn span_start(&self, side: usize, span: Span) -> usize {
        self.base[side] + zone_start(span.zone) + span.start
    }

    pub fn span_end(&self, side: usize, span: Span) -> usize {
        self.base[side] + zone_start(span.zone) + span.end
    }

    pub fn alarm(&self, seconds: u32) {
        // SAFETY: alarm(2) accepts any number.
        unsafe { (self.library.alarm)(seconds) };
    }

    pub fn init(&self, side: usize, span: Span) {
        let (start, end) = (self.span_start(side, span), self.span_end(side, span));
        // SAFETY: the span lies in a zone of the side, which nothing else uses.
        unsafe { (self.side(side).init)(start as *mut c_void, end as *mut c_void) }
    }

    pub fn add(&self, side: usize, span: Span) {
        let (start, end) = (self.span_start(side, span), self.span_end(side, span));
        if let Some(add) = self.side(side).add {
            // SAFETY: as in `init`; the start is pointer aligned.
            unsafe { add(start as *mut c_void, end as *mut c_void) }
        }
    }

    pub fn alloc(&self, side: usize, bytes: usize, finaliser: bool) -> usize {
        // SAFETY: the heap was initialised; any size is allowed.
        unsafe { (self.side(side).alloc)(bytes, finaliser.into()) as usize }
    }

    /// `address`: a live object, or NULL.
    pub fn free(&self, side: usize, address: usize) {
        // SAFETY: the caller guarantees it.
        unsafe { (self.side(side).free)(address as *mut c_void) }
    }

    /// `address`: a live object, or NULL.
    pub fn realloc(&self, side: usize, address: usize, bytes: usize, may_move: bool) -> usize {
        // SAFETY: the caller guarantees it.
        unsafe { (self.side(side).realloc)(address as *mut c_void, bytes, may_move) as usize }
    }

    pub fn nbytes(&self, side: usize, address: usize) -> usize {
        // SAFETY: the function accepts any pointer.
        unsafe { (self.side(side).nbytes)(address as *mut c_void) }
    }

    /// `address`: a live object.
    pub fn weakref_mark(&self, side: usize, address: usize) {
        if let Some(mark) = self.side(side).weakref_mark {
            // SAFETY: the caller guarantees it.
            unsafe { mark(address as *mut c_void) }
        }
    }

    /// Whether gc.c can make an area of this many bytes, counted to the end of the last whole block. With weak
    /// references it has two bitmaps, each rounded up to whole bytes, but its formula allows for one extra byte only.
    /// For sizes where that is too little, an assertion of gc.c fails.
    pub fn fits_gc_c(&self, bytes: usize) -> bool {
        let block = self.block();
        let atb = bytes.saturating_sub(1) * 8 / (16 + 32 * block);
        self.side(0).weakref_mark.is_none() || bytes >= atb * 4 * block + atb + 1 + 2 * (atb * 4).div_ceil(8)
    }

    /// The span, with its start moved up if gc.c could not make an area of it. `record`: the bytes before its tables.
    pub fn fit(&self, mut span: Span, record: usize, step: usize) -> Span {
        while !self
            .fits_gc_c((self.span_end(0, span) & !(self.block() - 1)).saturating_sub(self.span_start(0, span) + record))
        {
            span.start += step;
        }
        span
    }

    /// Sets whether a root of the table is unreadable.
    pub fn set_unreadable(&self, side: usize, at: usize, on: bool) {
        let flags = self.side(side).unreadable;
        if !flags.is_null() && at < MAX_ROOTS {
            // SAFETY: the table has a flag for each root.
            unsafe { *flags.add(at) = on.into() }
        }
    }

    pub fn collect(&self, side: usize) {
        // SAFETY: the heap was initialised and is not collecting.
        unsafe { (self.side(side).collect)() }
    }

    pub fn sweep_all(&self, side: usize) {
        // SAFETY: as in `collect`.
        unsafe { (self.side(side).sweep_all)() }
    }

    pub fn lock(&self, side: usize) {
        // SAFETY: increments a counter.
        unsafe { (self.side(side).lock)() }
    }

    pub fn unlock(&self, side: usize) {
        // SAFETY: decrements a counter; each call has a `lock` before it.
        unsafe { (self.side(side).unlock)() }
    }

    pub fn is_locked(&self, side: usize) -> bool {
        // SAFETY: reads a counter.
        unsafe { (self.side(side).is_locked)() }
    }

    pub fn info(&self, side: usize) -> Info {
        let mut info = Info::default();
        // SAFETY: the function fills the structure.
        unsafe { (self.side(side).info)(&raw mut info) };
        info
    }

    pub fn info_fast(&self, side: usize) -> Option<Info> {
        let mut info = Info::default();
        // SAFETY: the function fills the structure.
        self.side(side).info_fast.map(|fast| unsafe { fast(&raw mut info) })?;
        Some(info)
    }

    /// The text of gc_dump_alloc_table (`table`) or gc_dump_info, cut to the buffer's capacity.
    pub fn dump(&self, side: usize, table: bool, text: &mut Vec<u8>) {
        let function = if table { self.side(side).dump_table } else { self.side(side).dump_info };
        text.clear();
        // SAFETY: the function writes at most `capacity` bytes into the vector's memory and returns how many.
        unsafe {
            let bytes = function(text.as_mut_ptr().cast(), text.capacity());
            text.set_len(bytes);
        }
    }

    pub fn areas(&self, side: usize) -> Vec<AreaView> {
        let mut areas = Vec::with_capacity(MAX_AREAS);
        // SAFETY: the function fills at most `MAX_AREAS` elements and returns how many.
        unsafe {
            let n = (self.side(side).areas)(areas.as_mut_ptr(), MAX_AREAS);
            areas.set_len(n);
        }
        areas
    }

    /// The whole state of the heap, which lies in the host's structure.
    pub fn state(&self, side: usize) -> &'static mut [u8] {
        let side = self.side(side);
        // SAFETY: the structure is static and this process has one thread; callers drop the slice before they call a
        // heap.
        unsafe { slice::from_raw_parts_mut(side.state, side.state_bytes) }
    }

    /// `value` as a word on the side. `object` returns the offset of an object, if it ever had one.
    pub fn word(&self, side: usize, value: Value, object: impl Fn(u32) -> Option<usize>) -> Option<usize> {
        Some(match value {
            Value::Zero => 0,
            Value::Object(id, by) => (self.base[side] + object(id)?).wrapping_add_signed(by),
            Value::Place(at) => self.base[side].wrapping_add(at),
            Value::Noise(number) => number as usize | 1,
            Value::Type(n) => *self.library.types.get(n)?,
            Value::Del => self.library.type_del,
            Value::Plain => self.library.type_plain,
        })
    }

    pub fn set_root(&self, side: usize, at: usize, word: usize) {
        let side = self.side(side);
        // SAFETY: both kinds of roots are static words; a fixed root that the configuration does not have is NULL.
        unsafe {
            if at < MAX_ROOTS {
                *side.roots.add(at) = word;
            } else if at < ROOTS && !side.fixed_roots[at - MAX_ROOTS].is_null() {
                *side.fixed_roots[at - MAX_ROOTS] = word;
            }
        }
    }
}

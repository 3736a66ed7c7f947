//! The two heaps and their memory: side 0 is gc.c, side 1 is the heap under test.
//!
//! Both sides get memory of the same shape, a fixed distance apart, so that an address on one side and the same address
//! on the other differ by that distance and everything else is equal. A zone is a piece of such memory with inaccessible
//! pages around it; each area of a heap gets a zone.

use std::ffi::{c_int, c_void};
use std::slice;

use crate::side::{AreaView, FIXED_ROOTS, Info, MAX_AREAS, MAX_ROOTS, RawLibrary, Side};
use crate::trace::{Span, Value};

pub const ZONES: usize = MAX_AREAS + 1;
/// The zone that detours use.
pub const SPARE_ZONE: usize = MAX_AREAS;
pub const ZONE_BYTES: usize = 2 << 20;
const GUARD_BYTES: usize = 64 << 10;
const ZONE_STRIDE: usize = ZONE_BYTES + 2 * GUARD_BYTES;
pub const SIDE_BYTES: usize = (ZONES * ZONE_STRIDE).next_multiple_of(1 << 20);

pub const FREE: u8 = 0;
pub const HEAD: u8 = 1;
pub const TAIL: u8 = 2;
pub const MARK: u8 = 3;

/// Roots by number: the table first, then the words that gc_collect_start finds by itself.
pub const ROOTS: usize = MAX_ROOTS + FIXED_ROOTS;
/// Holds the object that is being reallocated, as a C stack would.
pub const ROOT_BUSY: usize = MAX_ROOTS - 1;

pub type Callback = extern "C" fn(*mut c_void, c_int);
/// Where a heap gets areas from.
pub type Lender = extern "C" fn(c_int, usize, *mut c_void) -> *mut c_void;

#[derive(Clone, Copy)]
pub struct Pair {
    pub library: &'static RawLibrary,
    /// Start of each side's memory.
    pub base: [usize; 2],
}

impl Pair {
    pub fn new(library: &'static RawLibrary, callback: Callback, lender: Lender) -> Result<Self, String> {
        // SAFETY: the functions are the shared object's own; the memory is fresh and never given back.
        unsafe {
            *library.on_finaliser = Some(callback);
            *library.on_heap = Some(lender);
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

    /// An address of the side as an offset; NULL is 0, which no zone contains.
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
        // SAFETY: alarm(2) takes any number.
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
        // SAFETY: the heap was initialised; any size may be asked for.
        unsafe { (self.side(side).alloc)(bytes, finaliser.into()) as usize }
    }

    /// `address` is that of a live object, or NULL.
    pub fn free(&self, side: usize, address: usize) {
        // SAFETY: by the caller's word.
        unsafe { (self.side(side).free)(address as *mut c_void) }
    }

    /// `address` is that of a live object, or NULL.
    pub fn realloc(&self, side: usize, address: usize, bytes: usize, may_move: bool) -> usize {
        // SAFETY: by the caller's word.
        unsafe { (self.side(side).realloc)(address as *mut c_void, bytes, may_move) as usize }
    }

    pub fn nbytes(&self, side: usize, address: usize) -> usize {
        // SAFETY: the function takes any pointer.
        unsafe { (self.side(side).nbytes)(address as *mut c_void) }
    }

    /// `address` is that of a live object.
    pub fn weakref_mark(&self, side: usize, address: usize) {
        if let Some(mark) = self.side(side).weakref_mark {
            // SAFETY: by the caller's word.
            unsafe { mark(address as *mut c_void) }
        }
    }

    /// Whether gc.c can make an area of so many bytes, from its first to the last whole block's last. Both bitmaps that
    /// it has with weak references are rounded up, and its formula knows only of one byte: where that is not enough, an
    /// assertion fails.
    pub fn fits_gc_c(&self, bytes: usize) -> bool {
        let block = self.block();
        let atb = bytes.saturating_sub(1) * 8 / (16 + 32 * block);
        self.side(0).weakref_mark.is_none() || bytes >= atb * 4 * block + atb + 1 + 2 * (atb * 4).div_ceil(8)
    }

    /// The span, moved up a little if gc.c could not make an area of it. `record`: what lies before its tables.
    pub fn fit(&self, mut span: Span, record: usize, step: usize) -> Span {
        while !self
            .fits_gc_c((self.span_end(0, span) & !(self.block() - 1)).saturating_sub(self.span_start(0, span) + record))
        {
            span.start += step;
        }
        span
    }

    /// Says whether a root of the table may be read.
    pub fn set_unreadable(&self, side: usize, at: usize, on: bool) {
        let flags = self.side(side).unreadable;
        if !flags.is_null() && at < MAX_ROOTS {
            // SAFETY: a flag for each root.
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
        // SAFETY: counts.
        unsafe { (self.side(side).lock)() }
    }

    pub fn unlock(&self, side: usize) {
        // SAFETY: counts; paired with `lock`.
        unsafe { (self.side(side).unlock)() }
    }

    pub fn is_locked(&self, side: usize) -> bool {
        // SAFETY: reads a counter.
        unsafe { (self.side(side).is_locked)() }
    }

    pub fn info(&self, side: usize) -> Info {
        let mut info = Info::default();
        // SAFETY: fills the structure.
        unsafe { (self.side(side).info)(&raw mut info) };
        info
    }

    pub fn info_fast(&self, side: usize) -> Option<Info> {
        let mut info = Info::default();
        // SAFETY: fills the structure.
        self.side(side).info_fast.map(|fast| unsafe { fast(&raw mut info) })?;
        Some(info)
    }

    /// The text of one of the dumps, `table` or not; what the buffer cannot hold is cut.
    pub fn dump(&self, side: usize, table: bool, text: &mut Vec<u8>) {
        let function = if table { self.side(side).dump_table } else { self.side(side).dump_info };
        text.clear();
        // SAFETY: the function writes at most `capacity` bytes into the vector's memory and tells how many.
        unsafe {
            let bytes = function(text.as_mut_ptr().cast(), text.capacity());
            text.set_len(bytes);
        }
    }

    pub fn areas(&self, side: usize) -> Vec<AreaView> {
        let mut areas = Vec::with_capacity(MAX_AREAS);
        // SAFETY: the function fills at most `MAX_AREAS` elements and tells how many.
        unsafe {
            let n = (self.side(side).areas)(areas.as_mut_ptr(), MAX_AREAS);
            areas.set_len(n);
        }
        areas
    }

    /// The heap's whole state in the host's structure.
    pub fn state(&self, side: usize) -> &'static mut [u8] {
        let side = self.side(side);
        // SAFETY: the structure is static and the driver has one thread; the slice is used and dropped at once.
        unsafe { slice::from_raw_parts_mut(side.state, side.state_bytes) }
    }

    /// `value` as a word on the side. `object` tells the offset of an object, if it ever had one.
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
        // SAFETY: both kinds of roots are static words; a configuration without a fixed root has NULL for it.
        unsafe {
            if at < MAX_ROOTS {
                *side.roots.add(at) = word;
            } else if at < ROOTS && !side.fixed_roots[at - MAX_ROOTS].is_null() {
                *side.fixed_roots[at - MAX_ROOTS] = word;
            }
        }
    }
}

/// Offset of a zone from its side's start.
pub fn zone_start(zone: usize) -> usize {
    zone * ZONE_STRIDE + GUARD_BYTES
}

/// A number that the C side keeps, or 0 where the configuration has none.
pub fn read<T: Copy + Into<usize>>(place: *const T) -> usize {
    // SAFETY: the pointers in `Side` are NULL or point at static numbers.
    if place.is_null() { 0 } else { unsafe { place.read_volatile() }.into() }
}

/// Same as `read`, for types that do not always fit.
pub fn read_number<T: Copy + TryInto<usize>>(place: *const T) -> usize {
    // SAFETY: as in `read`.
    if place.is_null() { 0 } else { unsafe { place.read_volatile() }.try_into().unwrap_or(usize::MAX) }
}

pub fn write<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: the pointers in `Side` are NULL or point at static numbers.
        unsafe { place.write_volatile(value) }
    }
}

/// Memory of a zone, or of a table in it.
pub fn bytes<'a>(address: usize, length: usize) -> &'a [u8] {
    // SAFETY: callers name memory inside an open zone, and drop the slice before they call a heap.
    unsafe { slice::from_raw_parts(address as *const u8, length) }
}

pub fn bytes_mut<'a>(address: usize, length: usize) -> &'a mut [u8] {
    // SAFETY: as in `bytes`.
    unsafe { slice::from_raw_parts_mut(address as *mut u8, length) }
}

/// Memory of an object as words.
pub fn words<'a>(address: usize, length: usize) -> &'a [usize] {
    // SAFETY: as in `bytes`; objects are block aligned.
    unsafe { slice::from_raw_parts(address as *const usize, length) }
}

pub fn words_mut<'a>(address: usize, length: usize) -> &'a mut [usize] {
    // SAFETY: as in `words`.
    unsafe { slice::from_raw_parts_mut(address as *mut usize, length) }
}

pub fn atb(area: &AreaView) -> &[u8] {
    bytes(area.atb as usize, area.atb_bytes)
}

pub fn ftb(area: &AreaView) -> &[u8] {
    if area.ftb.is_null() { &[] } else { bytes(area.ftb as usize, (area.atb_bytes * 4).div_ceil(8)) }
}

pub fn wtb(area: &AreaView) -> &[u8] {
    if area.wtb.is_null() { &[] } else { bytes(area.wtb as usize, (area.atb_bytes * 4).div_ceil(8)) }
}

/// Whether the object at an address has a weak reference.
pub fn has_weakref(areas: &[AreaView], block_bytes: usize, address: usize) -> bool {
    areas.iter().any(|area| {
        let block = address.wrapping_sub(area.pool_start as usize) / block_bytes;
        wtb(area).get(block / 8).is_some_and(|byte| byte >> (block % 8) & 1 == 1)
    })
}

/// The zone that an address of the side lies in.
pub fn zone_of(offset: usize) -> usize {
    offset / ZONE_STRIDE
}

pub fn blocks(area: &AreaView) -> usize {
    area.atb_bytes * 4
}

pub fn kind(area: &AreaView, block: usize) -> u8 {
    atb(area)[block / 4] >> (2 * (block % 4)) & 3
}

/// The kind of the block that starts at an address; None if no area has one there.
pub fn kind_at(areas: &[AreaView], block_bytes: usize, address: usize) -> Option<u8> {
    let area = areas.iter().find(|area| (area.pool_start as usize..area.pool_end as usize).contains(&address))?;
    let from = address - area.pool_start as usize;
    (from % block_bytes == 0).then(|| kind(area, from / block_bytes))
}

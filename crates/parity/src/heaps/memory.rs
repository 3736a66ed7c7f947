//! The memory that the heaps get, and raw access to it.
//!
//! Both sides get memory of the same shape, a fixed distance apart, so an address on one side and the same address on
//! the other differ by that distance, and everything else is equal. A zone is a piece of this memory with inaccessible
//! pages around it. Each area of a heap gets a zone of its own.

use std::slice;

use super::side::MAX_AREAS;

pub const ZONES: usize = MAX_AREAS + 1;
/// The zone that detours use.
pub const SPARE_ZONE: usize = MAX_AREAS;
pub const ZONE_BYTES: usize = 2 << 20;
const GUARD_BYTES: usize = 64 << 10;
const ZONE_STRIDE: usize = ZONE_BYTES + 2 * GUARD_BYTES;
pub const SIDE_BYTES: usize = (ZONES * ZONE_STRIDE).next_multiple_of(1 << 20);

/// Bytes around an area that must stay unchanged.
pub const CANARY_BYTES: usize = 64;

/// Offset of a zone from the start of its side.
pub fn zone_start(zone: usize) -> usize {
    zone * ZONE_STRIDE + GUARD_BYTES
}

/// The zone that contains an offset from the start of a side.
pub fn zone_of(offset: usize) -> usize {
    offset / ZONE_STRIDE
}

/// A number that the C side stores, or 0 if the configuration does not have it.
pub fn read<T: Copy + Into<usize>>(place: *const T) -> usize {
    // SAFETY: the pointers in `Side` are NULL or point to static numbers.
    if place.is_null() { 0 } else { unsafe { place.read_volatile() }.into() }
}

/// Like `read`, for types whose values may not fit.
pub fn read_number<T: Copy + TryInto<usize>>(place: *const T) -> usize {
    // SAFETY: as in `read`.
    if place.is_null() { 0 } else { unsafe { place.read_volatile() }.try_into().unwrap_or(usize::MAX) }
}

pub fn write<T>(place: *mut T, value: T) {
    if !place.is_null() {
        // SAFETY: the pointers in `Side` are NULL or point to static numbers.
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

/// Memory of an object, as words.
pub fn words<'a>(address: usize, length: usize) -> &'a [usize] {
    // SAFETY: as in `bytes`; objects are aligned to blocks.
    unsafe { slice::from_raw_parts(address as *const usize, length) }
}

pub fn words_mut<'a>(address: usize, length: usize) -> &'a mut [usize] {
    // SAFETY: as in `words`.
    unsafe { slice::from_raw_parts_mut(address as *mut usize, length) }
}

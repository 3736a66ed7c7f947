//! CRC-32, that of zip and PNG: the polynomial 0x04c11db7 with its bits reversed.
//!
//! In a build of the compact variant half a byte at a time, with a table of 64 bytes; in the others eight bytes at a time, with one
//! of 8 KiB, since a large heap should be written quickly.

const POLYNOMIAL: u32 = 0xedb8_8320;

/// What `bits` zero bits behind `value` make of it.
const fn shifted(mut value: u32, bits: usize) -> u32 {
    let mut i = 0;
    while i < bits {
        value = value >> 1 ^ if value & 1 != 0 { POLYNOMIAL } else { 0 };
        i += 1;
    }
    value
}

#[cfg(any(gcheap_compact, test))]
static OF_HALVES: [u32; 16] = {
    let mut table = [0; 16];
    let mut i = 0;
    while i < 16 {
        table[i] = shifted(i as u32, 4);
        i += 1;
    }
    table
};

/// # Safety
/// The bytes can be read.
#[cfg(any(gcheap_compact, test))]
unsafe fn update_by_halves(mut crc: u32, bytes: *const u8, len: usize) -> u32 {
    for i in 0..len {
        // SAFETY: the caller's promise.
        crc ^= u32::from(unsafe { bytes.add(i).read() });
        crc = crc >> 4 ^ OF_HALVES[(crc & 15) as usize];
        crc = crc >> 4 ^ OF_HALVES[(crc & 15) as usize];
    }
    crc
}

/// Row `n`: a byte with `n` zero bytes behind it.
#[cfg(not(gcheap_compact))]
static OF_EIGHT: [[u32; 256]; 8] = {
    let mut table = [[0; 256]; 8];
    let mut i = 0;
    while i < 256 {
        let mut row = 0;
        let mut value = i as u32;
        while row < 8 {
            value = shifted(value, 8);
            table[row][i] = value;
            row += 1;
        }
        i += 1;
    }
    table
};

/// # Safety
/// The bytes can be read.
#[cfg(not(gcheap_compact))]
unsafe fn update_by_eight(mut crc: u32, bytes: *const u8, len: usize) -> u32 {
    let mut i = 0;
    while i + 8 <= len {
        // SAFETY: the caller's promise.
        let eight = u64::from_le_bytes(unsafe { bytes.add(i).cast::<[u8; 8]>().read() }) ^ u64::from(crc);
        let in_row = |row: usize, n: usize| OF_EIGHT[row][(eight >> (8 * n)) as u8 as usize];
        crc = in_row(7, 0) ^ in_row(6, 1) ^ in_row(5, 2) ^ in_row(4, 3);
        crc ^= in_row(3, 4) ^ in_row(2, 5) ^ in_row(1, 6) ^ in_row(0, 7);
        i += 8;
    }
    while i < len {
        // SAFETY: the caller's promise.
        crc = crc >> 8 ^ OF_EIGHT[0][(crc as u8 ^ unsafe { bytes.add(i).read() }) as usize];
        i += 1;
    }
    crc
}

/// The checksum of nothing, before [`value`].
pub(crate) const START: u32 = !0;

/// The checksum with so many bytes more. They are read through a raw pointer: they may be the heap's.
///
/// # Safety
/// The bytes can be read.
pub(crate) unsafe fn update(crc: u32, bytes: *const u8, len: usize) -> u32 {
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(gcheap_compact)]
        return update_by_halves(crc, bytes, len);
        #[cfg(not(gcheap_compact))]
        update_by_eight(crc, bytes, len)
    }
}

/// The checksum as it is written down.
pub(crate) const fn value(crc: u32) -> u32 {
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_in_both_ways() {
        let text = b"123456789";
        // SAFETY: a constant's bytes.
        unsafe {
            assert_eq!(value(update(START, text.as_ptr(), 9)), 0xcbf4_3926);
            assert_eq!(value(update_by_halves(START, text.as_ptr(), 9)), 0xcbf4_3926);
        }
    }

    #[test]
    fn both_ways_agree_on_every_length_and_in_parts() {
        let bytes: Vec<u8> = (0..100u32).map(|i| (i * i * 7 + i) as u8).collect();
        for len in 0..bytes.len() {
            // SAFETY: the vector's bytes.
            unsafe {
                let whole = update(START, bytes.as_ptr(), len);
                assert_eq!(whole, update_by_halves(START, bytes.as_ptr(), len));
                let half = update(START, bytes.as_ptr(), len / 3);
                assert_eq!(whole, update(half, bytes.as_ptr().add(len / 3), len - len / 3));
            }
        }
    }
}

//! The stream of a snapshot: records through a callback, as they are or framed as lines of text. docs/SNAPSHOT.md has the format.

use core::ffi::c_void;

use super::crc;

/// A callback that takes bytes; false means that it takes no more.
pub type Write = unsafe extern "C" fn(data: *mut c_void, bytes: *const c_void, n_bytes: usize) -> bool;

/// Where a snapshot goes.
#[derive(Clone, Copy)]
pub struct Sink {
    /// Called with parts of the snapshot, in order.
    pub write: Write,
    /// What it is called with.
    pub data: *mut c_void,
    /// As lines of text.
    pub framed: bool,
}

const MAGIC: &[u8; 8] = b"\x89gcheap\n";
const MARKER: &[u8; 5] = b"~gch:";
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Bytes of the stream in a line.
const DATA: usize = 66;
/// What precedes them: the line's number, and where the first record starts.
const BEFORE: usize = 5;
/// And the line's CRC.
const FRAME: usize = BEFORE + DATA + 4;
const LINE: usize = MARKER.len() + FRAME / 3 * 4 + 1;
/// No record starts in this line.
const NO_START: u8 = 255;

/// The most bytes of a varint.
const NUMBER: usize = 10;

/// The stream.
///
/// ```text
///    buffer    0    5                                 71   75
///    binary    │    │ small pieces until it is full   │
///    framed    │ no │ data                            │ CRC
/// ```
pub(crate) struct Stream {
    sink: Sink,
    failed: bool,
    crc: u32,
    buffer: [u8; FRAME],
    /// How many bytes of data it has.
    filled: usize,
    /// Framed: the number of the line that is being filled.
    line: u32,
    start: u8,
}

impl Stream {
    pub fn new(sink: Sink) -> Self {
        let mut stream =
            Self { sink, failed: false, crc: crc::START, buffer: [0; FRAME], filled: 0, line: 0, start: 0 };
        stream.bytes(MAGIC);
        stream
    }

    pub fn is_framed(&self) -> bool {
        self.sink.framed
    }

    /// Hands bytes to the callback, unless it has failed before.
    fn hand_over(&mut self, bytes: *const u8, len: usize) {
        // SAFETY: the bytes can be read; the callback was given for that, with its data.
        self.failed = self.failed || !unsafe { (self.sink.write)(self.sink.data, bytes.cast(), len) };
    }

    /// Whether the callback does not take more.
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Adds memory as it is.
    ///
    /// # Safety
    /// The bytes can be read.
    pub unsafe fn raw(&mut self, mut bytes: *const u8, mut len: usize) {
        if self.failed {
            return;
        }
        // SAFETY: the caller's promise.
        self.crc = unsafe { crc::update(self.crc, bytes, len) };
        if !self.sink.framed && len >= DATA {
            self.flush();
            return self.hand_over(bytes, len);
        }
        while len > 0 {
            let n = len.min(DATA - self.filled);
            // SAFETY: the caller's promise; and there is room for so many bytes.
            unsafe {
                let to = self.buffer.as_mut_ptr().add(BEFORE + self.filled);
                to.copy_from_nonoverlapping(bytes, n);
                bytes = bytes.add(n);
            }
            len -= n;
            self.filled += n;
            if self.filled == DATA {
                self.flush();
            }
        }
    }

    /// Adds bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        // SAFETY: a slice's bytes.
        unsafe { self.raw(bytes.as_ptr(), bytes.len()) }
    }

    /// Adds a varint.
    pub fn number(&mut self, number: usize) {
        let mut bytes = Few::new();
        bytes.number(number);
        self.bytes(bytes.as_slice());
    }

    /// Adds a string.
    pub fn string(&mut self, text: &[u8]) {
        self.number(text.len());
        self.bytes(text);
    }

    /// Begins a record whose payload has so many bytes.
    pub fn record(&mut self, tag: u8, len: usize) {
        if self.start == NO_START {
            self.start = self.filled as u8;
        }
        self.bytes(&[tag]);
        self.number(len);
    }

    /// The most bytes that a record can have, with tag and length, if it is not to go on in the next line.
    pub fn room(&self) -> usize {
        if self.sink.framed { DATA - self.filled } else { usize::MAX }
    }

    /// Framed: what comes next begins a line.
    pub fn next_line(&mut self) {
        if self.sink.framed {
            while self.filled > 0 && !self.failed {
                self.bytes(&[0]);
            }
        }
    }

    /// Records with memory in them, one or as many as lines require: tag, these numbers, where the memory begins as a number,
    /// the memory.
    ///
    /// # Safety
    /// The bytes can be read.
    pub unsafe fn memory(&mut self, tag: u8, numbers: &[u8], mut first: usize, mut bytes: *const u8, mut len: usize) {
        // A piece is a multiple of that, except for the last.
        const WORDS: usize = size_of::<u64>();
        while len > 0 && !self.failed {
            let mut head = Few::new();
            numbers.iter().for_each(|&number| head.byte(number));
            head.number(first);
            let mut n = len;
            if self.sink.framed {
                // The record's length is below 128: it takes a byte.
                let room = self.room().saturating_sub(2 + head.len);
                if room < WORDS {
                    self.next_line();
                    continue;
                }
                n = n.min(room & !(WORDS - 1));
            }
            self.record(tag, head.len + n);
            self.bytes(head.as_slice());
            // SAFETY: the caller's promise.
            unsafe {
                self.raw(bytes, n);
                bytes = bytes.add(n);
            }
            (first, len) = (first + n, len - n);
        }
    }

    /// The last record. Says whether everything was taken.
    pub fn end(&mut self) -> bool {
        self.record(b'E', 4);
        let crc = crc::value(self.crc).to_le_bytes();
        self.bytes(&crc);
        self.next_line();
        self.flush();
        !self.failed
    }

    /// Hands over what the buffer has.
    fn flush(&mut self) {
        if self.sink.framed {
            self.flush_line();
        } else if self.filled > 0 {
            let filled = self.buffer.as_ptr().wrapping_add(BEFORE);
            self.hand_over(filled, self.filled);
        }
        self.filled = 0;
    }

    fn flush_line(&mut self) {
        if self.filled == 0 {
            return;
        }
        let [a, b, c, d] = self.line.to_le_bytes();
        let before = [a, b, c, d, self.start];
        put(&mut self.buffer, 0, &before);
        // SAFETY: the buffer's bytes.
        let crc = unsafe { crc::update(crc::START, self.buffer.as_ptr(), BEFORE + DATA) };
        put(&mut self.buffer, BEFORE + DATA, &crc::value(crc).to_le_bytes());
        let mut line = [b'\n'; LINE];
        put(&mut line, 0, MARKER);
        for (to, from) in line.iter_mut().skip(MARKER.len()).zip(letters(&self.buffer)) {
            *to = from;
        }
        self.hand_over(line.as_ptr(), LINE);
        self.line = self.line.wrapping_add(1);
        self.start = NO_START;
    }
}

/// Copies bytes to a place where there is room for them.
fn put(to: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in to.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

/// The letters of base64 for a whole number of groups.
fn letters(bytes: &[u8; FRAME]) -> impl Iterator<Item = u8> + '_ {
    (0..FRAME / 3 * 4).map(|i| {
        // Letter i has bits 6i to 6i + 5, counted from the highest of the first byte.
        let (byte, bit) = (i * 6 / 8, i * 6 % 8);
        let two = u32::from(bytes[byte % FRAME]) << 8 | u32::from(bytes[(byte + 1) % FRAME]);
        LETTERS[(two >> (10 - bit) & 63) as usize]
    })
}

/// A few bytes that are put together: some varints.
pub(crate) struct Few {
    bytes: [u8; 3 * NUMBER],
    pub len: usize,
}

impl Few {
    pub fn new() -> Self {
        Self { bytes: [0; 3 * NUMBER], len: 0 }
    }

    /// Adds a byte, if there is room.
    pub fn byte(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    /// Adds a varint.
    pub fn number(&mut self, mut number: usize) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    /// The same of a number that may be larger than addresses are.
    pub fn wide(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.byte(number as u8 | 0x80);
            number >>= 7;
        }
        self.byte(number as u8);
    }

    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }
}

/// How many bytes a varint takes.
pub(crate) fn number_bytes(number: usize) -> usize {
    let mut few = Few::new();
    few.number(number);
    few.len
}

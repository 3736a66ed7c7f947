//! Framed snapshots: lines of text in a log full of other output.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::Lines;
use crate::records::Segment;

/// What a line begins with.
const MARKER: &[u8] = b"~gch:";
/// Letters in a line.
const LETTERS: usize = 100;
/// Bytes of the stream in a line.
const DATA: usize = 66;
/// Bytes that the letters stand for: number, start, data, CRC.
const FRAME: usize = 4 + 1 + DATA + 4;

/// A whole line.
struct Frame {
    number: u32,
    start: u8,
    data: [u8; DATA],
}

/// A snapshot in a log: its parts without gaps.
pub(crate) struct Framed {
    parts: Vec<Part>,
    pub lines: Lines,
    last: Frame,
}

/// Consecutive lines.
struct Part {
    first: u32,
    /// The offset of the first record that begins here; beyond the end if none does.
    start: usize,
    bytes: Vec<u8>,
}

/// Whether there is at least one whole line of a snapshot.
pub fn contains_frames(log: &[u8]) -> bool {
    log.split(|&byte| byte == b'\n').any(|line| frame_in(line).is_some_and(|found| found.is_ok()))
}

/// A damaged line.
struct Damaged;

/// The frame in a line of the log, if the marker is in it.
fn frame_in(line: &[u8]) -> Option<Result<Frame, Damaged>> {
    let mut rest = line;
    let mut seen = None;
    while let Some(at) = rest.windows(MARKER.len()).position(|bytes| bytes == MARKER) {
        rest = &rest[at + MARKER.len()..];
        match frame_of(rest) {
            Some(frame) => return Some(Ok(frame)),
            None => seen = Some(Err(Damaged)),
        }
    }
    seen
}

fn frame_of(letters: &[u8]) -> Option<Frame> {
    let bytes = STANDARD.decode(letters.get(..LETTERS)?).ok()?;
    let bytes: &[u8; FRAME] = bytes.as_slice().try_into().ok()?;
    let (checked, crc) = bytes.split_at(FRAME - 4);
    if crc32fast::hash(checked).to_le_bytes() != crc {
        return None;
    }
    let number = u32::from_le_bytes(checked[..4].try_into().ok()?);
    Some(Frame { number, start: checked[4], data: checked[5..].try_into().ok()? })
}

/// All framed snapshots in a log.
pub(crate) fn find(log: &[u8]) -> Vec<Framed> {
    let mut found: Vec<Framed> = vec![];
    for (i, line) in log.split(|&byte| byte == b'\n').enumerate() {
        let Some(Ok(frame)) = frame_in(line) else { continue };
        match found.last_mut() {
            Some(framed) if frame.number > framed.last.number => framed.add(frame, i + 1),
            Some(framed) if frame.number == framed.last.number && frame.data == framed.last.data => {}
            _ => found.push(Framed::new(frame, i + 1)),
        }
    }
    found
}

impl Framed {
    fn new(frame: Frame, line: usize) -> Self {
        let lines = Lines { first: line, last: line, whole: 1, lost: u64::from(frame.number) };
        Self { parts: vec![Part::new(&frame)], lines, last: frame }
    }

    fn add(&mut self, frame: Frame, line: usize) {
        let gap = u64::from(frame.number) - u64::from(self.last.number) - 1;
        self.lines.last = line;
        self.lines.whole += 1;
        self.lines.lost += gap;
        match self.parts.last_mut() {
            Some(part) if gap == 0 => part.add(&frame),
            _ => self.parts.push(Part::new(&frame)),
        }
        self.last = frame;
    }

    pub fn segments(&self) -> Vec<Segment<'_>> {
        self.parts
            .iter()
            .map(|part| Segment {
                offset: u64::from(part.first) * DATA as u64,
                start: part.start.min(part.bytes.len()),
                bytes: &part.bytes,
            })
            .collect()
    }
}

impl Part {
    fn new(frame: &Frame) -> Self {
        let mut part = Self { first: frame.number, start: usize::MAX, bytes: vec![] };
        part.add(frame);
        part
    }

    fn add(&mut self, frame: &Frame) {
        if self.start == usize::MAX && usize::from(frame.start) < DATA {
            self.start = self.bytes.len() + usize::from(frame.start);
        }
        self.bytes.extend_from_slice(&frame.data);
    }
}

//! The stream as records, and their fields.

/// What a stream begins with.
pub(crate) const MAGIC: &[u8] = b"\x89gcheap\n";

/// A part of the stream without a gap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// Where in the stream it begins.
    pub offset: u64,
    /// The offset in `bytes` of the first record.
    pub start: usize,
    pub bytes: &'a [u8],
}

impl<'a> Segment<'a> {
    /// A whole file.
    pub fn binary(bytes: &'a [u8]) -> Self {
        Self { offset: 0, start: 0, bytes }
    }

    /// Its records. What comes behind the end is left out.
    pub fn records(self) -> Records<'a> {
        let magic = self.offset == 0 && self.start == 0 && self.bytes.starts_with(MAGIC);
        let at = if magic { MAGIC.len() } else { self.start };
        Records { segment: self, at, ended: false }
    }
}

/// A record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub tag: u8,
    /// Where its payload begins in its segment.
    pub at: usize,
    pub payload: &'a [u8],
    /// Bytes of it that are missing, because the segment ends.
    pub missing: u64,
}

/// The records of a segment.
pub(crate) struct Records<'a> {
    segment: Segment<'a>,
    at: usize,
    ended: bool,
}

/// What can be wrong with the structure.
pub(crate) struct BadLength(pub usize);

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, BadLength>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let bytes = self.segment.bytes;
        while bytes.get(self.at) == Some(&0) {
            self.at += 1;
        }
        let tag = *bytes.get(self.at)?;
        let mut fields = Fields(&bytes[self.at + 1..]);
        let Some(length) = fields.number() else {
            self.ended = true;
            let too_long = fields.0.len() >= 10;
            return if too_long { Some(Err(BadLength(self.at))) } else { self.cut(tag, bytes.len(), 1) };
        };
        let at = bytes.len() - fields.0.len();
        let there = usize::try_from(length).unwrap_or(usize::MAX).min(fields.0.len());
        let missing = length - there as u64;
        self.at = at + there;
        self.ended = tag == b'E' || missing > 0;
        Some(Ok(Record { tag, at, payload: &fields.0[..there], missing }))
    }
}

impl<'a> Records<'a> {
    fn cut(&self, tag: u8, at: usize, missing: u64) -> Option<Result<Record<'a>, BadLength>> {
        Some(Ok(Record { tag, at, payload: &[], missing }))
    }
}

/// The fields of a payload that are not read yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    /// A varint. If there is none, nothing is taken.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0u64;
        for (i, &byte) in self.0.iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if i == 9 && bits > 1 {
                return None;
            }
            number |= bits << (7 * i);
            if byte & 0x80 == 0 {
                self.0 = &self.0[i + 1..];
                return Some(number);
            }
        }
        None
    }

    /// A string.
    pub fn string(&mut self) -> Option<String> {
        let mut rest = *self;
        let len = usize::try_from(rest.number()?).ok()?;
        let text = rest.0.get(..len)?;
        self.0 = &rest.0[len..];
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// Pairs, as far as they are whole.
    pub fn pairs<T>(&mut self, second: impl Fn(&mut Self) -> Option<T>) -> Vec<(u64, T)> {
        let mut all = vec![];
        loop {
            let mut rest = *self;
            let (Some(one), Some(other)) = (rest.number(), second(&mut rest)) else { return all };
            all.push((one, other));
            *self = rest;
        }
    }
}

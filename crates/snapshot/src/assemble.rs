//! A snapshot from its records.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::area::{Area, Piece};
use crate::model::{ByteOrder, Cause, Flags, Header, Lines, Module, Root, RootKind, RootWord, Snapshot};
use crate::records::{BadLength, Fields, MAGIC, Record, Segment};

/// The newest version of the format that is understood.
const VERSION: u64 = 1;
/// More areas than any heap has.
const MOST_AREAS: u64 = 1024;
/// How many bytes of tables may be missing in all, whatever line numbers say.
const MOST_MISSING: u64 = 1 << 24;

/// Makes a snapshot of the parts of its stream that there are. The error is a sentence.
pub(crate) fn assemble<'a>(segments: &[Segment<'a>], lines: Option<Lines>) -> Result<Snapshot<'a>, String> {
    let mut making = Making { lines, ..Making::default() };
    let records = making.read_all(segments);
    let header = records.iter().filter(|record| record.tag == b'H').find_map(|record| header_of(record.payload));
    let header = header.unwrap_or_else(|| Err(making.no_header(&records)))?;
    making.snapshot.header = header;
    records.iter().filter(|record| record.tag == b'A').for_each(|record| making.area(record));
    for record in &records {
        making.record(record);
    }
    Ok(making.finish())
}

/// The header in a payload; `None` if its fields are not all there, an error if it cannot be followed.
fn header_of(payload: &[u8]) -> Option<Result<Header, String>> {
    let mut fields = Fields(payload);
    let version = fields.number()?;
    if version != VERSION {
        return Some(Err(format!(
            "the snapshot has version {version} of the format, and this program understands version {VERSION}"
        )));
    }
    let (word, order, block) = (fields.number()?, fields.number()?, fields.number()?);
    let (flags, cause, wanted, areas) = (fields.number()?, fields.number()?, fields.number()?, fields.number()?);
    let (library, host) = (fields.string()?, fields.string()?);
    if !matches!(word, 4 | 8) || order > 1 || !block.is_power_of_two() || !(word..=4096).contains(&block) {
        return Some(Err(format!(
            "the header makes no sense: words of {word} bytes in order {order}, blocks of {block} bytes"
        )));
    }
    Some(Ok(Header {
        version,
        word_bytes: word as usize,
        byte_order: if order == 0 { ByteOrder::Little } else { ByteOrder::Big },
        block_bytes: block as usize,
        flags: Flags(flags),
        cause: match cause {
            0 => Cause::Asked,
            1 => Cause::OutOfMemory(wanted),
            2 => Cause::Exit,
            other => Cause::Other(other),
        },
        areas,
        library,
        host,
    }))
}

/// A snapshot that is being made.
#[derive(Default)]
struct Making<'a> {
    snapshot: Snapshot<'a>,
    lines: Option<Lines>,
    roots: BTreeMap<u64, Root>,
    /// Parts of tables: which, area, first byte, bytes.
    tables: Vec<(u64, usize, u64, &'a [u8])>,
    /// Parts of contents, by area.
    contents: Vec<(usize, Piece<'a>)>,
    /// Whether the end was there, and what the checksum says.
    end: Option<Result<(), (u32, u32)>>,
    /// Tags that are not known, and how many records have them.
    unknown: BTreeMap<u8, u64>,
    /// Records that make no sense: what, and how many.
    senseless: BTreeMap<&'static str, u64>,
}

impl<'a> Making<'a> {
    fn problem(&mut self, sentence: String) {
        self.snapshot.problems.push(sentence);
    }

    fn senseless(&mut self, what: &'static str) {
        *self.senseless.entry(what).or_default() += 1;
    }

    fn read_all(&mut self, segments: &[Segment<'a>]) -> Vec<Record<'a>> {
        let mut all = vec![];
        for segment in segments {
            for record in segment.records() {
                match record {
                    Ok(record) => {
                        self.check_end(segment, &record);
                        all.push(record);
                    }
                    Err(BadLength(at)) => self.problem(format!(
                        "the snapshot is damaged at byte {}: no record can have the length that is written there",
                        segment.offset + at as u64
                    )),
                }
            }
        }
        if self.end.is_none() && self.lines.is_none_or(|lines| lines.lost == 0) {
            let last = segments.last().map_or(0, |segment| segment.offset + segment.bytes.len() as u64);
            let within = match all.last() {
                Some(Record { missing: 1.., tag, .. }) => format!(", within {}", what_is(*tag)),
                _ => String::new(),
            };
            self.problem(format!(
                "the snapshot ends early, after {last} bytes{within}: what would have followed is not known"
            ));
        }
        all
    }

    fn check_end(&mut self, segment: &Segment<'a>, record: &Record<'a>) {
        let Ok(crc) = <[u8; 4]>::try_from(record.payload) else { return };
        if record.tag != b'E' || self.end.is_some() {
            return;
        }
        let said = u32::from_le_bytes(crc);
        let is = if segment.offset == 0 { crc32fast::hash(&segment.bytes[..record.at]) } else { said };
        self.end = Some(if said == is { Ok(()) } else { Err((said, is)) });
    }

    fn no_header(&self, records: &[Record<'a>]) -> String {
        match (self.lines, records.is_empty()) {
            (Some(lines), _) => format!(
                "of the snapshot from line {} on, {} lines are whole, but none of them has its header",
                lines.first, lines.whole
            ),
            (None, true) => format!("the file ends after the first {} bytes of a snapshot", MAGIC.len()),
            (None, false) => "the snapshot is damaged: it does not begin with a header".into(),
        }
    }

    fn area(&mut self, record: &Record<'a>) {
        let mut fields = Fields(record.payload);
        let mut next = || fields.number();
        let (Some(index), Some(address), Some(blocks), Some(used)) = (next(), next(), next(), next()) else {
            return;
        };
        let block_bytes = self.snapshot.header.block_bytes as u64;
        let fits = blocks.checked_mul(block_bytes).and_then(|bytes| address.checked_add(bytes)).is_some();
        if index >= MOST_AREAS || used > blocks || !fits {
            return self.senseless("describe an area that cannot be");
        }
        let areas = &mut self.snapshot.areas;
        if areas.len() <= index as usize {
            areas.resize_with(index as usize + 1, || Area { block_bytes, ..Area::default() });
        }
        let area = &mut areas[index as usize];
        (area.address, area.blocks, area.used) = (address, blocks, used);
    }

    fn record(&mut self, record: &Record<'a>) {
        let payload = Fields(record.payload);
        let whole = match record.tag {
            b'H' | b'A' | b'E' => Some(()),
            b'T' => self.table(payload),
            b'C' => self.content(payload),
            b'M' => self.module(payload),
            b'R' => self.root(payload),
            b'W' => self.words(payload),
            b'K' => self.set_aside(payload),
            b'N' => self.names(payload),
            b'S' => {
                let mut fields = payload;
                while let Some(key) = fields.string() {
                    let Some(value) = fields.number() else { break };
                    self.snapshot.statistics.push((key, value));
                }
                Some(())
            }
            tag => {
                *self.unknown.entry(tag).or_default() += 1;
                Some(())
            }
        };
        if whole.is_none() && record.missing == 0 {
            self.senseless("are shorter than what they should say");
        }
    }

    /// The index of the area that comes next in the fields; one that there is not counts as senseless.
    fn known_area(&mut self, fields: &mut Fields<'a>) -> Option<Option<usize>> {
        let number = fields.number()?;
        let index = usize::try_from(number).ok().filter(|&index| index < self.snapshot.areas.len());
        if index.is_none() {
            self.senseless("belong to an area that is not known");
        }
        Some(index)
    }

    fn table(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let table = fields.number()?;
        let area = self.known_area(&mut fields)?;
        let first = fields.number()?;
        if let Some(area) = area {
            self.tables.push((table, area, first, fields.0));
        }
        Some(())
    }

    fn content(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let area = self.known_area(&mut fields)?;
        let first = fields.number()?;
        let Some(index) = area else { return Some(()) };
        let of = &self.snapshot.areas[index];
        let end = first.checked_add(fields.0.len() as u64);
        if end.is_none_or(|end| end > of.blocks.saturating_mul(of.block_bytes)) {
            self.senseless("have contents beyond the area's end");
        } else {
            self.contents.push((index, Piece { first, bytes: Cow::Borrowed(fields.0) }));
        }
        Some(())
    }

    fn module(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let (number, base, path) = (fields.number()?, fields.number()?, fields.string()?);
        self.snapshot.modules.push(Module { number, base, path });
        Some(())
    }

    fn root(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let number = fields.number()?;
        let (kind, flags) = (RootKind::of(fields.number()?), fields.number()?);
        let (address, bytes, thread, module) = (fields.number()?, fields.number()?, fields.number()?, fields.number()?);
        let name = fields.string()?;
        let words = self.roots.remove(&number).map(|root| root.words).unwrap_or_default();
        let interior = flags & 1 != 0;
        self.roots.insert(number, Root { kind, interior, address, bytes, thread, module, name, words });
        Some(())
    }

    fn words(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let root = self.roots.entry(fields.number()?).or_default();
        let mut index = 0u64;
        for (distance, value) in fields.pairs(Fields::number) {
            index = index.saturating_add(distance);
            root.words.push(RootWord { index, value });
        }
        Some(())
    }

    fn set_aside(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let area = self.known_area(&mut fields)?;
        let mut block = 0u64;
        for (distance, blocks) in fields.pairs(Fields::number) {
            block = block.saturating_add(distance);
            if let Some(index) = area {
                self.snapshot.areas[index].set_aside.push(block..block.saturating_add(blocks));
            }
        }
        Some(())
    }

    fn names(&mut self, mut fields: Fields<'a>) -> Option<()> {
        let area = self.known_area(&mut fields)?;
        let mut block = 0u64;
        for (distance, name) in fields.pairs(Fields::string) {
            block = block.saturating_add(distance);
            let of = area.and_then(|index| self.snapshot.areas.get(index)).filter(|of| block < of.blocks);
            match of.map(|of| of.address + block * of.block_bytes) {
                Some(address) => self.snapshot.names.add(address, name),
                None => self.senseless("name objects that are not there"),
            }
        }
        Some(())
    }

    fn finish(mut self) -> Snapshot<'a> {
        self.place_tables();
        self.place_contents();
        for area in &mut self.snapshot.areas {
            area.set_aside.sort_by_key(|range| range.start);
        }
        let roots = std::mem::take(&mut self.roots);
        self.snapshot.roots = roots.into_values().collect();
        self.say_what_is_wrong();
        self.snapshot.lines = self.lines;
        let lost = self.lines.map_or(0, |lines| lines.lost);
        self.snapshot.complete = self.end == Some(Ok(())) && lost == 0;
        self.snapshot
    }

    fn place_tables(&mut self) {
        // Only lost lines leave gaps.
        let lost = self.lines.map_or(0, |lines| lines.lost.saturating_mul(66));
        let mut missing_left = lost.min(MOST_MISSING) as usize;
        let mut parts = std::mem::take(&mut self.tables);
        // What comes later in the stream comes later in the table.
        parts.sort_by_key(|&(table, area, first, _)| (area, table, first));
        let mut known: Vec<Vec<Range<u64>>> = vec![vec![]; self.snapshot.areas.len()];
        for (table, index, first, bytes) in parts {
            let area = &mut self.snapshot.areas[index];
            let (to, blocks_per_byte) = match table {
                0 => (&mut area.atb, 4),
                1 => (&mut area.ftb, 8),
                2 => (&mut area.wtb, 8),
                3 => (&mut area.ntb, 8),
                _ => {
                    self.senseless("are part of a table that this version does not know");
                    continue;
                }
            };
            let most = area.blocks.div_ceil(blocks_per_byte);
            let fits = first.checked_add(bytes.len() as u64).is_some_and(|end| end <= most);
            let from = usize::try_from(first).unwrap_or(usize::MAX);
            let missing = from.saturating_sub(to.len());
            if !fits || missing > missing_left {
                self.senseless("are part of a table, but of a place that cannot be");
                continue;
            }
            missing_left -= missing;
            let end = from + bytes.len();
            if to.len() < end {
                to.resize(end, 0);
            }
            to[from..end].copy_from_slice(bytes);
            if table == 0 {
                known[index].push(first * 4..(first + bytes.len() as u64) * 4);
            }
        }
        for (area, known) in self.snapshot.areas.iter_mut().zip(known) {
            area.unknown = gaps(&known, area.used);
        }
    }

    fn place_contents(&mut self) {
        let mut parts = std::mem::take(&mut self.contents);
        parts.sort_by_key(|(area, piece)| (*area, piece.first));
        for (index, piece) in parts {
            let pieces = &mut self.snapshot.areas[index].pieces;
            match pieces.last_mut() {
                Some(last) if last.first + last.bytes.len() as u64 == piece.first => {
                    last.bytes.to_mut().extend_from_slice(&piece.bytes);
                }
                Some(last) if last.first + last.bytes.len() as u64 > piece.first => {
                    self.senseless("repeat contents");
                }
                _ => pieces.push(piece),
            }
        }
    }

    fn say_what_is_wrong(&mut self) {
        if let Some(lines) = self.lines.filter(|lines| lines.lost > 0) {
            self.problem(format!(
                "{} of the snapshot (lines {} to {} of the log) {} lost or damaged: up to {} bytes of it are missing",
                several(lines.lost, "line"),
                lines.first,
                lines.last,
                if lines.lost == 1 { "was" } else { "were" },
                lines.lost.saturating_mul(66)
            ));
            if self.end.is_none() {
                self.problem("the snapshot ends early: its last line is not there".into());
            }
        } else if let Some(Err((said, is))) = self.end {
            self.problem(format!(
                "the snapshot is damaged: its checksum is {said:08x}, but what is there has {is:08x}"
            ));
        }
        for (what, n) in std::mem::take(&mut self.senseless) {
            self.problem(format!("{} left out, which {what}", several_were(n, "record")));
        }
        for (tag, n) in std::mem::take(&mut self.unknown) {
            self.problem(format!(
                "{} left out, of a kind that this version does not know ({})",
                several_were(n, "record"),
                char::from(tag).escape_default()
            ));
        }
        for index in 0..self.snapshot.areas.len() {
            let area = &self.snapshot.areas[index];
            let unknown: u64 = area.unknown.iter().map(|range| range.end - range.start).sum();
            if unknown > 0 {
                let (used, address) = (area.used, area.address);
                self.problem(format!(
                    "of {used} blocks of the area at {address:#x}, {unknown} are not known: they look free"
                ));
            }
        }
        let areas = self.snapshot.header.areas;
        let there = self.snapshot.areas.iter().filter(|area| area.blocks > 0 || area.address > 0).count() as u64;
        if there < areas {
            self.problem(format!("of {}, only {there} can be described", several(areas, "area")));
        }
    }
}

/// What of the blocks below `used` is in none of the ranges, which are sorted.
fn gaps(known: &[Range<u64>], used: u64) -> Vec<Range<u64>> {
    let (mut all, mut next) = (vec![], 0);
    for range in known {
        if range.start.min(used) > next {
            all.push(next..range.start.min(used));
        }
        next = next.max(range.end);
    }
    if next < used {
        all.push(next..used);
    }
    all
}

fn several(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

fn several_were(n: u64, what: &str) -> String {
    format!("{} {}", several(n, what), if n == 1 { "was" } else { "were" })
}

/// What a record is about, for people.
fn what_is(tag: u8) -> &'static str {
    match tag {
        b'H' => "the header",
        b'A' => "an area's description",
        b'T' => "a table",
        b'C' => "the contents of objects",
        b'M' => "the list of modules",
        b'R' | b'W' => "the roots",
        b'K' => "the list of blocks set aside",
        b'N' => "the names of objects",
        b'S' => "the statistics",
        b'E' => "the end",
        _ => "a record that this version does not know",
    }
}

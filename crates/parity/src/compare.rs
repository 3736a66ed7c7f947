//! Compares the two heaps, and shows them.

use crate::cover::Count;
use crate::finalisers::{Event, shared};
use crate::pair::{self, FREE, HEAD, MARK, SIDE_BYTES, TAIL, read, read_number};
use crate::run::Runner;
use crate::side::AreaView;
use crate::trace::Id;

/// How the two heaps differ, in words.
#[derive(Debug)]
pub struct Divergence(pub String);

/// Fails with a sentence built from both sides' values.
macro_rules! same {
    ($left:expr, $right:expr, $($what:tt)*) => {
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(Divergence(format!("{}: gc.c {left:?}, libgcheap {right:?}", format!($($what)*))));
        }
    };
}
pub(crate) use same;

/// A heap with more live words than this gets them compared only now and then.
const ALL_WORDS: usize = 512;

/// A heap with more blocks than this is dumped only now and then, one with this many times as many has its gc_info
/// compared only now and then: both take gc.c a time in proportion to the heap.
const ALL_DUMPS: usize = 64;
const ALL_INFOS: usize = 1024;

/// Where a pointer points.
#[derive(Debug, PartialEq)]
#[allow(dead_code)] // for its picture
pub enum Place {
    Null,
    Block { area: usize, block: usize, byte: usize },
    Elsewhere(usize),
}

impl Runner {
    /// An offset from a side's start, said in terms of the heap.
    pub fn place(&self, at: usize) -> Place {
        if at == 0 {
            return Place::Null;
        }
        let within = |(start, end): &(usize, usize)| (*start..*end).contains(&at);
        let Some(area) = self.pools.iter().position(within) else { return Place::Elsewhere(at) };
        let from = at - self.pools[area].0;
        Place::Block { area, block: from / self.pair.block(), byte: from % self.pair.block() }
    }

    pub fn same_shape(&self, areas: &[Vec<AreaView>; 2]) -> Result<(), Divergence> {
        let pair = self.pair;
        same!(areas[0].len(), areas[1].len(), "number of areas");
        same!(areas[0].len(), self.spans.len(), "number of areas, and of spans");
        for (n, (left, right)) in areas[0].iter().zip(&areas[1]).enumerate() {
            same!(left.atb_bytes, right.atb_bytes, "ATB bytes of area {n}");
            let place = |side, pointer: *mut u8| pair.offset(side, pointer as usize);
            same!(place(0, left.pool_start), place(1, right.pool_start), "offset of pool start of area {n}");
            same!(place(0, left.pool_end), place(1, right.pool_end), "offset of pool end of area {n}");
            // Where the tables lie is each heap's own matter, as long as it is inside the memory that it was given.
            let (start, end) = (pair.span_start(1, self.spans[n]), right.pool_start as usize);
            let mut tables = [
                (right.atb as usize, right.atb_bytes),
                (right.ftb as usize, pair::ftb(right).len()),
                (right.wtb as usize, pair::wtb(right).len()),
            ];
            tables.sort_unstable();
            let mut from = start;
            for (table, length) in tables {
                if length > 0 && (table < from || table + length > end) {
                    return Err(Divergence(format!(
                        "libgcheap's tables of area {n} overlap or leave the memory: {right:?}"
                    )));
                }
                from = from.max(table + length);
            }
        }
        Ok(())
    }

    /// Compares the two heaps, all of it that changes and, now and then (or always if `all`), the rest.
    pub fn compare(&mut self, all: bool) -> Result<(), Divergence> {
        let pair = self.pair;
        let [left, right] = [0, 1].map(|side| pair.side(side));
        let misuse: usize = read_number(right.misuse);
        if misuse != 0 {
            return Err(Divergence(format!("libgcheap reports misuse, code {misuse}")));
        }
        shared(|shared| {
            let [left, right] = &shared.events;
            if left != right {
                let n = left.iter().zip(right).take_while(|(left, right)| left == right).count();
                let (left, right) = (self.event(left.get(n)), self.event(right.get(n)));
                return Err(Divergence(format!("step {n} of the finalisers: gc.c {left}, libgcheap {right}")));
            }
            for event in left {
                match event {
                    Event::Asked(_) => shared.cover.one(Count::finaliser_asked),
                    Event::Called(_) => shared.cover.one(Count::finaliser_called),
                    _ => {}
                }
            }
            shared.events.iter_mut().for_each(Vec::clear);
            Ok(())
        })?;
        same!(read(left.collections), read(right.collections), "number of collections");
        same!(read(left.lock_depth), read(right.lock_depth), "gc_lock_depth");
        same!(pair.is_locked(0), pair.is_locked(1), "gc_is_locked");
        same!(read(left.auto_collect), read(right.auto_collect), "gc_auto_collect_enabled");
        same!(read_number(left.alloc_amount), read_number(right.alloc_amount), "gc_alloc_amount");
        same!(read_number(left.alloc_threshold), read_number(right.alloc_threshold), "gc_alloc_threshold");
        same!(read_number(left.collected), read_number(right.collected), "gc_collected");
        same!(read_number(right.mutex_depth), 0, "depth of libgcheap's mutex");
        shared(|shared| same_tables(&shared.areas))?;

        let every = |blocks: usize| self.calls % self.blocks.div_ceil(blocks) == 0;
        if all || every(ALL_INFOS) {
            self.same_info()?;
        }
        if all || every(ALL_DUMPS) {
            self.same_shape(&[pair.areas(0), pair.areas(1)])?;
            self.same_dumps()?;
            self.same_surroundings()?;
        }
        let words = self.live_blocks * pair.block() / size_of::<usize>();
        if all || self.calls % (words / ALL_WORDS + 1) == 0 {
            for id in &self.live {
                self.same_words(*id)?;
            }
        }
        Ok(())
    }

    /// Compares everything, at the end of a trace.
    pub fn finish(&mut self) -> Result<(), Divergence> {
        self.compare(true)
    }

    fn same_info(&self) -> Result<(), Divergence> {
        let info = [self.pair.info(0), self.pair.info(1)];
        same!(info[0], info[1], "gc_info");
        if let Some(fast) = self.pair.info_fast(1) {
            same!([info[0].total, info[0].used, info[0].free], [fast.total, fast.used, fast.free], "gc_info_fast");
        }
        self.count(Count::info_compared);
        Ok(())
    }

    fn same_dumps(&mut self) -> Result<(), Divergence> {
        for table in [true, false] {
            for side in 0..2 {
                self.pair.dump(side, table, &mut self.texts[side]);
            }
            shared(|shared| {
                let text = |side: usize| without_addresses(&self.texts[side], &shared.areas[side]);
                let (left, right) = (text(0), text(1));
                if left != right {
                    return Err(Divergence(format!("dumps differ.\ngc.c:\n{left}\nlibgcheap:\n{right}")));
                }
                Ok(())
            })?;
        }
        self.count(Count::dump_compared);
        Ok(())
    }

    /// Nothing was written outside the memory that the heaps were given.
    fn same_surroundings(&self) -> Result<(), Divergence> {
        let pair = self.pair;
        for (span, [before, behind]) in self.spans.iter().filter_map(|span| self.canaries[span.zone].as_ref()) {
            for side in 0..2 {
                let start = pair.span_start(side, *span) - before.len();
                let end = pair.span_end(side, *span) & !(pair.block() - 1);
                if pair::bytes(start, before.len()) != before || pair::bytes(end, behind.len()) != behind {
                    return Err(Divergence(format!("side {side} wrote outside its area of {span}")));
                }
            }
        }
        Ok(())
    }

    /// An object's words are equal, or addresses of the same place on each side.
    pub fn same_words(&self, id: Id) -> Result<(), Divergence> {
        let Some(object) = self.live_object(id) else { return Ok(()) };
        let pair = self.pair;
        let length = object.blocks * pair.block() / size_of::<usize>();
        let [left, right] = [0, 1].map(|side| pair::words(pair.base[side] + object.at, length));
        for (n, (left, right)) in left.iter().zip(right).enumerate() {
            if left != right && left.wrapping_add(SIDE_BYTES) != *right {
                return Err(Divergence(format!("word {n} of object #{id}: gc.c {left:#x}, libgcheap {right:#x}")));
            }
        }
        self.count(Count::words_compared);
        Ok(())
    }

    fn event(&self, event: Option<&Event>) -> String {
        match event {
            None => "does nothing more".into(),
            Some(Event::Asked(at)) => format!("asks for the finaliser of {:?}", self.place(*at)),
            Some(Event::Called(at)) => format!("calls the finaliser of {:?}", self.place(*at)),
            Some(Event::Returned(act, result)) => format!("returns {result} from \"{act}\""),
            Some(other) => format!("{other:?}"),
        }
    }

    /// Both heaps as text, one above the other; differing lines are marked.
    pub fn picture(&self) -> String {
        shared(|shared| {
            let mut text = String::new();
            for (n, (left, right)) in shared.areas[0].iter().zip(&shared.areas[1]).enumerate() {
                let rows = |area: &AreaView| -> Vec<String> {
                    let symbols: Vec<char> = (0..pair::blocks(area)).map(|block| symbol(area, block)).collect();
                    symbols.chunks(96).map(|row| row.iter().collect()).collect()
                };
                let (left, right) = (rows(left), rows(right));
                for (row, (left, right)) in left.iter().zip(&right).enumerate() {
                    text += &format!("  area {n} block {:<6} gc.c      {left}\n", row * 96);
                    if left != right {
                        let marks: String =
                            left.chars().zip(right.chars()).map(|(l, r)| if l == r { ' ' } else { '^' }).collect();
                        text += &format!("  {:19} libgcheap {right}\n  {:29} {marks}\n", "", "");
                    }
                }
            }
            text
        })
    }
}

fn same_tables(areas: &[Vec<AreaView>; 2]) -> Result<(), Divergence> {
    for (n, (left, right)) in areas[0].iter().zip(&areas[1]).enumerate() {
        if pair::atb(left) != pair::atb(right) {
            let block = (0..pair::blocks(left)).find(|block| pair::kind(left, *block) != pair::kind(right, *block));
            return Err(Divergence(format!("ATB of area {n} differs at block {}", block.unwrap_or(0))));
        }
        same!(pair::ftb(left), pair::ftb(right), "FTB of area {n}");
        same!(pair::wtb(left), pair::wtb(right), "WTB of area {n}");
    }
    Ok(())
}

/// A block's kind as a letter: a capital for a head with a finaliser bit, `!` for such a bit where none may be.
fn symbol(area: &AreaView, block: usize) -> char {
    let bit = pair::ftb(area).get(block / 8).is_some_and(|byte| byte >> (block % 8) & 1 == 1);
    match (pair::kind(area, block), bit) {
        (FREE, false) => '.',
        (HEAD, false) => 'h',
        (HEAD, true) => 'H',
        (TAIL, false) => '=',
        (MARK, false) => 'm',
        (MARK, true) => 'M',
        _ => '!',
    }
}

/// Room for any dump of these areas.
pub fn dump_room(areas: &[AreaView]) -> usize {
    areas.iter().map(|area| 256 + pair::blocks(area) * 2).sum()
}

/// A dump without the addresses of the pools. They are printed as gc.c's printf prints `%p`, or they stay.
pub fn without_addresses(text: &[u8], areas: &[AreaView]) -> String {
    let mut text = String::from_utf8_lossy(text).into_owned();
    for area in areas {
        text = text.replacen(&format!("from {:x}:", area.pool_start as usize), "from POOL:", 1);
    }
    text
}

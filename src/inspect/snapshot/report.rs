//! What a host adds to a snapshot of its heap: roots, modules, numbers. And the batches in which pairs of numbers are written.

use super::stream::{Few, Sink, Stream, number_bytes};
use crate::config::{BLOCK_BYTES, WORD_BYTES};
use crate::layout::area::{Area, Areas};
use crate::layout::block::block_from_ptr;

/// What a range of roots is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RootKind {
    /// None of the others.
    Other = 0,
    /// Static data.
    Static = 1,
    /// A stack.
    Stack = 2,
    /// Registers.
    Registers = 3,
    /// Thread-local storage.
    ThreadLocal = 4,
    /// Added by hand.
    Added = 5,
    /// The host's own.
    Host = 6,
    /// What finalisers will be called with.
    Finaliser = 7,
    /// Objects that no collection frees.
    Uncollectable = 8,
    /// The result of a thread that was not joined yet.
    ThreadResult = 9,
}

/// A range of roots, but for its words.
#[derive(Clone, Copy, Debug)]
pub struct RootRange<'a> {
    /// What it is.
    pub kind: RootKind,
    /// Whether a word counts if it points anywhere into an object, or to its end.
    pub interior: bool,
    /// The address of the first word; 0 if the words have none.
    pub address: usize,
    /// How long it is.
    pub bytes: usize,
    /// The system's number of the thread; 0: none.
    pub thread: usize,
    /// The module's number; 0: none.
    pub module: usize,
    /// A symbol, or what else tells it from others. At most 4096 bytes count.
    pub name: &'a [u8],
}

/// The longest string.
const MOST_TEXT: usize = 4096;
/// The most bytes of an object's name.
pub(crate) const MOST_NAME: usize = 100;
/// The most bytes of a batch: more than a pair with the longest name has.
const BATCH: usize = 128;
/// The most bytes of a batch that is not to go on in the next line, where a line is empty.
const BATCH_IN_LINE: usize = 64;

/// A snapshot that is being written, as its host sees it.
pub struct Report {
    stream: Stream,
    first_area: Area,
    roots: usize,
    modules: usize,
    batch: [u8; BATCH],
    /// How many bytes it has; 0 if there is none.
    len: usize,
    tag: u8,
    /// The number that all pairs of the batch belong to: a root, or an area.
    of: usize,
    /// The first number of the last pair.
    last: usize,
}

impl Report {
    pub(crate) fn new(sink: Sink, first_area: Area) -> Self {
        Self {
            stream: Stream::new(sink),
            first_area,
            roots: 0,
            modules: 0,
            batch: [0; BATCH],
            len: 0,
            tag: 0,
            of: 0,
            last: 0,
        }
    }

    /// Whether more of the snapshot is of no use, because the callback does not take it.
    pub fn has_failed(&self) -> bool {
        self.stream.has_failed()
    }

    /// The stream, with what was put into batches before.
    pub(crate) fn stream(&mut self) -> &mut Stream {
        self.flush();
        &mut self.stream
    }

    /// Begins a record of numbers and then a text; `numbers` are all there are.
    pub(crate) fn record(&mut self, tag: u8, numbers: &[usize], texts: &[&[u8]]) {
        let cut = |text: &[u8]| text.len().min(MOST_TEXT);
        let len = numbers.iter().map(|&number| number_bytes(number)).sum::<usize>();
        let len = len + texts.iter().map(|text| number_bytes(cut(text)) + cut(text)).sum::<usize>();
        let stream = self.stream();
        stream.record(tag, len);
        numbers.iter().for_each(|&number| stream.number(number));
        texts.iter().for_each(|text| stream.string(text.get(..cut(text)).unwrap_or(&[])));
    }

    /// Adds a program or library; returns its number. `base` is what was added to the addresses in its file.
    pub fn module(&mut self, base: usize, path: &[u8]) -> usize {
        self.modules += 1;
        self.record(b'M', &[self.modules, base], &[path]);
        self.modules
    }

    /// Begins a range of roots, whose words are told by [`Report::word`].
    pub fn root(&mut self, range: &RootRange<'_>) {
        let RootRange { kind, interior, address, bytes, thread, module, name } = *range;
        let numbers = [kind as usize, interior.into(), address, bytes, thread, module];
        let [a, b, c, d, e, f] = numbers;
        self.record(b'R', &[self.roots, a, b, c, d, e, f], &[name]);
        self.roots += 1;
    }

    /// Adds a word of the range that was begun last, so many words from its start; indices rise. Nothing happens if it does not
    /// point into the heap.
    #[inline]
    pub fn word(&mut self, index: usize, value: usize) {
        if self.points_into_heap(value) {
            self.pair(b'W', self.roots.wrapping_sub(1), index, Some(value), &[]);
        }
    }

    /// A range of roots with its words, which are in memory at `range.address`.
    ///
    /// # Safety
    /// The words can be read; the address is aligned for one.
    pub unsafe fn range(&mut self, range: &RootRange<'_>) {
        self.root(range);
        let words = core::ptr::with_exposed_provenance::<usize>(range.address);
        for index in 0..range.bytes / WORD_BYTES {
            // SAFETY: the caller's promise. Volatile: other threads may write there, which do not use the heap meanwhile.
            self.word(index, unsafe { words.add(index).read_volatile() });
        }
    }

    #[inline]
    fn points_into_heap(&self, word: usize) -> bool {
        Areas::from(self.first_area)
            .any(|area| word.wrapping_sub(area.pool().addr().get()) <= area.blocks() * BLOCK_BYTES && area.blocks() > 0)
    }

    /// Says that the object at an address is none, but set aside for a thread's next allocation; `blocks` long.
    pub fn set_aside(&mut self, object: usize, blocks: usize) {
        for (index, area) in Areas::from(self.first_area).enumerate() {
            if let Some(block) = block_from_ptr(object, area.pool().addr().get(), area.blocks()) {
                return self.pair(b'K', index, block, Some(blocks), &[]);
            }
        }
    }

    /// Adds a number; docs/SNAPSHOT.md has the keys.
    pub fn number(&mut self, key: &str, value: u64) {
        let mut number = Few::new();
        number.wide(value);
        let len = number_bytes(key.len()) + key.len() + number.len;
        let stream = self.stream();
        if stream.room() < len + 2 {
            stream.next_line();
        }
        stream.record(b'S', len);
        stream.string(key.as_bytes());
        stream.bytes(number.as_slice());
    }

    /// Adds the name of an object, at most `MOST_NAME` bytes.
    pub(crate) fn name(&mut self, area: usize, block: usize, name: &[u8]) {
        let name = name.get(..MOST_NAME).unwrap_or(name);
        self.pair(b'N', area, block, None, name);
    }

    /// Adds a pair to the batch: two numbers, or a number and a text.
    fn pair(&mut self, tag: u8, of: usize, first: usize, second: Option<usize>, text: &[u8]) {
        let same = self.len > 0 && self.tag == tag && self.of == of && first >= self.last;
        if !(same && self.add(first, second, text)) {
            self.flush();
            (self.tag, self.of, self.last) = (tag, of, 0);
            let mut few = Few::new();
            few.number(of);
            self.append(few.as_slice());
            self.add(first, second, text);
        }
    }

    /// Adds a pair to the batch if there is room, or if it is the first.
    fn add(&mut self, first: usize, second: Option<usize>, text: &[u8]) -> bool {
        let mut few = Few::new();
        few.number(first - self.last);
        few.number(second.unwrap_or(text.len()));
        let is_first = self.last == 0 && self.len <= number_bytes(self.of);
        let most = if self.stream.is_framed() && !is_first { BATCH_IN_LINE } else { BATCH };
        if self.len + few.len + text.len() > most {
            return false;
        }
        self.append(few.as_slice());
        self.append(text);
        self.last = first;
        true
    }

    fn append(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if let Some(place) = self.batch.get_mut(self.len) {
                *place = byte;
                self.len += 1;
            }
        }
    }

    /// Writes the batch.
    fn flush(&mut self) {
        let len = self.len;
        if len == 0 {
            return;
        }
        self.len = 0;
        let Self { stream, batch, tag, .. } = self;
        if stream.room() < len + 2 {
            stream.next_line();
        }
        stream.record(*tag, len);
        stream.bytes(batch.get(..len).unwrap_or(&[]));
    }
}

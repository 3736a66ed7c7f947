//! What a snapshot is made of.

use std::collections::HashMap;

use crate::area::{Area, Object};

/// A heap at one moment, as far as it could be read.
#[derive(Clone, Debug, Default)]
pub struct Snapshot<'a> {
    /// What kind of heap it is.
    pub header: Header,
    /// The areas, by their index. Areas that were lost have no blocks.
    pub areas: Vec<Area<'a>>,
    /// Programs and libraries.
    pub modules: Vec<Module>,
    /// Where the program keeps pointers, in the order in which it was written. Ranges that were lost have the kind [`RootKind::Lost`].
    pub roots: Vec<Root>,
    /// Names of objects.
    pub names: Names,
    /// Numbers, in the order in which they were written (docs/SNAPSHOT.md has the keys).
    pub statistics: Vec<(String, u64)>,
    /// Whether everything is there: the end with the right checksum, and no line lost.
    pub complete: bool,
    /// Where the snapshot was in a log, if it was framed.
    pub lines: Option<Lines>,
    /// What is wrong, in sentences. Empty if `complete`, but for things that this version of the reader does not know.
    pub problems: Vec<String>,
}

/// The first record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format's version.
    pub version: u64,
    /// 4 or 8.
    pub word_bytes: usize,
    /// Of the words in contents.
    pub byte_order: ByteOrder,
    /// A power of two, from `word_bytes` to 4096.
    pub block_bytes: usize,
    /// What there is.
    pub flags: Flags,
    /// Why it was written.
    pub cause: Cause,
    /// How many areas there are.
    pub areas: u64,
    /// "libgcheap 0.1.0".
    pub library: String,
    /// "libgcheap standalone", "MicroPython 1.26".
    pub host: String,
}

impl Default for Header {
    fn default() -> Self {
        Self {
            version: 1,
            word_bytes: 8,
            byte_order: ByteOrder::Little,
            block_bytes: 16,
            flags: Flags(0),
            cause: Cause::Asked,
            areas: 0,
            library: String::new(),
            host: String::new(),
        }
    }
}

/// The order of the bytes in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The lowest first.
    Little,
    /// The highest first.
    Big,
}

/// The header's flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flags(pub u64);

impl Flags {
    fn has(self, bit: u64) -> bool {
        self.0 & bit != 0
    }

    /// It is known which objects have a finaliser.
    pub fn finalisers(self) -> bool {
        self.has(1)
    }

    /// It is known which objects have a weak reference.
    pub fn weak_references(self) -> bool {
        self.has(2)
    }

    /// It is known which objects are not scanned.
    pub fn no_scan(self) -> bool {
        self.has(4)
    }

    /// The contents of objects were written.
    pub fn contents(self) -> bool {
        self.has(8)
    }

    /// The host names objects.
    pub fn names(self) -> bool {
        self.has(16)
    }

    /// Finalisers of a collection run: only marked objects are alive.
    pub fn finalising(self) -> bool {
        self.has(32)
    }

    /// A word of an object counts if it points anywhere into another object.
    pub fn interior(self) -> bool {
        self.has(64)
    }
}

/// Why a snapshot was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The program asked for it.
    Asked,
    /// An allocation of so many bytes failed.
    OutOfMemory(u64),
    /// The program ended.
    Exit,
    /// This version of the reader does not know the cause.
    Other(u64),
}

/// A program or library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// By which roots name it.
    pub number: u64,
    /// What was added to the addresses in its file.
    pub base: u64,
    /// The file.
    pub path: String,
}

/// A range of words outside the heap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Root {
    /// What it is.
    pub kind: RootKind,
    /// Whether a word counts if it points anywhere into an object, or to its end.
    pub interior: bool,
    /// Of the first word; 0 if the words have no address.
    pub address: u64,
    /// How long the range is.
    pub bytes: u64,
    /// The system's number of the thread; 0: none.
    pub thread: u64,
    /// The number of the module ([`Snapshot::module`]); 0: none.
    pub module: u64,
    /// A symbol, or what else tells it from others; may be empty.
    pub name: String,
    /// The words that point into an area, in order.
    pub words: Vec<RootWord>,
}

/// A word of a range of roots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootWord {
    /// Words from the range's start.
    pub index: u64,
    /// What it contains.
    pub value: u64,
}

/// What a range of roots is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RootKind {
    /// None of the others.
    Other,
    /// Static data of a module.
    Static,
    /// A stack.
    Stack,
    /// Registers.
    Registers,
    /// Thread-local storage.
    ThreadLocal,
    /// Added by hand.
    Added,
    /// The host's own.
    Host,
    /// What finalisers will be called with.
    Finaliser,
    /// Objects that no collection frees.
    Uncollectable,
    /// The result of a thread that was not joined yet.
    ThreadResult,
    /// This version of the reader does not know the kind.
    Unknown(u64),
    /// The range was lost.
    #[default]
    Lost,
}

impl RootKind {
    pub(crate) fn of(number: u64) -> Self {
        match number {
            0 => Self::Other,
            1 => Self::Static,
            2 => Self::Stack,
            3 => Self::Registers,
            4 => Self::ThreadLocal,
            5 => Self::Added,
            6 => Self::Host,
            7 => Self::Finaliser,
            8 => Self::Uncollectable,
            9 => Self::ThreadResult,
            other => Self::Unknown(other),
        }
    }

    /// What it is, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Other => "a root",
            Self::Static => "static data",
            Self::Stack => "the stack",
            Self::Registers => "a register",
            Self::ThreadLocal => "thread-local storage",
            Self::Added => "a root added by hand",
            Self::Host => "the host",
            Self::Finaliser => "a finaliser's argument",
            Self::Uncollectable => "an object that no collection frees",
            Self::ThreadResult => "a thread's result",
            Self::Unknown(_) => "a root of a kind that this version does not know",
            Self::Lost => "a root that was lost",
        }
    }
}

/// Names of objects. Each text is kept once.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<String>,
    numbers: HashMap<String, u32>,
    by_address: HashMap<u64, u32>,
}

impl Names {
    pub(crate) fn add(&mut self, address: u64, name: String) {
        let number = match self.numbers.get(&name) {
            Some(&number) => number,
            None => {
                let Ok(number) = u32::try_from(self.texts.len()) else { return };
                self.texts.push(name.clone());
                self.numbers.insert(name, number);
                number
            }
        };
        self.by_address.insert(address, number);
    }

    /// The whole name of an object.
    pub fn get(&self, address: u64) -> Option<&str> {
        self.texts.get(*self.by_address.get(&address)? as usize).map(String::as_str)
    }

    /// How many objects have one.
    pub fn len(&self) -> usize {
        self.by_address.len()
    }

    /// Whether no object has one.
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }
}

/// Where a framed snapshot was in a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The line of the log with the snapshot's first line, from 1 on.
    pub first: usize,
    /// The line of the log with its last one.
    pub last: usize,
    /// How many of its lines are whole.
    pub whole: u64,
    /// How many are known to be missing or damaged before the last whole one.
    pub lost: u64,
}

impl<'a> Snapshot<'a> {
    /// The snapshot without what it borrows.
    pub fn into_owned(self) -> Snapshot<'static> {
        Snapshot {
            areas: self.areas.into_iter().map(Area::into_owned).collect(),
            header: self.header,
            modules: self.modules,
            roots: self.roots,
            names: self.names,
            statistics: self.statistics,
            complete: self.complete,
            lines: self.lines,
            problems: self.problems,
        }
    }

    /// The name of the object at an address: what the host calls it.
    pub fn name(&self, address: u64) -> Option<&str> {
        self.names.get(address)
    }

    /// The part of an object's name that is its type.
    pub fn type_name(&self, address: u64) -> Option<&str> {
        self.name(address).map(|name| name.split_once(": ").map_or(name, |(of_type, _)| of_type))
    }

    /// The part of an object's name that tells it from others of its type.
    pub fn detail(&self, address: u64) -> Option<&str> {
        self.name(address)?.split_once(": ").map(|(_, detail)| detail)
    }

    /// The module with this number.
    pub fn module(&self, number: u64) -> Option<&Module> {
        self.modules.iter().find(|module| module.number == number)
    }

    /// A statistic.
    pub fn statistic(&self, key: &str) -> Option<u64> {
        self.statistics.iter().find(|(name, _)| name == key).map(|&(_, value)| value)
    }

    /// The area that an address lies in.
    pub fn area_of(&self, address: u64) -> Option<&Area<'a>> {
        self.areas.iter().find(|area| area.contains(address))
    }

    /// The object that an address lies in (not at its end).
    pub fn object_around(&self, address: u64) -> Option<Object> {
        let area = self.area_of(address)?;
        area.object_around((address - area.address) / self.header.block_bytes as u64)
    }

    /// The bytes at an address, if all of them are known.
    pub fn bytes(&self, address: u64, len: usize) -> Option<&[u8]> {
        self.area_of(address)?.bytes(address, len)
    }

    /// The words of an object, first to last; `None` for a word that is not known.
    pub fn words(&self, object: &Object) -> impl Iterator<Item = Option<u64>> + '_ {
        let (address, step) = (object.address, self.header.word_bytes);
        let words = object.blocks.saturating_mul((self.header.block_bytes / step) as u64);
        let area = self.area_of(address);
        (0..words).map(move |i| area?.bytes(address + i * step as u64, step).map(|word| self.word(word)))
    }

    /// A word of so many bytes.
    pub fn word(&self, bytes: &[u8]) -> u64 {
        let add = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
        match self.header.byte_order {
            ByteOrder::Little => bytes.iter().rev().fold(0, add),
            ByteOrder::Big => bytes.iter().fold(0, add),
        }
    }
}

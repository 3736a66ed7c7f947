//! A trace: a list of operations on both heaps. Every subset of a trace is a valid trace.
//!
//! An operation that allocates an object gives it an id. An operation on an object that does not exist (because its
//! allocation failed, a collection freed it, or the shrinker removed the line that allocates it) does nothing.

pub mod random;
mod text;

pub type Id = u32;

/// The content of a word in an object, a root or an argument. On each side it becomes an address of that side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    Zero,
    /// The current or last address of the object, plus some bytes.
    Object(Id, isize),
    /// An offset from the start of the side's memory.
    Place(usize),
    /// A number that is not an address, because it is made odd.
    Noise(u64),
    /// The address of one of the types that a dump shows by a letter.
    Type(usize),
    /// The type with a `__del__`.
    Del,
    /// A type without `__del__`.
    Plain,
}

/// What a finaliser does, or the program when an object with a weak reference has died.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Act {
    Free(Id),
    /// Tries to free with the heap locked.
    LockedFree(Id),
    Alloc(usize),
    Realloc(Id, usize),
    Nbytes(Id),
    Info,
    Dump,
    /// Makes a weak reference to an object that is also dying.
    Weakref(Id),
    /// Collects. Finalisers skip it; only a program whose object with a weak reference has died does it.
    Collect,
}

/// Memory of one area: a zone and the offsets of its start and end from the zone's start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    pub zone: usize,
    pub start: usize,
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// gc_alloc, or gc_realloc of NULL. `noise` fills the new object with numbers.
    Alloc {
        id: Id,
        bytes: usize,
        finaliser: bool,
        noise: bool,
        by_realloc: bool,
    },
    Realloc {
        id: Id,
        bytes: usize,
        may_move: bool,
    },
    Free(Id),
    FreeNull,
    Nbytes(Value),
    Write {
        id: Id,
        word: usize,
        value: Value,
    },
    Root {
        at: usize,
        value: Value,
    },
    Script {
        id: Id,
        acts: Vec<Act>,
    },
    Collect,
    Sweep,
    Lock,
    Unlock,
    Auto(bool),
    Threshold(usize),
    Add(Span),
    Weakref(Id),
    /// The largest area that the heap may ask for.
    Limit(usize),
    /// Sets whether a root may be read.
    Readable {
        at: usize,
        yes: bool,
    },
    /// What MicroPython's coverage test does: saves the heap's state, makes another heap elsewhere, restores it.
    Detour {
        bytes: usize,
        seed: u64,
    },
}

/// The content of the heap's state before gc_init.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Before {
    Zero,
    Junk,
    /// What the previous trace left.
    Keep,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    pub config: String,
    pub heap: Span,
    /// Seed of the initial content of the memory; 0 means zeros.
    pub junk: u64,
    pub before: Before,
    pub ops: Vec<Op>,
}

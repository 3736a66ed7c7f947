//! Who points to whom.

/// Where a program keeps pointers outside the heap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// For sentences: `static data of /usr/bin/lisp`, `the stack of thread 17`.
    pub name: String,
    /// Its first word's address; 0 if it has none.
    pub address: u64,
    /// Whether its words may be no pointers at all: numbers, or left over from calls that have returned.
    pub doubtful: bool,
}

/// A word of a root that points to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RootWord {
    /// Which root.
    pub root: u32,
    /// Which word of it.
    pub index: u64,
    /// Where it points to.
    pub value: u64,
    /// The object there.
    pub object: u32,
}

/// Pointers between objects, in flat arrays: those of object `i` are `first[i]..first[i + 1]`.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Where the pointers of each object begin; one more at the end.
    pub first: Vec<u32>,
    /// The object that each points to.
    pub to: Vec<u32>,
    /// Which word of its object it is.
    pub slot: Vec<u32>,
    /// Bytes of a word.
    pub word_bytes: u32,
    /// Where the program keeps pointers.
    pub roots: Vec<Root>,
    /// Their words that point to objects, root by root.
    pub words: Vec<RootWord>,
    /// Where the words of each root begin; one more at the end.
    pub word_first: Vec<u32>,
    /// Words of roots that point into the heap, but to no object: each with its value. `object` means nothing.
    pub stray: Vec<RootWord>,
}

impl Graph {
    /// The pointers of an object: where each leads, and which word it is.
    pub fn pointers(&self, object: usize) -> impl Iterator<Item = (u32, u32)> + '_ {
        let range = self.first[object] as usize..self.first[object + 1] as usize;
        self.to[range.clone()].iter().copied().zip(self.slot[range].iter().copied())
    }

    /// A word of a root for a sentence: `word 3 of the stack (0x7ffd1018)`.
    pub fn word_name(&self, word: &RootWord) -> String {
        let root = &self.roots[word.root as usize];
        if root.address == 0 {
            return format!("word {} of {}", word.index, root.name);
        }
        let address = root.address.wrapping_add(word.index.wrapping_mul(self.word_bytes.into()));
        format!("the word at {address:#x} in {}", root.name)
    }
}

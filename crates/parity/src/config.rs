//! The configurations. The name of a configuration contains all its options, so any configuration can be made from its
//! name; `all` is only the default list. A new option needs a field here, and a line each in `name`, `parse` and
//! `header`.

/// The size of this machine's words in bytes.
pub const WORD: usize = size_of::<usize>();

/// The number of areas that the heap may have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Split {
    One,
    Many,
    /// Many, and the heap asks its host for areas and gives them back.
    Auto,
}

/// How the interpreter's threads share the heap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Threads {
    None,
    /// By the interpreter's global lock.
    Gil,
    /// By a mutex of the heap; each thread has its own lock depth.
    NoGil,
}

/// One way to build both heaps.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    pub block: usize,
    pub finaliser: bool,
    pub threshold: bool,
    pub split: Split,
    pub weakref: bool,
    /// New objects are zeroed whole, not only behind the requested bytes.
    pub clear: bool,
    /// The heap counts the objects that a collection frees.
    pub retval: bool,
    pub threads: Threads,
    /// A Python stack whose words are roots.
    pub pystack: bool,
    /// Long loops call a hook of the port.
    pub hook: bool,
    /// Root words that must not be read are ignored.
    pub valgrind: bool,
    /// The number of entries of gc.c's mark stack. libgcheap borrows this storage.
    pub stack: usize,
    /// The bytes of each entry.
    pub entry: usize,
    /// MicroPython's object representation, A to D.
    pub repr: char,
    /// libgcheap's compact variant instead of the fast one.
    pub compact: bool,
}

impl Config {
    pub fn name(&self) -> String {
        let bit = |on: bool| usize::from(on);
        let split = ['0', '1', 'a'][self.split as usize];
        let mut name = format!("b{}-f{}-t{}-s{split}", self.block, bit(self.finaliser), bit(self.threshold));
        let stack = format!("-stack{}", self.stack);
        let entry = format!("-entry{}", self.entry);
        let repr = format!("-repr{}", self.repr);
        let extras = [
            (self.weakref, "-weakref"),
            (!self.clear, "-noclear"),
            (!self.retval, "-noretval"),
            (self.threads == Threads::Gil, "-gil"),
            (self.threads == Threads::NoGil, "-threads"),
            (self.pystack, "-pystack"),
            (self.hook, "-hook"),
            (self.valgrind, "-valgrind"),
            (self.stack != 64, &stack),
            (self.entry != WORD, &entry),
            (self.repr != 'A', &repr),
            (self.compact, "-compact"),
        ];
        for (on, text) in extras {
            if on {
                name += text;
            }
        }
        name
    }

    /// The configuration with this name; None if the text is not the name of one.
    pub fn parse(name: &str) -> Option<Self> {
        let mut config = full();
        for word in name.split('-') {
            let on = match word.get(1..) {
                Some("0") => Some(false),
                Some("1") => Some(true),
                _ => None,
            };
            match word {
                "s0" => config.split = Split::One,
                "s1" => config.split = Split::Many,
                "sa" => config.split = Split::Auto,
                "weakref" => config.weakref = true,
                "noclear" => config.clear = false,
                "noretval" => config.retval = false,
                "gil" => config.threads = Threads::Gil,
                "threads" => config.threads = Threads::NoGil,
                "pystack" => config.pystack = true,
                "hook" => config.hook = true,
                "valgrind" => config.valgrind = true,
                "compact" => config.compact = true,
                _ if on.is_some() && word.starts_with('f') => config.finaliser = on?,
                _ if on.is_some() && word.starts_with('t') => config.threshold = on?,
                _ => {
                    let at = word.find(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase())?;
                    let (key, value) = word.split_at(at);
                    match key {
                        "b" => config.block = value.parse().ok()?,
                        "stack" => config.stack = value.parse().ok()?,
                        "entry" => config.entry = value.parse().ok()?,
                        "repr" => config.repr = value.chars().next().filter(|c| "ABCD".contains(*c))?,
                        _ => return None,
                    }
                }
            }
        }
        (config.name() == name).then_some(config)
    }

    /// The most blocks that an area may have, so that their indexes fit in an entry of gc.c's mark stack.
    pub fn most_blocks(&self) -> usize {
        1usize.checked_shl(8 * self.entry as u32).unwrap_or(usize::MAX)
    }

    /// The text of the interpreter's configuration header, mpconfigport.h.
    pub fn header(&self) -> String {
        let bit = |on: bool| usize::from(on);
        let mut text =
            String::from("// Written by parity for one configuration.\n#include <alloca.h>\n#include <stdint.h>\n");
        let mut set = |name: &str, value: usize| text += &format!("#define {name} ({value})\n");
        set("MICROPY_CONFIG_ROM_LEVEL", 0);
        set("MICROPY_ENABLE_GC", 1);
        set("MICROPY_PY_GC", 1);
        set("MICROPY_PY_BUILTINS_BYTEARRAY", 1);
        set("MICROPY_PY_ARRAY", 1);
        set("MICROPY_FLOAT_IMPL", if self.repr == 'C' { 1 } else { 2 });
        set("MICROPY_OBJ_REPR", self.repr as usize - 'A' as usize);
        set("MICROPY_ENABLE_SCHEDULER", 1);
        set("MICROPY_BYTES_PER_GC_BLOCK", self.block);
        set("MICROPY_ENABLE_FINALISER", bit(self.finaliser));
        set("MICROPY_GC_ALLOC_THRESHOLD", bit(self.threshold));
        set("MICROPY_GC_SPLIT_HEAP", bit(self.split != Split::One));
        set("MICROPY_GC_SPLIT_HEAP_AUTO", bit(self.split == Split::Auto));
        set("MICROPY_PY_WEAKREF", bit(self.weakref));
        set("MICROPY_DEBUG_VALGRIND", bit(self.valgrind));
        set("MICROPY_GC_CONSERVATIVE_CLEAR", bit(self.clear));
        set("MICROPY_PY_GC_COLLECT_RETVAL", bit(self.retval));
        set("MICROPY_PY_THREAD", bit(self.threads != Threads::None));
        set("MICROPY_PY_THREAD_GIL", bit(self.threads == Threads::Gil));
        set("MICROPY_PY_THREAD_RECURSIVE_MUTEX", bit(self.threads == Threads::NoGil));
        set("MICROPY_ENABLE_PYSTACK", bit(self.pystack));
        set("MICROPY_ALLOC_GC_STACK_SIZE", self.stack);
        if self.entry != WORD {
            text += &format!("#define MICROPY_GC_STACK_ENTRY_TYPE uint{}_t\n", 8 * self.entry);
        }
        if self.hook {
            text += "#define PARITY_HOOK\nextern unsigned long parity_hooks;\n#define MICROPY_GC_HOOK_LOOP(i) (parity_hooks += (i) != 0)\n";
        }
        if self.split == Split::Auto {
            text += "void *parity_alloc_heap(__SIZE_TYPE__ bytes);\nvoid parity_free_heap(void *memory);\n\
                void parity_free_or_keep(void *memory, void *before);\n\
                #define MP_PLAT_ALLOC_HEAP(bytes) parity_alloc_heap(bytes)\n#if PARITY_GCHEAP\n\
                #define MP_PLAT_FREE_HEAP(memory) parity_free_heap(memory)\n#else\n\
                #define MP_PLAT_FREE_HEAP(memory) parity_free_or_keep(memory, prev_area)\n#endif\n";
        }
        if self.weakref {
            text += "void parity_weakref(void *object);\n";
        }
        // In representation D a MicroPython object has 64 bits on every machine.
        let int = if self.repr == 'D' { ["int64_t", "uint64_t"] } else { ["intptr_t", "uintptr_t"] };
        text + &format!("typedef {} mp_int_t;\ntypedef {} mp_uint_t;\ntypedef long mp_off_t;\n", int[0], int[1])
            + if self.repr == 'D' { "#define UINT_FMT \"%llu\"\n#define INT_FMT \"%lld\"\n" } else { "" }
    }
}

/// The configurations that run by default: block size x finaliser x threshold x split heap, then one or two for each
/// other option.
pub fn all() -> Vec<Config> {
    let mut configs = Vec::new();
    for block in [16, 32, 64] {
        for bits in 0..8 {
            let on = |bit: u32| bits >> bit & 1 == 1;
            let split = if on(0) { Split::Many } else { Split::One };
            configs.push(Config { block, finaliser: on(2), threshold: on(1), split, ..full() });
        }
    }
    let one = Split::One;
    configs.push(Config { clear: false, ..full() });
    configs.push(Config { block: 16, clear: false, finaliser: false, ..full() });
    configs.push(Config { retval: false, ..full() });
    configs.push(Config { threads: Threads::NoGil, ..full() });
    configs.push(Config { threads: Threads::NoGil, block: 16, split: one, ..full() });
    configs.push(Config { pystack: true, ..full() });
    configs.push(Config { hook: true, ..full() });
    configs.push(Config { stack: 16, ..full() });
    configs.push(Config { entry: 2, split: one, ..full() });
    configs.push(Config { split: Split::Auto, ..full() });
    configs.push(Config { split: Split::Auto, finaliser: false, threads: Threads::NoGil, block: 16, ..full() });
    configs.push(Config { weakref: true, ..full() });
    configs.push(Config { weakref: true, split: Split::Auto, block: 16, ..full() });
    configs.push(Config { valgrind: true, ..full() });
    configs.push(Config { compact: true, ..full() });
    configs.push(Config { compact: true, finaliser: false, block: 16, split: one, ..full() });
    // As on many boards, the entries of the mark stack have 16 bits.
    configs.push(Config { compact: true, entry: 2, block: 16, ..full() });
    configs.push(Config { compact: true, entry: 2, block: 16, split: one, ..full() });
    configs
}

/// The configuration that the others are variations of.
fn full() -> Config {
    Config {
        block: 32,
        finaliser: true,
        threshold: true,
        split: Split::Many,
        weakref: false,
        clear: true,
        retval: true,
        threads: Threads::None,
        pystack: false,
        hook: false,
        valgrind: false,
        stack: 64,
        entry: WORD,
        repr: 'A',
        compact: false,
    }
}

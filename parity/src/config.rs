//! The configurations, in one table. A new option is a field here, a line in `header` and perhaps a row in `all`.

/// One way to build both heaps.
#[derive(Clone, Debug)]
pub struct Config {
    pub block: usize,
    pub finaliser: bool,
    pub threshold: bool,
    pub split: bool,
    /// New memory is zeroed whole, not only behind the bytes asked for.
    pub clear: bool,
    /// The number of collected objects is kept.
    pub retval: bool,
    /// Threads without a GIL: a mutex, and a lock depth per thread.
    pub threads: bool,
    /// A Python stack whose words are roots.
    pub pystack: bool,
    /// The port's hook in every loop.
    pub hook: bool,
    /// Entries of gc.c's mark stack, and whether they are 16 bits wide: the storage that both heaps mark with.
    pub stack: usize,
    pub narrow_stack: bool,
}

impl Config {
    pub fn name(&self) -> String {
        let bit = |on: bool| usize::from(on);
        let mut name =
            format!("b{}-f{}-t{}-s{}", self.block, bit(self.finaliser), bit(self.threshold), bit(self.split));
        let stack = format!("-stack{}", self.stack);
        let extras = [
            (!self.clear, "-noclear"),
            (!self.retval, "-noretval"),
            (self.threads, "-threads"),
            (self.pystack, "-pystack"),
            (self.hook, "-hook"),
            (self.stack != 64, &stack),
            (self.narrow_stack, "-narrow"),
        ];
        for (on, text) in extras {
            if on {
                name += text;
            }
        }
        name
    }

    /// The interpreter's configuration header.
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
        set("MICROPY_FLOAT_IMPL", 2);
        set("MICROPY_ENABLE_SCHEDULER", 1);
        set("MICROPY_BYTES_PER_GC_BLOCK", self.block);
        set("MICROPY_ENABLE_FINALISER", bit(self.finaliser));
        set("MICROPY_GC_ALLOC_THRESHOLD", bit(self.threshold));
        set("MICROPY_GC_SPLIT_HEAP", bit(self.split));
        set("MICROPY_GC_CONSERVATIVE_CLEAR", bit(self.clear));
        set("MICROPY_PY_GC_COLLECT_RETVAL", bit(self.retval));
        set("MICROPY_PY_THREAD", bit(self.threads));
        set("MICROPY_PY_THREAD_GIL", 0);
        set("MICROPY_PY_THREAD_RECURSIVE_MUTEX", bit(self.threads));
        set("MICROPY_ENABLE_PYSTACK", bit(self.pystack));
        set("MICROPY_ALLOC_GC_STACK_SIZE", self.stack);
        if self.narrow_stack {
            text += "#define MICROPY_GC_STACK_ENTRY_TYPE uint16_t\n";
        }
        if self.hook {
            text += "#define PARITY_HOOK\nextern unsigned long parity_hooks;\n#define MICROPY_GC_HOOK_LOOP(i) (parity_hooks += (i) != 0)\n";
        }
        text + "typedef intptr_t mp_int_t;\ntypedef uintptr_t mp_uint_t;\ntypedef long mp_off_t;\n"
    }
}

/// Block size x finaliser x threshold x split heap, then one row for each remaining option.
pub fn all() -> Vec<Config> {
    let mut configs = Vec::new();
    for block in [16, 32, 64] {
        for bits in 0..8 {
            let on = |bit: u32| bits >> bit & 1 == 1;
            configs.push(Config { block, finaliser: on(2), threshold: on(1), split: on(0), ..full() });
        }
    }
    configs.push(Config { clear: false, ..full() });
    configs.push(Config { block: 16, clear: false, finaliser: false, ..full() });
    configs.push(Config { retval: false, ..full() });
    configs.push(Config { threads: true, ..full() });
    configs.push(Config { threads: true, block: 16, split: false, ..full() });
    configs.push(Config { pystack: true, ..full() });
    configs.push(Config { hook: true, ..full() });
    configs.push(Config { stack: 16, ..full() });
    configs.push(Config { narrow_stack: true, split: false, ..full() });
    configs
}

fn full() -> Config {
    Config {
        block: 32,
        finaliser: true,
        threshold: true,
        split: true,
        clear: true,
        retval: true,
        threads: false,
        pystack: false,
        hook: false,
        stack: 64,
        narrow_stack: false,
    }
}

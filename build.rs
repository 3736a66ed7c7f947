//! Turns the heap's configuration into Rust constants.
//!
//! The configuration is a file of `KEY=value` lines named by the environment variable `GCHEAP_CONFIG`; inside a
//! MicroPython build the port writes it from the interpreter's own headers. Without the variable the feature `standalone`
//! chooses crates/standalone/heap.env; without that, too, the options in `DEFAULTS` hold. Layout keys that the file leaves
//! out are laid out as MicroPython's mpstate.h would. An unknown key, a missing value or a contradiction stops the build
//! with a sentence.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::{env, fs, path::Path};

/// Options: 0 or 1.
const FLAGS: &[&str] = &[
    "FINALISER",
    "SPLIT_HEAP",
    "SPLIT_HEAP_AUTO",
    "WEAKREF",
    "ALLOC_THRESHOLD",
    "CONSERVATIVE_CLEAR",
    "COLLECT_RETVAL",
    "MUTEX",
    "THREAD_STATE",
    "PYSTACK",
    "HOOK_LOOP",
    "VALGRIND",
    "NO_SCAN",
    "INTERIOR",
    "GROWTH",
    "SNAPSHOT",
    "STATISTICS",
];

/// What a build without `GCHEAP_CONFIG` gets.
const DEFAULTS: &[(&str, &str)] = &[
    ("BLOCK_BYTES", "32"),
    ("FINALISER", "1"),
    ("SPLIT_HEAP", "1"),
    ("SPLIT_HEAP_AUTO", "0"),
    ("WEAKREF", "0"),
    ("ALLOC_THRESHOLD", "1"),
    ("CONSERVATIVE_CLEAR", "1"),
    ("COLLECT_RETVAL", "1"),
    ("MUTEX", "0"),
    ("THREAD_STATE", "0"),
    ("PYSTACK", "0"),
    ("HOOK_LOOP", "0"),
    ("VALGRIND", "0"),
    ("NO_SCAN", "0"),
    ("INTERIOR", "0"),
    ("GROWTH", "0"),
    ("SNAPSHOT", "0"),
    ("STATISTICS", "0"),
    ("VARIANT", ""),
    ("STATE_SYMBOL", "gcheap_state"),
    ("STATE_OFFSET", "0"),
    ("THREAD_SYMBOL", "gcheap_host_thread"),
];

/// Numbers whose value has no default outside the canonical layout.
const LAYOUT: &[&str] = &[
    "LOCK_DEPTH_OFFSET",
    "STATE_BYTES",
    "STATE_AREA",
    "STATE_OVERFLOW",
    "STATE_MARK_STACK",
    "STATE_MARK_STACK_BYTES",
    "STATE_MARK_STACK_ENTRY_BYTES",
    "STATE_AREA_STACK",
    "STATE_AUTO_COLLECT",
    "STATE_ALLOC_AMOUNT",
    "STATE_ALLOC_THRESHOLD",
    "STATE_COLLECTED",
    "AREA_BYTES",
    "AREA_NEXT",
    "AREA_ATB_START",
    "AREA_ATB_BYTES",
    "AREA_FTB_START",
    "AREA_WTB_START",
    "AREA_NTB_START",
    "AREA_STARTS",
    "AREA_POOL_START",
    "AREA_POOL_END",
    "AREA_LAST_FREE",
    "AREA_LAST_USED",
];

/// The fewest machine words that the heap can do with in the place of gc.c's mark stack.
const LEAST_STACK_WORDS: usize = 7;

type Config = BTreeMap<String, String>;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=GCHEAP_CONFIG");
    let word = number("target pointer width", &env::var("CARGO_CFG_TARGET_POINTER_WIDTH").unwrap()) / 8;
    let mut config = defaults();
    config.insert("POINTER_BYTES".into(), word.to_string());
    let standalone = env::var_os("CARGO_FEATURE_STANDALONE").map(|_| "crates/standalone/heap.env".into());
    if let Some(path) = env::var_os("GCHEAP_CONFIG").or(standalone) {
        let path = Path::new(&path);
        println!("cargo::rerun-if-changed={}", path.display());
        let text = fs::read_to_string(path).unwrap_or_else(|e| stop(&format!("cannot read {}: {e}", path.display())));
        read(&text, path, &mut config);
    }
    if config["VARIANT"].is_empty() {
        let bare = env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "none");
        config.insert("VARIANT".into(), if bare { "compact" } else { "fast" }.into());
    }
    lay_out(&mut config, word);
    check(&config, word);
    // Options that choose functions, not only branches, or what gc_info fills in; and the compact variant.
    for key in ["SPLIT_HEAP", "SPLIT_HEAP_AUTO", "WEAKREF", "NO_SCAN", "INTERIOR", "GROWTH", "SNAPSHOT", "STATISTICS"] {
        set_cfg(&format!("gcheap_{}", key.to_lowercase()), config[key] == "1");
    }
    set_cfg("gcheap_compact", config["VARIANT"] == "compact");
    // Objects are placed as gc.c places them. A heap that grows need not do so, if it has room for what takes the place of that.
    let stack = number("STATE_MARK_STACK_BYTES", &config["STATE_MARK_STACK_BYTES"]);
    set_cfg("gcheap_lowest", config["GROWTH"] == "0" || stack < 1024);
    // Cortex-M0 and M23, and RISC-V without its extension Zbb, have no instruction for it.
    let target = env::var("TARGET").unwrap();
    let counts = ["thumbv6m", "thumbv8m.base", "riscv"].iter().all(|name| !target.starts_with(name));
    set_cfg("gcheap_counts_zeros", counts);
    let out = env::var("OUT_DIR").unwrap();
    fs::write(Path::new(&out).join("config.rs"), rust(&config)).unwrap();
}

fn set_cfg(name: &str, on: bool) {
    println!("cargo::rustc-check-cfg=cfg({name})");
    if on {
        println!("cargo::rustc-cfg={name}");
    }
}

fn defaults() -> Config {
    DEFAULTS.iter().map(|&(k, v)| (k.into(), v.into())).collect()
}

fn read(text: &str, path: &Path, config: &mut Config) {
    for (n, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let at = format!("{}:{}", path.display(), n + 1);
        let Some((key, value)) = line.split_once('=') else { stop(&format!("{at}: no '=' in \"{line}\"")) };
        let (key, value) = (key.trim(), value.trim());
        let known = DEFAULTS.iter().any(|d| d.0 == key) || LAYOUT.contains(&key) || key == "POINTER_BYTES";
        if !known {
            stop(&format!("{at}: unknown key \"{key}\""));
        }
        config.insert(key.into(), value.into());
    }
}

/// Gives every layout key that is still missing the place it has in mpstate.h: fields in order, naturally aligned.
fn lay_out(config: &mut Config, word: usize) {
    let on = |config: &Config, key: &str| config[key] == "1";
    let (finaliser, weakref, split) = (on(config, "FINALISER"), on(config, "WEAKREF"), on(config, "SPLIT_HEAP"));
    let (no_scan, interior) = (on(config, "NO_SCAN"), on(config, "INTERIOR"));
    // Without a given size, 64 entries of a word each.
    let stack = config.get("STATE_MARK_STACK_BYTES").map_or(64 * word, |bytes| number("STATE_MARK_STACK_BYTES", bytes));
    let mut set = |key: &str, value: usize| {
        config.entry(key.into()).or_insert(value.to_string());
    };
    let mut at = 0;
    let area_fields = [
        ("AREA_NEXT", split),
        ("AREA_ATB_START", true),
        ("AREA_ATB_BYTES", true),
        ("AREA_FTB_START", finaliser),
        ("AREA_WTB_START", weakref),
        ("AREA_NTB_START", no_scan),
        ("AREA_STARTS", interior),
        ("AREA_POOL_START", true),
        ("AREA_POOL_END", true),
        ("AREA_LAST_FREE", true),
        ("AREA_LAST_USED", true),
    ];
    for (key, present) in area_fields {
        set(key, at);
        at += if present { word } else { 0 };
    }
    set("AREA_BYTES", at);
    set("STATE_AREA", 0);
    set("STATE_OVERFLOW", at);
    at = (at + 4).next_multiple_of(word);
    set("STATE_MARK_STACK", at);
    set("STATE_MARK_STACK_BYTES", stack);
    set("STATE_MARK_STACK_ENTRY_BYTES", word);
    at += stack;
    set("STATE_AREA_STACK", at);
    at += if split { stack } else { 0 };
    set("STATE_AUTO_COLLECT", at);
    at += word;
    for key in ["STATE_ALLOC_AMOUNT", "STATE_ALLOC_THRESHOLD", "STATE_LAST_FREE_AREA", "STATE_COLLECTED"] {
        if key != "STATE_LAST_FREE_AREA" {
            set(key, at);
        }
        at += word;
    }
    set("LOCK_DEPTH_OFFSET", at);
    set("STATE_BYTES", at + word);
}

fn check(config: &Config, word: usize) {
    for key in FLAGS {
        let value = &config[*key];
        if value != "0" && value != "1" {
            stop(&format!("{key} is \"{value}\"; it must be 0 or 1"));
        }
    }
    if !["compact", "fast"].contains(&config["VARIANT"].as_str()) {
        stop(&format!(
            "VARIANT is \"{}\"; it must be fast or compact (or empty: compact on bare metal)",
            config["VARIANT"]
        ));
    }
    if number("POINTER_BYTES", &config["POINTER_BYTES"]) != word {
        stop(&format!("POINTER_BYTES is {}, but the target's pointers have {word} bytes", config["POINTER_BYTES"]));
    }
    let block = number("BLOCK_BYTES", &config["BLOCK_BYTES"]);
    if !block.is_power_of_two() || !(word..=4096).contains(&block) {
        stop(&format!("BLOCK_BYTES is {block}; it must be a power of two from {word} to 4096"));
    }
    let needs = [
        ("MUTEX", "THREAD_STATE", "threads have a lock depth each"),
        ("SPLIT_HEAP_AUTO", "SPLIT_HEAP", "it adds areas"),
        ("WEAKREF", "FINALISER", "gc.c cannot be built with weak references alone either"),
    ];
    for (key, other, why) in needs {
        if config[key] == "1" && config[other] == "0" {
            stop(&format!("{key}=1 needs {other}=1: {why}"));
        }
    }
    // What gc.c does not have was built for one area and one variant.
    for key in ["NO_SCAN", "INTERIOR", "GROWTH"] {
        if config[key] == "1" && (config["SPLIT_HEAP"] == "1" || config["VARIANT"] == "compact") {
            stop(&format!("{key}=1 needs SPLIT_HEAP=0 and VARIANT=fast"));
        }
    }
    if config["STATISTICS"] == "1" && config["GROWTH"] == "1" {
        stop("STATISTICS=1 needs GROWTH=0: objects that are allocated by the batch are not counted");
    }
    check_layout(config, word);
}

/// A field of a structure: its key, where it lies, and its bytes and alignment.
struct Place {
    key: &'static str,
    start: usize,
    bytes: usize,
    align: usize,
}

/// Every field must be aligned and inside its structure, and no two may overlap (invariant I1).
fn check_layout(config: &Config, word: usize) {
    let value = |key: &str| number(key, &config[key]);
    let on = |key: &str| config[key] == "1";
    let place = |key: &'static str, bytes: usize, align: usize| Place { key, start: value(key), bytes, align };

    let (stack, entry) = (value("STATE_MARK_STACK_BYTES"), value("STATE_MARK_STACK_ENTRY_BYTES"));
    // Wider than a word is a waste, but a port may do so.
    if !entry.is_power_of_two() || entry > 8 {
        stop(&format!("STATE_MARK_STACK_ENTRY_BYTES is {entry}; it must be 1, 2, 4 or 8"));
    }
    if stack % entry != 0 {
        stop(&format!(
            "STATE_MARK_STACK_BYTES is {stack}, which is no multiple of STATE_MARK_STACK_ENTRY_BYTES={entry}"
        ));
    }
    // The heap takes this storage by whole aligned words.
    let first = value("STATE_MARK_STACK").next_multiple_of(word);
    if (value("STATE_MARK_STACK") + stack).saturating_sub(first) < LEAST_STACK_WORDS * word {
        let least = LEAST_STACK_WORDS * word;
        stop(&format!(
            "STATE_MARK_STACK_BYTES is {stack}; the mark stack must have room for {LEAST_STACK_WORDS} machine \
                       words, {least} bytes here"
        ));
    }

    let area = [
        ("AREA_NEXT", on("SPLIT_HEAP")),
        ("AREA_ATB_START", true),
        ("AREA_ATB_BYTES", true),
        ("AREA_FTB_START", on("FINALISER")),
        ("AREA_WTB_START", on("WEAKREF")),
        ("AREA_NTB_START", on("NO_SCAN")),
        ("AREA_STARTS", on("INTERIOR")),
        ("AREA_POOL_START", true),
        ("AREA_POOL_END", true),
        ("AREA_LAST_FREE", true),
        ("AREA_LAST_USED", true),
    ];
    let area: Vec<Place> = area.into_iter().filter(|f| f.1).map(|f| place(f.0, word, word)).collect();
    check_fields(area, "AREA_BYTES", value("AREA_BYTES"));

    let mut state = vec![
        place("STATE_AREA", value("AREA_BYTES"), word),
        place("STATE_OVERFLOW", 4, 4),
        place("STATE_MARK_STACK", stack, entry.min(word)),
        place("STATE_AUTO_COLLECT", 2, 2),
    ];
    if on("SPLIT_HEAP") {
        state.push(place("STATE_AREA_STACK", stack / entry * word, word));
    }
    if on("ALLOC_THRESHOLD") {
        state.push(place("STATE_ALLOC_AMOUNT", word, word));
        state.push(place("STATE_ALLOC_THRESHOLD", word, word));
    }
    if on("COLLECT_RETVAL") {
        state.push(place("STATE_COLLECTED", word, word));
    }
    // Without threads the lock depth is in the host's storage too, there or before or behind the state.
    let (offset, mut lock) = (value("STATE_OFFSET"), place("LOCK_DEPTH_OFFSET", 2, 2));
    let end = offset + value("STATE_BYTES");
    if !on("THREAD_STATE") && lock.start + lock.bytes > offset && lock.start < end {
        let Some(start) = lock.start.checked_sub(offset) else {
            stop(&format!("LOCK_DEPTH_OFFSET is {}, half before the state at STATE_OFFSET={offset}", lock.start))
        };
        lock.start = start;
        state.push(lock);
    } else {
        aligned(&lock);
    }
    aligned(&Place { key: "STATE_OFFSET", start: offset, bytes: 0, align: word });
    check_fields(state, "STATE_BYTES", value("STATE_BYTES"));
}

fn aligned(field: &Place) {
    if field.start % field.align != 0 {
        stop(&format!("{} is {}; it must be a multiple of {}", field.key, field.start, field.align));
    }
}

fn check_fields(mut fields: Vec<Place>, size_key: &str, size: usize) {
    fields.sort_by_key(|field| field.start);
    for field in &fields {
        aligned(field);
        if field.start + field.bytes > size {
            let Place { key, start, bytes, .. } = field;
            stop(&format!("{size_key} is {size}, but {key} has {bytes} bytes at {start}, which end behind it"));
        }
    }
    for two in fields.windows(2) {
        let (lower, upper) = (&two[0], &two[1]);
        if lower.start + lower.bytes > upper.start {
            stop(&format!(
                "{} ({} bytes at {}) and {} (at {}) overlap",
                lower.key, lower.bytes, lower.start, upper.key, upper.start
            ));
        }
    }
}

/// The constants, and as link names the symbols that the host lends its storage by.
fn rust(config: &Config) -> String {
    let mut out = String::new();
    let mut symbols = String::new();
    for (key, value) in config {
        if key.ends_with("_SYMBOL") {
            continue;
        }
        if key == "VARIANT" {
            // A cfg: src/variant.rs chooses a type by it.
        } else if FLAGS.contains(&key.as_str()) {
            writeln!(out, "pub const {key}: bool = {};", value == "1").unwrap();
        } else {
            writeln!(out, "pub const {key}: usize = {};", number(key, value)).unwrap();
        }
        // An absolute symbol takes no memory; the linker only compares its name.
        let name = format!("gcheap_config_{}_{value}", key.to_lowercase());
        write!(symbols, ".globl {name}\\n.set {name}, 1\\n").unwrap();
    }
    writeln!(out, "#[cfg(feature = \"archive\")]\ncore::arch::global_asm!(\"{symbols}\");").unwrap();
    let (state, thread) = (&config["STATE_SYMBOL"], &config["THREAD_SYMBOL"]);
    writeln!(
        out,
        "#[cfg(feature = \"archive\")]\nunsafe extern \"C\" {{\n    #[link_name = \"{state}\"]\n    pub static mut HOST_STATE: u8;\n    \
         #[link_name = \"{thread}\"]\n    pub fn host_thread() -> *mut u8;\n}}"
    )
    .unwrap();
    out
}

fn number(key: &str, value: &str) -> usize {
    value.parse().unwrap_or_else(|_| stop(&format!("{key} is \"{value}\"; it must be a number of 0 or more")))
}

fn stop(why: &str) -> ! {
    println!("cargo::error=gcheap configuration: {why}");
    std::process::exit(1);
}

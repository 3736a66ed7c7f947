//! Builds the shared object of a configuration: gc.c from a MicroPython tree, libgcheap.a, and shim/ around both.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::config::{Config, WORD};

/// What makes the C compiler build for this program's words: it loads what is built.
const MACHINE: &str = if WORD == 4 { " -m32" } else { "" };

/// Where things are.
pub struct Places {
    /// The top of this repository.
    pub root: PathBuf,
    /// An unpacked MicroPython tree; only read.
    pub micropython: PathBuf,
    /// A C file that takes libgcheap's place: another gc.c, to test the test.
    pub against: Option<PathBuf>,
    /// Everything that is built goes below here.
    pub out: PathBuf,
    pub cc: String,
}

/// Names that exist once on each side.
const OWN: &[&str] =
    &["mp_state_ctx", "mp_thread_get_state", "parity_side", "parity_addressable", "parity_free_or_keep"];

/// Names that a gc.c exports, or calls in its port.
const GC: &[&str] = &[
    "gc_init",
    "gc_add",
    "gc_lock",
    "gc_unlock",
    "gc_is_locked",
    "gc_collect",
    "gc_collect_start",
    "gc_collect_root",
    "gc_collect_end",
    "gc_sweep_all",
    "gc_alloc",
    "gc_free",
    "gc_nbytes",
    "gc_realloc",
    "gc_info",
    "gc_info_fast",
    "gc_weakref_mark",
    "gc_weakref_about_to_be_freed",
    "gc_weakref_sweep",
    "gc_dump_info",
    "gc_dump_alloc_table",
];

/// Headers that MicroPython's build would generate or its port provide.
const HEADERS: &[(&str, &str)] = &[
    ("genhdr/qstrdefs.generated.h", "QDEF0(MP_QSTRnull, 0, 0, \"\")\nQDEF1(MP_QSTR___del__, 0, 7, \"__del__\")\n"),
    ("genhdr/root_pointers.h", ""),
    ("mphalport.h", ""),
    ("mpthreadport.h", "typedef int mp_thread_mutex_t;\ntypedef int mp_thread_recursive_mutex_t;\n"),
];

/// Builds what has changed since the last time; the shared object's path.
pub fn build(config: &Config, places: &Places) -> Result<PathBuf, String> {
    let out = places.out.join(config.name());
    fs::create_dir_all(out.join("genhdr")).map_err(|e| format!("{}: {e}", out.display()))?;
    let stamp = stamp(config, places)?;
    let (library, stamp_file) = (out.join("parity.so"), out.join("stamp"));
    if library.exists() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(library);
    }
    let write = |name: &str, text: &str| fs::write(out.join(name), text).map_err(|e| format!("{name}: {e}"));
    for (name, text) in HEADERS {
        write(name, text)?;
    }
    write("mpconfigport.h", &config.header())?;

    let shim = places.root.join("crates/parity/shim");
    let port = places.root.join("micropython-port/gcheap");
    let include = places.root.join("include");
    let py = |name: &str| places.micropython.join("py").join(name);
    let compile = |source: &Path, object: &str, defines: &[String]| {
        let mut cc = cc(places);
        cc.args(["-std=gnu11", "-O2", "-g", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter"]);
        for dir in [&out, &shim, &port, &include, &places.micropython] {
            cc.arg("-I").arg(dir);
        }
        cc.args(defines).arg("-c").arg(source).arg("-o").arg(out.join(object));
        run(cc)
    };
    let rename = |prefix: &str, names: &[&[&str]]| -> Vec<String> {
        names.iter().copied().flatten().map(|name| format!("-D{name}={prefix}_{name}")).collect()
    };
    let upstream = rename("upstream", &[GC, OWN]);
    compile(&py("gc.c"), "upstream.o", &upstream)?;
    compile(&shim.join("side.c"), "upstream_side.o", &upstream)?;
    compile(&py("mpprint.c"), "mpprint.o", &[])?;
    compile(&shim.join("common.c"), "common.o", &[])?;
    compile(&shim.join("stubs.c"), "stubs.o", &[])?;
    let mut objects = vec!["upstream.o", "upstream_side.o", "mpprint.o", "common.o", "stubs.o"];

    if let Some(against) = &places.against {
        let second = rename("second", &[GC, OWN]);
        compile(against, "second.o", &second)?;
        compile(&shim.join("side.c"), "second_side.o", &second)?;
        objects.extend(["second.o", "second_side.o"]);
    } else {
        let mut second = rename("second", &[OWN]);
        second.push("-DPARITY_GCHEAP=1".into());
        compile(&shim.join("side.c"), "second_side.o", &second)?;
        // The glue is the MicroPython port's own, and so is the reading of the configuration.
        compile(&port.join("glue.c"), "glue.o", &second)?;
        let mut probe = cc(places);
        probe.args(["-std=gnu11", "-O2", "-g0", "-S", "-o"]).arg(out.join("probe.s"));
        for dir in [&out, &port, &places.micropython] {
            probe.arg("-I").arg(dir);
        }
        run({
            probe.arg(port.join("probe.c"));
            probe
        })?;
        let mut derive = Command::new(places.root.join("tools/build.py"));
        derive.arg("config").arg(out.join("probe.s")).arg(out.join("config.env"));
        derive.arg("STATE_SYMBOL=second_mp_state_ctx");
        derive.arg(if config.compact { "VARIANT=compact" } else { "VARIANT=fast" });
        run(derive)?;
        let mut archive = Command::new(places.root.join("tools/build.py"));
        archive.arg("archive").arg(out.join("config.env")).arg(out.join("libgcheap.a"));
        archive.env("CC", places.cc.clone() + MACHINE).env("CARGO_TARGET_DIR", out.join("target"));
        if WORD == 4 {
            // Rust's core library may have to be compiled for this target: once for all configurations.
            archive.env("GCHEAP_TARGET", "i686-unknown-linux-gnu").env("GCHEAP_SHARED", places.out.join("rust"));
        }
        if config.compact {
            archive.env("GCHEAP_OPT", "s");
        }
        run(archive)?;
        objects.extend(["second_side.o", "glue.o", "libgcheap.a"]);
    }

    write("exports", "{ global: parity_library; local: *; };\n")?;
    let mut link = cc(places);
    link.args(["-shared", "-Wl,--no-undefined", "-Wl,--version-script"])
        .arg(out.join("exports"))
        .arg("-o")
        .arg(&library);
    link.args(objects.iter().map(|name| out.join(name)));
    run(link)?;
    fs::write(&stamp_file, stamp).map_err(|e| e.to_string())?;
    Ok(library)
}

/// Why a configuration cannot be built from this MicroPython, if it can't.
pub fn lacks(config: &Config, places: &Places) -> Option<&'static str> {
    let header = fs::read_to_string(places.micropython.join("py/mpstate.h")).unwrap_or_default();
    (config.weakref && !header.contains("gc_weakref_table_start"))
        .then_some("this MicroPython has no weak references (since 1.29; --micropython PATH says which to take)")
}

fn cc(places: &Places) -> Command {
    let mut words = places.cc.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("cc"));
    command.args(words).args(MACHINE.split_whitespace());
    command
}

fn run(mut command: Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// Everything that the shared object depends on, with times and sizes.
fn stamp(config: &Config, places: &Places) -> Result<String, String> {
    let mut stamp = format!("{}{:?} {}\n", config.header(), places.against, places.cc);
    let mut files = vec![
        places.root.join("crates/parity/src/heaps/library.rs"),
        places.root.join("Cargo.toml"),
        places.root.join("build.rs"),
        places.root.join("tools/build.py"),
        places.micropython.join("py/gc.c"),
        places.micropython.join("py/gc.h"),
        places.micropython.join("py/mpstate.h"),
        places.micropython.join("py/mpprint.c"),
    ];
    files.extend(places.against.clone());
    let mut dirs = ["src", "include", "micropython-port/gcheap", "crates/parity/shim", "tools/gcheap_build"]
        .map(|dir| places.root.join(dir))
        .to_vec();
    while let Some(dir) = dirs.pop() {
        let entries = fs::read_dir(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.ends_with("__pycache__") {
                continue;
            }
            if path.is_dir() { &mut dirs } else { &mut files }.push(path);
        }
    }
    files.sort();
    for file in files {
        let data = fs::metadata(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        stamp += &format!("{} {} {:?}\n", file.display(), data.len(), data.modified().ok());
    }
    Ok(stamp)
}

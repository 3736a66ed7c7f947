//! Builds the shared object of a configuration: gc.c from a MicroPython tree, libgcheap.a, and shim/ around both.

use std::fs;
use std::path::{Path, PathBuf};

use super::archive;
use super::places::{Places, run};
use super::stamp::stamp;
use crate::config::Config;

/// Names that each side has under a prefix of its own.
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

/// Builds the shared object, unless it is up to date. Returns its path.
pub fn build(config: &Config, places: &Places) -> Result<PathBuf, String> {
    let build = Build { config, places, out: places.out.join(config.name()), objects: Vec::new() };
    fs::create_dir_all(build.out.join("genhdr")).map_err(|e| format!("{}: {e}", build.out.display()))?;
    let stamp = stamp(config, places)?;
    let (library, stamp_file) = (build.out.join("parity.so"), build.out.join("stamp"));
    if library.exists() && fs::read_to_string(&stamp_file).is_ok_and(|old| old == stamp) {
        return Ok(library);
    }
    build.all(&library)?;
    fs::write(&stamp_file, stamp).map_err(|e| format!("{}: {e}", stamp_file.display()))?;
    Ok(library)
}

/// Why a configuration cannot be built from this MicroPython; None if it can.
pub fn lacks(config: &Config, places: &Places) -> Option<&'static str> {
    let header = fs::read_to_string(places.micropython.join("py/mpstate.h")).unwrap_or_default();
    (config.weakref && !header.contains("gc_weakref_table_start"))
        .then_some("this MicroPython has no weak references (1.29 has them; --micropython PATH names another tree)")
}

/// Compiler options that give names a prefix.
fn rename(prefix: &str, names: &[&[&str]]) -> Vec<String> {
    names.iter().copied().flatten().map(|name| format!("-D{name}={prefix}_{name}")).collect()
}

struct Build<'a> {
    config: &'a Config,
    places: &'a Places,
    /// The configuration's directory.
    out: PathBuf,
    /// What the shared object is linked from.
    objects: Vec<PathBuf>,
}

impl Build<'_> {
    fn all(mut self, library: &Path) -> Result<(), String> {
        for (name, text) in HEADERS {
            self.write(name, text)?;
        }
        self.write("mpconfigport.h", &self.config.header())?;
        self.upstream()?;
        match &self.places.against {
            Some(file) => self.against(file)?,
            None => self.gcheap()?,
        }
        self.link(library)
    }

    /// Side 0: gc.c. With it, what both sides need.
    fn upstream(&mut self) -> Result<(), String> {
        let py = self.places.micropython.join("py");
        let renamed = rename("upstream", &[GC, OWN]);
        self.compile(&py.join("gc.c"), "upstream.o", &renamed)?;
        self.compile(&self.shim("side.c"), "upstream_side.o", &renamed)?;
        self.compile(&py.join("mpprint.c"), "mpprint.o", &[])?;
        self.compile(&self.shim("common.c"), "common.o", &[])?;
        self.compile(&self.shim("stubs.c"), "stubs.o", &[])
    }

    /// Side 1, to test the test: another gc.c.
    fn against(&mut self, file: &Path) -> Result<(), String> {
        let renamed = rename("second", &[GC, OWN]);
        self.compile(file, "second.o", &renamed)?;
        self.compile(&self.shim("side.c"), "second_side.o", &renamed)
    }

    /// Side 1: libgcheap. The MicroPython port's own glue connects it, and its probe reads the configuration.
    fn gcheap(&mut self) -> Result<(), String> {
        let port = self.port();
        let mut renamed = rename("second", &[OWN]);
        renamed.push("-DPARITY_GCHEAP=1".into());
        self.compile(&self.shim("side.c"), "second_side.o", &renamed)?;
        self.compile(&port.join("glue.c"), "glue.o", &renamed)?;
        let assembler = self.out.join("probe.s");
        let mut probe = self.places.compile();
        probe.args(["-std=gnu11", "-O2", "-g0", "-S", "-o"]).arg(&assembler);
        for dir in [&self.out, &port, &self.places.micropython] {
            probe.arg("-I").arg(dir);
        }
        run(probe.arg(port.join("probe.c")))?;
        archive::build(self.config, self.places, &self.out, &assembler)?;
        self.objects.push(self.out.join("libgcheap.a"));
        Ok(())
    }

    fn link(&self, library: &Path) -> Result<(), String> {
        self.write("exports", "{ global: parity_library; local: *; };\n")?;
        let mut link = self.places.compile();
        link.args(["-shared", "-Wl,--no-undefined", "-Wl,--version-script"]).arg(self.out.join("exports"));
        run(link.arg("-o").arg(library).args(&self.objects))
    }

    fn compile(&mut self, source: &Path, object: &str, defines: &[String]) -> Result<(), String> {
        let object = self.out.join(object);
        let mut command = self.places.compile();
        command.args(["-std=gnu11", "-O2", "-g", "-fPIC", "-Wall", "-Wextra", "-Wno-unused-parameter"]);
        let (shim, include) = (self.shim(""), self.places.root.join("include"));
        for dir in [&self.out, &shim, &self.port(), &include, &self.places.micropython] {
            command.arg("-I").arg(dir);
        }
        run(command.args(defines).arg("-c").arg(source).arg("-o").arg(&object))?;
        self.objects.push(object);
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<(), String> {
        fs::write(self.out.join(name), text).map_err(|e| format!("{name}: {e}"))
    }

    fn shim(&self, name: &str) -> PathBuf {
        self.places.root.join("crates/parity/shim").join(name)
    }

    fn port(&self) -> PathBuf {
        self.places.root.join("micropython-port/gcheap")
    }
}

//! Builds libgcheap.a for a configuration. No other file knows which program does that.

use std::path::Path;
use std::process::Command;

use super::places::{Places, run};
use crate::config::{Config, WORD};

/// The program in this repository that derives the library's configuration and builds the archive.
const PROGRAM: &str = "tools/build.py";

/// The files and directories of this repository that the archive depends on.
pub const SOURCES: &[&str] =
    &[PROGRAM, "tools/gcheap_build", "Cargo.toml", "build.rs", "src", "crates/parity/src/heaps/archive.rs"];

/// Builds libgcheap.a in `out`. `probe`: the port's probe, compiled to assembler text.
pub fn build(config: &Config, places: &Places, out: &Path, probe: &Path) -> Result<(), String> {
    let program = places.root.join(PROGRAM);
    let settings = out.join("config.env");
    let variant = if config.compact { "VARIANT=compact" } else { "VARIANT=fast" };
    let mut derive = Command::new(&program);
    run(derive.arg("config").arg(probe).arg(&settings).args(["STATE_SYMBOL=second_mp_state_ctx", variant]))?;
    let mut archive = Command::new(&program);
    archive.arg("archive").arg(settings).arg(out.join("libgcheap.a"));
    archive.env("CC", places.compiler()).env("CARGO_TARGET_DIR", out.join("target"));
    if WORD == 4 {
        // Rust's core library may have to be compiled for this target: once for all configurations.
        archive.env("GCHEAP_TARGET", "i686-unknown-linux-gnu").env("GCHEAP_SHARED", places.out.join("rust"));
    }
    if config.compact {
        archive.env("GCHEAP_OPT", "s");
    }
    run(&mut archive)
}

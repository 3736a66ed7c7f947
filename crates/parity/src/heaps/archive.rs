//! Builds libgcheap.a for a configuration. No other file knows which program does that.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::places::{Places, run};
use crate::config::{Config, WORD};

/// The program in this repository that builds the archive.
const PROGRAM: &str = "scripts/build-archive";

/// The files and directories of this repository that the archive depends on.
pub const SOURCES: &[&str] = &[PROGRAM, "Cargo.toml", "build.rs", "src", "crates/parity/src/heaps/archive.rs"];

/// Builds libgcheap.a in `out`. `probe`: the port's probe, compiled to assembler text.
pub fn build(config: &Config, places: &Places, out: &Path, probe: &Path) -> Result<(), String> {
    let assembler = fs::read_to_string(probe).map_err(|e| format!("{}: {e}", probe.display()))?;
    let variant = if config.compact { "compact" } else { "fast" };
    let settings = format!("STATE_SYMBOL=second_mp_state_ctx\nVARIANT={variant}\n{}", probed(&assembler));
    let file = out.join("config.env");
    fs::write(&file, settings).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut program = Command::new(places.root.join(PROGRAM));
    program.arg(file).arg(out.join("libgcheap.a"));
    program.env("CC", places.compiler()).env("CARGO_TARGET_DIR", out.join("target"));
    if WORD == 4 {
        // Rust's core library may have to be compiled for this target: once for all configurations.
        program.env("GCHEAP_TARGET", "i686-unknown-linux-gnu").env("GCHEAP_SHARED", places.out.join("rust"));
    }
    if config.compact {
        program.env("GCHEAP_OPT", "s");
    }
    run(&mut program)
}

/// The lines of a configuration file that the probe left in assembler text.
fn probed(assembler: &str) -> String {
    let mut text = String::new();
    for line in assembler.lines() {
        let Some((_, rest)) = line.split_once("@gcheap ") else { continue };
        text += rest.split('"').next().unwrap_or_default().to_uppercase().as_str();
        text += "\n";
    }
    text
}

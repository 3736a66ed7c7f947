//! Whether a shared object is up to date.

use std::fs;
use std::path::PathBuf;

use super::archive;
use super::places::Places;
use crate::config::Config;

/// The files and directories of this repository that the shared object depends on, besides those of the archive.
const SOURCES: &[&str] = &[
    "include",
    "micropython-port/gcheap",
    "crates/parity/shim",
    "crates/parity/src/heaps/library.rs",
    "crates/parity/src/heaps/places.rs",
];

/// The same of the MicroPython tree.
const MICROPYTHON_SOURCES: &[&str] = &["py/gc.c", "py/gc.h", "py/mpstate.h", "py/mpprint.c"];

/// Everything that the shared object depends on, as a text: the options, and each file's size and time. It is up to
/// date if it was built when the text was the same.
pub fn stamp(config: &Config, places: &Places) -> Result<String, String> {
    let mut stamp = format!("{}{:?} {}\n", config.header(), places.against, places.compiler());
    let mut todo: Vec<PathBuf> = Vec::new();
    todo.extend(archive::SOURCES.iter().chain(SOURCES).map(|name| places.root.join(name)));
    todo.extend(MICROPYTHON_SOURCES.iter().map(|name| places.micropython.join(name)));
    todo.extend(places.against.clone());
    let mut files = Vec::new();
    while let Some(path) = todo.pop() {
        if path.ends_with("__pycache__") {
            continue;
        }
        if path.is_dir() {
            let entries = fs::read_dir(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            todo.extend(entries.flatten().map(|entry| entry.path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    for file in files {
        let data = fs::metadata(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        stamp += &format!("{} {} {:?}\n", file.display(), data.len(), data.modified().ok());
    }
    Ok(stamp)
}

//! Shows a recorded trace step by step.

use std::fs;
use std::path::Path;

use super::process;
use crate::config::Config;
use crate::heaps::library;
use crate::options::Options;
use crate::trace::Trace;

/// Builds the configuration that the trace in a file names, runs the trace and returns the description of each step.
pub fn replay(options: &Options, file: &Path) -> Result<String, String> {
    let text = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let name = text.parse::<Trace>()?.config;
    let config = Config::parse(&name).ok_or(format!("{}: no configuration {name}", file.display()))?;
    let library = library::build(&config, &options.places)?;
    Ok(process::explain(&library, file))
}

//! One line on the terminal that shows how far a run is. Nothing is written if standard error is not a terminal.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write, stderr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The least time between two writes.
const INTERVAL: Duration = Duration::from_millis(100);
/// The longest line in characters, so that it fits in a terminal of 80 columns.
const WIDTH: usize = 79;
/// Moves to the start of the line and clears it.
const CLEAR: &str = "\r\x1b[K";

/// Threads may share it.
pub struct Progress {
    terminal: bool,
    state: Mutex<State>,
}

struct State {
    total: usize,
    done: usize,
    /// What each configuration does that is under way.
    running: BTreeMap<String, String>,
    written: Option<Instant>,
}

impl Progress {
    /// For this many configurations.
    pub fn new(total: usize) -> Self {
        let state = State { total, done: 0, running: BTreeMap::new(), written: None };
        Self { terminal: stderr().is_terminal(), state: Mutex::new(state) }
    }

    /// Shows what a configuration does now.
    pub fn show(&self, config: &str, what: &str) {
        let mut state = self.state.lock().unwrap();
        state.running.insert(config.into(), what.into());
        if self.terminal && state.written.is_none_or(|at| at.elapsed() >= INTERVAL) {
            state.written = Some(Instant::now());
            put(&format!("{CLEAR}{}", state.line()));
        }
    }

    /// A configuration is finished: prints the report on it to standard output, in place of the line.
    pub fn done(&self, config: &str, report: &str) {
        let mut state = self.state.lock().unwrap();
        state.running.remove(config);
        state.done += 1;
        if self.terminal {
            put(CLEAR);
        }
        println!("{report}");
        if self.terminal && state.done < state.total {
            put(&state.line());
        }
    }
}

/// Writes to the terminal. If that is gone, the run goes on.
fn put(text: &str) {
    let _ = stderr().write_all(text.as_bytes());
}

impl State {
    fn line(&self) -> String {
        let mut line = format!("{} of {} configurations", self.done, self.total);
        for (config, what) in &self.running {
            line += &format!(", {config} {what}");
        }
        line.chars().take(WIDTH).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_names_what_runs_and_fits_in_a_terminal() {
        let progress = Progress::new(3);
        progress.show("b32", "builds");
        progress.show("b16", "10 %");
        progress.show("b16", "20 %");
        assert_eq!(progress.state.lock().unwrap().line(), "0 of 3 configurations, b16 20 %, b32 builds");
        progress.done("b16", "b16 passes");
        progress.show(&"b64".repeat(40), "builds");
        let line = progress.state.lock().unwrap().line();
        assert!(line.starts_with("1 of 3 configurations, b32 builds, b64"), "{line}");
        assert_eq!(line.len(), WIDTH);
    }
}

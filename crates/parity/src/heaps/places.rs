//! Where things are, and the programs that build from them.

use std::path::PathBuf;
use std::process::Command;

use crate::config::WORD;

/// Makes the C compiler build for the word size of this program, which loads the result.
const MACHINE: &str = if WORD == 4 { "-m32" } else { "" };

pub struct Places {
    /// The top of this repository.
    pub root: PathBuf,
    /// An unpacked MicroPython tree; it is only read.
    pub micropython: PathBuf,
    /// A C file that takes libgcheap's place: another gc.c, to test the test.
    pub against: Option<PathBuf>,
    /// Everything that is built goes below this directory.
    pub out: PathBuf,
    /// The C compiler, with its options.
    pub cc: String,
}

impl Places {
    /// The words of the command that compiles C for this machine.
    pub fn compiler(&self) -> String {
        format!("{} {MACHINE}", self.cc).trim_end().into()
    }

    pub fn compile(&self) -> Command {
        let compiler = self.compiler();
        let mut words = compiler.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or("cc"));
        command.args(words);
        command
    }
}

/// Runs a command; its errors become the message.
pub fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?} failed:\n{}", String::from_utf8_lossy(&output.stderr)))
}

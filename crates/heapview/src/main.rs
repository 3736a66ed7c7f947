//! Shows what is in a heap: `heapview --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    heapview::command::main()
}

//! `heapview completions SHELL` and `heapview man`: files for an installation, on the standard output.

use clap::{Args, Command};
use clap_complete::Shell;
use serde_json::json;

use super::output::Answer;
use crate::draw::report::Report;

#[derive(Debug, Args)]
pub struct Arguments {
    /// The shell
    shell: Shell,
}

/// What a shell needs to complete command lines.
pub fn completions(arguments: &Arguments, mut command: Command) -> Answer {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "heapview", &mut text);
    answer(&text)
}

/// The manual page of the command, with a list of the subcommands.
pub fn page(command: &Command) -> Result<Answer, String> {
    let mut text = Vec::new();
    let page = clap_mangen::Man::new(command.clone());
    page.render(&mut text).map_err(|error| format!("the manual cannot be made: {error}"))?;
    Ok(answer(&text))
}

fn answer(text: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(text).into_owned();
    let mut report = Report::default();
    report.picture(text.clone());
    Answer::new(report, json!(text))
}

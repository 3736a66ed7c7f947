//! Options of all subcommands.

use std::path::PathBuf;

use clap::Args;

/// What all subcommands have.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Which dump of a file that has several, from 1 on; otherwise the last
    #[arg(long, global = true, value_name = "NUMBER")]
    pub nth: Option<usize>,
    /// Print JSON, for programs
    #[arg(long, global = true, conflicts_with = "markdown")]
    pub json: bool,
    /// Print Markdown, for issues and reviews
    #[arg(long, global = true)]
    pub markdown: bool,
    /// When to use colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: clap::ColorChoice,
    /// Columns of text, instead of those of the terminal
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..))]
    pub width: Option<u16>,
}

/// The name of a file with a dump.
#[derive(Debug, Clone, Args)]
pub struct Input {
    /// A file with a dump, or - for the standard input
    pub file: PathBuf,
}

//! A report: headings, sentences, tables and pictures of text, as plain text or as Markdown.

use std::fmt::Write;

use anstyle::Style;

/// A part of a report.
#[derive(Clone, Debug)]
pub enum Part {
    /// The title of what follows.
    Heading(String),
    /// A sentence of its own line.
    Sentence(String),
    /// A sentence that says that something is wrong.
    Warning(String),
    /// Rows of cells under a head. Cells that begin with a digit are numbers, and stand right.
    Table(Vec<String>, Vec<Vec<String>>),
    /// Lines of text with colours in them.
    Picture(String),
}

/// Parts, from top to bottom.
#[derive(Clone, Debug, Default)]
pub struct Report(pub Vec<Part>);

impl Report {
    /// Adds a heading.
    pub fn heading(&mut self, text: impl Into<String>) {
        self.0.push(Part::Heading(text.into()));
    }

    /// Adds a sentence.
    pub fn say(&mut self, text: impl Into<String>) {
        self.0.push(Part::Sentence(text.into()));
    }

    /// Adds what is wrong.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.0.push(Part::Warning(text.into()));
    }

    /// Adds a table.
    pub fn table(&mut self, head: &[&str], rows: Vec<Vec<String>>) {
        self.0.push(Part::Table(head.iter().map(|text| (*text).into()).collect(), rows));
    }

    /// Adds a picture.
    pub fn picture(&mut self, text: String) {
        self.0.push(Part::Picture(text));
    }

    /// As text of a width, with escape sequences for colours.
    pub fn text(&self, width: usize) -> String {
        let (bold, warning) =
            (Style::new().bold(), Style::new().bold().fg_color(Some(anstyle::AnsiColor::Yellow.into())));
        let mut text = String::new();
        for (number, part) in self.0.iter().enumerate() {
            if number > 0 && matches!(part, Part::Heading(_) | Part::Picture(_)) {
                text.push('\n');
            }
            match part {
                Part::Heading(heading) => _ = writeln!(text, "{bold}{heading}{bold:#}"),
                Part::Sentence(sentence) => text += &wrapped(sentence, width, "", ""),
                Part::Warning(sentence) => text += &wrapped(sentence, width, &format!("{warning}!{warning:#} "), "  "),
                Part::Table(head, rows) => text += &table(head, rows),
                Part::Picture(picture) => text += picture,
            }
        }
        text
    }

    /// As Markdown that GitHub shows well.
    pub fn markdown(&self) -> String {
        let escape =
            |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*");
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Heading(heading) => _ = write!(text, "### {}\n\n", escape(heading)),
                Part::Sentence(sentence) => _ = write!(text, "{}\n\n", escape(sentence)),
                Part::Warning(sentence) => _ = write!(text, "> **Note:** {}\n\n", escape(sentence)),
                Part::Table(head, rows) => {
                    let line = |cells: &[String]| {
                        let cells: Vec<_> = cells.iter().map(|cell| escape(cell)).collect();
                        format!("| {} |\n", cells.join(" | "))
                    };
                    text += &line(head);
                    let right =
                        |column: usize| rows.iter().any(|row| row.get(column).is_some_and(|cell| is_number(cell)));
                    let marks: Vec<_> =
                        (0..head.len()).map(|at| if right(at) { "---:" } else { "---" }.into()).collect();
                    text += &line(&marks);
                    rows.iter().for_each(|row| text += &line(row));
                    text.push('\n');
                }
                Part::Picture(picture) => {
                    let plain = anstream::adapter::strip_str(picture).to_string();
                    _ = write!(text, "```text\n{plain}```\n\n");
                }
            }
        }
        text
    }
}

fn is_number(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') && !cell.starts_with("0x")
}

/// A sentence in lines of a width.
fn wrapped(sentence: &str, width: usize, first: &str, rest: &str) -> String {
    let most = width.max(20) - rest.len();
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last_mut().expect("never empty");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > most {
            lines.push(word.into());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        _ = writeln!(text, "{}{line}", if number == 0 { first } else { rest });
    }
    text
}

fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let lengths = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        std::iter::once(&head[column]).chain(cells).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(lengths).collect();
    let right: Vec<bool> =
        (0..head.len()).map(|at| rows.iter().any(|row| row.get(at).is_some_and(|cell| is_number(cell)))).collect();
    let line = |cells: &[String]| {
        let mut text = String::new();
        for (at, cell) in cells.iter().enumerate() {
            let gap = if at == 0 { "" } else { "  " };
            let width = widths.get(at).copied().unwrap_or(0);
            _ = if right[at] { write!(text, "{gap}{cell:>width$}") } else { write!(text, "{gap}{cell:<width$}") };
        }
        format!("{}\n", text.trim_end())
    };
    let mut text = line(head);
    rows.iter().for_each(|row| text += &line(row));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        let mut report = Report::default();
        report.heading("Holes");
        report.say("one two three four five six");
        report.table(&["kind", "bytes"], vec![vec!["a|b".into(), "1,000".into()], vec!["c".into(), "2".into()]]);
        report.warn("a part is missing here");
        report
    }

    #[test]
    fn text_is_wrapped_and_numbers_stand_right() {
        let text = anstream::adapter::strip_str(&report().text(20)).to_string();
        let expected =
            "Holes\none two three four\nfive six\nkind  bytes\na|b   1,000\nc         2\n! a part is missing\n  here\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn markdown_escapes_what_would_divide_a_table() {
        let text = report().markdown();
        assert!(text.contains("| kind | bytes |\n| --- | ---: |\n| a\\|b | 1,000 |\n"), "{text}");
        assert!(text.contains("> **Note:** a part"), "{text}");
    }
}

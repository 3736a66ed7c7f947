//! Traces as text: one operation a line.

use std::fmt::{self, Display, Write as _};
use std::str::FromStr;

use super::{Act, Before, Id, Op, Span, Trace, Value};

impl Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Zero => f.write_str("0"),
            Self::Object(id, 0) => write!(f, "#{id}"),
            Self::Object(id, by) => write!(f, "#{id}{by:+}"),
            Self::Place(at) => write!(f, "@{at}"),
            Self::Noise(n) => write!(f, "~{n}"),
            Self::Type(n) => write!(f, "type:{n}"),
            Self::Del => f.write_str("del"),
            Self::Plain => f.write_str("plain"),
        }
    }
}

impl FromStr for Value {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix('#') {
            let sign = rest.find(['+', '-']).unwrap_or(rest.len());
            let by = if sign == rest.len() { 0 } else { number(&rest[sign..])? };
            return Ok(Self::Object(number(&rest[..sign])?, by));
        }
        match text {
            "0" => Ok(Self::Zero),
            "del" => Ok(Self::Del),
            "plain" => Ok(Self::Plain),
            _ => {
                if let Some(rest) = text.strip_prefix('@') {
                    Ok(Self::Place(number(rest)?))
                } else if let Some(rest) = text.strip_prefix('~') {
                    Ok(Self::Noise(number(rest)?))
                } else if let Some(rest) = text.strip_prefix("type:") {
                    Ok(Self::Type(number(rest)?))
                } else {
                    Err(format!("\"{text}\" is not a value"))
                }
            }
        }
    }
}

impl Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Free(id) => write!(f, "free #{id}"),
            Self::LockedFree(id) => write!(f, "locked-free #{id}"),
            Self::Alloc(bytes) => write!(f, "alloc {bytes}"),
            Self::Realloc(id, bytes) => write!(f, "realloc #{id} {bytes}"),
            Self::Nbytes(id) => write!(f, "nbytes #{id}"),
            Self::Info => f.write_str("info"),
            Self::Dump => f.write_str("dump"),
            Self::Weakref(id) => write!(f, "weakref #{id}"),
            Self::Collect => f.write_str("collect"),
        }
    }
}

impl FromStr for Act {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(match words[..] {
            ["free", id] => Self::Free(object(id)?),
            ["locked-free", id] => Self::LockedFree(object(id)?),
            ["alloc", bytes] => Self::Alloc(number(bytes)?),
            ["realloc", id, bytes] => Self::Realloc(object(id)?, number(bytes)?),
            ["nbytes", id] => Self::Nbytes(object(id)?),
            ["info"] => Self::Info,
            ["dump"] => Self::Dump,
            ["weakref", id] => Self::Weakref(object(id)?),
            ["collect"] => Self::Collect,
            _ => return Err(format!("\"{text}\" is not an act of a finaliser")),
        })
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.zone, self.start, self.end)
    }
}

impl Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alloc { id, bytes, finaliser, noise, by_realloc } => {
                write!(f, "alloc #{id} {bytes}")?;
                for (on, word) in [(finaliser, " finaliser"), (noise, " noise"), (by_realloc, " by-realloc")] {
                    if *on {
                        f.write_str(word)?;
                    }
                }
                Ok(())
            }
            Self::Realloc { id, bytes, may_move } => {
                write!(f, "realloc #{id} {bytes}{}", if *may_move { "" } else { " stay" })
            }
            Self::Free(id) => write!(f, "free #{id}"),
            Self::FreeNull => f.write_str("free null"),
            Self::Nbytes(value) => write!(f, "nbytes {value}"),
            Self::Write { id, word, value } => write!(f, "write #{id} {word} {value}"),
            Self::Root { at, value } => write!(f, "root {at} {value}"),
            Self::Script { id, acts } => {
                let acts: Vec<String> = acts.iter().map(Act::to_string).collect();
                write!(f, "script #{id} {}", acts.join("; "))
            }
            Self::Collect => f.write_str("collect"),
            Self::Sweep => f.write_str("sweep"),
            Self::Lock => f.write_str("lock"),
            Self::Unlock => f.write_str("unlock"),
            Self::Auto(on) => write!(f, "auto {}", u8::from(*on)),
            Self::Threshold(blocks) => write!(f, "threshold {blocks}"),
            Self::Add(span) => write!(f, "add {span}"),
            Self::Weakref(id) => write!(f, "weakref #{id}"),
            Self::Limit(bytes) => write!(f, "limit {bytes}"),
            Self::Readable { at, yes } => write!(f, "readable {at} {}", u8::from(*yes)),
            Self::Detour { bytes, seed } => write!(f, "detour {bytes} {seed}"),
        }
    }
}

impl FromStr for Op {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(rest) = text.strip_prefix("script ") {
            let (id, acts) = rest.split_once(' ').unwrap_or((rest, ""));
            let acts =
                acts.split(';').filter(|act| !act.trim().is_empty()).map(str::parse).collect::<Result<_, _>>()?;
            return Ok(Self::Script { id: object(id)?, acts });
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        Ok(match words[..] {
            ["alloc", id, bytes, ref flags @ ..] => Self::Alloc {
                id: object(id)?,
                bytes: number(bytes)?,
                finaliser: flags.contains(&"finaliser"),
                noise: flags.contains(&"noise"),
                by_realloc: flags.contains(&"by-realloc"),
            },
            ["realloc", id, bytes] => Self::Realloc { id: object(id)?, bytes: number(bytes)?, may_move: true },
            ["realloc", id, bytes, "stay"] => Self::Realloc { id: object(id)?, bytes: number(bytes)?, may_move: false },
            ["free", "null"] => Self::FreeNull,
            ["free", id] => Self::Free(object(id)?),
            ["nbytes", value] => Self::Nbytes(value.parse()?),
            ["write", id, word, value] => Self::Write { id: object(id)?, word: number(word)?, value: value.parse()? },
            ["root", at, value] => Self::Root { at: number(at)?, value: value.parse()? },
            ["collect"] => Self::Collect,
            ["sweep"] => Self::Sweep,
            ["lock"] => Self::Lock,
            ["unlock"] => Self::Unlock,
            ["auto", on] => Self::Auto(on != "0"),
            ["weakref", id] => Self::Weakref(object(id)?),
            ["limit", bytes] => Self::Limit(number(bytes)?),
            ["readable", at, yes] => Self::Readable { at: number(at)?, yes: yes != "0" },
            ["threshold", blocks] => Self::Threshold(number(blocks)?),
            ["add", zone, start, end] => Self::Add(span(zone, start, end)?),
            ["detour", bytes, seed] => Self::Detour { bytes: number(bytes)?, seed: number(seed)? },
            _ => return Err(format!("\"{text}\" is not an operation")),
        })
    }
}

impl Trace {
    /// The lines before the operations.
    pub fn head(&self) -> String {
        let before = match self.before {
            Before::Zero => "zero",
            Before::Junk => "junk",
            Before::Keep => "keep",
        };
        format!("config {}\nheap {}\njunk {}\nbefore {before}\n", self.config, self.heap, self.junk)
    }

    pub fn text(&self) -> String {
        let mut text = self.head();
        for op in &self.ops {
            writeln!(text, "{op}").unwrap();
        }
        text
    }
}

impl FromStr for Trace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut trace = Self {
            config: String::new(),
            heap: Span { zone: 0, start: 0, end: 0 },
            junk: 0,
            before: Before::Zero,
            ops: Vec::new(),
        };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words[..] {
                ["config", name] => trace.config = name.into(),
                ["heap", zone, start, end] => trace.heap = span(zone, start, end)?,
                ["junk", seed] => trace.junk = number(seed)?,
                ["before", "zero"] => trace.before = Before::Zero,
                ["before", "junk"] => trace.before = Before::Junk,
                ["before", "keep"] => trace.before = Before::Keep,
                _ => trace.ops.push(line.parse()?),
            }
        }
        Ok(trace)
    }
}

fn span(zone: &str, start: &str, end: &str) -> Result<Span, String> {
    Ok(Span { zone: number(zone)?, start: number(start)?, end: number(end)? })
}

fn object(text: &str) -> Result<Id, String> {
    number(text.strip_prefix('#').ok_or(format!("\"{text}\" is not an object"))?)
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("\"{text}\" is not a number"))
}

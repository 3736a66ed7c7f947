//! Environment variables, with which a program is looked at without being built anew. Read once, when the first heap is
//! made, without allocating anything.

use core::ffi::{CStr, c_char};
use core::ptr::NonNull;

use crate::heap::Handle;
use crate::report::{self, Line};
use crate::snapshots::{self, MOST_PATH};

unsafe extern "C" {
    static environ: *const *const c_char;
}

/// What the variables say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Settings {
    /// `GCHEAP_TRACE=1`: a line for every collection.
    trace: bool,
    /// `GCHEAP_STATS=1`: a few lines when the program exits.
    stats: bool,
    /// `GCHEAP_MAX=n`: the most bytes of the default heap.
    most: Option<usize>,
    /// `GCHEAP_STRESS=n`: a collection at every n-th allocation.
    stress: usize,
    /// `GCHEAP_SNAPSHOT=file`: a snapshot when an allocation fails for lack of memory, or else when the program exits.
    snapshot: Option<&'static [u8]>,
}

/// Names that begin like the library's, but belong to its build.
const OF_THE_BUILD: [&[u8]; 4] = [b"CONFIG", b"OPT", b"TARGET", b"SHARED"];

/// Why a variable cannot be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Unknown,
    NotASwitch,
    NotASize,
    NotACount,
    NotAFile,
}

impl Problem {
    fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => {
                "there is no such variable; there are GCHEAP_TRACE, GCHEAP_STATS, GCHEAP_MAX, GCHEAP_STRESS and GCHEAP_SNAPSHOT"
            }
            Self::NotASwitch => "this is neither 0 nor 1",
            Self::NotASize => "this is no number of bytes, such as 500000, 64K, 100M or 2G",
            Self::NotACount => "this is no number of allocations, 1 or more",
            Self::NotAFile => "this is no name of a file, or one of more than 1000 bytes",
        }
    }
}

impl Settings {
    /// Follows one variable, without the `GCHEAP_` of its name.
    fn follow(&mut self, name: &[u8], value: &'static [u8]) -> Result<(), Problem> {
        match name {
            b"TRACE" => self.trace = switch(value)?,
            b"STATS" => self.stats = switch(value)?,
            b"MAX" => self.most = Some(size(value).ok_or(Problem::NotASize)?),
            b"STRESS" => self.stress = number(value).filter(|&n| n > 0).ok_or(Problem::NotACount)?,
            b"SNAPSHOT" if (1..=MOST_PATH).contains(&value.len()) => self.snapshot = Some(value),
            b"SNAPSHOT" => return Err(Problem::NotAFile),
            _ if OF_THE_BUILD.contains(&name) => {}
            _ => return Err(Problem::Unknown),
        }
        Ok(())
    }
}

fn switch(value: &[u8]) -> Result<bool, Problem> {
    match value {
        b"0" => Ok(false),
        b"1" => Ok(true),
        _ => Err(Problem::NotASwitch),
    }
}

/// A decimal number.
fn number(digits: &[u8]) -> Option<usize> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_usize, |number, &digit| {
        let digit = digit.checked_sub(b'0').filter(|&digit| digit < 10)?;
        number.checked_mul(10)?.checked_add(usize::from(digit))
    })
}

/// A number of bytes, with a suffix or not.
fn size(value: &[u8]) -> Option<usize> {
    let (digits, unit) = match value.split_last()? {
        (b'K', digits) => (digits, 1 << 10),
        (b'M', digits) => (digits, 1 << 20),
        (b'G', digits) => (digits, 1 << 30),
        _ => (value, 1),
    };
    number(digits)?.checked_mul(unit)
}

/// Reads the variables, and lets the default heap, which has just been made, follow them. Ends the program at the first one
/// that it cannot follow. `write_stats` and `write_snapshot` are called when the program exits, if they are asked for. A program that runs with more
/// rights than its caller has does not look at them.
pub(crate) fn follow(heap: Handle, write_stats: extern "C" fn(), write_snapshot: extern "C" fn()) {
    // SAFETY: getauxval has no preconditions.
    if unsafe { libc::getauxval(libc::AT_SECURE) } != 0 {
        return;
    }
    let mut settings = Settings::default();
    for (name, value) in variables() {
        if let Err(problem) = settings.follow(name, value) {
            refuse(name, value, problem);
        }
    }
    report::trace(settings.trace);
    if let Some(most) = settings.most {
        heap.policy().limit.set(most);
    }
    heap.set_stress(settings.stress);
    if settings.stats {
        // SAFETY: the function can be called at any time. If there is no memory to note it, there are no lines.
        unsafe { libc::atexit(write_stats) };
    }
    if settings.snapshot.is_some_and(snapshots::ask_for) {
        // SAFETY: the same.
        unsafe { libc::atexit(write_snapshot) };
    }
}

/// Names, without GCHEAP_, and values.
fn variables() -> impl Iterator<Item = (&'static [u8], &'static [u8])> {
    // SAFETY: the C library has set it before any code of the program runs; it ends with NULL. Programs that change it while
    // other threads read it are wrong in any case.
    let mut next = unsafe { environ };
    core::iter::from_fn(move || {
        let text = NonNull::new(next.cast_mut())?;
        // SAFETY: an entry, or the NULL at the end.
        let text = NonNull::new(unsafe { text.read() }.cast_mut())?;
        next = next.wrapping_add(1);
        // SAFETY: entries are strings.
        Some(unsafe { CStr::from_ptr(text.as_ptr()) }.to_bytes())
    })
    .filter_map(|text| {
        let text = text.strip_prefix(b"GCHEAP_")?;
        let equals = text.iter().position(|&byte| byte == b'=')?;
        Some((&text[..equals], &text[equals + 1..]))
    })
}

fn refuse(name: &[u8], value: &[u8], problem: Problem) -> ! {
    let mut line = Line::new();
    line.text("libgcheap: the environment variable GCHEAP_").bytes(name).text("=").bytes(value).text(": ");
    line.text(problem.sentence()).write();
    // SAFETY: nothing of the program needs to be tidied up: this is its first call of the library.
    unsafe { libc::_exit(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_numbers() {
        for (text, value) in [("0", 0), ("500000", 500_000), ("64K", 64 << 10), ("3M", 3 << 20), ("2G", 2 << 30)] {
            assert_eq!(size(text.as_bytes()), Some(value), "{text}");
        }
        for text in ["", "K", "-1", "1k", "1 M", "0x10", "1.5M", "99999999999999999999", "99999999999G", "1MB"] {
            assert_eq!(size(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn variables_are_followed() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("TRACE", "1"),
            ("STATS", "0"),
            ("MAX", "1M"),
            ("STRESS", "7"),
            ("CONFIG", "anything"),
            ("SNAPSHOT", "a/file"),
        ] {
            settings.follow(name.as_bytes(), value.as_bytes()).unwrap();
        }
        assert_eq!(
            settings,
            Settings { trace: true, stats: false, most: Some(1 << 20), stress: 7, snapshot: Some(b"a/file") }
        );
    }

    #[test]
    fn others_are_refused() {
        let mut settings = Settings::default();
        for (name, value, problem) in [
            ("SNAPSHOTS", "file", Problem::Unknown),
            ("SNAPSHOT", "", Problem::NotAFile),
            ("", "1", Problem::Unknown),
            ("TRACE", "yes", Problem::NotASwitch),
            ("STATS", "", Problem::NotASwitch),
            ("MAX", "much", Problem::NotASize),
            ("STRESS", "0", Problem::NotACount),
        ] {
            assert_eq!(settings.follow(name.as_bytes(), value.as_bytes()), Err(problem), "{name}={value}");
        }
        assert_eq!(settings, Settings::default());
    }
}

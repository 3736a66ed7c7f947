//! What is written for whoever watches a program: a line for every collection, and a few when it exits.

use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::Relaxed;

use crate::numbers::Numbers;
use crate::os::say;

/// Whether every collection writes a line.
static TRACE: AtomicBool = AtomicBool::new(false);

/// Lets every collection write a line, or not.
pub(crate) fn trace(on: bool) {
    TRACE.store(on, Relaxed);
}

/// Whether it does.
pub(crate) fn traces() -> bool {
    TRACE.load(Relaxed)
}

/// Writes `libgcheap: WHAT: NUMBER`.
pub fn write_number(what: &str, number: usize) {
    Line::new().text("libgcheap: ").text(what).text(": ").number(number as u64).write();
}

/// What `GCHEAP_STATS` asks for.
pub(crate) fn write_stats(of: &Numbers) {
    let mut line = Line::new();
    line.text("libgcheap: ").number(of.allocated()).text(" bytes allocated, ").number(of.used_bytes as u64);
    line.text(" in use at the end, ").number(of.heap_bytes as u64).text(" bytes of memory").write();
    let mut line = Line::new();
    line.text("libgcheap: ").number(of.counters.collections as u64).text(" collections, threads stopped for ");
    line.milliseconds(of.counters.stopped)
        .text(" ms in all, ")
        .milliseconds(of.counters.longest_stop)
        .text(" ms at most")
        .write();
    let mut line = Line::new();
    line.text("libgcheap: ").number(of.finalisers as u64).text(" finalisers registered").write();
}

/// What is known when a collection has ended.
pub(crate) struct Traced {
    /// Its number, from 1 on.
    pub number: usize,
    /// Whether the program asked for it.
    pub asked_for: bool,
    /// Bytes in use before.
    pub before: usize,
    /// Bytes in use after.
    pub after: usize,
    /// Bytes of memory that the heap has.
    pub heap: usize,
    /// Nanoseconds for which threads were stopped.
    pub stopped: u64,
}

/// What `GCHEAP_TRACE` asks for.
#[cold]
pub(crate) fn write_trace(of: &Traced) {
    let mut line = Line::new();
    line.text("libgcheap: collection ").number(of.number as u64);
    line.text(if of.asked_for { ", asked for: " } else { ": " });
    line.number(of.before as u64).text(" bytes before, ").number(of.after as u64).text(" after, heap of ");
    line.number(of.heap as u64).text(", stopped for ").milliseconds(of.stopped).text(" ms").write();
}

/// A line that is put together without allocating, and written at once, so that those of several processes do not mix.
pub(crate) struct Line {
    bytes: [u8; 320],
    length: usize,
}

impl Line {
    pub fn new() -> Self {
        Self { bytes: [0; 320], length: 0 }
    }

    /// Adds bytes, as far as there is room. What is no ASCII text becomes a question mark.
    pub fn bytes(&mut self, more: &[u8]) -> &mut Self {
        for &byte in more.iter().take(self.bytes.len() - 1 - self.length) {
            self.bytes[self.length] = if matches!(byte, b' '..=b'~') { byte } else { b'?' };
            self.length += 1;
        }
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub fn number(&mut self, mut number: u64) -> &mut Self {
        let mut digits = [b'0'; 20];
        let mut first = digits.len();
        while number != 0 || first == digits.len() {
            first -= 1;
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
        }
        self.bytes(&digits[first..])
    }

    /// Nanoseconds as milliseconds, with three digits behind the point.
    pub fn milliseconds(&mut self, nanoseconds: u64) -> &mut Self {
        let micro = nanoseconds / 1000;
        let digits = [micro / 100 % 10, micro / 10 % 10, micro % 10].map(|digit| b'0' + digit as u8);
        self.number(micro / 1000).text(".").bytes(&digits)
    }

    pub fn write(&mut self) {
        self.bytes[self.length] = b'\n';
        say(core::str::from_utf8(&self.bytes[..=self.length]).unwrap_or(""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_there_is_no_more_room() {
        let mut line = Line::new();
        line.text("a\u{1b}b").number(0).text(" ").number(u64::MAX).text(" ").milliseconds(12_034_567);
        assert_eq!(&line.bytes[..line.length], b"a?b0 18446744073709551615 12.034");
        for _ in 0..100 {
            line.text("0123456789");
        }
        assert_eq!(line.length, line.bytes.len() - 1);
    }
}

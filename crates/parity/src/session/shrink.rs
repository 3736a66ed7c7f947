//! Makes a failing trace short: cuts its end, leaves out operations, and simplifies the rest.
//!
//! Each candidate runs in a process of its own. Any failure counts, even if it differs from the first one.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::process;
use crate::config::Config;
use crate::trace::{Before, Op, Trace, Value};

pub struct Shrinker<'a> {
    library: &'a Path,
    /// The file that candidates are written to.
    file: &'a Path,
    until: Instant,
    /// How many candidates were run.
    pub tries: usize,
}

impl<'a> Shrinker<'a> {
    pub fn new(library: &'a Path, file: &'a Path, limit: Duration) -> Self {
        Self { library, file, until: Instant::now() + limit, tries: 0 }
    }

    pub fn fails(&mut self, trace: &Trace) -> bool {
        self.tries += 1;
        fs::write(self.file, trace.text()).expect("the trace can be written");
        process::fails(self.library, self.file)
    }

    fn out_of_time(&self) -> bool {
        Instant::now() > self.until
    }

    /// The shortest failing trace that it finds in time.
    pub fn shrink(&mut self, mut trace: Trace) -> Trace {
        self.cut_end(&mut trace);
        loop {
            let before = trace.clone();
            self.leave_out(&mut trace);
            self.simplify_head(&mut trace);
            self.simplify_ops(&mut trace);
            if trace == before || self.out_of_time() {
                fs::write(self.file, trace.text()).expect("the trace can be written");
                return trace;
            }
        }
    }

    /// Replaces the trace by the candidate if that fails, too.
    fn keep_if_fails(&mut self, trace: &mut Trace, candidate: Trace) -> bool {
        let fails = candidate != *trace && !self.out_of_time() && self.fails(&candidate);
        if fails {
            *trace = candidate;
        }
        fails
    }

    /// Searches for the shortest beginning that fails. At the end of a trace everything is compared, so a shorter
    /// beginning can show the failure earlier.
    fn cut_end(&mut self, trace: &mut Trace) {
        let (mut passes, mut fails) = (0, trace.ops.len());
        while passes + 1 < fails && !self.out_of_time() {
            let middle = usize::midpoint(passes, fails);
            let candidate = Trace { ops: trace.ops[..middle].to_vec(), ..trace.clone() };
            if self.fails(&candidate) {
                fails = middle;
            } else {
                passes = middle;
            }
        }
        trace.ops.truncate(fails);
    }

    /// Delta debugging: leaves out pieces, from the end, and halves their length each time.
    fn leave_out(&mut self, trace: &mut Trace) {
        let mut piece = trace.ops.len().div_ceil(2).max(1);
        loop {
            let mut end = trace.ops.len();
            while end > 0 {
                let start = end.saturating_sub(piece);
                let mut candidate = trace.clone();
                candidate.ops.drain(start..end);
                self.keep_if_fails(trace, candidate);
                end = start;
            }
            if piece == 1 || self.out_of_time() {
                return;
            }
            piece = piece.div_ceil(2);
        }
    }

    /// Zeroed memory and a smaller heap.
    fn simplify_head(&mut self, trace: &mut Trace) {
        let clean = Trace { junk: 0, ..trace.clone() };
        self.keep_if_fails(trace, clean);
        let fresh = Trace { before: Before::Zero, ..trace.clone() };
        self.keep_if_fails(trace, fresh);
        for divisor in [2, 4, 8, 16, 32, 64] {
            // Each step as often as it helps, from large steps to small ones.
            loop {
                let length = trace.heap.end - trace.heap.start;
                let mut candidate = trace.clone();
                candidate.heap.end = candidate.heap.start + length - length / divisor;
                // With less, gc.c cannot make a heap.
                let least = Config::parse(&trace.config).map_or(420, |config| 420.max(6 * config.block));
                if candidate.heap.end - candidate.heap.start < least || !self.keep_if_fails(trace, candidate) {
                    break;
                }
            }
        }
    }

    fn simplify_ops(&mut self, trace: &mut Trace) {
        for n in 0..trace.ops.len() {
            for simpler in simpler(&trace.ops[n]) {
                let mut candidate = trace.clone();
                candidate.ops[n] = simpler;
                self.keep_if_fails(trace, candidate);
            }
        }
    }
}

/// Simpler operations to try, one after the other.
fn simpler(op: &Op) -> Vec<Op> {
    let mut ops = Vec::new();
    match op {
        Op::Alloc { id, bytes, finaliser, noise, .. } => {
            let alloc = |bytes, finaliser, noise| Op::Alloc { id: *id, bytes, finaliser, noise, by_realloc: false };
            ops.push(alloc(*bytes, *finaliser, *noise));
            ops.push(alloc(*bytes, *finaliser, false));
            ops.push(alloc(*bytes, false, false));
            for bytes in smaller(*bytes) {
                ops.push(alloc(bytes, *finaliser, false));
                ops.push(alloc(bytes, false, false));
            }
        }
        Op::Realloc { id, bytes, may_move } => {
            ops.extend(smaller(*bytes).map(|bytes| Op::Realloc { id: *id, bytes, may_move: *may_move }));
        }
        Op::Write { id, word, value } => {
            let mut values = vec![(0, Value::Zero), (0, *value)];
            if let Value::Object(of, _) = value {
                values.push((*word, Value::Object(*of, 0)));
            }
            ops.extend(values.into_iter().map(|(word, value)| Op::Write { id: *id, word, value }));
        }
        Op::Root { value: Value::Object(of, _), .. } => {
            ops.push(Op::Root { at: 0, value: Value::Object(*of, 0) });
        }
        Op::Script { id, acts } => {
            ops.extend(acts.iter().map(|act| Op::Script { id: *id, acts: vec![*act] }));
        }
        _ => {}
    }
    ops
}

fn smaller(bytes: usize) -> impl Iterator<Item = usize> {
    [1, 64, 128, 256, bytes / 4, bytes / 2, bytes - bytes / 4, bytes.next_multiple_of(64).min(bytes)]
        .into_iter()
        .filter(move |smaller| *smaller < bytes)
}

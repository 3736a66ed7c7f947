//! Counts what a run has actually done, so that a run that tests nothing is noticed.

use crate::config::{Config, Split};

macro_rules! counters {
    ($($name:ident $when:expr;)*) => {
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy)]
        pub enum Count { $($name),* }

        /// The name of each counter, and the configurations in which a long run must move it.
        pub const COUNTERS: &[(&str, fn(&Config) -> bool)] = &[$((stringify!($name), $when)),*];
    };
}

counters! {
    traces |_| true;
    calls |_| true;
    alloc |_| true;
    alloc_null |_| true;
    alloc_of_nothing |_| true;
    alloc_of_too_much |_| true;
    alloc_finaliser |c| c.finaliser;
    alloc_locked |_| true;
    alloc_after_collection |_| true;
    alloc_fills_heap |_| true;
    alloc_by_realloc |_| true;
    alloc_in_later_area |c| c.split != Split::One;
    alloc_threshold_collection |c| c.threshold;
    free |_| true;
    free_locked |_| true;
    free_null |_| true;
    realloc_same |_| true;
    realloc_shrinks |_| true;
    realloc_grows_in_place |_| true;
    realloc_moves |_| true;
    realloc_may_not_move |_| true;
    realloc_no_room |_| true;
    realloc_to_nothing |_| true;
    realloc_locked |_| true;
    realloc_after_collection |_| true;
    nbytes_of_object |_| true;
    nbytes_of_other |_| true;
    collect_freed |_| true;
    collect_freed_none |_| true;
    collect_under_lock |_| true;
    collect_in_full_heap |_| true;
    stack_overflow |_| true;
    stack_overflow_in_full_heap |_| true;
    sweep_all |_| true;
    finaliser_asked |c| c.finaliser;
    finaliser_called |c| c.finaliser;
    finaliser_freed_another |c| c.finaliser;
    finaliser_free_locked |c| c.finaliser;
    finaliser_alloc_refused |c| c.finaliser;
    finaliser_realloc_refused |c| c.finaliser;
    finaliser_dumped |c| c.finaliser;
    area_added_late |c| c.split != Split::One;
    area_grown |c| c.split == Split::Auto;
    area_refused |c| c.split == Split::Auto;
    area_given_back |c| c.split == Split::Auto;
    weakref_marked |c| c.weakref;
    weakref_marked_by_finaliser |c| c.weakref;
    weakref_died |c| c.weakref;
    weakref_callback_allocated |c| c.weakref;
    weakref_callback_collected |c| c.weakref;
    root_unreadable |c| c.valgrind;
    detour |_| true;
    info_compared |_| true;
    dump_compared |_| true;
    words_compared |_| true;
}

/// The value of each counter.
#[derive(Clone)]
pub struct Cover(Vec<u64>);

impl Cover {
    pub fn new() -> Self {
        Self(vec![0; COUNTERS.len()])
    }

    pub fn add(&mut self, count: Count, n: usize) {
        self.0[count as usize] += n as u64;
    }

    pub fn one(&mut self, count: Count) {
        self.add(count, 1);
    }

    pub fn get(&self, count: Count) -> u64 {
        self.0[count as usize]
    }

    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine += theirs;
        }
    }

    /// The counters that one of the configurations should have moved, but that are still 0.
    pub fn missing(&self, configs: &[&Config]) -> Vec<&'static str> {
        let zero = COUNTERS
            .iter()
            .zip(&self.0)
            .filter(|((_, needed), n)| **n == 0 && configs.iter().any(|config| needed(config)));
        zero.map(|((name, _), _)| *name).collect()
    }

    /// All counters as one line, which `from_line` reads.
    pub fn to_line(&self) -> String {
        self.0.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
    }

    pub fn from_line(line: &str) -> Option<Self> {
        let counts: Option<Vec<u64>> = line.split_whitespace().map(|n| n.parse().ok()).collect();
        counts.filter(|counts| counts.len() == COUNTERS.len()).map(Self)
    }

    /// A table of all counters in this many columns.
    pub fn table(&self, columns: usize) -> String {
        let cells: Vec<String> =
            COUNTERS.iter().zip(&self.0).map(|((name, _), n)| format!("{name:<28}{n:>12}")).collect();
        let lines = cells.len().div_ceil(columns);
        let line = |i: usize| cells.iter().skip(i).step_by(lines).cloned().collect::<Vec<_>>().join("    ");
        (0..lines).map(|i| format!("  {}\n", line(i))).collect()
    }
}

//! What the tests of threads share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use gcheap_standalone::roots::{DataSegments, TlsLayout, with_registers};
use gcheap_standalone::threads::{Stopped, allow_threads, lock, register_current, stop_world};
use std::sync::Once;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

/// How often the world was stopped.
static STOPS: AtomicUsize = AtomicUsize::new(0);

/// Registers the calling thread, after making sure that threads are allowed.
pub fn start() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        allow_threads().unwrap();
        // Threads that never stop would let the test wait for ever. On a busy machine a stop takes a while, because every
        // thread needs its turn; so only the time without any progress counts.
        std::thread::spawn(|| {
            let mut stops = STOPS.load(Relaxed);
            loop {
                std::thread::sleep(Duration::from_secs(100));
                if STOPS.load(Relaxed) == stops {
                    eprintln!("no progress in 100 seconds, after {stops} stops");
                    std::process::abort();
                }
                stops = STOPS.load(Relaxed);
            }
        });
    });
    register_current(None).unwrap();
}

/// Calls `f` while the world is stopped. It must not allocate, and must not fail an assertion.
pub fn while_stopped<R>(f: impl FnOnce(&Stopped<'_>, usize) -> R) -> R {
    let guard = lock().unwrap();
    with_registers(|lowest| {
        let stopped = stop_world(&guard);
        STOPS.fetch_add(1, Relaxed);
        f(&stopped, lowest)
    })
}

/// How often a word is found in what threads keep. It is passed disguised (inverted), so that it is not found in the
/// calling thread just because it was passed.
#[inline(never)]
pub fn occurrences(disguised: usize) -> usize {
    let mut segments = DataSegments::new();
    segments.gather().unwrap();
    let layout = segments.tls_layout();
    while_stopped(|stopped, lowest| {
        let mut found = 0;
        stopped.for_each_range(lowest, layout, &mut |range| {
            for address in (range.start..range.end).step_by(size_of::<usize>()) {
                // SAFETY: the ranges are readable while the world is stopped.
                found += usize::from(!unsafe { (address as *const usize).read_volatile() } == disguised);
            }
        });
        found
    })
}

/// How many bytes threads use.
pub fn bytes_in_use() -> usize {
    while_stopped(|stopped, lowest| {
        let mut bytes = 0;
        stopped.for_each_range(lowest, TlsLayout::EMPTY, &mut |range| bytes += range.bytes());
        bytes
    })
}

/// Waits until a condition holds; fails after a minute.
#[track_caller]
pub fn wait_until(mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(60), "this never happened");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Gives other threads time to do what they should not do.
pub fn yield_a_while() {
    for _ in 0..20 {
        // SAFETY: no preconditions.
        unsafe { libc::sched_yield() };
    }
}

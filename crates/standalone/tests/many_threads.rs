//! 2000 threads at once.

mod support;

use gcheap_standalone::threads::{lock, thread_count};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use support::{occurrences, start, wait_until, while_stopped, yield_a_while};

const THREADS: usize = 2000;
const BUSY: usize = 16;

#[test]
fn two_thousand_threads_stop_and_are_scanned() {
    start();
    let (registered, counter, stop) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let disguised = !0x5EED_3000_usize;
    thread::scope(|scope| {
        for index in 0..THREADS {
            let (registered, counter, stop) = (&registered, &counter, &stop);
            let run = move || {
                start();
                let local = std::hint::black_box(!disguised);
                registered.fetch_add(1, SeqCst);
                while stop.load(SeqCst) == 0 {
                    if index < BUSY {
                        counter.fetch_add(1, SeqCst);
                    } else {
                        thread::sleep(std::time::Duration::from_millis(50));
                    }
                }
                std::hint::black_box(&local);
            };
            thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, run).unwrap();
        }
        wait_until(|| registered.load(SeqCst) == THREADS);
        let count = thread_count();
        let found = occurrences(disguised);
        let mut changes = 0;
        for _ in 0..5 {
            changes += while_stopped(|_, _| {
                let before = counter.load(SeqCst);
                yield_a_while();
                usize::from(counter.load(SeqCst) != before)
            });
        }
        stop.store(1, SeqCst);
        assert_eq!(count, THREADS + 1);
        assert!(found >= THREADS, "{found}");
        assert_eq!(changes, 0);
    });
    wait_until(|| thread_count() == 1);
    drop(lock().unwrap());
}

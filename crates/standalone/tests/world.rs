//! Stopping the world and letting it go on, with threads that run, come and go, and block.

mod support;

use gcheap_standalone::os::{errno, set_errno};
use gcheap_standalone::threads::{do_blocking, lock, stop_world, with_gc_active};
use std::hint::black_box;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::thread;
use support::{start, wait_until, while_stopped, yield_a_while};

/// Stops the world so many times, and returns how often a counter changed meanwhile.
fn changes_while_stopped(times: usize, counters: &[AtomicUsize]) -> usize {
    let mut changes = 0;
    for _ in 0..times {
        changes += while_stopped(|_, _| {
            let mut before = [0; 16];
            for (before, counter) in before.iter_mut().zip(counters) {
                *before = counter.load(SeqCst);
            }
            yield_a_while();
            before.iter().zip(counters).filter(|(before, counter)| **before != counter.load(SeqCst)).count()
        });
        // Let the others have the lock.
        thread::yield_now();
    }
    changes
}

fn counters() -> [AtomicUsize; 8] {
    [const { AtomicUsize::new(0) }; 8]
}

#[test]
fn busy_threads_stop_a_thousand_times_while_others_come_and_go() {
    start();
    let counters = counters();
    let stop = AtomicUsize::new(0);
    let come_and_gone = AtomicUsize::new(0);
    thread::scope(|scope| {
        for (index, counter) in counters.iter().enumerate() {
            let stop = &stop;
            scope.spawn(move || {
                start();
                set_errno(77);
                while stop.load(Relaxed) == 0 {
                    // A stop waits until each thread has had a turn on a processor. So none uses up its time.
                    if counter.fetch_add(1, SeqCst) % 32 == 0 {
                        thread::yield_now();
                    }
                    match index % 4 {
                        0 => assert_eq!(errno(), 77, "the signal handler changes errno"),
                        1 => drop(black_box(vec![1; 100])),
                        2 => drop(lock().unwrap()),
                        _ => {}
                    }
                }
            });
        }
        scope.spawn(|| {
            while stop.load(Relaxed) == 0 {
                // They end without unregistering.
                let threads: Vec<_> = (0..3).map(|_| thread::spawn(start)).collect();
                threads.into_iter().for_each(|thread| thread.join().unwrap());
                come_and_gone.fetch_add(3, Relaxed);
            }
        });
        wait_until(|| counters.iter().all(|counter| counter.load(SeqCst) > 0));
        let changes = changes_while_stopped(1000, &counters);
        let at_the_end = counters.each_ref().map(|counter| counter.load(SeqCst));
        let are_running = || (0..8).all(|index| counters[index].load(SeqCst) > at_the_end[index]);
        wait_until(are_running);
        wait_until(|| come_and_gone.load(Relaxed) > 0);
        stop.store(1, Relaxed);
        assert_eq!(changes, 0);
    });
}

#[test]
fn threads_in_blocking_regions_run_on_but_do_not_leave() {
    start();
    let (inside, outside, active) = (AtomicUsize::new(0), counters(), counters());
    let stop = AtomicUsize::new(0);
    thread::scope(|scope| {
        for (outside, active) in outside.iter().zip(&active).take(4) {
            let (stop, inside) = (&stop, &inside);
            scope.spawn(move || {
                start();
                while stop.load(Relaxed) == 0 {
                    outside.fetch_add(1, SeqCst);
                    do_blocking(|| {
                        inside.fetch_add(1, SeqCst);
                        with_gc_active(|| active.fetch_add(1, SeqCst));
                        (0..300).for_each(|_| std::hint::spin_loop());
                        do_blocking(|| inside.fetch_add(1, SeqCst));
                    });
                }
            });
        }
        wait_until(|| outside.iter().take(4).all(|counter| counter.load(SeqCst) > 0));
        let changes = (changes_while_stopped(100, &outside), changes_while_stopped(100, &active));
        stop.store(1, Relaxed);
        assert_eq!(changes, (0, 0));
    });
}

#[test]
fn a_thread_in_a_blocking_region_gets_no_signal() {
    start();
    let (inside, leave) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        scope.spawn(|| {
            start();
            do_blocking(|| {
                block_all_signals();
                inside.store(1, SeqCst);
                while leave.load(SeqCst) == 0 {
                    thread::yield_now();
                }
            });
        });
        wait_until(|| inside.load(SeqCst) == 1);
        // If the thread were told to stop, this would wait for ever.
        assert_eq!(changes_while_stopped(10, &[]), 0);
        leave.store(1, SeqCst);
    });
}

#[test]
fn a_thread_that_waits_for_the_lock_needs_no_signal() {
    start();
    let state = AtomicUsize::new(0);
    thread::scope(|scope| {
        scope.spawn(|| {
            start();
            block_all_signals();
            state.store(1, SeqCst);
            while state.load(SeqCst) == 1 {
                do_blocking(thread::yield_now);
            }
            drop(lock().unwrap());
        });
        wait_until(|| state.load(SeqCst) == 1);
        let guard = lock().unwrap();
        state.store(2, SeqCst);
        // Perhaps it is told to stop before it waits for the lock; then it is asked again.
        drop(stop_world(&guard));
        thread::sleep(std::time::Duration::from_millis(30));
        drop(stop_world(&guard));
    });
}

fn block_all_signals() {
    let mut all = std::mem::MaybeUninit::uninit();
    // SAFETY: sigfillset fills the set.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut());
    }
}

//! fork in one of several threads: the child has one thread, a free lock, and can have threads of its own.

mod support;

use gcheap_standalone::threads::{
    Registration, create, is_registered, join, lock, register_current, thread_count, unregister_current,
};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use support::{occurrences, start, wait_until, while_stopped};

extern "C" fn look(disguised: *mut c_void) -> *mut c_void {
    ptr::without_provenance_mut(occurrences(disguised.addr()))
}

/// What the child does. Returns the number of the first check that fails, or 0.
fn in_child(disguised: usize) -> i32 {
    let checks: [fn(usize) -> bool; 5] = [
        |_| is_registered() && thread_count() == 1,
        |_| lock().map(drop).is_ok(),
        |_| while_stopped(|_, _| true),
        |disguised| {
            // Another thread stops this one and finds its words: so the child knows its own new number.
            let mut thread = MaybeUninit::uninit();
            let mut result = ptr::null_mut();
            // SAFETY: the routine takes any argument.
            let errors = unsafe {
                let error = create(thread.as_mut_ptr(), ptr::null(), look, ptr::without_provenance_mut(disguised));
                error + join(thread.assume_init(), &raw mut result)
            };
            errors == 0 && result.addr() >= 1
        },
        |_| unregister_current() && register_current(None) == Ok(Registration::Done),
    ];
    let local = std::hint::black_box(!disguised);
    let failed = checks.iter().position(|check| !check(disguised)).map_or(0, |index| index as i32 + 1);
    std::hint::black_box(&local);
    failed
}

#[test]
fn a_thread_forks_while_others_hold_the_lock() {
    start();
    let (running, stop) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start();
                running.fetch_add(1, SeqCst);
                while stop.load(SeqCst) == 0 {
                    drop(lock().unwrap());
                    thread::yield_now();
                }
            });
        }
        wait_until(|| running.load(SeqCst) == 4);
        let mut results = [0; 30];
        for result in &mut results {
            // SAFETY: the child calls this library and the C library only, and leaves by _exit.
            unsafe {
                let child = libc::fork();
                if child == 0 {
                    libc::alarm(20);
                    libc::_exit(in_child(!0x5EED_4000));
                }
                let mut status = -1;
                libc::waitpid(child, &raw mut status, 0);
                *result = status;
            }
        }
        let count = thread_count();
        while_stopped(|_, _| ());
        stop.store(1, SeqCst);
        assert_eq!(results, [0; 30]);
        assert_eq!(count, 5);
    });
}

//! Signal handlers of the program: one that uses the heap, and one on a stack of its own.

mod support;

use gcheap_standalone::threads::{Reentered, lock};
use std::ffi::c_int;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::{ptr, thread};
use support::{occurrences, start, wait_until};

fn install(signal: c_int, handler: extern "C" fn(c_int), flags: c_int) {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: zeros are valid for all fields.
    unsafe {
        action.assume_init_mut().sa_sigaction = handler as *const () as usize;
        action.assume_init_mut().sa_flags = flags;
        assert_eq!(libc::sigaction(signal, action.as_ptr(), ptr::null_mut()), 0);
    }
}

#[test]
fn a_handler_that_interrupts_the_locks_holder_is_refused() {
    static REFUSED: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn handler(_: c_int) {
        REFUSED.store(if lock().err() == Some(Reentered) { 1 } else { 2 }, SeqCst);
    }
    start();
    install(libc::SIGUSR2, handler, 0);
    let guard = lock().unwrap();
    // SAFETY: the signal has a handler.
    unsafe { libc::raise(libc::SIGUSR2) };
    drop(guard);
    assert_eq!(REFUSED.load(SeqCst), 1);
    // SAFETY: as above.
    unsafe { libc::raise(libc::SIGUSR2) };
    assert_eq!(REFUSED.load(SeqCst), 2);
}

#[test]
fn both_stacks_of_a_thread_on_an_alternate_stack_are_scanned() {
    const ON_OWN_STACK: usize = !0x5EED_6001;
    const ON_ALTERNATE_STACK: usize = !0x5EED_6002;
    static SIGNAL: AtomicUsize = AtomicUsize::new(0);
    extern "C" fn handler(_: c_int) {
        let local = black_box(!black_box(ON_ALTERNATE_STACK));
        SIGNAL.store(1, SeqCst);
        while SIGNAL.load(SeqCst) != 2 {
            std::hint::spin_loop();
        }
        black_box(&local);
    }
    start();
    install(libc::SIGUSR1, handler, libc::SA_ONSTACK);
    thread::scope(|scope| {
        scope.spawn(|| {
            // On the heap, below and far away from the thread's stack.
            let mut memory = vec![0_usize; 1 << 14];
            let stack = libc::stack_t {
                ss_sp: memory.as_mut_ptr().cast(),
                ss_flags: 0,
                ss_size: memory.len() * size_of::<usize>(),
            };
            let mut old = MaybeUninit::uninit();
            // SAFETY: the memory lives until the old stack is back.
            unsafe { assert_eq!(libc::sigaltstack(&raw const stack, old.as_mut_ptr()), 0) };
            start();
            let local = black_box(!black_box(ON_OWN_STACK));
            // SAFETY: the signal has a handler.
            unsafe { libc::raise(libc::SIGUSR1) };
            black_box(&local);
            // SAFETY: as above.
            unsafe { libc::sigaltstack(old.as_ptr(), ptr::null_mut()) };
        });
        wait_until(|| SIGNAL.load(SeqCst) == 1);
        let found = (occurrences(ON_OWN_STACK), occurrences(ON_ALTERNATE_STACK));
        SIGNAL.store(2, SeqCst);
        assert!(found.0 >= 1, "its own stack");
        assert!(found.1 >= 1, "the alternate stack");
    });
}

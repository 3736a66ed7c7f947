//! Words in registers, on stacks and in thread-local storage of other threads are found.

mod support;

use gcheap_standalone::threads::{do_blocking, unregister_current};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use support::{bytes_in_use, occurrences, start, wait_until};

thread_local! {
    static VARIABLE: Cell<usize> = const { Cell::new(0) };
}

/// Has another thread call `hold(signal, disguised)`, which holds the word until the signal is 2 and says with 1 that it
/// does. Returns how often the word is found meanwhile.
fn found_in_thread(disguised: usize, hold: fn(&AtomicUsize, usize)) -> usize {
    seen_with_thread(disguised, hold, occurrences)
}

/// The same for what `look(disguised)` returns. The thread's stack has 1 GiB (a quarter of that on 32 bits).
fn seen_with_thread(disguised: usize, hold: fn(&AtomicUsize, usize), look: fn(usize) -> usize) -> usize {
    start();
    let signal = AtomicUsize::new(0);
    thread::scope(|scope| {
        let signal = &signal;
        let builder = thread::Builder::new().stack_size(if size_of::<usize>() == 8 { 1 << 30 } else { 1 << 28 });
        let holder = builder.spawn_scoped(scope, move || {
            start();
            hold(signal, disguised);
        });
        holder.unwrap();
        wait_until(|| signal.load(SeqCst) == 1);
        let found = look(disguised);
        signal.store(2, SeqCst);
        found
    })
}

fn hold_until_told(signal: &AtomicUsize) {
    signal.store(1, SeqCst);
    while signal.load(SeqCst) != 2 {
        std::hint::spin_loop();
    }
}

#[test]
fn nothing_is_found_where_nothing_is() {
    assert_eq!(found_in_thread(!0x5EED_1000, |signal, _| hold_until_told(signal)), 0);
}

#[test]
fn no_more_of_a_stack_of_1_gib_is_scanned_than_is_in_use() {
    let bytes = seen_with_thread(0, |signal, _| hold_until_told(signal), |_| bytes_in_use());
    assert!(bytes > 0 && bytes < 10 << 20, "{bytes} bytes");
}

#[test]
fn on_the_stack() {
    let found = found_in_thread(!0x5EED_1001, |signal, disguised| {
        let local = black_box(!disguised);
        hold_until_told(signal);
        black_box(&local);
    });
    assert!(found >= 1);
}

#[test]
fn on_the_stack_above_a_blocking_region() {
    let found = found_in_thread(!0x5EED_1002, |signal, disguised| {
        let local = black_box(!disguised);
        do_blocking(|| hold_until_told(signal));
        black_box(&local);
    });
    assert!(found >= 1);
}

#[test]
fn in_thread_local_storage() {
    let found = found_in_thread(!0x5EED_1003, |signal, disguised| {
        VARIABLE.with(|variable| black_box(variable).set(!disguised));
        hold_until_told(signal);
        VARIABLE.with(|variable| black_box(variable).set(0));
    });
    assert!(found >= 1);
}

#[test]
fn not_in_a_thread_that_was_unregistered() {
    let found = found_in_thread(!0x5EED_1004, |signal, disguised| {
        VARIABLE.with(|variable| black_box(variable).set(!disguised));
        assert!(unregister_current() && !unregister_current());
        hold_until_told(signal);
        VARIABLE.with(|variable| black_box(variable).set(0));
    });
    assert_eq!(found, 0);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn in_a_register_of_a_stopped_thread() {
    let found = found_in_thread(!0x5EED_1005, |signal, disguised| {
        // SAFETY: the loop reads and writes the signal only; the register is named as changed.
        unsafe {
            std::arch::asm!(
                "not {word}",
                "mov qword ptr [{signal}], 1",
                "2: pause",
                "cmp qword ptr [{signal}], 2",
                "jne 2b",
                "xor {word}, {word}",
                word = inout(reg) disguised => _,
                signal = in(reg) signal.as_ptr(),
            );
        }
    });
    assert!(found >= 1);
}

#[cfg(target_arch = "x86_64")]
#[test]
fn in_a_callee_saved_register_above_a_blocking_region() {
    extern "C" fn block(signal: &AtomicUsize) {
        do_blocking(|| hold_until_told(signal));
    }
    let found = found_in_thread(!0x5EED_1006, |signal, disguised| {
        // SAFETY: the called function follows the C calling convention; the registers are named as changed.
        unsafe {
            std::arch::asm!(
                "mov r12, rsi",
                "not r12",
                "call {block}",
                "xor r12, r12",
                block = sym block,
                in("rdi") signal,
                in("rsi") disguised,
                out("r12") _,
                clobber_abi("C"),
            );
        }
    });
    assert!(found >= 1);
}

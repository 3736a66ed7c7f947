//! The initial thread: its stack and its thread-local storage. (The test harness runs tests in other threads, so this is
//! a program of its own.)

mod support;

use gcheap_standalone::threads::{
    RegisterError, Registration, create, join, register_current, thread_count, unregister_current,
};
use std::cell::Cell;
use std::ffi::c_void;
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr;
use support::occurrences;

thread_local! {
    static VARIABLE: Cell<usize> = const { Cell::new(0) };
}

fn main() {
    assert_eq!(register_current(None), Ok(Registration::Done));
    assert_eq!(register_current(None), Ok(Registration::AlreadyRegistered));
    assert_eq!(std::thread::spawn(|| register_current(None)).join().unwrap(), Err(RegisterError::NotAllowed));
    let words = [!0x5EED_2001, !0x5EED_2002, !0x5EED_2003_usize];
    VARIABLE.with(|variable| black_box(variable).set(!words[0]));
    let local = black_box(!words[1]);

    let check = |who: &str, found: [usize; 3]| {
        assert!(found[0] >= 1, "{who}: thread-local storage of the initial thread");
        assert!(found[1] >= 1, "{who}: the stack of the initial thread");
        assert_eq!(found[2], 0, "{who}: nothing");
    };
    check("the initial thread alone", words.map(occurrences));

    extern "C" fn look(argument: *mut c_void) -> *mut c_void {
        // SAFETY: the argument is the array below, and the creator waits.
        let (words, found) = unsafe { &mut *argument.cast::<([usize; 3], [usize; 3])>() };
        *found = words.map(occurrences);
        argument
    }
    let mut argument = (words, [0; 3]);
    let mut thread = MaybeUninit::uninit();
    let mut result = ptr::null_mut();
    // SAFETY: the argument lives until the thread is joined.
    unsafe {
        assert_eq!(create(thread.as_mut_ptr(), ptr::null(), look, (&raw mut argument).cast()), 0);
        assert_eq!(join(thread.assume_init(), &raw mut result), 0);
    }
    assert_eq!(result, (&raw mut argument).cast());
    check("another thread", argument.1);
    black_box(&local);

    assert_eq!(thread_count(), 1);
    assert!(unregister_current() && !unregister_current());
    assert_eq!(thread_count(), 0);
    println!("initial_thread: ok");
}

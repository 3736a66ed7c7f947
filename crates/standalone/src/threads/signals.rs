//! The signal that stops a thread, and the thread's answer.

use super::current::current;
use super::record::Thread;
use super::rendezvous::RENDEZVOUS;
use super::stack_use;
use crate::os::{errno, set_errno};
use core::ffi::{c_int, c_void};
use core::hint::black_box;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// The signal that stops a thread: the one that bdwgc uses on Linux, so programs leave it alone.
pub const SUSPEND_SIGNAL: c_int = libc::SIGPWR;

/// The signal with which bdwgc restarts a thread. It is never sent here: stopped threads wait for a word to change, which
/// one system call tells to all of them. A program that asks for the number gets one that nobody uses for other purposes.
pub const RESTART_SIGNAL: c_int = libc::SIGXCPU;

/// Installs the handler. Returns whether the system agreed.
pub(super) fn install() -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: all fields are plain data for which zeros are valid. While the handler runs, every signal is blocked, also
    // those that the C library keeps for itself (sigfillset leaves them out): cancelling a stopped thread would run its
    // cleanup handlers while the world is stopped.
    unsafe {
        let action = action.assume_init_mut();
        action.sa_sigaction = on_suspend as extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) as usize;
        action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        (&raw mut action.sa_mask).write_bytes(0xFF, 1);
        libc::sigaction(SUSPEND_SIGNAL, action, ptr::null_mut()) == 0
    }
}

/// Lets the calling thread receive the signal, whatever mask it has inherited.
pub(super) fn unblock() {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset fills the set.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), SUSPEND_SIGNAL);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
    }
}

/// Changes a set of signals that the program is about to pass to `pthread_sigmask` (with the same `how`), so that the
/// signal that stops threads does not become blocked. A thread that blocks it is waited for until it does not.
pub fn keep_suspend_signal_unblocked(how: c_int, set: &mut libc::sigset_t) {
    if how != libc::SIG_UNBLOCK {
        // SAFETY: the set is valid, and so is the signal's number.
        unsafe { libc::sigdelset(set, SUSPEND_SIGNAL) };
    }
}

/// Tells a thread to stop. Returns false if it does not exist any more.
pub(super) fn send(process_id: c_int, thread: &Thread) -> bool {
    let thread_id = thread.thread_id.load(Relaxed);
    // SAFETY: tgkill has no preconditions; the process is this one. (Not pthread_kill: for a thread that has ended, glibc
    // reports success since 2.34.) Other errors than ESRCH are of no consequence, since the signal is sent again.
    let result = unsafe { libc::syscall(libc::SYS_tgkill, process_id, thread_id, SUSPEND_SIGNAL) };
    !(result == -1 && errno() == libc::ESRCH)
}

extern "C" fn on_suspend(_: c_int, _: *mut libc::siginfo_t, _: *mut c_void) {
    let saved = errno();
    if let (Some(thread), Some(generation)) = (current(), RENDEZVOUS.stop_under_way()) {
        stop(thread, generation);
    }
    set_errno(saved);
}

/// Stops the calling thread until the world goes on, if it was told to and has not stopped already. (Otherwise the signal
/// was a repetition, or is late.)
fn stop(thread: &Thread, generation: u32) {
    if thread.told.load(Relaxed) != generation || thread.acknowledged.load(Relaxed) == generation {
        return;
    }
    // The kernel has put all registers on the stack, above this function's frame.
    let local = black_box(0_usize);
    stack_use::note(thread, (&raw const local).addr(), &thread.stopped);
    if thread.acknowledge(generation) {
        RENDEZVOUS.count_one();
    }
    RENDEZVOUS.wait_for_the_end_of(generation);
    black_box(&local);
}

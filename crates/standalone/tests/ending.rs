//! The ways in which a thread can end. (One test: it counts all threads of the process.)

mod support;

use gcheap_standalone::os::thread_id;
use gcheap_standalone::threads::{StartRoutine, create, detach, is_registered, join, thread_count};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicI32, AtomicU32, AtomicUsize};
use support::{occurrences, start, wait_until, while_stopped};

unsafe extern "C-unwind" {
    fn gcheap_native_thread_exit(result: *mut c_void) -> !;
}

type UnwindingRoutine = unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void;

/// A routine that may be unwound by the C library.
fn routine(routine: UnwindingRoutine) -> StartRoutine {
    // SAFETY: the types differ in what may unwind through the function; only native frames are above it.
    unsafe { std::mem::transmute(routine) }
}

fn create_thread(start: UnwindingRoutine, argument: usize, attributes: *const libc::pthread_attr_t) -> libc::pthread_t {
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the routines here take any argument.
    let error =
        unsafe { create(thread.as_mut_ptr(), attributes, routine(start), ptr::without_provenance_mut(argument)) };
    assert_eq!(error, 0);
    // SAFETY: there was no error.
    unsafe { thread.assume_init() }
}

fn join_thread(thread: libc::pthread_t) -> usize {
    let mut result = ptr::null_mut();
    // SAFETY: the thread is joined once.
    assert_eq!(unsafe { join(thread, &raw mut result) }, 0);
    result.addr()
}

/// The kernel's number of the thread that set it last.
static THREAD_ID: AtomicI32 = AtomicI32::new(0);

/// Waits until the thread that has set `THREAD_ID` does not exist any more.
fn wait_for_the_end() {
    wait_until(|| THREAD_ID.load(SeqCst) != 0);
    // SAFETY: signal 0 only asks.
    wait_until(|| unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), THREAD_ID.load(SeqCst), 0) == -1 });
    THREAD_ID.store(0, SeqCst);
}

unsafe extern "C-unwind" fn return_inverted(argument: *mut c_void) -> *mut c_void {
    assert!(is_registered());
    THREAD_ID.store(thread_id(), SeqCst);
    ptr::without_provenance_mut(!argument.addr())
}

unsafe extern "C-unwind" fn exit_inverted(argument: *mut c_void) -> *mut c_void {
    THREAD_ID.store(thread_id(), SeqCst);
    // SAFETY: this function has nothing to drop.
    unsafe { gcheap_native_thread_exit(ptr::without_provenance_mut(!argument.addr())) }
}

unsafe extern "C-unwind" fn wait_for_cancellation(_: *mut c_void) -> *mut c_void {
    unsafe extern "C-unwind" {
        fn pause() -> i32;
    }
    loop {
        // SAFETY: this function has nothing to drop.
        unsafe { pause() };
    }
}

unsafe extern "C-unwind" fn vanish(_: *mut c_void) -> *mut c_void {
    THREAD_ID.store(thread_id(), SeqCst);
    // SAFETY: nobody waits for this thread.
    unsafe { libc::syscall(libc::SYS_exit, 0) };
    ptr::null_mut()
}

/// What the destructors of two keys see: whether their thread was registered.
static SEEN: AtomicUsize = AtomicUsize::new(0);
static KEY: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn destructor(_: *mut c_void) {
    SEEN.store(if is_registered() { 1 } else { 2 }, SeqCst);
}

unsafe extern "C-unwind" fn set_a_value(argument: *mut c_void) -> *mut c_void {
    // SAFETY: the key exists.
    unsafe { libc::pthread_setspecific(KEY.load(SeqCst), ptr::without_provenance(1)) };
    argument
}

#[test]
fn threads_are_forgotten_however_they_end() {
    start();
    let alone = thread_count();
    let none = ptr::null();
    const DISGUISED: usize = !0x5EED_5000;

    for (number, end) in [return_inverted, exit_inverted].into_iter().enumerate() {
        // Never the word itself, which would stay on this stack.
        let disguised = DISGUISED - number;
        let thread = create_thread(end, disguised, none);
        wait_for_the_end();
        assert_eq!((thread_count(), occurrences(disguised)), (alone + 1, 1), "the result is a root until the join");
        assert_eq!(join_thread(thread), !disguised);
        assert_eq!(thread_count(), alone);

        let thread = create_thread(end, disguised, none);
        wait_for_the_end();
        // SAFETY: the thread is neither joined nor detached.
        assert_eq!(unsafe { detach(thread) }, 0);
        assert_eq!(thread_count(), alone);
    }

    let mut attributes = MaybeUninit::uninit();
    // SAFETY: pthread_attr_init fills the attributes.
    let detached = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        libc::pthread_attr_setdetachstate(attributes.as_mut_ptr(), libc::PTHREAD_CREATE_DETACHED);
        attributes.as_ptr()
    };
    create_thread(return_inverted, 0, detached);
    wait_for_the_end();
    assert_eq!(thread_count(), alone);

    let thread = create_thread(wait_for_cancellation, 0, none);
    while_stopped(|_, _| ());
    // SAFETY: the thread exists.
    unsafe {
        unsafe extern "C" {
            fn pthread_cancel(thread: libc::pthread_t) -> i32;
        }
        assert_eq!(pthread_cancel(thread), 0);
    }
    join_thread(thread);
    assert_eq!(thread_count(), alone);

    create_thread(vanish, 0, detached);
    wait_for_the_end();
    assert_eq!(thread_count(), alone + 1);
    while_stopped(|_, _| ());
    assert_eq!(thread_count(), alone, "a thread that has vanished is noticed when the world is stopped");

    let mut key = 0;
    // SAFETY: the destructor takes any value.
    assert_eq!(unsafe { libc::pthread_key_create(&raw mut key, Some(destructor)) }, 0);
    KEY.store(key, SeqCst);
    join_thread(create_thread(set_a_value, 0, none));
    assert_eq!(SEEN.load(SeqCst), 1, "destructors of the program may use the heap");
    assert_eq!(thread_count(), alone);
}

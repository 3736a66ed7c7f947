//! The bounds of the calling thread's stack.

use super::AddressRange;
use crate::os::{process_id, thread_id, thread_pointer};
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

unsafe extern "C" {
    safe fn gcheap_native_main_stack_end() -> usize;
}

/// Whether this process is the child of a fork. Its only thread may then have any thread's stack.
static FORKED: AtomicBool = AtomicBool::new(false);

/// Tells this module that the process is the child of a fork, whose only thread need not have the initial stack. To be
/// called in the child. Async-signal-safe.
pub fn note_fork() {
    FORKED.store(true, Ordering::Relaxed);
}

/// The calling thread's stack: the address of its lowest page, and its base, which is the end to which it is scanned.
/// `None` if the C library does not know.
///
/// In glibc the base of all threads but the initial one lies above the thread's static thread-local storage and control
/// block (with the first 32 values of `pthread_setspecific`), so these are included. The lower end is a limit only: pages
/// there may never have been touched. For the initial thread it follows from `ulimit -s`.
///
/// It may call `malloc` (glibc's `pthread_getattr_np` does). So a thread asks when it is registered, and never while the
/// world is stopped.
pub fn stack_bounds() -> Option<AddressRange> {
    initial_stack().or_else(asked_from_the_c_library)
}

/// A first answer that needs neither `malloc` nor a file: good enough to register a thread, which may then call
/// [`stack_bounds`] (with glibc). The base of a thread other than the initial one is its thread pointer: the stack and the
/// static thread-local storage lie below it on x86, and the stack elsewhere. With another C library it is
/// [`stack_bounds`], which does not allocate there.
pub fn provisional_stack_bounds() -> Option<AddressRange> {
    if cfg!(target_env = "gnu") && !FORKED.load(Ordering::Relaxed) {
        initial_stack().or_else(|| Some(AddressRange::new(0, thread_pointer())))
    } else {
        stack_bounds()
    }
}

/// The initial thread's stack; `None` in other threads, in the child of a fork, or if the C library does not tell.
fn initial_stack() -> Option<AddressRange> {
    let base = gcheap_native_main_stack_end();
    if base == 0 || FORKED.load(Ordering::Relaxed) || thread_id() != process_id() {
        return None;
    }
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the kernel fills the structure if it returns 0.
    let low = unsafe {
        if libc::getrlimit(libc::RLIMIT_STACK, limit.as_mut_ptr()) == 0 { limit.assume_init().rlim_cur } else { 0 }
    };
    // An unlimited stack has no lower end.
    let size = usize::try_from(low).unwrap_or(usize::MAX);
    Some(AddressRange::new(base.saturating_sub(size), base))
}

fn asked_from_the_c_library() -> Option<AddressRange> {
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    let mut low = ptr::null_mut();
    let mut bytes = 0;
    // SAFETY: the attributes are used only if the first call has filled them, and destroyed once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let failed = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut low, &raw mut bytes) != 0;
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if failed {
            return None;
        }
    }
    let low = low.addr();
    Some(AddressRange::new(low, low.checked_add(bytes)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;
    use std::thread;

    fn local_is_inside(bounds: AddressRange) -> bool {
        let local = black_box(0_u8);
        bounds.contains((&raw const local).addr())
    }

    #[test]
    fn a_threads_stack_contains_its_locals() {
        assert!(local_is_inside(stack_bounds().unwrap()));
        assert!(local_is_inside(provisional_stack_bounds().unwrap()));
    }

    #[test]
    fn the_provisional_base_is_not_above_the_base() {
        let (provisional, exact) = (provisional_stack_bounds().unwrap(), stack_bounds().unwrap());
        assert!(provisional.end <= exact.end && exact.end - provisional.end < 64 << 10);
    }

    #[test]
    fn the_base_does_not_depend_on_the_depth() {
        fn at_depth(depth: usize) -> usize {
            let space = black_box([depth; 100]);
            if depth == 0 { stack_bounds().unwrap().end } else { at_depth(depth - 1) + (space[0] - depth) }
        }
        assert_eq!(at_depth(0), at_depth(100));
    }

    #[test]
    fn a_stack_of_1_gib() {
        let big = thread::Builder::new().stack_size(1 << 30).spawn(|| {
            let bounds = stack_bounds().unwrap();
            let local = black_box(0_u8);
            assert!(bounds.bytes() >= 1 << 30 && local_is_inside(bounds));
            // What would be scanned is what is in use.
            assert!(bounds.end - (&raw const local).addr() < 64 << 10);
        });
        big.unwrap().join().unwrap();
    }
}

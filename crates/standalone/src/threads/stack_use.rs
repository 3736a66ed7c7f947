//! Which parts of its stacks the calling thread uses.

use super::record::{StackUse, Thread};
use crate::os::pages::{is_mapped, page_size};
use crate::os::{errno, set_errno};
use crate::roots::AddressRange;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;

/// How far below its base a stack without a known limit is supposed to reach, in bytes.
const UNLIMITED: usize = 1 << 30;

/// Notes in `stack_use` what the calling thread uses of its stacks, if everything from the address `here` on matters.
///
/// As a rule that is its own stack from there to the base. A signal handler may run on an alternate stack, though
/// (`sigaltstack`). Then that one is in use from `here` to its end, and where the thread was interrupted on its own stack is
/// written in the signal's frame, somewhere on the alternate stack: nothing below the lowest address of its own stack that
/// is found there matters. Async-signal-safe.
pub(super) fn note(thread: &Thread, here: usize, stack_use: &StackUse) {
    let (low, base) = (thread.low.load(Relaxed), thread.base.load(Relaxed));
    let own = AddressRange::new(low, base);
    if low != 0 && own.contains(here) {
        return stack_use.set(here, AddressRange::EMPTY);
    }
    match alternate_stack() {
        Some(alternate) if alternate.contains(here) => {
            let in_use = AddressRange::new(here, alternate.end).whole_words();
            let saved = errno();
            stack_use.set(lowest_mentioned(own, in_use), in_use);
            set_errno(saved);
        }
        // Without a known limit; or a stack that the program has made itself and has told nobody about.
        _ => stack_use.set(here, AddressRange::EMPTY),
    }
}

/// The calling thread's alternate stack; `None` if it does not run on one.
fn alternate_stack() -> Option<AddressRange> {
    let mut stack = MaybeUninit::<libc::stack_t>::uninit();
    // SAFETY: the kernel fills the structure if it returns 0.
    let stack = unsafe {
        if libc::sigaltstack(ptr::null(), stack.as_mut_ptr()) != 0 {
            return None;
        }
        stack.assume_init()
    };
    if stack.ss_flags & libc::SS_ONSTACK == 0 {
        return None;
    }
    let start = stack.ss_sp.addr();
    Some(AddressRange::new(start, start.saturating_add(stack.ss_size)))
}

/// The lowest address of `own` that a word of `in_use` contains, or the end of `own`.
fn lowest_mentioned(own: AddressRange, in_use: AddressRange) -> usize {
    let own = AddressRange::new(if own.start == 0 { own.end.saturating_sub(UNLIMITED) } else { own.start }, own.end);
    let mut lowest = own.end;
    let mut address = in_use.start;
    while address < in_use.end {
        // SAFETY: the calling thread's stack is readable from where it is to its end, and the address is aligned.
        let word = unsafe { ptr::with_exposed_provenance::<usize>(address).read_volatile() };
        // A number can look like such an address, too. Where nothing was ever used, nothing is mapped.
        if own.contains(word) && word < lowest && is_mapped(word - word % page_size(), page_size()) {
            lowest = word - word % size_of::<usize>();
        }
        address += size_of::<usize>();
    }
    lowest
}

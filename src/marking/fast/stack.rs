//! The mark stack of the fast variant: objects that wait to be scanned.
//!
//! An entry is the *address of the next block to scan*, so that a wide object can be put back half done; two flags are in
//! the bits that blocks' addresses leave free.

use super::prefetch::{PREFETCHES, prefetch};
use crate::config::{BLOCK_BYTES, INTERIOR};
use crate::layout::atb::fast::Reached;
use crate::layout::borrowed::{FAST_ENTRIES, MarkingWords};
use crate::layout::field::Field;
use crate::layout::state::State;

/// Entries of the mark stack.
pub(super) const STACK_LEN: usize = FAST_ENTRIES;

/// Whether entries say how many blocks an object has, if these are few:
///
/// ```text
///    bits of the flags     3            2 1 0
///    otherwise                          . L U     U: UNFINISHED   L: LONG
///    COUNTED               U            0 0 1     one block
///                                       1 0 0     two blocks
///                                       1 0 1     three blocks
///                                       . 1 .     LONG
/// ```
pub(super) const COUNTED: bool = INTERIOR && BLOCK_BYTES >= 16;

/// Set in the entry of an object that was scanned up to there.
pub(super) const UNFINISHED: usize = if COUNTED { 8 } else { 1 };
/// Set in the entry of an object that may have more blocks than its entry says (one, if they are not COUNTED).
pub(super) const LONG: usize = 2;
pub(super) const FLAGS: usize = if COUNTED { 15 } else { UNFINISHED | LONG };
const _: () = assert!(BLOCK_BYTES > FLAGS);

/// How many blocks the object has whose entry has these flags, without LONG.
#[inline(always)]
pub(super) fn blocks_of(flags: usize) -> usize {
    if COUNTED { (flags % 8).div_ceil(2) } else { 1 }
}

/// In `Depth::newest`, which is no address then: an unfinished object was put on the stack.
pub(super) const PARKED: usize = 1;

/// How many objects are on their way from memory while another one is scanned.
const ENTRIES_ON_THE_WAY: usize = 2;

/// How deep the stack is, and the address that was pushed last: by value, so that both are in registers.
#[derive(Clone, Copy)]
pub(super) struct Depth {
    pub depth: usize,
    pub newest: usize,
}

impl Depth {
    pub const EMPTY: Depth = Depth { depth: 0, newest: 0 };
}

/// A newly marked object on its way to the stack.
#[derive(Clone, Copy)]
pub(super) struct Child {
    pub addr: usize,
    pub reached: Reached,
}

/// The entries, in the borrowed words.
#[derive(Clone, Copy)]
pub(super) struct MarkStack(pub State);

impl MarkStack {
    pub fn entry(self, index: usize) -> Field<usize> {
        MarkingWords(self.0).entry(index)
    }

    /// [`MarkingWords::far_steps`].
    pub fn far_steps(self) -> Field<usize> {
        MarkingWords(self.0).far_steps()
    }

    /// The entry at the bottom. Not inlined: the compiler would make the address wait for it (`drain`).
    #[cold]
    #[inline(never)]
    pub fn only_entry(self) -> usize {
        self.entry(0).get()
    }

    /// Takes the entry at `depth`, the newest one, off the stack; or one in its place. Where memory is far away, the
    /// newest object was asked for only now (`push`), while an older one has had time to arrive. But an unfinished object
    /// stays where it is until all its children above it are done; otherwise the stack would fill up with them.
    pub fn take(self, depth: usize) -> usize {
        let newest = self.entry(depth).get();
        if !PREFETCHES {
            return newest;
        }
        let older = self.entry(depth - depth.min(ENTRIES_ON_THE_WAY));
        let entry = older.get();
        if entry & UNFINISHED != 0 {
            return newest;
        }
        older.set(newest);
        entry
    }

    pub fn push_entry(self, addr: usize, flags: usize, stack: Depth) -> Depth {
        self.entry(stack.depth).set(addr | flags);
        Depth { depth: stack.depth + 1, newest: addr }
    }

    pub fn push(self, child: Child, stack: Depth) -> Depth {
        prefetch(child.addr);
        let flags = match child.reached {
            reached if COUNTED => reached as usize,
            Reached::OneBlock => 0,
            _ => LONG,
        };
        self.push_entry(child.addr, flags, stack)
    }
}

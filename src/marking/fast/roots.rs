//! Roots: most of them lead nowhere. Root pointers of modules that are not in use are NULL, and what lies on a C stack is
//! numbers and addresses of code. Where little is alive, looking at them is most of a collection's work.

use super::FastMarking;
use super::stack::Depth;
use crate::config::{BLOCK_BYTES, SPLIT_HEAP, VALGRIND};
use crate::host::Host;
use crate::layout::atb::fast::Reached;

/// How many words are looked at together.
const GROUP: usize = 8;

impl<H: Host> FastMarking<H> {
    /// Marks everything that can be reached from `len` words; `inside` says whether one that points into an object counts.
    ///
    /// # Safety
    /// The words can be read.
    pub(super) unsafe fn mark_roots(&self, words: *const usize, len: usize, inside: bool) {
        let mut stack = Depth::EMPTY;
        let mut i = 0;
        while i < len {
            let group = words.wrapping_add(i);
            let n = GROUP.min(len - i);
            // SAFETY: the caller's promise: `n` words from there on.
            if VALGRIND || SPLIT_HEAP || n < GROUP || !unsafe { self.lead_nowhere(group) } {
                // SAFETY: the same.
                stack = unsafe { self.mark_each(group, n, i, stack, inside) };
            } else {
                for step in i..i + GROUP {
                    self.context.host().hook(step);
                }
            }
            i += n;
        }
        self.drain(stack);
    }

    /// Marks what `n` words lead to, which are the roots from `first` on.
    ///
    /// # Safety
    /// The words can be read.
    #[inline(always)]
    unsafe fn mark_each(&self, words: *const usize, n: usize, first: usize, mut stack: Depth, inside: bool) -> Depth {
        for i in 0..n {
            self.context.host().hook(first + i);
            if VALGRIND && !self.context.host().is_addressable(words.wrapping_add(i)) {
                continue;
            }
            // SAFETY: the caller's promise. Volatile: another thread's stack may be written to meanwhile.
            let word = unsafe { words.add(i).read_volatile() };
            let child = self.mark_word(word, inside);
            if child.reached != Reached::Nothing {
                stack = self.push_object(child, stack);
            }
        }
        stack
    }

    /// Whether no word of a group lies between the pool's first byte and its last: NULL all of them, or all of them outside.
    ///
    /// # Safety
    /// The words of the group can be read.
    #[inline(always)]
    unsafe fn lead_nowhere(&self, words: *const usize) -> bool {
        // SAFETY: the caller's promise. Volatile as above: each time that a word is read, it is one that was there.
        let word = |i| unsafe { words.add(i).read_volatile() };
        if (0..GROUP).fold(0, |all, i| all | word(i)) == 0 {
            return true;
        }
        let start = self.first.start.addr().get();
        (0..GROUP).fold(usize::MAX, |lowest, i| lowest.min(word(i).wrapping_sub(start)))
            >= self.first.blocks * BLOCK_BYTES
    }
}

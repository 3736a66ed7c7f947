//! Marking: from a root, everything that can be reached.
//!
//! Conservative: any word that is the address of a head counts as a pointer to it. Marked objects wait to be scanned on a
//! small stack in the borrowed words. What happens when it is full is where the variants differ.
//!
//! Marking runs in signal handlers of other threads too: it takes no lock, and keeps everything in the heap's own storage.

pub mod compact;
pub mod fast;

use crate::context::Context;
use crate::host::Host;

/// How a variant marks.
pub trait Marking<H: Host>: Copy {
    /// The marking of this heap.
    fn over(context: Context<H>) -> Self;

    /// A collection has begun: the borrowed words are marking's from now on, and hold what placement has left there.
    fn begin(self) {}

    /// Marks everything that can be reached from `len` words.
    ///
    /// # Safety
    /// The words can be read. A collection is under way, and its phase is marking.
    unsafe fn mark(self, words: *const usize, len: usize);

    /// The same in builds with interior pointers, where words may point into objects, too.
    ///
    /// # Safety
    /// As `mark`.
    unsafe fn mark_from_inside(self, _words: *const usize, _len: usize) {}

    /// Scans the objects that still wait, and all that they lead to.
    fn finish(self);
}

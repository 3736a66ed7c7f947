//! The heap: everything that can be done with one, in the order of include/gcheap.h. The work is done elsewhere; this is
//! its table of contents.

use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};

use crate::collection::cycle::Cycle;
use crate::collection::weakref::WeakRefs;
use crate::config::{self, BLOCK_BYTES, LOCK_STEP};
use crate::context::Context;
use crate::counting::{Counting, Info};
use crate::host::Host;
use crate::inspect::check::Check;
use crate::inspect::dump::{Dump, Printer};
use crate::inspect::free_runs::{FreeRuns, fill_free, free_run, free_runs};
use crate::inspect::numbers::Statistics;
use crate::inspect::snapshot::stream::Sink;
use crate::inspect::snapshot::{About, Snapshot};
use crate::inspect::statistics::Statistician;
use crate::invariant::Broken;
use crate::layout::area::Reserved;
use crate::objects::allocate::Allocate;
#[cfg(all(gcheap_no_scan, gcheap_growth))]
use crate::objects::batch::{Batch, Batches};
use crate::objects::release::Release;
use crate::objects::resize::Resize;
use crate::objects::{AllocFlags, Areas, blocks_at, is_marked, is_no_scan, object_around};
#[cfg(all(gcheap_no_scan, gcheap_growth))]
use crate::objects::{small_object_at, split};
use crate::variant::{Configured, Variant};

/// A heap: a host, whose storage holds everything there is to know, and a variant. As small as the host.
#[derive(Clone, Copy)]
pub struct Heap<H: Host, V: Variant = Configured> {
    context: Context<H>,
    variant: PhantomData<V>,
}

impl<H: Host, V: Variant> Heap<H, V> {
    /// # Safety
    /// The host keeps the promises of I1 and I2, and before any other call the heap is made with [`Heap::init`].
    pub unsafe fn new(host: H) -> Self {
        // SAFETY: the caller's promise.
        Self { context: unsafe { Context::new(host) }, variant: PhantomData }
    }

    /// Makes a heap of [start, end). gc.c: `gc_init`.
    ///
    /// # Safety
    /// The memory belongs to the heap from now on, until the next `init` (I3).
    pub unsafe fn init(&self, start: *mut u8, end: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { Areas::<H, V>::of(self.context).init(start, end) }
    }

    /// Makes a heap of reserved addresses, which has no block yet: see [`Heap::extend`]. Only in builds with GROWTH.
    ///
    /// # Safety
    /// The addresses belong to the heap from now on, until the next `init` (I3); the tables are zero.
    pub unsafe fn init_reserved(&self, reserved: Reserved) {
        const { assert!(config::GROWTH) };
        // SAFETY: the caller's promise.
        unsafe { Areas::<H, V>::of(self.context).init_reserved(reserved) }
    }

    /// Lets a heap of reserved addresses have `blocks` more blocks, a multiple of [`crate::layout::area::GROWTH_STEP`].
    ///
    /// # Safety
    /// The heap was made with `init_reserved` and has at most `most_blocks` blocks then; their addresses and the tables' bytes
    /// that describe them are memory by now.
    pub unsafe fn extend(&self, blocks: usize) {
        const { assert!(config::GROWTH) };
        // SAFETY: the caller's promise.
        unsafe { Areas::<H, V>::of(self.context).extend(blocks) }
    }

    /// Adds the area [start, end) behind the others. Its record goes to `start`, aligned. gc.c: `gc_add`.
    ///
    /// # Safety
    /// `init` was called; the memory belongs to the heap from now on, until the next `init` (I3).
    pub unsafe fn add(&self, start: *mut u8, end: *mut u8) {
        // SAFETY: the caller's promise.
        unsafe { Areas::<H, V>::of(self.context).add(start, end) }
    }

    /// From now on allocations by this thread fail and its frees do nothing. Nests. gc.c: `gc_lock`.
    ///
    /// Takes no mutex: the depth belongs to the thread, and an interrupt leaves it as it found it.
    pub fn lock(&self) {
        let depth = self.context.lock_depth();
        depth.set(depth.get().wrapping_add(LOCK_STEP));
    }

    /// Reverses one `lock`. gc.c: `gc_unlock`.
    pub fn unlock(&self) {
        let depth = self.context.lock_depth();
        depth.set(depth.get().wrapping_sub(LOCK_STEP));
    }

    /// Whether this thread may not allocate: it has the heap locked, or is collecting. gc.c: `gc_is_locked`.
    pub fn is_locked(&self) -> bool {
        self.context.is_locked()
    }

    /// Begins a collection and marks the host's roots. gc.c: `gc_collect_start`.
    pub fn collect_start(&self) {
        Cycle::<H, V>::of(self.context).start();
    }

    /// Marks everything that can be reached from `len` words. Part of a collection; elsewhere it does nothing. gc.c:
    /// `gc_collect_root`.
    ///
    /// # Safety
    /// The words can be read.
    pub unsafe fn collect_root(&self, words: *const usize, len: usize) {
        // SAFETY: the caller's promise.
        unsafe { Cycle::<H, V>::of(self.context).root(words, len) }
    }

    /// The same where a word also counts if it points into the middle of an object, as compilers keep pointers in registers
    /// and on stacks. Only in builds with INTERIOR.
    ///
    /// # Safety
    /// The words can be read.
    pub unsafe fn collect_root_inside(&self, words: *const usize, len: usize) {
        const { assert!(config::INTERIOR) };
        // SAFETY: the caller's promise.
        unsafe { Cycle::<H, V>::of(self.context).root_inside(words, len) }
    }

    /// Between `collect_start` and `collect_end`: scans what waits to be scanned, so that everything is marked that the
    /// roots so far lead to. Only in builds with GROWTH.
    pub fn collect_settle(&self) {
        const { assert!(config::GROWTH) };
        Cycle::<H, V>::of(self.context).settle();
    }

    /// Between `collect_start` and `collect_end`: whether the object at `ptr`, which is one, is reached by the roots so far.
    /// Only in builds with GROWTH.
    pub fn is_reached(&self, ptr: *const u8) -> bool {
        const { assert!(config::GROWTH) };
        Cycle::<H, V>::of(self.context).settle();
        is_marked::<V::Atb, H>(self.context, ptr)
    }

    /// Whether the object at `ptr`, which is one, was allocated with `AllocFlags::NO_SCAN`. Only in builds with NO_SCAN.
    pub fn is_no_scan(&self, ptr: *const u8) -> bool {
        const { assert!(config::NO_SCAN) };
        is_no_scan::<H>(self.context, ptr)
    }

    /// The address of the object that `ptr` points into; NULL if it points at no object's bytes. Only in builds with
    /// INTERIOR.
    pub fn object_around(&self, ptr: *const u8) -> *mut u8 {
        const { assert!(config::INTERIOR) };
        object_around::<V::Atb, H>(self.context, ptr)
    }

    /// Ends the collection: whatever was not reached has its finaliser run and is freed. gc.c: `gc_collect_end`.
    pub fn collect_end(&self) {
        Cycle::<H, V>::of(self.context).end();
    }

    /// A collection without roots: every object has its finaliser run and is freed. gc.c: `gc_sweep_all`.
    pub fn sweep_all(&self) {
        Cycle::<H, V>::of(self.context).sweep_all();
    }

    /// Allocates `bytes` bytes, with a finaliser if asked; NULL if that cannot be. gc.c: `gc_alloc`.
    #[inline(always)]
    pub fn alloc(&self, bytes: usize, finaliser: bool) -> *mut u8 {
        self.alloc_with(bytes, AllocFlags::with_finaliser(finaliser))
    }

    /// The same, with flags.
    pub fn alloc_with(&self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        Allocate::<H, V>::of(self.context).alloc(bytes, flags)
    }

    /// Allocates one object of `blocks` (up to [`crate::MOST_BATCH_BLOCKS`]) blocks or several, none of which is cleared. Only in
    /// builds with NO_SCAN and GROWTH.
    ///
    /// They lie in up to `stretches` (1 to [`crate::MOST_STRETCHES`]) stretches of memory. Whoever keeps objects of a batch for
    /// later tells each collection of them ([`Heap::mark_batch`]).
    #[cfg(all(gcheap_no_scan, gcheap_growth))]
    pub fn alloc_batch(&self, blocks: usize, no_scan: bool, stretches: usize) -> Option<Batch> {
        Batches::<H, V>::of(self.context).alloc(blocks, no_scan, stretches)
    }

    /// Keeps objects of a batch that nobody has used yet alive, without looking into them. Between `collect_start` and the
    /// first root.
    #[cfg(all(gcheap_no_scan, gcheap_growth))]
    pub fn mark_batch(&self, batch: Batch) {
        Batches::<H, V>::of(self.context).mark(batch);
    }

    /// How many blocks the object at `ptr` has, and whether it is a no-scan object. `None` if it has more than `most` blocks, or if
    /// no object starts there. Only in builds with NO_SCAN and GROWTH.
    #[cfg(all(gcheap_no_scan, gcheap_growth))]
    #[inline]
    pub fn small_object(&self, ptr: *const u8, most: usize) -> Option<(usize, bool)> {
        small_object_at::<H>(self.context, ptr, most)
    }

    /// Makes two objects of the one at `ptr`, which has more than `blocks` blocks (1 or more): the first of them has `blocks`.
    /// Both are scanned if it was. Nothing happens if there is no such object. Only in builds with NO_SCAN and GROWTH.
    #[cfg(all(gcheap_no_scan, gcheap_growth))]
    pub fn split(&self, ptr: *const u8, blocks: usize) {
        split::<H>(self.context, ptr, blocks);
    }

    /// Frees an object; NULL is nothing to free. Its finaliser is not run. gc.c: `gc_free`.
    ///
    /// While this thread has the heap locked, or is marking, nothing happens. From a finaliser it
    /// is allowed, and the object may be one that the collection has marked.
    pub fn free(&self, ptr: *mut u8) {
        Release::<H, V>::of(self.context).free(ptr);
    }

    /// How many bytes the object at `ptr` has, a multiple of the block size; 0 for anything that is not the address of an
    /// unmarked head. gc.c: `gc_nbytes`.
    pub fn nbytes(&self, ptr: *const u8) -> usize {
        blocks_at::<V::Atb, H>(self.context, ptr) * BLOCK_BYTES
    }

    /// Makes the object at `ptr` `bytes` bytes large, in place if it can, else by moving it if it may; NULL if that cannot
    /// be, and the object is then as it was. NULL allocates, 0 bytes frees. gc.c: `gc_realloc`.
    ///
    /// The object must be reachable: a move may collect.
    pub fn realloc(&self, ptr: *mut u8, bytes: usize, may_move: bool) -> *mut u8 {
        if ptr.is_null() {
            return self.alloc(bytes, false);
        }
        if bytes == 0 {
            self.free(ptr);
            return null_mut();
        }
        Resize::<H, V>::of(self.context).resize(ptr, bytes, may_move)
    }

    /// How full the heap is, and in what pieces. gc.c: `gc_info`.
    pub fn info(&self) -> Info {
        V::Counting::info(self.context)
    }

    /// Total, used and free, and 0 for the rest: in the fast variant in the same time for a heap of any size. gc.c:
    /// `gc_info_fast` (from MicroPython 1.29 on).
    pub fn info_fast(&self) -> Info {
        V::Counting::info_fast(self.context)
    }

    /// What the heap has done since it was made; the same short time for any heap. Only in builds with STATISTICS.
    pub fn statistics(&self) -> Statistics {
        const { assert!(config::STATISTICS) };
        Statistician::<H, V>::of(self.context).get()
    }

    /// From now on every `every`-th allocation collects, if collections by allocations are on; 0 ends that. To find roots that
    /// are missing. Only in builds with STATISTICS.
    pub fn set_stress(&self, every: u32) {
        const { assert!(config::STATISTICS) };
        Statistician::<H, V>::of(self.context).set_stress(every);
    }

    /// A part of a free run: `least` bytes or more, at or above `from` (NULL: anywhere). For a host that gives memory back to
    /// the system: what it gives back must read as zeros or as anything afterwards. It may leave out some hundred bytes at
    /// either end of a run. Not during a collection.
    pub fn free_run(&self, from: *const u8, least: usize) -> Option<(NonNull<u8>, usize)> {
        free_run::<H>(self.context, from, least)
    }

    /// How many free runs there are of what length; looks at all of the heap. Nothing while a collection marks.
    pub fn free_runs(&self) -> FreeRuns {
        free_runs::<H, V>(self.context)
    }

    /// Fills all free blocks with a byte, so that a program shows when it uses an object after it was freed. Nothing while a
    /// collection marks.
    pub fn fill_free(&self, byte: u8) {
        fill_free::<H, V>(self.context, byte);
    }

    /// Notes that the object at `ptr` has a weak reference. gc.c: `gc_weakref_mark`.
    pub fn weakref_mark(&self, ptr: *mut u8) {
        WeakRefs::<H, V>::of(self.context).mark(ptr);
    }

    /// Prints the numbers of [`Heap::info`]. gc.c: `gc_dump_info`.
    pub fn dump_info(&self, to: &mut impl Printer) {
        Dump::<H, V>::of(self.context).info(to);
    }

    /// Prints a letter for every block, 64 to a line. gc.c: `gc_dump_alloc_table`.
    pub fn dump_alloc_table(&self, to: &mut impl Printer) {
        Dump::<H, V>::of(self.context).alloc_table(to);
    }

    /// Writes a snapshot (docs/SNAPSHOT.md); says whether all of it was written. While a collection marks, none is. Allocates
    /// nothing; the host's functions that it calls cannot allocate either. Only in builds with SNAPSHOT.
    ///
    /// # Safety
    /// The sink's function can be called with its data.
    pub unsafe fn snapshot(&self, about: &About<'_>, sink: Sink) -> bool {
        const { assert!(config::SNAPSHOT) };
        Snapshot::<H, V>::of(self.context).write(about, sink)
    }

    /// Looks at the whole heap, outside a collection; returns the first invariant of docs/DESIGN.md that does not hold.
    pub fn check(&self) -> Result<(), Broken> {
        Check::<H, V>::of(self.context).run()
    }
}

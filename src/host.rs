//! What the heap asks of its host. Everything the heap cannot do by itself goes through here, and nothing else does.

use core::ptr::{NonNull, null_mut};

use crate::inspect::numbers::Statistics;
use crate::inspect::snapshot::report::Report;

/// A caller's mistake that the heap found. The heap is unharmed when it reports one.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// `gc_init` or `gc_add`: the memory has no room for one ATB byte and its four blocks. The pointer is `start`.
    HeapTooSmall = 1,
    /// `gc_init` or `gc_add`: `end` lies before `start`. The pointer is `end`.
    EndBeforeStart = 2,
    /// `gc_free`, `gc_realloc` or `gc_weakref_mark`: the pointer lies outside every area's pool.
    ForeignPointer = 3,
    /// The same functions: the pointer is not the address of a block (it points into one).
    InteriorPointer = 4,
    /// The same functions: the block is free (a double free, a realloc after a free, or an object that nothing
    /// reached and that a collection inside `gc_realloc` has freed).
    FreeBlock = 5,
    /// The same functions: the block is a tail: the pointer is not what `gc_alloc` returned.
    TailBlock = 6,
    /// `gc_free`, or `gc_realloc` that has to move: the object has a weak reference, which would go on naming memory that
    /// then belongs to another object. Drop the object and let a collection free it.
    WeakReference = 7,
}

/// The host of a heap.
///
/// Any of these may be called while the heap is in the middle of its work. Only [`Host::collect`], [`Host::finalise`],
/// [`Host::weakref_sweep`], [`Host::collected`] and [`Host::out_of_memory`] may call back into the heap, and [`Host::mark_roots`] into its marking functions.
pub trait Host: Copy {
    /// The storage that the host lends for the heap's state: `STATE_BYTES` bytes, word aligned (I1).
    fn state(self) -> NonNull<u8>;
    /// The calling thread's lock depth. gc.c: `MP_STATE_THREAD(gc_lock_depth)`.
    fn lock_depth(self) -> NonNull<u16>;
    /// Makes the mutex. Called once by `gc_init`.
    fn init_mutex(self);
    /// Takes the recursive mutex. gc.c: `GC_ENTER`.
    fn enter(self);
    /// Releases the mutex. gc.c: `GC_EXIT`.
    fn exit(self);
    /// Runs a whole collection: `collect_start`, the roots, `collect_end`.
    fn collect(self);
    /// Passes the host's own roots to `collect_root`; part of `collect_start`.
    fn mark_roots(self);
    /// Runs the finaliser of the object with this head block. The object and all it refers to are whole; allocation is
    /// refused.
    fn finalise(self, object: NonNull<u8>);
    /// Says that the object with this head, which has a weak reference, is about to be freed. gc.c:
    /// `gc_weakref_about_to_be_freed`. Only builds with WEAKREF call it.
    fn weakref_dies(self, _object: NonNull<u8>) {}
    /// Called after every collection, when the mutex is released and the heap can be used again. gc.c:
    /// `gc_weakref_sweep`. Only builds with WEAKREF call it.
    fn weakref_sweep(self) {}
    /// The most bytes that [`Host::alloc_heap`] could lend. gc.c: `gc_get_max_new_split`. Only builds with
    /// SPLIT_HEAP_AUTO call it and the next two.
    fn max_new_split(self) -> usize {
        0
    }
    /// Lends memory for another area, word aligned; NULL if it cannot. gc.c: `MP_PLAT_ALLOC_HEAP`.
    fn alloc_heap(self, _bytes: usize) -> *mut u8 {
        null_mut()
    }
    /// Takes an area's memory back. gc.c: `MP_PLAT_FREE_HEAP`.
    fn free_heap(self, _memory: NonNull<u8>) {}
    /// Whether the program may read the word there. gc.c: `VALGRIND_CHECK_MEM_IS_ADDRESSABLE`. Only builds
    /// with VALGRIND call it.
    fn is_addressable(self, _word: *const usize) -> bool {
        true
    }
    /// Called once per step of every long loop. gc.c: `MICROPY_GC_HOOK_LOOP`.
    #[inline(always)]
    fn hook(self, _step: usize) {}
    /// Builds with GROWTH: lets the heap have room for `blocks` blocks more with [`crate::Heap::extend`], if it wants to;
    /// says whether it did. Asked before a collection that this could spare, and again (`last`) when there has been one or
    /// there may be none: then the allocation fails if the answer is no.
    fn grow(self, _blocks: usize, _last: bool) -> bool {
        false
    }
    /// Builds with INTERIOR: whether a word in an object that points into the middle of another one keeps it alive. Asked
    /// once per call of a marking function.
    fn follows_interior(self) -> bool {
        false
    }
    /// Builds with NO_SCAN: a collection has reached an object in which nobody looks for pointers. The host may
    /// remember it, and mark what it knows it to lead to; not in this call, which comes in the middle of marking.
    #[inline(always)]
    fn reached_no_scan(self, _object: usize) {}
    /// Builds with STATISTICS: the memory that the host lends for them (I14), if it does. Nobody else writes to it.
    fn statistics(self) -> Option<NonNull<Statistics>> {
        None
    }
    /// Builds with STATISTICS: the time in microseconds, from any moment on. After 2^32 - 1 comes 0.
    fn microseconds(self) -> u32 {
        0
    }
    /// Builds with STATISTICS: called after every collection, when the mutex is released and the heap can be used again.
    fn collected(self) {}
    /// Builds with STATISTICS: an allocation of so many bytes fails, and is about to return NULL. The mutex is released.
    fn out_of_memory(self, _bytes: usize) {}
    /// Builds with SNAPSHOT: adds to a snapshot what the host knows: the roots, each as a collection would see it now. It must not
    /// change the heap, nor must [`Host::name`].
    fn snapshot(self, _report: &mut Report) {}
    /// Builds with SNAPSHOT: whether the host names objects.
    fn names_objects(self) -> bool {
        false
    }
    /// Builds with SNAPSHOT: writes the name of the object with this head, which has so many bytes, to `room`; returns its length,
    /// 0 if it has none. "TYPE", or "TYPE: DETAIL".
    fn name(self, _object: NonNull<u8>, _bytes: usize, _room: &mut [u8]) -> usize {
        0
    }
    /// Reports a caller's mistake. If it returns, the heap goes on as if the call had not been made.
    fn misuse(self, what: Misuse, ptr: *const u8);
}

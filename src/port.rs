//! What the heap asks of its host. Everything the heap cannot do by itself goes through here, and nothing else does.

use core::ptr::NonNull;

/// A caller's mistake that the heap found. The heap is unharmed when it reports one.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// `gc_init` or `gc_add`: the memory has not even room for one ATB byte and its four blocks. The pointer is `start`.
    HeapTooSmall = 1,
    /// `gc_init` or `gc_add`: `end` lies before `start`. The pointer is `end`.
    EndBeforeStart = 2,
    /// `gc_free` or `gc_realloc`: the pointer lies outside every area's pool.
    ForeignPointer = 3,
    /// `gc_free` or `gc_realloc`: the pointer is not the address of a block (it points into one).
    InteriorPointer = 4,
    /// `gc_free` or `gc_realloc`: the block is free (a double free, or a realloc after a free).
    FreeBlock = 5,
    /// `gc_free` or `gc_realloc`: the block is a tail: the pointer is not what `gc_alloc` returned.
    TailBlock = 6,
}

/// The host of a heap.
///
/// Every call may come while the heap is in the middle of its work; only [`Port::collect`] and [`Port::finalise`] may
/// call back into it, and [`Port::mark_roots`] into its marking functions.
pub trait Port: Copy {
    /// The storage that the host lends for the heap's state: `STATE_BYTES` bytes, word aligned (invariant I1).
    fn state(self) -> NonNull<u8>;
    /// The calling thread's lock depth. gc.c: `MP_STATE_THREAD(gc_lock_depth)`.
    fn lock_depth(self) -> NonNull<u16>;
    /// Makes the mutex. Called once by `gc_init`.
    fn init_mutex(self);
    /// Takes the recursive mutex. gc.c: `GC_ENTER`.
    fn enter(self);
    /// Gives it back. gc.c: `GC_EXIT`.
    fn exit(self);
    /// Runs a whole collection: `collect_start`, the roots, `collect_end`.
    fn collect(self);
    /// Hands the host's own roots to `collect_root`; part of `collect_start`.
    fn mark_roots(self);
    /// Runs the finaliser of the object whose head block this is. The object heap is whole; allocation is refused.
    fn finalise(self, object: NonNull<u8>);
    /// Called once per step of every long loop. gc.c: `MICROPY_GC_HOOK_LOOP`.
    fn hook(self, step: usize);
    /// Reports a caller's mistake. If it returns, the heap goes on as if the call had not been made.
    fn misuse(self, what: Misuse, ptr: *const u8);
}

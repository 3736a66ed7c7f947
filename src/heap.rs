//! The ATB heap. It knows no C and no MicroPython: whatever it needs from outside it asks of its [`Port`].
//!
//! One room per idea: [`state`](self) holds where everything is stored, [`atb`] and [`ftb`] are the tables, `lanes` what a word of them tells, `area` makes
//! areas, `place` and `holes` find free blocks, `alloc`, `free` and `realloc` are what a program calls, `mark`, `grey`, `sweep` and
//! `collect` are a collection, `weakref` tells of the death of objects, [`info`] and [`dump`] look at the heap, [`check`] checks its invariants.

mod alloc;
mod area;
#[cfg_attr(gcheap_compact, path = "small/atb.rs")]
pub mod atb;
pub mod block;
pub mod check;
mod collect;
#[cfg_attr(gcheap_compact, path = "small/count.rs")]
mod count;
pub mod dump;
mod free;
pub mod ftb;
#[cfg(not(gcheap_compact))]
mod grey;
#[cfg(not(gcheap_compact))]
mod holes;
pub mod info;
mod lanes;
#[cfg_attr(gcheap_compact, path = "small/mark.rs")]
mod mark;
mod mem;
#[cfg_attr(gcheap_compact, path = "small/place.rs")]
mod place;
mod realloc;
mod state;
mod sweep;
mod weakref;

pub use info::Info;
pub use state::{Area, State};

use crate::config::{self, BLOCK_BYTES};
use crate::port::{Misuse, Port};
use atb::block_from_ptr;
use state::Field;

/// A heap: a host, whose storage holds everything there is to know. As small as the port.
#[derive(Clone, Copy)]
pub struct Heap<P: Port> {
    port: P,
}

impl<P: Port> Heap<P> {
    /// # Safety
    /// The port keeps the promises of invariants I1 and I2, and before any other call the heap is made with
    /// [`Heap::init`].
    #[inline(always)]
    pub unsafe fn new(port: P) -> Self {
        Self { port }
    }

    #[inline(always)]
    pub(crate) fn port(&self) -> P {
        self.port
    }

    #[inline(always)]
    pub(crate) fn state(&self) -> State {
        // SAFETY: I1: the port lends its storage for as long as the heap is used.
        unsafe { State::new(self.port.state()) }
    }

    /// The calling thread's lock depth: bit 0 says that it is collecting, the rest counts locks.
    #[inline(always)]
    pub(crate) fn lock_depth(&self) -> Field<u16> {
        // SAFETY: I2: the port's pointer is the calling thread's lock depth.
        unsafe { Field::new(self.port.lock_depth()) }
    }

    /// From now on allocations by this thread fail and its frees do nothing. Nests. gc.c: `gc_lock`.
    ///
    /// Takes no mutex: the depth is the thread's own, and an interrupt leaves it as it found it.
    pub fn lock(&self) {
        let depth = self.lock_depth();
        depth.set(depth.get().wrapping_add(config::LOCK_STEP));
    }

    /// Takes back one `lock`. gc.c: `gc_unlock`.
    pub fn unlock(&self) {
        let depth = self.lock_depth();
        depth.set(depth.get().wrapping_sub(config::LOCK_STEP));
    }

    /// Whether this thread may not allocate: it locked the heap, or is collecting. gc.c: `gc_is_locked`.
    pub fn is_locked(&self) -> bool {
        self.lock_depth().get() != 0
    }

    /// The area and block of an object's address, or why it isn't one.
    fn locate(&self, ptr: *const u8) -> Result<(Area, usize), Misuse> {
        for area in self.state().areas() {
            let pool = area.pool().addr().get();
            if let Some(block) = block_from_ptr(ptr.addr(), pool, area.blocks()) {
                return Ok((area, block));
            }
            if ptr.addr().wrapping_sub(pool) < area.blocks() * BLOCK_BYTES {
                return Err(Misuse::InteriorPointer);
            }
        }
        Err(Misuse::ForeignPointer)
    }
}

/// How many blocks `bytes` bytes need; none if the sum overflows.
#[inline(always)]
fn blocks_for(bytes: usize) -> Option<usize> {
    Some(bytes.checked_add(BLOCK_BYTES - 1)? / BLOCK_BYTES)
}

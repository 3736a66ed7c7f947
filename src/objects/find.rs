//! Finding the object that a pointer from the host belongs to, or saying what is wrong with the pointer.

use core::ptr::null_mut;

use crate::config::BLOCK_BYTES;
use crate::context::Context;
use crate::host::{Host, Misuse};
use crate::layout::area::Area;
use crate::layout::atb::Atb;
#[cfg(all(gcheap_no_scan, gcheap_growth))]
use crate::layout::atb::fast::FastAtb;
use crate::layout::block::{Kind, block_from_ptr, ptr_from_block};

/// The block that starts at `ptr`.
#[inline(always)]
pub(crate) fn block_at<H: Host>(context: Context<H>, ptr: *const u8) -> Option<(Area, usize)> {
    let mut area = context.state().first_area();
    loop {
        if let Some(block) = block_from_ptr(ptr.addr(), area.pool().addr().get(), area.blocks()) {
            return Some((area, block));
        }
        area = area.next()?;
    }
}

/// The object that starts at `ptr`. Its head may be marked: a finaliser may free objects that the collection has reached.
#[inline(always)]
pub(crate) fn object_at<A: Atb, H: Host>(context: Context<H>, ptr: *const u8) -> Result<(Area, usize), Misuse> {
    match block_at(context, ptr) {
        Some((area, block)) if area.atb::<A>().kind(block).is_head() => Ok((area, block)),
        _ => Err(mistake::<A, H>(context, ptr)),
    }
}

/// How many blocks the object at `ptr` has; 0 if no object starts there, or one that is marked.
#[inline(never)]
pub(crate) fn blocks_at<A: Atb, H: Host>(context: Context<H>, ptr: *const u8) -> usize {
    context.host().enter();
    let mut n = 0;
    if let Some((area, block)) = block_at(context, ptr) {
        let atb: A = area.atb();
        if atb.kind(block) == Kind::Head {
            n = 1 + atb.tails_after(block);
        }
    }
    context.host().exit();
    n
}

/// The address of the object that `ptr` points into; NULL if it points at no object's bytes. In builds with interior
/// pointers, where there is one area.
pub(crate) fn object_around<A: Atb, H: Host>(context: Context<H>, ptr: *const u8) -> *mut u8 {
    context.host().enter();
    let area = context.state().first_area();
    let mut block = ptr.addr().wrapping_sub(area.pool().addr().get()) / BLOCK_BYTES;
    let mut object = null_mut();
    if block < area.blocks() {
        if area.atb::<A>().kind(block) == Kind::Tail {
            block = area.head_of(block);
        }
        if area.atb::<A>().kind(block).is_head() {
            // SAFETY: I6: the block is one of this area's.
            object = unsafe { ptr_from_block(area.pool(), block) }.as_ptr();
        }
    }
    context.host().exit();
    object
}

/// Whether `ptr` is the address of a marked head.
pub(crate) fn is_marked<A: Atb, H: Host>(context: Context<H>, ptr: *const u8) -> bool {
    block_at(context, ptr).is_some_and(|(area, block)| area.atb::<A>().kind(block) == Kind::Mark)
}

/// Whether the object at `ptr` is one that nobody scans. In builds with such objects.
pub(crate) fn is_no_scan<H: Host>(context: Context<H>, ptr: *const u8) -> bool {
    block_at(context, ptr).is_some_and(|(area, block)| area.ntb().get(block))
}

/// How many blocks the object at `ptr` has, and whether nobody scans it. `None` if it has more than `most` blocks, or if no
/// object starts there. In builds with no-scan objects that grow.
#[cfg(all(gcheap_no_scan, gcheap_growth))]
#[inline]
pub(crate) fn small_object_at<H: Host>(context: Context<H>, ptr: *const u8, most: usize) -> Option<(usize, bool)> {
    let area = context.state().first_area();
    let block = block_from_ptr(ptr.addr(), area.pool().addr().get(), area.blocks())?;
    let atb: FastAtb = area.atb();
    if atb.kind(block) != Kind::Head {
        return None;
    }
    let n = 1 + atb.tails_up_to(block, most);
    if n <= most { Some((n, area.ntb().get(block))) } else { None }
}

/// What is wrong with a pointer that is no object's.
#[cold]
#[inline(never)]
pub(crate) fn mistake<A: Atb, H: Host>(context: Context<H>, ptr: *const u8) -> Misuse {
    for area in context.state().areas() {
        let offset = ptr.addr().wrapping_sub(area.pool().addr().get());
        if offset < area.blocks() * BLOCK_BYTES {
            return if offset % BLOCK_BYTES != 0 {
                Misuse::InteriorPointer
            } else if area.atb::<A>().kind(offset / BLOCK_BYTES) == Kind::Tail {
                Misuse::TailBlock
            } else {
                Misuse::FreeBlock
            };
        }
    }
    Misuse::ForeignPointer
}

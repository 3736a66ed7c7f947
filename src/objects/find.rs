//! Finding the object that a pointer from the host belongs to, or saying what is wrong with the pointer.

use crate::context::Context;
use crate::host::{Host, Misuse};
use crate::layout::area::Area;
use crate::layout::atb::Atb;
use crate::layout::block::Kind;

/// The object that starts at `ptr`: an unmarked head, or any head if `marked_too`.
pub(crate) fn object_at<A: Atb, H: Host>(
    context: Context<H>,
    ptr: *const u8,
    marked_too: bool,
) -> Result<(Area, usize), Misuse> {
    let (area, block) = context.locate(ptr)?;
    let kind = area.atb::<A>().kind(block);
    if kind == Kind::Head || (marked_too && kind == Kind::Mark) {
        return Ok((area, block));
    }
    Err(if kind == Kind::Tail { Misuse::TailBlock } else { Misuse::FreeBlock })
}

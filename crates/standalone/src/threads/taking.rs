//! What the calling thread does with its stock ([`super::stock`]).

use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::compiler_fence;

use gcheap::Batch;

use super::current::current;
use super::lock::Guard;
use super::record::State;

/// Takes everything out of the calling thread's stock, unless it is in the middle of an operation on it.
pub(crate) fn empty_stock(_: &Guard, mut visit: impl FnMut(Batch)) {
    let Some(me) = current() else { return };
    if !me.stock.busy.load(Relaxed) {
        me.stock.each(&mut visit);
        me.stock.clear();
    }
}

/// Takes an object of so many blocks out of the calling thread's stock; NULL if there is none. It holds what it held before.
/// Async-signal-safe.
#[inline(always)]
pub(crate) fn take_from_stock(blocks: usize, no_scan: bool) -> *mut u8 {
    let Some(me) = current() else { return null_mut() };
    let Some(shelf) = me.stock.shelf(blocks, no_scan) else { return null_mut() };
    // In a blocking region nobody stops the thread, so a collection may be looking.
    if me.stock.busy.load(Relaxed) || me.state() != State::Running {
        return null_mut();
    }
    me.stock.busy.store(true, Relaxed);
    compiler_fence(SeqCst);
    let object = shelf.take();
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    object
}

/// Takes an object out of the calling thread's stock, wherever there is one left; if there is none, puts what `make` returns
/// into the stock, and takes the first object of that. NULL if that is not possible now: the thread is in the middle of an
/// operation on its stock, is not known, or `make` has nothing.
pub(crate) fn take_from_new_stock(
    _: &Guard,
    blocks: usize,
    no_scan: bool,
    make: impl FnOnce() -> Option<Batch>,
) -> *mut u8 {
    let Some(me) = current() else { return null_mut() };
    let Some(shelf) = me.stock.shelf(blocks, no_scan) else { return null_mut() };
    if me.stock.busy.swap(true, Relaxed) {
        return null_mut();
    }
    let mut object = shelf.take();
    if object.is_null() {
        object = shelf.take_further();
    }
    if object.is_null()
        && let Some(batch) = make()
    {
        shelf.put(batch);
        object = shelf.take();
    }
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    object
}

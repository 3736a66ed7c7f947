//! What the calling thread does with its stock ([`super::stock`]).

use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::compiler_fence;

use gcheap::Batch;

use super::current::current;
use super::lock::Guard;
use super::record::{State, Thread};
use crate::roots::AddressRange;

/// Begins an operation on the calling thread's stock. False if the thread is in the middle of one. (A signal handler between the
/// two accesses has ended its own when it returns.)
#[inline(always)]
fn begin(me: &Thread) -> bool {
    !me.stock.busy.load(Relaxed) && {
        me.stock.busy.store(true, Relaxed);
        true
    }
}

/// Takes everything out of the calling thread's stock, unless it is in the middle of an operation on it. `heap` is where
/// objects may be.
pub(crate) fn empty_stock(_: &Guard, heap: AddressRange, mut visit: impl FnMut(Batch)) {
    let Some(me) = current() else { return };
    if !me.stock.busy.load(Relaxed) {
        me.stock.empty(heap, &mut visit);
    }
}

/// The same only for what the thread has freed.
pub(crate) fn empty_returned(_: &Guard, heap: AddressRange, mut visit: impl FnMut(Batch)) {
    let Some(me) = current() else { return };
    if !me.stock.busy.load(Relaxed) {
        me.stock.returned.each(heap, &mut visit);
        me.stock.returned.clear();
    }
}

/// Puts an object of so many blocks that the calling thread has freed into its stock. `None` if that is not possible now;
/// otherwise, how many blocks of such objects there are.
pub(crate) fn put_returned(_: &Guard, object: *mut u8, blocks: usize, no_scan: bool) -> Option<usize> {
    let me = current()?;
    if !begin(me) {
        return None;
    }
    compiler_fence(SeqCst);
    me.stock.returned.put(object, blocks, no_scan);
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    Some(me.stock.returned.blocks())
}

/// Takes an object of more blocks than that, as few as possible, that the calling thread has freed: its address, and how many
/// blocks it has.
pub(crate) fn take_larger(_: &Guard, blocks: usize, no_scan: bool, heap: AddressRange) -> Option<(*mut u8, usize)> {
    let me = current()?;
    let larger = me.stock.returned.larger(blocks, no_scan);
    if larger == 0 || !begin(me) {
        return None;
    }
    compiler_fence(SeqCst);
    let object = me.stock.returned.take(larger, no_scan, heap);
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    if object.is_null() { None } else { Some((object, larger)) }
}

/// Takes an object of so many blocks that the calling thread has freed; NULL if there is none. It holds what it held before,
/// but for its first words. Async-signal-safe.
pub(crate) fn take_returned(blocks: usize, no_scan: bool, heap: AddressRange) -> *mut u8 {
    let Some(me) = current() else { return null_mut() };
    if me.stock.returned.blocks() == 0 || me.stock.busy.load(Relaxed) || me.state() != State::Running {
        return null_mut();
    }
    me.stock.busy.store(true, Relaxed);
    compiler_fence(SeqCst);
    let object = me.stock.returned.take(blocks, no_scan, heap);
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    object
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
    if !begin(me) {
        return null_mut();
    }
    let mut object = shelf.take();
    if object.is_null() {
        object = shelf.take_further();
    }
    if object.is_null() {
        if let Some(batch) = make() {
            shelf.put(batch);
            object = shelf.take();
        }
    }
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    object
}

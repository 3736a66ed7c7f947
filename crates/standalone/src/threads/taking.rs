//! What the calling thread does with its stock ([`super::stock`]).

use core::ptr::null_mut;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::compiler_fence;

use gcheap::Batch;

use super::current::current;
use super::lock::Guard;
use super::record::{State, Thread};
use super::stock::Stock;
use crate::roots::AddressRange;

/// Calls `f`, an operation on the calling thread's stock, unless the thread is in the middle of one. (A signal handler between
/// the two accesses has ended its own when it returns.)
#[inline(always)]
fn on_stock<R>(me: &Thread, f: impl FnOnce(&Stock) -> R) -> Option<R> {
    if me.stock.busy.load(Relaxed) {
        return None;
    }
    me.stock.busy.store(true, Relaxed);
    compiler_fence(SeqCst);
    let result = f(&me.stock);
    compiler_fence(SeqCst);
    me.stock.busy.store(false, Relaxed);
    Some(result)
}

/// The same without the lock. In a blocking region nobody stops the thread, so a collection may be looking: then nothing is done.
#[inline(always)]
fn on_stock_unlocked(me: &Thread, f: impl FnOnce(&Stock) -> *mut u8) -> *mut u8 {
    if me.state() == State::Running { on_stock(me, f).unwrap_or(null_mut()) } else { null_mut() }
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
    on_stock(current()?, |stock| {
        stock.returned.put(object, blocks, no_scan);
        stock.returned.blocks()
    })
}

/// Takes an object of more blocks than that, as few as possible, that the calling thread has freed: its address, and how many
/// blocks it has.
pub(crate) fn take_larger(_: &Guard, blocks: usize, no_scan: bool, heap: AddressRange) -> Option<(*mut u8, usize)> {
    let me = current()?;
    let larger = me.stock.returned.larger(blocks, no_scan);
    if larger == 0 {
        return None;
    }
    let object = on_stock(me, |stock| stock.returned.take(larger, no_scan, heap))?;
    if object.is_null() { None } else { Some((object, larger)) }
}

/// Takes an object of so many blocks that the calling thread has freed; NULL if there is none. It holds what it held before,
/// but for its first words. Async-signal-safe.
pub(crate) fn take_returned(blocks: usize, no_scan: bool, heap: AddressRange) -> *mut u8 {
    let Some(me) = current() else { return null_mut() };
    if me.stock.returned.blocks() == 0 {
        return null_mut();
    }
    on_stock_unlocked(me, |stock| stock.returned.take(blocks, no_scan, heap))
}

/// Takes an object of so many blocks out of the calling thread's stock; NULL if there is none. It holds what it held before.
/// Async-signal-safe.
#[inline(always)]
pub(crate) fn take_from_stock(blocks: usize, no_scan: bool) -> *mut u8 {
    let Some(me) = current() else { return null_mut() };
    let Some(shelf) = me.stock.shelf(blocks, no_scan) else { return null_mut() };
    on_stock_unlocked(me, |_| shelf.take())
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
    let object = on_stock(me, |_| {
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
        object
    });
    object.unwrap_or(null_mut())
}

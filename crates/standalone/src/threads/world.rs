//! Stopping the world: all registered threads but the calling one.

use super::current::current;
use super::lock::{Guard, LOCK};
use super::record::{State, Thread};
use super::registry::REGISTRY;
use super::rendezvous::RENDEZVOUS;
use super::{signals, stack_use};
use crate::os::{errno, process_id, set_errno};
use crate::roots::{AddressRange, TlsLayout};
use core::ptr;
use core::sync::atomic::Ordering::Relaxed;
use gcheap::Batch;

/// How long to wait before the signal is sent again to threads that have not answered, at first and at most, in
/// milliseconds. With thousands of threads an answer takes a while, and a repetition does no harm.
const FIRST_PATIENCE: u32 = 20;
const MOST_PATIENCE: u32 = 1000;

/// The world is stopped as long as this exists. Dropping it lets the threads go on.
///
/// Meanwhile nothing may be done that needs a lock of a stopped thread: no `malloc`, no standard input or output, nothing
/// that loads or unloads a library.
#[derive(Debug)]
pub struct Stopped<'a> {
    guard: &'a Guard,
    /// `None` if there were no threads to be stopped.
    generation: Option<u32>,
}

/// What a thread keeps in a range of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    /// A part of its stack that is in use.
    Stack,
    /// Static thread-local storage.
    ThreadLocal,
    /// The result of a thread that has ended and was not joined.
    Result,
}

/// A range of memory in which a thread keeps pointers: whole words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it is.
    pub kind: PlaceKind,
    /// The system's number of the thread.
    pub thread: usize,
    /// Where it is.
    pub range: AddressRange,
}

/// The number of registered threads, including those that have ended but were not joined.
pub fn thread_count() -> usize {
    REGISTRY.count()
}

/// How many blocks the objects have that threads have freed and keep.
pub(crate) fn returned_blocks(guard: &Guard) -> usize {
    REGISTRY.iter(guard).map(|thread| thread.stock.returned.blocks()).sum()
}

/// Stops all registered threads but the calling one, and returns when they have stopped. Threads in blocking regions are
/// not disturbed; they stop if they leave the region.
///
/// A thread that has died without unregistering is recognised, and forgotten. One that blocks [`super::SUSPEND_SIGNAL`] is
/// waited for as long as it does.
pub fn stop_world(guard: &Guard) -> Stopped<'_> {
    if !LOCK.is_threaded() || REGISTRY.count() <= usize::from(current().is_some()) {
        return Stopped { guard, generation: None };
    }
    let saved = errno();
    let process_id = process_id();
    let generation = RENDEZVOUS.begin();
    for thread in others(guard) {
        // A thread that has just become `Running` again sees the generation, and waits by itself (see `blocking`).
        if thread.state() == State::Running {
            RENDEZVOUS.expect_one();
            thread.told.store(generation, Relaxed);
            tell(process_id, thread);
        }
    }
    RENDEZVOUS.count_one();
    let mut patience = FIRST_PATIENCE;
    while !RENDEZVOUS.all_have_stopped(patience) {
        for thread in others(guard) {
            if thread.told.load(Relaxed) == generation && thread.acknowledged.load(Relaxed) != generation {
                ask_again(process_id, thread, generation);
            }
        }
        patience = (2 * patience).min(MOST_PATIENCE);
    }
    set_errno(saved);
    Stopped { guard, generation: Some(generation) }
}

/// Deals with a thread that was told to stop and has not answered.
fn ask_again(process_id: i32, thread: &Thread, generation: u32) {
    match thread.state() {
        State::Running => tell(process_id, thread),
        // It has entered a region in the meantime, perhaps with all signals blocked, and will not leave it. What it noted
        // there is valid; what its signal handler notes is not needed.
        State::Blocking => {
            thread.told.store(0, Relaxed);
            if thread.acknowledge(generation) {
                RENDEZVOUS.count_one();
            }
        }
        State::Finished | State::Dead => {}
    }
}

/// Sends the signal. A thread that does not exist counts as stopped.
fn tell(process_id: i32, thread: &Thread) {
    if !signals::send(process_id, thread) {
        thread.set_state(State::Dead);
        RENDEZVOUS.count_one();
    }
}

fn others(guard: &Guard) -> impl Iterator<Item = &'static Thread> + '_ {
    REGISTRY.iter(guard).filter(|thread| !is_current(thread))
}

fn is_current(thread: &Thread) -> bool {
    current().is_some_and(|me| ptr::eq(me, thread))
}

impl Stopped<'_> {
    /// Calls `visit` with all memory in which threads keep pointers: the stacks in use, the static thread-local storage
    /// that `layout` describes, and the results of threads that have ended and were not joined. All are whole words; a word
    /// may be visited twice.
    ///
    /// `lowest` comes from [`crate::roots::with_registers`] in the calling thread. If that thread is not registered, its
    /// stack and thread-local storage are left out. Nothing is allocated and no lock is taken, unless `visit` does.
    pub fn for_each_range(&self, lowest: usize, layout: TlsLayout, visit: &mut dyn FnMut(AddressRange)) {
        self.for_each_place(lowest, layout, &mut |place| visit(place.range));
    }

    /// The same, and `visit` is told what each range is.
    pub fn for_each_place(&self, lowest: usize, layout: TlsLayout, visit: &mut dyn FnMut(Place)) {
        if let Some(me) = current() {
            stack_use::note(me, lowest, &me.stopped);
        }
        for thread in REGISTRY.iter(self.guard) {
            let base = thread.base.load(Relaxed);
            let number = usize::try_from(thread.thread_id.load(Relaxed)).unwrap_or(0);
            let place = |kind, range| Place { kind, thread: number, range };
            let in_use = match thread.state() {
                State::Dead => continue,
                State::Finished => {
                    let result = thread.result.as_ptr().addr();
                    visit(place(PlaceKind::Result, AddressRange::new(result, result + size_of::<usize>())));
                    continue;
                }
                _ if is_current(thread) => thread.stopped.ranges(base),
                _ if Some(thread.told.load(Relaxed)) == self.generation => thread.stopped.ranges(base),
                // It was in a blocking region. It may say `Running` for a moment, when it tries to leave.
                State::Blocking | State::Running => thread.blocked.ranges(base),
            };
            let tls = layout.of(thread.thread_pointer.load(Relaxed));
            let stacks = in_use.map(|range| place(PlaceKind::Stack, range));
            for place in stacks.into_iter().chain([place(PlaceKind::ThreadLocal, tls)]) {
                if !place.range.is_empty() {
                    visit(place);
                }
            }
        }
    }

    /// For a collection: calls `visit` with everything that threads have in stock and keep. `heap` is where objects may be.
    pub fn keep_stock(&self, heap: AddressRange, visit: &mut dyn FnMut(Batch)) {
        for thread in REGISTRY.iter(self.guard).filter(|thread| thread.state() != State::Dead) {
            thread.stock.keep(heap, visit);
        }
    }

    /// Calls `visit` with everything that threads have in stock. `heap` is where objects may be.
    pub fn for_each_in_stock(&self, heap: AddressRange, visit: &mut dyn FnMut(Batch)) {
        for thread in REGISTRY.iter(self.guard).filter(|thread| thread.state() != State::Dead) {
            thread.stock.each(heap, visit);
        }
    }

    /// The same without what threads have freed.
    pub fn for_each_on_shelves(&self, visit: &mut dyn FnMut(Batch)) {
        for thread in REGISTRY.iter(self.guard).filter(|thread| thread.state() != State::Dead) {
            thread.stock.each_on_shelves(visit);
        }
    }
}

impl Drop for Stopped<'_> {
    fn drop(&mut self) {
        if self.generation.is_none() {
            return;
        }
        let saved = errno();
        RENDEZVOUS.end();
        for thread in REGISTRY.iter(self.guard) {
            if thread.state() == State::Dead {
                REGISTRY.remove(self.guard, thread);
            }
        }
        set_errno(saved);
    }
}

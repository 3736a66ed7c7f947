//! A collection: which threads stop when, what is marked in which order, and what follows.
//!
//! ```text
//!    static data is looked up                 may wait for the loader's lock
//!    the world stops
//!      roots are marked                       registers, stacks, thread-local and static data, ranges added by hand,
//!                                             uncollectable objects, what finalisers will be called with, and what the
//!                                             program marks itself; whenever described objects are reached, it is asked
//!                                             what they lead to
//!      short weak links to the dead cleared
//!      finalisers of the dead are queued      what they will see is marked
//!      long weak links to the dead cleared
//!    the world goes on
//!    the program is told of the dead        if it wants that; it may keep some
//!    the dead are freed
//!    finalisers run                           later, without the lock (c_abi)
//! ```

use core::cell::{Cell, UnsafeCell};
use core::mem::{ManuallyDrop, size_of};
use core::ptr;

use gcheap::config::BLOCK_BYTES;

use super::Handle;
use super::asking::Asking;
use crate::finalise::Contents;
use crate::os::pages::is_mapped;
use crate::os::{complain, nanoseconds, thread_id, valgrind};
use crate::report::{self, Traced};
use crate::roots::{AddressRange, DataSegments, with_registers};
use crate::threads::{Guard, LOCK, is_registered, stop_world};

/// The static data of the process, which all heaps look at.
pub(crate) struct SharedRoots(UnsafeCell<DataSegments>);

// SAFETY: the global lock protects it.
unsafe impl Sync for SharedRoots {}

static SHARED: SharedRoots = SharedRoots(UnsafeCell::new(DataSegments::new()));

/// Calls `f` with the static data of the process. The caller holds the global lock, and `f` does not come here again.
pub(crate) fn roots_of_all<R>(f: impl FnOnce(&mut DataSegments) -> R) -> R {
    // SAFETY: the caller's promise: nobody else is here.
    f(unsafe { &mut *SHARED.0.get() })
}

/// How far a collection is. The numbers are those of bdwgc's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
enum Stage {
    /// It begins.
    Start = 0,
    /// The other threads have stopped, and marking begins.
    MarkStart = 1,
    /// All that is alive is marked.
    MarkEnd = 2,
    /// The dead are freed.
    ReclaimStart = 3,
    /// They have been freed.
    ReclaimEnd = 4,
    /// It has ended.
    End = 5,
    /// The other threads are going to be stopped.
    PreStopWorld = 6,
    /// They have stopped.
    PostStopWorld = 7,
    /// They are going to be let go on.
    PreStartWorld = 8,
    /// They go on.
    PostStartWorld = 9,
}

/// A collection of one heap. The caller holds the global lock.
pub(crate) struct Collection {
    heap: Handle,
    /// Whether the program asked for it.
    asked_for: bool,
}

impl Collection {
    pub fn of(heap: Handle) -> Self {
        Self { heap, asked_for: false }
    }

    /// A collection that the program asked for.
    pub fn asked_for(self) -> Self {
        Self { asked_for: true, ..self }
    }

    pub fn run(&self) {
        let heap = self.heap;
        let hooks = heap.hooks();
        let tell = |stage: Stage| {
            if let Some(hook) = hooks.stage {
                hook(stage as u32);
            }
        };
        tell(Stage::Start);
        if let Some(before) = hooks.before {
            before();
        }
        if !is_registered() {
            // Its stack is no root, so what it has just allocated would be freed. bdwgc ends the program here, too.
            complain(
                "a collection in a thread that is not registered (gcheap_register_thread), number",
                thread_id() as usize,
            );
        }
        let allocated = heap.allocated_since();
        let used_before = heap.core().info_fast().used;
        // If there is no memory for the list of libraries, the old one has to do: a library that has just come may be missed.
        let _ = roots_of_all(DataSegments::gather);
        // SAFETY: the lock is held, and dropping nothing releases nothing.
        let guard = ManuallyDrop::new(unsafe { Guard::assume() });
        let single = !LOCK.is_threaded();
        let start = nanoseconds();
        let roots = with_registers(|lowest| {
            tell(Stage::PreStopWorld);
            let stopped = stop_world(&guard);
            tell(Stage::PostStopWorld);
            tell(Stage::MarkStart);
            heap.core().collect_start();
            if heap.is_in_stock() {
                stopped.keep_stock(heap.memory(), &mut |batch| heap.core().mark_batch(batch));
            }
            let asking = Asking::begin(heap);
            let layout = roots_of_all(|data| data.tls_layout());
            let mut bytes = 0;
            let mut mark = |range: AddressRange| {
                bytes += range.end.saturating_sub(range.start);
                self.mark(range);
            };
            // First of all: it may say that threads are on other stacks.
            asking.for_roots();
            stopped.for_each_range(lowest, layout, &mut mark);
            // Another thread may have unloaded a library since its data was looked up.
            let is_there = |range: &&AddressRange| single || is_mapped(range.start, range.end - range.start);
            roots_of_all(|data| data.as_slice().iter().filter(is_there).for_each(|&range| mark(range)));
            heap.with_roots(|roots| roots.iter().for_each(&mut mark));
            self.mark_registered();
            asking.settle();
            self.find_the_dead(&asking);
            let go_on = || {
                tell(Stage::MarkEnd);
                tell(Stage::PreStartWorld);
                drop(stopped);
                tell(Stage::PostStartWorld);
            };
            if let Some(dead) = hooks.dead {
                // It may wait for a lock of the program's, so the other threads go on first.
                go_on();
                dead();
                asking.settle();
                asking.end();
            } else {
                asking.end();
                go_on();
            }
            bytes
        });
        tell(Stage::ReclaimStart);
        let stopped = nanoseconds().saturating_sub(start);
        heap.core().collect_end();
        tell(Stage::ReclaimEnd);
        let live = heap.core().info_fast().used;
        let counters = &heap.it().counters;
        let mut now = counters.get();
        now.collections += 1;
        now.live_after_last = live;
        now.allocated_before_last += (allocated * BLOCK_BYTES) as u64;
        now.stopped += stopped;
        now.longest_stop = now.longest_stop.max(stopped);
        counters.set(now);
        if report::traces() {
            report::write_trace(&Traced {
                number: now.collections,
                asked_for: self.asked_for,
                before: used_before,
                after: live,
                heap: heap.bytes(),
                stopped,
            });
        }
        heap.policy().note_used(used_before);
        let due = heap.policy().next_after(live, roots);
        heap.set_due_after(due);
        self.give_back(due);
        heap.it().notice_due.set(heap.has_due());
        if let Some(after) = hooks.after {
            after();
        }
        tell(Stage::End);
    }

    /// Marks what the words of a range lead to.
    fn mark(&self, range: AddressRange) {
        let words = ptr::with_exposed_provenance::<usize>(range.start);
        let len = range.end.saturating_sub(range.start) / size_of::<usize>();
        let mut copy = [0; 64];
        if valgrind::defined(&copy) {
            // A stack has words that were never written. Valgrind follows what is computed from them, and in the end it would
            // distrust every object: so it is told that a copy was written.
            for first in (0..len).step_by(copy.len()) {
                let n = copy.len().min(len - first);
                // SAFETY: as below, and the copy has room for so many words.
                unsafe { ptr::copy_nonoverlapping(words.add(first), copy.as_mut_ptr(), n) };
                valgrind::defined(&copy);
                // SAFETY: words of the copy.
                unsafe { self.heap.core().collect_root_inside(copy.as_ptr(), n) };
            }
            return;
        }
        // SAFETY: whoever named the range says that it can be read.
        unsafe { self.heap.core().collect_root_inside(words, len) };
    }

    /// Marks what is alive because it is registered: uncollectable objects, and what finalisers will be called with.
    fn mark_registered(&self) {
        let core = self.heap.core();
        let mark = |word: usize| {
            if word != 0 {
                // SAFETY: one word.
                unsafe { core.collect_root_inside(&raw const word, 1) }
            }
        };
        self.heap.with_uncollectable(|all| all.iter().for_each(|(object, ())| mark(object)));
        self.heap.with_finalisers(|all| all.each_kept(mark));
    }

    /// Clears weak links to objects that nothing reaches, and queues their finalisers.
    fn find_the_dead(&self, asking: &Asking) {
        let heap = self.heap;
        let core = heap.core();
        heap.with_links(|links| links.clear_dead(false, |object| core.is_reached(object)));
        let inside = heap.follows_interior();
        heap.with_finalisers(|all| all.queue_dead(&core, inside, asking));
        heap.with_links(|links| {
            links.clear_dead(true, |object| core.is_reached(object));
            // Neighbouring links often lie in the same object.
            let last = Cell::new((0, 0, false));
            links.forget_lost(|link| {
                let (start, bytes, lost) = last.get();
                if link.addr().wrapping_sub(start) < bytes {
                    return lost;
                }
                let holder = core.object_around(link);
                let lost = !holder.is_null() && !core.is_reached(holder);
                if !holder.is_null() {
                    last.set((holder.addr(), core.nbytes(holder), lost));
                }
                lost
            });
        });
    }

    /// Gives back the memory of what stays free until the next collection, which is due after so many blocks: objects are
    /// placed at the lowest addresses.
    fn give_back(&self, due: usize) {
        const LEAST: usize = 256 << 10;
        let heap = self.heap;
        let mut needed = due * BLOCK_BYTES;
        let mut from = ptr::null();
        while let Some((start, bytes)) = heap.core().free_run(from, LEAST) {
            from = start.as_ptr().wrapping_add(bytes);
            if needed > 0 {
                needed = needed.saturating_sub(bytes);
                continue;
            }
            // SAFETY: these bytes belong to free blocks, which hold nothing (I8).
            unsafe { heap.it().space.discard(start, bytes) };
        }
    }
}

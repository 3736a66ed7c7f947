//! Snapshots of a program's heap: where its roots are, what its objects are called, and what threads have in stock.

use core::cell::Cell;
use core::mem::size_of;
use core::ptr::{self, NonNull};

use gcheap::config::BLOCK_BYTES;
use gcheap::inspect::snapshot::About;
use gcheap::inspect::snapshot::report::{Report, RootKind, RootRange};
use gcheap::inspect::snapshot::stream::Sink;
use gcheap::{Batch, MOST_STRETCHES, STRETCH_BYTES};

use super::Handle;
use super::collect::roots_of_all;
use crate::os::pages::is_mapped;
use crate::roots::{AddressRange, DataSegments, with_registers};
use crate::threads::{Guard, LOCK, PlaceKind, Stopped, is_sealed, stop_world};

/// A snapshot of a heap that is being written, as long as the world is stopped.
pub(super) struct Writing {
    /// Above this address, the calling thread's stack is in use.
    lowest: usize,
    stopped: *const Stopped<'static>,
    /// Which blocks of a stretch of memory from this address on are starts of objects in stock: the last one that was asked for.
    stretch: Cell<(usize, usize)>,
}

impl Handle {
    /// Writes a snapshot; says whether all of it was written. The other threads are stopped meanwhile, so the sink's function must
    /// not wait for anything that one of them may hold: no `malloc`, no streams of the C library.
    ///
    /// # Safety
    /// The sink's function can be called with its data.
    pub unsafe fn snapshot(self, guard: &Guard, about: &About<'_>, sink: Sink) -> bool {
        // As in a collection: if there is no memory for the list, the old one has to do.
        let _ = roots_of_all(DataSegments::gather);
        with_registers(|lowest| {
            let stopped = stop_world(guard);
            let stopped_at = ptr::from_ref(&stopped).cast();
            let writing = Writing { lowest, stopped: stopped_at, stretch: Cell::new((0, 0)) };
            self.it().writing.set(&raw const writing);
            // SAFETY: the caller's promise.
            let written = unsafe { self.core().snapshot(about, sink) };
            self.it().writing.set(ptr::null());
            written
        })
    }

    fn writing(self) -> Option<&'static Writing> {
        // SAFETY: it is on the stack of `snapshot`, which has not returned as long as the pointer is not NULL.
        unsafe { self.it().writing.get().as_ref() }
    }

    /// Adds all that the core does not know.
    pub(super) fn add_to(self, report: &mut Report) {
        let Some(writing) = self.writing() else { return };
        add_modules(report);
        // SAFETY: the world is stopped as long as a snapshot is being written.
        let stopped = unsafe { &*writing.stopped };
        add_threads(stopped, writing.lowest, report);
        add_static_data(report);
        self.with_roots(|roots| roots.iter().for_each(|range| add(report, RootKind::Added, range, 0, 0)));
        self.add_registered(report);
        if self.is_in_stock() {
            stopped.for_each_in_stock(self.memory(), &mut |batch| self.add_stock(batch, report));
        }
        self.add_numbers(report);
    }

    /// What is alive because it is registered.
    fn add_registered(self, report: &mut Report) {
        let word = size_of::<usize>();
        let uncollectable = self.with_uncollectable(|all| all.iter().count());
        if uncollectable > 0 {
            report.root(&values(RootKind::Uncollectable, uncollectable * word));
            self.with_uncollectable(|all| {
                all.iter().enumerate().for_each(|(i, (object, ()))| report.word(i, object));
            });
        }
        let mut kept = 0;
        self.with_finalisers(|all| all.each_kept(|_| kept += 1));
        if kept > 0 {
            report.root(&values(RootKind::Finaliser, kept * word));
            let mut index = 0;
            self.with_finalisers(|all| {
                all.each_kept(|value| {
                    report.word(index, value);
                    index += 1;
                });
            });
        }
    }

    /// Objects that threads have set aside are none of the program's.
    fn add_stock(self, batch: Batch, report: &mut Report) {
        batch.each(|object| {
            let blocks = self.core().nbytes(ptr::without_provenance(object)) / BLOCK_BYTES;
            report.set_aside(object, blocks);
        });
    }

    fn add_numbers(self, report: &mut Report) {
        let now = self.numbers();
        report.number("collections", now.counters.collections as u64);
        report.number("allocated_bytes", now.allocated());
        report.number("since_last_bytes", now.since_last as u64);
        report.number("live_bytes", now.counters.live_after_last as u64);
        report.number("stopped_ns", now.counters.stopped);
        report.number("longest_stop_ns", now.counters.longest_stop);
        report.number("finalisers", now.finalisers as u64);
    }

    /// The program's name of an object.
    pub(super) fn name(self, object: NonNull<u8>, bytes: usize, room: &mut [u8]) -> usize {
        let Some(namer) = self.hooks().namer else { return 0 };
        if is_sealed(object.as_ptr()) || self.is_on_any_shelf(object.addr().get()) {
            return 0;
        }
        let bytes = bytes.saturating_sub(self.interior().get() as usize);
        let length = namer(object.as_ptr().cast(), bytes, room.as_mut_ptr().cast(), room.len());
        // As snprintf, it may say how long the name would be; the last byte is for its zero.
        length.min(room.len().saturating_sub(1))
    }

    /// Whether an object is on a thread's shelves. Asked for in order of address, so all starts in a stretch of memory are looked up at once.
    fn is_on_any_shelf(self, object: usize) -> bool {
        let Some(writing) = self.writing().filter(|_| self.is_in_stock()) else { return false };
        let stretch = object - object % STRETCH_BYTES;
        let (known, mut starts) = writing.stretch.get();
        if known != stretch {
            starts = 0;
            // SAFETY: as above.
            unsafe { &*writing.stopped }.for_each_on_shelves(&mut |batch| starts |= starts_in(stretch, batch));
            writing.stretch.set((stretch, starts));
        }
        starts >> ((object - stretch) / BLOCK_BYTES) & 1 != 0
    }
}

/// The starts of a batch that lie in the stretch of memory from an address on.
fn starts_in(stretch: usize, batch: Batch) -> usize {
    (0..MOST_STRETCHES).fold(0, |all, i| {
        let start = batch.base.wrapping_add(i * STRETCH_BYTES);
        let (above, below) = (start.wrapping_sub(stretch) / BLOCK_BYTES, stretch.wrapping_sub(start) / BLOCK_BYTES);
        let bits = batch.starts.get(i).copied().unwrap_or(0);
        let bits_of_all = usize::BITS as usize;
        all | if above < bits_of_all {
            bits << above
        } else if below < bits_of_all {
            bits >> below
        } else {
            0
        }
    })
}

/// Words that have no address.
fn values(kind: RootKind, bytes: usize) -> RootRange<'static> {
    RootRange { kind, interior: true, address: 0, bytes, thread: 0, module: 0, name: b"" }
}

fn add(report: &mut Report, kind: RootKind, range: AddressRange, thread: usize, module: usize) {
    let range = range.whole_words();
    if !range.is_empty() {
        let (address, bytes) = (range.start, range.bytes());
        // SAFETY: whoever named the range says that it can be read.
        unsafe { report.range(&RootRange { kind, interior: true, address, bytes, thread, module, name: b"" }) };
    }
}

fn add_threads(stopped: &Stopped<'_>, lowest: usize, report: &mut Report) {
    let layout = roots_of_all(|data| data.tls_layout());
    stopped.for_each_place(lowest, layout, &mut |place| {
        let kind = match place.kind {
            PlaceKind::Stack => RootKind::Stack,
            PlaceKind::ThreadLocal => RootKind::ThreadLocal,
            PlaceKind::Result => RootKind::ThreadResult,
        };
        add(report, kind, place.range, place.thread, 0);
    });
}

fn add_modules(report: &mut Report) {
    roots_of_all(|data| {
        for module in data.modules() {
            let mut program = [0; 512];
            let mut path = data.path(module);
            if path.is_empty() {
                path = program_path(&mut program);
            }
            report.module(module.base, path);
        }
    });
}

/// The program's file. The loader does not know its path.
fn program_path(room: &mut [u8]) -> &[u8] {
    let link = c"/proc/self/exe".as_ptr();
    // SAFETY: the room has so many bytes.
    let length = unsafe { libc::readlink(link, room.as_mut_ptr().cast(), room.len()) };
    room.get(..usize::try_from(length).unwrap_or(0)).unwrap_or(&[])
}

fn add_static_data(report: &mut Report) {
    let single = !LOCK.is_threaded();
    roots_of_all(|data| {
        for &range in data.as_slice() {
            // Another thread may have unloaded a library since its data was looked up.
            if single || is_mapped(range.start, range.bytes()) {
                let module = data.modules().iter().position(|module| module.span.contains(range.start));
                add(report, RootKind::Static, range, 0, module.map_or(0, |index| index + 1));
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_found_wherever_a_batch_begins() {
        let base = 100 * STRETCH_BYTES + 5 * BLOCK_BYTES;
        let mut starts = [0; MOST_STRETCHES];
        (starts[0], starts[1]) = (1 | 1 << (usize::BITS - 1), 1 << 3);
        let batch = Batch { base, starts };
        let mut expected = vec![];
        batch.each(|object| expected.push(object));
        let mut found = vec![];
        for stretch in (98..106).map(|i| i * STRETCH_BYTES) {
            let bits = starts_in(stretch, batch);
            let here = (0..usize::BITS as usize).filter(|i| bits >> i & 1 != 0);
            found.extend(here.map(|i| stretch + i * BLOCK_BYTES));
        }
        assert_eq!((found.len(), found), (3, expected));
    }
}

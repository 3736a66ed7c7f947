//! A snapshot of a heap, written without memory: docs/SNAPSHOT.md has the format, crates/snapshot reads it.
//!
//! The heap writes its areas, tables and contents. It asks its host for roots, modules and numbers ([`crate::Host::snapshot`]), and
//! for the names of objects ([`crate::Host::name`]).

mod crc;
pub mod report;
pub mod stream;

use core::marker::PhantomData;

use crate::config::{BLOCK_BYTES, FINALISER, INTERIOR, LOCK_STEP, NO_SCAN, WEAKREF, WORD_BYTES};
use crate::context::Context;
use crate::host::Host;
use crate::layout::area::{Area, Table};
use crate::layout::atb::Atb;
use crate::layout::block::{Kind, ptr_from_block};
use crate::layout::phase::phase_of;
use crate::marker::MARKER;
use crate::variant::Variant;
use report::{MOST_NAME, Report};
use stream::Sink;

/// The version of the format.
const VERSION: usize = 1;

/// The header's flags.
const CONTENTS: usize = 8;
const NAMES: usize = 16;
const FINALISING: usize = 32;
const INSIDE: usize = 64;

/// Why a snapshot is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The program has asked for it.
    Asked,
    /// An allocation of so many bytes has failed.
    OutOfMemory(usize),
    /// The program ends.
    Exit,
}

/// What a snapshot says about itself, and whether it has the contents of objects.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The host: "libgcheap standalone", "MicroPython 1.26".
    pub host: &'a [u8],
    /// Why it is written.
    pub cause: Cause,
    /// Whether the contents of objects are written.
    pub contents: bool,
}

/// Writes a snapshot.
#[derive(Clone, Copy)]
pub(crate) struct Snapshot<H: Host, V: Variant>(Context<H>, PhantomData<V>);

impl<H: Host, V: Variant> Snapshot<H, V> {
    pub fn of(context: Context<H>) -> Self {
        Self(context, PhantomData)
    }

    /// Says whether all of it was written. While a collection marks, nothing is: its tables mean something else.
    pub fn write(self, about: &About<'_>, sink: Sink) -> bool {
        self.0.host().enter();
        let is_marking = phase_of(self.0.state()).is_marking();
        let written = !is_marking && self.write_locked(about, sink);
        self.0.host().exit();
        written
    }

    fn write_locked(self, about: &About<'_>, sink: Sink) -> bool {
        // The callback is the program's: it must not change what is being written.
        let depth = self.0.lock_depth();
        depth.set(depth.get().wrapping_add(LOCK_STEP));
        let mut report = Report::new(sink, self.0.state().first_area());
        self.header(about, &mut report);
        self.0.host().snapshot(&mut report);
        self.each_area(|index, area| self.tables(index, area, &mut report));
        if self.0.host().names_objects() {
            self.each_area(|index, area| self.names(index, area, &mut report));
        }
        if about.contents {
            self.each_area(|index, area| self.contents(index, area, &mut report));
        }
        if report.stream().is_framed() {
            self.header(about, &mut report);
        }
        let written = report.stream().end();
        depth.set(depth.get().wrapping_sub(LOCK_STEP));
        written
    }

    fn each_area(self, mut f: impl FnMut(usize, Area)) {
        self.0.state().areas().zip(0..).for_each(|(area, index)| f(index, area));
    }

    /// The header, and what areas there are.
    fn header(self, about: &About<'_>, report: &mut Report) {
        let host = self.0.host();
        let flag = |on: bool, flag: usize| if on { flag } else { 0 };
        let flags = flag(FINALISER, 1)
            | flag(WEAKREF, 2)
            | flag(NO_SCAN, 4)
            | flag(about.contents, CONTENTS)
            | flag(host.names_objects(), NAMES)
            | flag(phase_of(self.0.state()).is_collecting(), FINALISING)
            | flag(INTERIOR && host.follows_interior(), INSIDE);
        let (cause, wanted) = match about.cause {
            Cause::Asked => (0, 0),
            Cause::OutOfMemory(bytes) => (1, bytes),
            Cause::Exit => (2, 0),
        };
        let areas = self.0.state().areas().count();
        let big = usize::from(cfg!(target_endian = "big"));
        let numbers = [VERSION, WORD_BYTES, big, BLOCK_BYTES, flags, cause, wanted, areas];
        // Without the zero at its end.
        let library = MARKER.strip_suffix(&[0]).unwrap_or(&MARKER);
        report.record(b'H', &numbers, &[library, about.host]);
        self.each_area(|index, area| {
            let numbers = [index, area.pool().addr().get(), area.blocks(), used(area)];
            report.record(b'A', &numbers, &[]);
        });
    }

    /// The tables, as they are in memory.
    fn tables(self, index: usize, area: Area, report: &mut Report) {
        let used = used(area);
        for (number, table) in (0..).zip([Table::Atb, Table::Ftb, Table::Wtb, Table::Ntb]) {
            if let Some((start, blocks_per_byte)) = area.table(table) {
                // SAFETY: I5: the bytes are part of the table.
                unsafe { memory(report, b'T', &[number, index], 0, start, used.div_ceil(blocks_per_byte)) };
            }
        }
    }

    /// The names of objects, as the host knows them.
    fn names(self, index: usize, area: Area, report: &mut Report) {
        self.each_object(area, |block, blocks| {
            let mut name = [0; MOST_NAME];
            // SAFETY: I6: a block of this area.
            let object = unsafe { ptr_from_block(area.pool(), block) };
            let len = self.0.host().name(object, blocks * BLOCK_BYTES, &mut name);
            if let Some(name) = name.get(..len.min(MOST_NAME)).filter(|name| !name.is_empty()) {
                report.name(index, block, name);
            }
            !report.has_failed()
        });
    }

    /// What is in the blocks in use: consecutive objects at once.
    fn contents(self, index: usize, area: Area, report: &mut Report) {
        let (mut start, mut end) = (0, 0);
        let mut put = |start: usize, end: usize| {
            // SAFETY: I6: blocks of this area.
            unsafe {
                let bytes = ptr_from_block(area.pool(), start);
                let len = (end - start) * BLOCK_BYTES;
                memory(report, b'C', &[index], start * BLOCK_BYTES, bytes.as_ptr(), len);
            }
            !report.has_failed()
        };
        self.each_object(area, |block, blocks| {
            let goes_on = block == end || put(start, end);
            if block != end {
                start = block;
            }
            end = block + blocks;
            goes_on
        });
        put(start, end);
    }

    /// Calls `f` with each object's head and number of blocks, until it says that it is enough.
    fn each_object(self, area: Area, mut f: impl FnMut(usize, usize) -> bool) {
        let (atb, used) = (area.atb::<V::Atb>(), used(area));
        let mut block = 0;
        while block < used {
            if atb.kind(block) == Kind::Free {
                block += 1 + atb.frees_after(block, usize::MAX);
                continue;
            }
            let blocks = 1 + atb.tails_after(block);
            if !f(block, blocks) {
                return;
            }
            block += blocks;
        }
    }
}

/// How many blocks there are up to the last one in use.
fn used(area: Area) -> usize {
    area.blocks().min(area.last_used().get().wrapping_add(1))
}

/// Records with memory in them ([`stream::Stream::memory`]).
///
/// # Safety
/// The bytes can be read.
unsafe fn memory(report: &mut Report, tag: u8, numbers: &[usize], first: usize, bytes: *const u8, len: usize) {
    let mut head = stream::Few::new();
    numbers.iter().for_each(|&number| head.number(number));
    // SAFETY: the caller's promise.
    unsafe { report.stream().memory(tag, head.as_slice(), first, bytes, len) }
}

//! Static data: the writable segments of the program and of all loaded libraries.

use super::modules::{self, Part, Version};
use super::{AddressRange, TlsLayout};
use crate::memory::Growing;
use crate::os::{OutOfMemory, thread_pointer};
use core::ops::ControlFlow;

/// A program or library whose data is among the ranges.
#[derive(Clone, Copy, Debug)]
pub struct LoadedModule {
    /// What was added to the addresses in its file.
    pub base: usize,
    /// All its writable data, and perhaps more.
    pub span: AddressRange,
    /// Where its path is, in all paths.
    path: usize,
    path_bytes: usize,
}

/// The ranges of static data, gathered from the dynamic loader.
///
/// [`DataSegments::gather`] takes the loader's lock, which a stopped thread may hold; so it has to be called before the
/// world is stopped, by one thread at a time. Reading what was gathered takes no lock.
///
/// A thread that unloads a library between `gather` and the stop leaves a range here that is no longer mapped. A program
/// with threads asks [`crate::os::pages::is_mapped`] for each range while the world is stopped.
#[derive(Debug)]
pub struct DataSegments {
    segments: Growing<AddressRange>,
    excluded: Growing<AddressRange>,
    modules: Growing<LoadedModule>,
    paths: Growing<u8>,
    /// What the loader said about its modules when they were last gathered; `None` if that is to be done anew.
    version: Option<Version>,
    tls: TlsLayout,
}

impl DataSegments {
    /// Nothing is gathered yet.
    pub const fn new() -> Self {
        Self {
            segments: Growing::new(),
            excluded: Growing::new(),
            modules: Growing::new(),
            paths: Growing::new(),
            version: None,
            tls: TlsLayout::EMPTY,
        }
    }

    /// Leaves the addresses from `start` to just before `end` out, from the next [`Self::gather`] on: state of the
    /// collector itself, which would otherwise be taken for pointers of the program. Words that lie in the range only in
    /// part are left out too. A range without addresses is ignored.
    pub fn exclude(&mut self, start: usize, end: usize) -> Result<(), OutOfMemory> {
        let range = AddressRange::new(start, end).touched_words();
        if !range.is_empty() {
            self.excluded.push(range)?;
            self.version = None;
        }
        Ok(())
    }

    /// Asks the loader which modules there are, and finds their writable data if that has changed. Returns whether it was
    /// found anew. If the system refuses memory for the list, the old list stays, and the next call tries again.
    pub fn gather(&mut self) -> Result<bool, OutOfMemory> {
        let mut found = Found::new();
        let mut result = Ok(false);
        modules::for_each(|module| {
            if result == Ok(false) && self.version == Some(module.version()) {
                return ControlFlow::Break(());
            }
            self.version = None;
            found.version = Some(module.version());
            result = found.add(module, self.excluded.as_slice()).map(|()| true);
            if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        if result == Ok(true) {
            found.segments.as_mut_slice().sort_unstable();
            self.tls = found.tls_layout();
            self.version = found.version;
            self.segments = found.segments;
            self.modules = found.modules;
            self.paths = found.paths;
        }
        result
    }

    /// The ranges, as whole words, in order of address.
    pub fn as_slice(&self) -> &[AddressRange] {
        self.segments.as_slice()
    }

    /// The modules that the ranges belong to. (One is missing if there was no memory for its path.)
    pub fn modules(&self) -> &[LoadedModule] {
        self.modules.as_slice()
    }

    /// A module's file; empty for the program itself.
    pub fn path(&self, of: &LoadedModule) -> &[u8] {
        self.paths.as_slice().get(of.path..).and_then(|from| from.get(..of.path_bytes)).unwrap_or(&[])
    }

    /// Where static thread-local storage lies in each thread.
    pub fn tls_layout(&self) -> TlsLayout {
        self.tls
    }
}

impl Default for DataSegments {
    fn default() -> Self {
        Self::new()
    }
}

/// What one call of [`DataSegments::gather`] has found so far.
struct Found {
    segments: Growing<AddressRange>,
    thread_local_blocks: Growing<AddressRange>,
    modules: Growing<LoadedModule>,
    paths: Growing<u8>,
    /// No module's static thread-local storage is further from the thread pointer.
    tls_reach: usize,
    version: Option<Version>,
}

impl Found {
    fn new() -> Self {
        // The C library keeps some storage free for libraries that come later (1.6 KiB in glibc), and leaves gaps.
        let spare = 8192;
        Self {
            segments: Growing::new(),
            thread_local_blocks: Growing::new(),
            modules: Growing::new(),
            paths: Growing::new(),
            tls_reach: spare,
            version: None,
        }
    }

    fn add(&mut self, module: &modules::Module<'_>, excluded: &[AddressRange]) -> Result<(), OutOfMemory> {
        let before = self.segments.len();
        for part in module.parts() {
            match part {
                Part::Writable(range) => self.segments.push(range)?,
                Part::ReadOnlyAfterRelocation(_) => {}
                Part::ThreadLocal { bytes, alignment } => {
                    self.tls_reach = self.tls_reach.saturating_add(bytes).saturating_add(2 * alignment);
                    if let Some(start) = module.thread_local_block() {
                        self.thread_local_blocks.push(AddressRange::new(start, start.saturating_add(bytes)))?;
                    }
                }
            }
        }
        let writable = &self.segments.as_slice()[before..];
        let span = writable.iter().copied().reduce(|a, b| AddressRange::new(a.start.min(b.start), a.end.max(b.end)));
        // Without it, only a snapshot knows less.
        let _ = span.map(|span| self.note(module, span));
        for part in module.parts() {
            if let Part::ReadOnlyAfterRelocation(range) = part {
                self.cut_out(before, range)?;
            }
        }
        for range in excluded {
            self.cut_out(before, *range)?;
        }
        for segment in &mut self.segments.as_mut_slice()[before..] {
            *segment = segment.whole_words();
        }
        self.segments.retain(|segment| !segment.is_empty());
        Ok(())
    }

    /// Notes a module whose writable data lies there.
    fn note(&mut self, module: &modules::Module<'_>, span: AddressRange) -> Result<(), OutOfMemory> {
        let (path, base) = (self.paths.len(), module.base());
        self.paths.reserve(module.path().len())?;
        module.path().iter().try_for_each(|&byte| self.paths.push(byte))?;
        self.modules.push(LoadedModule { base, span, path, path_bytes: module.path().len() })
    }

    /// Cuts a hole into the segments from index `first` on.
    fn cut_out(&mut self, first: usize, hole: AddressRange) -> Result<(), OutOfMemory> {
        for index in first..self.segments.len() {
            let [below, above] = self.segments.as_slice()[index].without(hole);
            self.segments.as_mut_slice()[index] = below;
            if !above.is_empty() {
                self.segments.push(above)?;
            }
        }
        Ok(())
    }

    fn tls_layout(&self) -> TlsLayout {
        let mut layout = TlsLayout::EMPTY;
        for block in self.thread_local_blocks.as_slice() {
            layout.include(*block, thread_pointer(), self.tls_reach);
        }
        layout
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::hint::black_box;
    use std::sync::atomic::AtomicUsize;

    static IN_DATA: AtomicUsize = AtomicUsize::new(1);
    static IN_BSS: AtomicUsize = AtomicUsize::new(0);
    static EXCLUDED: [AtomicUsize; 4] = [const { AtomicUsize::new(3) }; 4];
    static CONSTANT: &str = "read-only, but relocated, because it is a pointer";

    thread_local! {
        static VARIABLE: Cell<usize> = const { Cell::new(1) };
    }

    fn gathered() -> DataSegments {
        let mut segments = DataSegments::new();
        assert_eq!(segments.gather(), Ok(true));
        segments
    }

    fn finds<T>(segments: &DataSegments, variable: &T) -> bool {
        let address = (&raw const *black_box(variable)).addr();
        segments.as_slice().iter().any(|segment| segment.contains(address))
    }

    #[test]
    fn static_data_is_found_and_constants_are_not() {
        let segments = gathered();
        assert!(finds(&segments, &IN_DATA));
        assert!(finds(&segments, &IN_BSS));
        assert!(!finds(&segments, &CONSTANT), "PT_GNU_RELRO is left out");
        assert!(!finds(&segments, &5_usize));
    }

    #[test]
    fn the_c_librarys_data_is_found() {
        unsafe extern "C" {
            static environ: [u8; 0];
        }
        // SAFETY: only the address is used.
        assert!(finds(&gathered(), unsafe { &environ }));
    }

    #[test]
    fn segments_are_sorted_words_without_overlaps() {
        let segments = gathered();
        assert!(segments.as_slice().iter().all(|segment| segment.whole_words() == *segment && !segment.is_empty()));
        assert!(segments.as_slice().windows(2).all(|pair| pair[0].end <= pair[1].start));
    }

    #[test]
    fn an_excluded_variable_is_not_found() {
        let mut segments = gathered();
        assert!(finds(&segments, &EXCLUDED[1]));
        let range = (&raw const EXCLUDED[1]).addr()..(&raw const EXCLUDED[3]).addr();
        segments.exclude(range.start, range.end).unwrap();
        assert_eq!(segments.gather(), Ok(true));
        assert_eq!([0, 1, 2, 3].map(|index| finds(&segments, &EXCLUDED[index])), [true, false, false, true]);
        segments.exclude(range.end, range.end).unwrap();
    }

    #[test]
    fn thread_local_variables_of_any_thread_are_found() {
        fn is_found(layout: TlsLayout) -> bool {
            let range = layout.of(thread_pointer());
            VARIABLE.with(|variable| range.contains((&raw const *black_box(variable)).addr()))
        }
        let layout = gathered().tls_layout();
        assert!(is_found(layout));
        assert!(std::thread::spawn(move || is_found(layout)).join().unwrap());
    }
}

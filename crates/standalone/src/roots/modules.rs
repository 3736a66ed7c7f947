//! The program and the libraries that are loaded, as the dynamic loader knows them.

use super::AddressRange;
use core::ffi::CStr;
use core::ffi::{c_int, c_void};
use core::ops::ControlFlow;
use core::{mem, slice};

/// The counters of the dynamic loader: how many modules were ever added and removed. If they are the same as before, so are
/// the modules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Version {
    adds: u64,
    removes: u64,
}

/// A program or library.
pub(super) struct Module<'a> {
    info: &'a libc::dl_phdr_info,
}

/// A part of a module that is of interest here.
pub(super) enum Part {
    /// Data that the program can write.
    Writable(AddressRange),
    /// Data that is read-only once the loader has relocated it: part of a writable segment.
    ReadOnlyAfterRelocation(AddressRange),
    /// Space in each thread's thread-local storage: so many bytes, aligned to so many.
    ThreadLocal { bytes: usize, alignment: usize },
}

/// Calls `visit` for each module until it says stop. The loader's lock is held meanwhile.
pub(super) fn for_each<F: FnMut(&Module<'_>) -> ControlFlow<()>>(mut visit: F) {
    unsafe extern "C" fn adapter<F: FnMut(&Module<'_>) -> ControlFlow<()>>(
        info: *mut libc::dl_phdr_info,
        bytes: usize,
        data: *mut c_void,
    ) -> c_int {
        // Older systems have a shorter structure; those are not supported.
        if bytes < mem::size_of::<libc::dl_phdr_info>() {
            return 1;
        }
        // SAFETY: the data is the closure of the function below, which nothing else uses meanwhile; the loader passes a
        // structure that is valid during the call.
        let (visit, info) = unsafe { (&mut *data.cast::<F>(), &*info) };
        c_int::from(visit(&Module { info }).is_break())
    }
    // SAFETY: the adapter is called with this closure, and only before the function returns.
    unsafe { libc::dl_iterate_phdr(Some(adapter::<F>), (&raw mut visit).cast()) };
}

impl Module<'_> {
    pub(super) fn version(&self) -> Version {
        #[allow(clippy::useless_conversion, reason = "the counters have 32 bits on some targets")]
        Version { adds: self.info.dlpi_adds.into(), removes: self.info.dlpi_subs.into() }
    }

    /// What was added to the addresses in its file.
    pub(super) fn base(&self) -> usize {
        self.info.dlpi_addr as usize
    }

    /// Its file; empty for the program itself.
    pub(super) fn path(&self) -> &[u8] {
        if self.info.dlpi_name.is_null() {
            return &[];
        }
        // SAFETY: the loader's name is a string, and stays as long as the module.
        unsafe { CStr::from_ptr(self.info.dlpi_name) }.to_bytes()
    }

    /// The address of the module's thread-local variables in the calling thread; `None` if it has none, or none yet.
    pub(super) fn thread_local_block(&self) -> Option<usize> {
        Some(self.info.dlpi_tls_data.addr()).filter(|&address| address != 0)
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = Part> + '_ {
        let headers = if self.info.dlpi_phdr.is_null() {
            &[]
        } else {
            // SAFETY: the loader says that there are so many program headers, which stay as long as the module.
            unsafe { slice::from_raw_parts(self.info.dlpi_phdr, self.info.dlpi_phnum.into()) }
        };
        let base = self.info.dlpi_addr as usize;
        headers.iter().filter_map(move |header| {
            let start = base.wrapping_add(header.p_vaddr as usize);
            let range = AddressRange::new(start, start.saturating_add(header.p_memsz as usize));
            match header.p_type {
                libc::PT_LOAD if header.p_flags & libc::PF_W != 0 => Some(Part::Writable(range)),
                libc::PT_GNU_RELRO => Some(Part::ReadOnlyAfterRelocation(range)),
                libc::PT_TLS => {
                    Some(Part::ThreadLocal { bytes: range.bytes(), alignment: header.p_align.max(1) as usize })
                }
                _ => None,
            }
        })
    }
}

//! The shared object of one configuration, as Rust sees it: the same declarations as in shim/parity.h.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::path::Path;

pub const MAX_AREAS: usize = 8;
pub const MAX_ROOTS: usize = 64;
pub const TYPES: usize = 11;
pub const FIXED_ROOTS: usize = 4;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct AreaView {
    pub atb: *mut u8,
    pub atb_bytes: usize,
    pub ftb: *mut u8,
    pub wtb: *mut u8,
    pub pool_start: *mut u8,
    pub pool_end: *mut u8,
    pub last_used: usize,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Info {
    pub total: usize,
    pub used: usize,
    pub free: usize,
    pub max_free: usize,
    pub num_1block: usize,
    pub num_2block: usize,
    pub max_block: usize,
    pub max_new_split: usize,
}

type Ptr = *mut c_void;

/// What a heap does with an object that has a finaliser or a weak reference.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(dead_code)] // C makes the values.
pub enum ObjectEvent {
    /// The heap looks for the object's `__del__`.
    FinaliserAsked,
    /// The heap calls the object's `__del__`.
    FinaliserCalled,
    /// The object has a weak reference and is about to be freed.
    WeakrefDies,
    /// All dead objects with weak references have been freed. This event has no object.
    WeakrefsGone,
}

/// What a heap with areas that come and go asks of its host.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(dead_code)] // C makes the values.
pub enum AreaRequest {
    /// The largest size of a new area; the result is a number.
    Limit,
    /// Memory for an area.
    Lend,
    /// The memory of an area that the heap no longer uses.
    TakeBack,
}

pub type Callback = extern "C" fn(Ptr, ObjectEvent);
pub type Lender = extern "C" fn(AreaRequest, usize, Ptr) -> Ptr;

#[repr(C)]
pub struct Side {
    pub init: unsafe extern "C" fn(Ptr, Ptr),
    pub add: Option<unsafe extern "C" fn(Ptr, Ptr)>,
    pub alloc: unsafe extern "C" fn(usize, c_uint) -> Ptr,
    pub free: unsafe extern "C" fn(Ptr),
    pub realloc: unsafe extern "C" fn(Ptr, usize, bool) -> Ptr,
    pub nbytes: unsafe extern "C" fn(Ptr) -> usize,
    pub weakref_mark: Option<unsafe extern "C" fn(Ptr)>,
    pub lock: unsafe extern "C" fn(),
    pub unlock: unsafe extern "C" fn(),
    pub is_locked: unsafe extern "C" fn() -> bool,
    pub collect: unsafe extern "C" fn(),
    pub sweep_all: unsafe extern "C" fn(),
    pub info: unsafe extern "C" fn(*mut Info),
    pub info_fast: Option<unsafe extern "C" fn(*mut Info)>,
    pub dump_info: unsafe extern "C" fn(*mut c_char, usize) -> usize,
    pub dump_table: unsafe extern "C" fn(*mut c_char, usize) -> usize,
    pub areas: unsafe extern "C" fn(*mut AreaView, usize) -> usize,
    pub state: *mut u8,
    pub state_bytes: usize,
    pub lock_depth: *mut u16,
    pub auto_collect: *mut u16,
    pub alloc_amount: *mut usize,
    pub alloc_threshold: *mut usize,
    pub collected: *mut usize,
    pub roots: *mut usize,
    pub fixed_roots: [*mut usize; FIXED_ROOTS],
    pub unreadable: *mut u8,
    pub collections: *mut usize,
    pub overflows: *mut usize,
    pub mutex_depth: *mut c_int,
    pub misuse: *mut c_uint,
}

#[repr(C)]
pub struct RawLibrary {
    pub block_bytes: usize,
    pub clears: bool,
    pub grows: bool,
    pub area_bytes: usize,
    pub sides: [*const Side; 2],
    pub types: [usize; TYPES],
    pub type_del: usize,
    pub type_plain: usize,
    pub on_object: *mut Option<Callback>,
    pub on_area: *mut Option<Lender>,
    pub reserve: unsafe extern "C" fn(usize) -> Ptr,
    pub open: unsafe extern "C" fn(Ptr, usize) -> bool,
    pub alarm: unsafe extern "C" fn(c_uint) -> c_uint,
}

/// Loads the shared object and keeps it for the rest of the process.
pub fn load(path: &Path) -> Result<&'static RawLibrary, String> {
    let complain = |e: libloading::Error| format!("cannot load {}: {e}", path.display());
    // SAFETY: the object was built from shim/; loading it runs no initialiser.
    let library = unsafe { libloading::Library::new(path) }.map_err(complain)?;
    let library = Box::leak(Box::new(library));
    // SAFETY: shim/common.c defines the function with this signature; it returns a pointer to static data.
    unsafe {
        let get: libloading::Symbol<unsafe extern "C" fn() -> *const RawLibrary> =
            library.get(b"parity_library\0").map_err(complain)?;
        Ok(&*get())
    }
}

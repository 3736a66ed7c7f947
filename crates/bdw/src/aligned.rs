//! Objects at addresses that are multiples of more than 16.

use core::ffi::{c_int, c_void};
use core::ptr;

use gcheap_standalone::program::{self, HeapRef};

use crate::objects::{GC_base, GC_malloc};

/// What every address is a multiple of.
const USUAL: usize = 16;

/// Allocates so many bytes, all 0, at a multiple of `alignment`, a power of two. Beyond 16 the address may lie inside
/// an object: it counts as a pointer to the object everywhere from then on, and GC_free wants GC_base of it. NULL if
/// there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn GC_memalign(alignment: usize, bytes: usize) -> *mut c_void {
    if alignment <= USUAL {
        return GC_malloc(bytes);
    }
    if !alignment.is_power_of_two() {
        return ptr::null_mut();
    }
    let Some(all) = bytes.checked_add(alignment - USUAL) else { return ptr::null_mut() };
    let object = GC_malloc(all);
    if object.is_null() {
        return object;
    }
    program::with(HeapRef::DEFAULT, |heap| heap.allow_displacements());
    object.wrapping_byte_add(object.addr().wrapping_neg() & (alignment - 1))
}

/// The same with the result in *place. 0, or the number of an error: EINVAL if the alignment is no power of two and
/// multiple of a pointer's size, ENOMEM.
///
/// # Safety
/// *place can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_posix_memalign(place: *mut *mut c_void, alignment: usize, bytes: usize) -> c_int {
    if !alignment.is_power_of_two() || alignment % size_of::<usize>() != 0 {
        return libc::EINVAL;
    }
    let object = GC_memalign(alignment, bytes);
    if object.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: the caller's promise.
    unsafe { place.write(object) };
    0
}

/// Lets words in objects count that point so many bytes into another, also where such pointers do not count otherwise
/// (GC_set_all_interior_pointers). Here all do from then on.
#[unsafe(no_mangle)]
pub extern "C" fn GC_register_displacement(offset: usize) {
    crate::start::GC_init();
    if offset != 0 {
        program::with(HeapRef::DEFAULT, |heap| heap.allow_displacements());
    }
}

/// Whether a collection looks for pointers at an address: if it lies in an object that is not scanned, the program ends
/// with a sentence. Returns the address. An address outside of all objects always counts as one that is looked at.
#[unsafe(no_mangle)]
pub extern "C" fn GC_is_visible(address: *mut c_void) -> *mut c_void {
    if program::exists() && program::with(HeapRef::DEFAULT, |heap| heap.is_hidden(address.cast())) == Some(true) {
        gcheap_standalone::os::complain("GC_is_visible: no collection looks at this address", address.addr());
    }
    address
}

/// Compares the objects that two addresses lie in: returns the first address if both lie in the same one, or in none.
/// Otherwise the program ends with a sentence.
#[unsafe(no_mangle)]
pub extern "C" fn GC_same_obj(first: *mut c_void, second: *mut c_void) -> *mut c_void {
    if GC_base(first) != GC_base(second) {
        gcheap_standalone::os::complain("GC_same_obj: the address is in another object, or in none", first.addr());
    }
    first
}

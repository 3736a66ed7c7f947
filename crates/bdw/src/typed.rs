//! Objects with a descriptor of their own: gc_typed.h.

use core::ffi::c_void;

use crate::GC_word;
use crate::kinds::alloc_described;

/// What an object of some type looks like.
pub type GC_descr = GC_word;

/// How many words a descriptor can tell apart: the rest of its bits say that it is a bitmap.
const DISTINCT: usize = usize::BITS as usize - 2;
/// The tag of a bitmap.
const BITMAP: usize = 1;

/// Makes a descriptor of objects in which a word may be a pointer if its bit is set: bit 0 of the first word of the
/// bitmap is the object's first word. If a pointer is further in than 62 words (30 on machines of 32 bits), all words
/// may be pointers.
///
/// # Safety
/// The bitmap has so many bits.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_make_descriptor(bitmap: *const GC_word, bits: usize) -> GC_descr {
    const WORD_BITS: usize = usize::BITS as usize;
    // SAFETY: the caller's promise.
    let is_set = |bit: usize| unsafe { *bitmap.add(bit / WORD_BITS) } >> (bit % WORD_BITS) & 1 != 0;
    let Some(last) = (0..bits).rev().find(|&bit| is_set(bit)) else { return 0 };
    if last >= DISTINCT {
        return (last + 1) * size_of::<usize>();
    }
    (0..=last).filter(|&bit| is_set(bit)).fold(BITMAP, |descriptor, bit| descriptor | 1 << (WORD_BITS - 1 - bit))
}

/// Allocates an object with a descriptor, all 0.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_explicitly_typed(bytes: usize, descriptor: GC_descr) -> *mut c_void {
    alloc_described(bytes, descriptor)
}

/// The same for large objects. Here any address in them counts.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_explicitly_typed_ignore_off_page(bytes: usize, descriptor: GC_descr) -> *mut c_void {
    alloc_described(bytes, descriptor)
}

/// Allocates an array of such objects, all 0. If there is a pointer in them at all, all words may be pointers. NULL if
/// their size is no number.
#[unsafe(no_mangle)]
pub extern "C" fn GC_calloc_explicitly_typed(count: usize, bytes: usize, descriptor: GC_descr) -> *mut c_void {
    let Some(all) = count.checked_mul(bytes) else { return core::ptr::null_mut() };
    alloc_described(all, if descriptor == 0 { 0 } else { all.max(size_of::<usize>()) & !3 })
}

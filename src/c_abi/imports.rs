//! The host as C functions: what libgcheap.a imports. A host defines these (include/gcheap.h documents them).

use core::ffi::{CStr, c_char, c_uint, c_void};
use core::ptr::NonNull;

use crate::config;
use crate::host::{Host, Misuse};
use crate::inspect::dump::Printer;
use crate::inspect::numbers::Statistics;
use crate::inspect::snapshot::report::Report;

unsafe extern "C" {
    /// Runs a whole collection: calls gc_collect_start, gc_collect_root for every root that the program has besides
    /// gcheap_host_roots (stacks, registers), then gc_collect_end.
    ///
    /// The library calls it when an allocation finds no room or passes the threshold; a program may call it at any time.
    fn gc_collect();

    /// MUTEX=1: makes the mutex ready. Called by gc_init.
    fn gcheap_host_mutex_init();

    /// MUTEX=1: takes the mutex, which is recursive.
    fn gcheap_host_enter();

    /// MUTEX=1: releases the mutex.
    fn gcheap_host_exit();

    /// Calls gc_collect_root for the roots that live in the host's own memory. Called by gc_collect_start.
    fn gcheap_host_roots();

    /// FINALISER=1: runs the finaliser of an object that was allocated with GC_ALLOC_FLAG_HAS_FINALISER and is about to
    /// be freed.
    ///
    /// object: what gc_alloc returned. It and all it refers to are still whole. gc_alloc and gc_realloc return NULL
    /// meanwhile; gc_free works. Must return (no longjmp).
    fn gcheap_host_finalise(object: *mut c_void);

    /// WEAKREF=1: an object that gc_weakref_mark was called for is about to be freed; its memory is still whole. Must
    /// not call back into the heap.
    ///
    /// object: what gc_alloc returned. From gc.c: gc_weakref_about_to_be_freed.
    fn gc_weakref_about_to_be_freed(object: *mut c_void);

    /// WEAKREF=1: called at the end of every collection, when the mutex is released: the objects that
    /// gc_weakref_about_to_be_freed named are gone, and the heap can be used. From gc.c: gc_weakref_sweep.
    fn gc_weakref_sweep();

    /// SPLIT_HEAP_AUTO=1: the most bytes that gcheap_host_alloc_heap could return; 0 if the heap may not grow.
    fn gcheap_host_max_new_split() -> usize;

    /// SPLIT_HEAP_AUTO=1: memory for another area of the heap, aligned for a pointer; NULL if there is none. Called with
    /// the mutex held, by an allocation that finds no room even after a collection. Must not call back into the heap.
    fn gcheap_host_alloc_heap(bytes: usize) -> *mut c_void;

    /// SPLIT_HEAP_AUTO=1: a collection has left nothing in this area, and the heap has forgotten it. Called with the
    /// mutex held. Must not call back into the heap.
    ///
    /// memory: what gcheap_host_alloc_heap returned; or the start that gc_add got.
    fn gcheap_host_free_heap(memory: *mut c_void);

    /// VALGRIND=1: whether a root word may be read. One that may not is taken for NULL.
    fn gcheap_host_valgrind_addressable(word: *const c_void) -> bool;

    /// HOOK_LOOP=1: called once per step of every long loop, so that a host can feed a watchdog.
    fn gcheap_host_hook(step: usize);

    /// Reports a caller's mistake. The heap is unharmed. May abort, or return: then the call that was the mistake does
    /// nothing, and returns NULL if it returns a pointer.
    ///
    /// code: one of gcheap_misuse. ptr: the pointer that was wrong.
    fn gcheap_host_fatal(code: c_uint, ptr: *const c_void);

    /// Prints part of a dump.
    ///
    /// print: what the caller of the dump passed. format: as for printf, with at most one of %u, %08x (both of the
    /// number as an unsigned int), %p and %c in it, which prints the number.
    fn gcheap_host_print(print: *const mp_print_t, format: *const c_char, number: usize);

    /// The letter that gc_dump_alloc_table shows for an object: 'h', or one that tells its type.
    ///
    /// head: the object, at least one block of readable memory.
    fn gcheap_host_letter(head: *const c_void) -> c_char;

    /// STATISTICS=1: the memory for them: always the same, which only the library writes to.
    fn gcheap_host_statistics() -> *mut Statistics;

    /// STATISTICS=1: the time in microseconds, from any moment on; after 2^32 - 1 comes 0. Must not call the heap.
    fn gcheap_host_microseconds() -> u32;

    /// STATISTICS=1: called after every collection, when the mutex is released and the heap can be used again.
    fn gcheap_host_collected();

    /// STATISTICS=1: an allocation of so many bytes, tried after a collection if it may collect, fails and will return NULL.
    /// The mutex is released. It may use the heap, but an allocation that fails in it comes here again.
    fn gcheap_host_out_of_memory(n_bytes: usize);

    /// SNAPSHOT=1: a snapshot is being written: adds roots to it, by gc_snapshot_root, each as a collection would see it now.
    /// Must not call the heap otherwise, and must return (no longjmp).
    fn gcheap_host_snapshot(report: *mut gcheap_report_t);

    /// SNAPSHOT=1: writes the name of an object ("TYPE", or "TYPE: DETAIL") to name, which has room for `room` bytes, and returns
    /// its length without a zero at the end, at most `room`; 0 if it has none. Must not call the heap.
    ///
    /// object: what gc_alloc returned, n_bytes bytes of readable memory.
    fn gcheap_host_name(object: *const c_void, n_bytes: usize, name: *mut c_char, room: usize) -> usize;
}

/// MicroPython's printer, opaque here.
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct mp_print_t {
    _opaque: [u8; 0],
}

/// A snapshot that is being written, opaque for C: a [`Report`].
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct gcheap_report_t {
    _opaque: [u8; 0],
}

/// The one host of the archive. Calls that the configuration makes pointless are not made.
#[derive(Clone, Copy)]
pub struct CHost;

impl CHost {
    fn thread_base() -> *mut u8 {
        if config::THREAD_STATE {
            // SAFETY: I2: the host's function takes nothing and returns the calling thread's state.
            unsafe { config::host_thread() }
        } else {
            &raw mut config::HOST_STATE
        }
    }
}

/// An address that the compiler takes as it is, not as a symbol and an offset: so the fields behind it have small offsets,
/// for which a Cortex-M0 has instructions. (For others that is no gain.)
#[inline(always)]
fn as_base(address: *mut u8) -> *mut u8 {
    #[cfg(all(target_arch = "arm", not(gcheap_counts_zeros)))]
    // SAFETY: no instruction at all.
    unsafe {
        let same;
        core::arch::asm!("/* {0} */", inlateout(reg) address => same, options(pure, nomem, nostack, preserves_flags));
        same
    }
    #[cfg(not(all(target_arch = "arm", not(gcheap_counts_zeros))))]
    address
}

impl Host for CHost {
    fn state(self) -> NonNull<u8> {
        // SAFETY: I1: the host's symbol names at least STATE_OFFSET + STATE_BYTES bytes; a static is never NULL.
        unsafe { NonNull::new_unchecked(as_base((&raw mut config::HOST_STATE).add(config::STATE_OFFSET))) }
    }

    fn lock_depth(self) -> NonNull<u16> {
        // SAFETY: I2: the calling thread's state has a u16 lock depth at this offset.
        unsafe { NonNull::new_unchecked(Self::thread_base().add(config::LOCK_DEPTH_OFFSET).cast()) }
    }

    fn init_mutex(self) {
        if config::MUTEX {
            // SAFETY: I2: a host function without arguments.
            unsafe { gcheap_host_mutex_init() }
        }
    }

    fn enter(self) {
        if config::MUTEX {
            // SAFETY: I2: a host function without arguments; the mutex is recursive.
            unsafe { gcheap_host_enter() }
        }
    }

    fn exit(self) {
        if config::MUTEX {
            // SAFETY: I2: as above, paired with `enter`.
            unsafe { gcheap_host_exit() }
        }
    }

    fn collect(self) {
        // SAFETY: I2: the host's collection; it comes back through the C API, and no reference is held here.
        unsafe { gc_collect() }
    }

    fn mark_roots(self) {
        // SAFETY: I2: the host calls gc_collect_root for its own roots.
        unsafe { gcheap_host_roots() }
    }

    fn finalise(self, object: NonNull<u8>) {
        if config::FINALISER {
            // SAFETY: I2: `object` is the head of an object that is still whole.
            unsafe { gcheap_host_finalise(object.as_ptr().cast()) }
        }
    }

    fn weakref_dies(self, object: NonNull<u8>) {
        if config::WEAKREF {
            // SAFETY: I2: `object` is the head of an object that is still whole.
            unsafe { gc_weakref_about_to_be_freed(object.as_ptr().cast()) }
        }
    }

    fn weakref_sweep(self) {
        if config::WEAKREF {
            // SAFETY: I2: a host function without arguments; no reference is held here.
            unsafe { gc_weakref_sweep() }
        }
    }

    fn max_new_split(self) -> usize {
        if !config::SPLIT_HEAP_AUTO {
            return 0;
        }
        // SAFETY: I2: a host function without arguments.
        unsafe { gcheap_host_max_new_split() }
    }

    fn alloc_heap(self, bytes: usize) -> *mut u8 {
        if !config::SPLIT_HEAP_AUTO {
            return core::ptr::null_mut();
        }
        // SAFETY: I2: a host function that takes a number.
        unsafe { gcheap_host_alloc_heap(bytes).cast() }
    }

    fn free_heap(self, memory: NonNull<u8>) {
        if config::SPLIT_HEAP_AUTO {
            // SAFETY: I2, I3: the memory was lent by the host, and nothing in it is in use.
            unsafe { gcheap_host_free_heap(memory.as_ptr().cast()) }
        }
    }

    fn is_addressable(self, word: *const usize) -> bool {
        // SAFETY: I2: the host only looks up the address.
        !config::VALGRIND || unsafe { gcheap_host_valgrind_addressable(word.cast()) }
    }

    fn hook(self, step: usize) {
        if config::HOOK_LOOP {
            // SAFETY: I2: a host function that takes a number.
            unsafe { gcheap_host_hook(step) }
        }
    }

    fn statistics(self) -> Option<NonNull<Statistics>> {
        if !config::STATISTICS {
            return None;
        }
        // SAFETY: I2, I14: a host function without arguments.
        NonNull::new(unsafe { gcheap_host_statistics() })
    }

    fn microseconds(self) -> u32 {
        if !config::STATISTICS {
            return 0;
        }
        // SAFETY: I2: a host function without arguments.
        unsafe { gcheap_host_microseconds() }
    }

    fn collected(self) {
        if config::STATISTICS {
            // SAFETY: I2: a host function without arguments; no reference is held here.
            unsafe { gcheap_host_collected() }
        }
    }

    fn out_of_memory(self, bytes: usize) {
        if config::STATISTICS {
            // SAFETY: I2: a host function that takes a number; no reference is held here.
            unsafe { gcheap_host_out_of_memory(bytes) }
        }
    }

    fn snapshot(self, report: &mut Report) {
        if config::SNAPSHOT {
            // SAFETY: I2: the host calls gc_snapshot_root with it, and this reference is not used meanwhile.
            unsafe { gcheap_host_snapshot((&raw mut *report).cast()) }
        }
    }

    fn names_objects(self) -> bool {
        config::SNAPSHOT
    }

    fn name(self, object: NonNull<u8>, bytes: usize, room: &mut [u8]) -> usize {
        if !config::SNAPSHOT {
            return 0;
        }
        // SAFETY: I2: `object` is the head of an object of so many bytes, and the host writes to the room only.
        unsafe { gcheap_host_name(object.as_ptr().cast(), bytes, room.as_mut_ptr().cast(), room.len()) }
    }

    #[cold]
    fn misuse(self, what: Misuse, ptr: *const u8) {
        // SAFETY: I2: the host only prints the pointer.
        unsafe { gcheap_host_fatal(what as c_uint, ptr.cast()) }
    }
}

/// Prints through the host's printer.
pub struct CPrinter(pub *const mp_print_t);

impl Printer for CPrinter {
    fn print(&mut self, format: &CStr, number: usize) {
        // SAFETY: I2: the printer came from the caller of the dump; the text outlives the call.
        unsafe { gcheap_host_print(self.0, format.as_ptr(), number) }
    }

    fn letter(&mut self, head: NonNull<u8>) -> u8 {
        // SAFETY: I2: `head` is a head block: at least a word of readable memory.
        unsafe { gcheap_host_letter(head.as_ptr().cast()) as u8 }
    }
}

//! Kinds whose objects are shown to the program before they are freed: gc_disclaim.h.

use core::ffi::{c_int, c_void};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use gcheap_standalone::heap::{is_reached, mark_word};
use gcheap_standalone::os::complain;
use gcheap_standalone::program::{self, HeapRef};

use crate::bounds::set_more_contents;
use crate::disclaimed::{Disclaimer, GC_disclaim_proc, follow, is_used, objects, set_used};
use crate::finalisers::GC_finalization_proc;
use crate::kinds::{self, GC_new_free_list, GC_new_kind, of_kind};
use crate::lock::heap_of_holder;
use crate::start::GC_init;

/// GC_finalized_malloc's kind; 0 before there is one.
static FINALISED: AtomicUsize = AtomicUsize::new(0);

/// What tells the first word of such an object from that of a free one, in bdwgc.
const IN_USE: usize = 1;
const TAGS: usize = 3;

/// For a collection that marks the roots: marks what the objects of some kinds lead to, but not the objects.
extern "C" fn mark_contents() {
    if !is_used() {
        return;
    }
    let Some(heap) = heap_of_holder() else { return };
    let mut chain = 0;
    // SAFETY: a collection holds the lock, and the table calls nobody.
    unsafe {
        objects(|all| {
            all.retain(|object, entry| {
                entry.next = chain;
                chain = object;
                true
            });
        });
    }
    while let Some((object, kind)) = follow(&mut chain) {
        // SAFETY: an object has a word. As in bdwgc, one in which it has no tag does not count as in use.
        let tagged = unsafe { ptr::with_exposed_provenance::<usize>(object).read_volatile() } & TAGS != 0;
        if tagged && kinds::disclaimer(kind).is_some_and(|asked| asked.keeps_contents) {
            kinds::mark_contents(object, heap.size(ptr::with_exposed_provenance(object)), kind);
        }
    }
}

/// For a collection that has marked all that is alive: asks for the others.
extern "C" fn ask() {
    let (mut dead, mut kept) = (0, 0);
    // SAFETY: a collection holds the lock, and the table calls nobody; nor does the question.
    unsafe {
        objects(|all| {
            all.retain(|object, entry| {
                if is_reached(object) != Some(true) {
                    entry.next = dead;
                    dead = object;
                }
                true
            });
        });
    }
    while let Some((object, kind)) = follow(&mut dead) {
        let keep = kinds::disclaimer(kind)
            .is_some_and(|asked| (asked.function)(ptr::with_exposed_provenance_mut(object)) != 0);
        // SAFETY: the lock is held, and the table calls nobody.
        unsafe {
            objects(|all| {
                if !keep {
                    all.remove(object);
                } else if let Some(entry) = all.get_mut(object) {
                    entry.next = kept;
                    kept = object;
                }
            });
        }
    }
    // Not before all others were asked: what one that is kept leads to would not be.
    while let Some((object, _)) = follow(&mut kept) {
        mark_word(object);
    }
}

/// Sets what is asked before an object is freed that was allocated with a kind of GC_new_kind after this: the function's
/// answer is 0, or the object is kept for the time being. It is called by a collection that has found nothing that leads to
/// the object, with the lock held; it may call GC_base, GC_size and GC_is_marked. If `keeps_contents` is not 0, all objects of
/// this kind whose first word has one of the two lowest bits set keep what they lead to until they are freed. GC_free asks
/// nothing. If the program has not made the kind, it ends with a sentence.
#[unsafe(no_mangle)]
pub extern "C" fn GC_register_disclaim_proc(kind: c_int, function: GC_disclaim_proc, keeps_contents: c_int) {
    GC_init();
    let disclaimer = Disclaimer { function, keeps_contents: keeps_contents != 0 };
    if !kinds::set_disclaimer(kind as usize, disclaimer) {
        complain("GC_register_disclaim_proc: the program has not made this kind of objects", kind as usize);
    }
    program::with(HeapRef::DEFAULT, |heap| heap.change_hooks(|hooks| hooks.dead = Some(ask)));
    set_more_contents(mark_contents);
    set_used();
}

/// What GC_finalized_malloc's objects are given to when nothing leads to them any more.
#[repr(C)]
pub struct GC_finalizer_closure {
    /// The function; the lock is held.
    pub proc: GC_finalization_proc,
    /// Its second argument.
    pub cd: *mut c_void,
}

extern "C" fn finalise(object: *mut c_void) -> c_int {
    let first = object.cast::<usize>();
    // SAFETY: an object has a word.
    let word = unsafe { first.read() };
    if word & IN_USE != 0 {
        let closure: *const GC_finalizer_closure = ptr::with_exposed_provenance(word & !IN_USE);
        // SAFETY: the object was given this closure, which it has kept until now.
        let (function, data) = unsafe { ((*closure).proc, (*closure).cd) };
        if let Some(function) = function {
            function(first.wrapping_add(1).cast(), data);
        }
    }
    0
}

/// Prepares GC_finalized_malloc. Doing it twice changes nothing. Pointers into objects count everywhere from then on.
#[unsafe(no_mangle)]
pub extern "C" fn GC_init_finalized_malloc() {
    GC_init();
    if FINALISED.load(Ordering::Acquire) != 0 {
        return;
    }
    program::with(HeapRef::DEFAULT, |heap| heap.allow_displacements());
    let kind = GC_new_kind(GC_new_free_list(), 0, 1, 1) as usize;
    GC_register_disclaim_proc(kind as c_int, finalise, 1);
    // Of two threads that come here at a time, one has made a kind that is not used.
    let _ = FINALISED.compare_exchange(0, kind, Ordering::Release, Ordering::Relaxed);
}

/// Allocates an object, all 0, that is given to a closure by the collection that frees it. The closure's function cannot bring
/// it back to life, but can use what it leads to; the lock is held meanwhile. Whatever the object leads to is not freed before
/// the next collection. GC_base of it is the address of a word before it. NULL if there is no memory.
///
/// # Safety
/// The program has called GC_init_finalized_malloc; the closure is at an even address, and stays there or is an object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_finalized_malloc(bytes: usize, closure: *const GC_finalizer_closure) -> *mut c_void {
    let kind = FINALISED.load(Ordering::Acquire);
    if kind == 0 {
        complain("GC_finalized_malloc without GC_init_finalized_malloc", 0);
    }
    let object = of_kind(bytes.saturating_add(size_of::<usize>()), kind, false).cast::<usize>();
    if object.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the new object has this word.
    unsafe { object.write(closure.expose_provenance() | IN_USE) };
    object.wrapping_add(1).cast()
}

//! Kinds of objects, and descriptors: which words of an object may be pointers.
//!
//! A descriptor's two lowest bits say what the others are, as in gc_mark.h: so many bytes from the start on, a bitmap,
//! a function of the program's with an argument, or where in the object its descriptor is.

use core::cell::UnsafeCell;
use core::ffi::{c_int, c_uint, c_void};
use core::ptr;
use core::sync::atomic::{AtomicBool, Ordering};

use gcheap_standalone::heap::mark_word;
use gcheap_standalone::os::complain;
use gcheap_standalone::program::{self, HeapRef, Request};
use gcheap_standalone::threads::lock;

use crate::GC_word;
use crate::disclaimed::{self, Disclaimer};
use crate::objects::alloc;
use crate::start::GC_init;

/// An entry of bdwgc's mark stack. Here there is none: functions get such pointers, and return them.
#[repr(C)]
pub struct GC_ms_entry {
    opaque: *mut c_void,
}

/// A function of the program's that marks what an object leads to, by GC_mark_and_push.
pub type GC_mark_proc = Option<
    extern "C" fn(
        object: *mut GC_word,
        top: *mut GC_ms_entry,
        limit: *mut GC_ms_entry,
        argument: GC_word,
    ) -> *mut GC_ms_entry,
>;

const TAG_BITS: u32 = 2;
const TAGS: usize = 3;
const LENGTH: usize = 0;
const BITMAP: usize = 1;
const PROC: usize = 2;
/// Where a descriptor says that the real one is in what the first word points at, this is added.
const INDIRECT_BIAS: usize = 0x10;

const LOG_MOST_PROCS: u32 = 6;
const MOST_PROCS: usize = 1 << LOG_MOST_PROCS;
/// The first numbers belong to Java's descriptors.
const RESERVED_PROCS: usize = 8;
const MOST_KINDS: usize = 256;

const PTRFREE: usize = 0;
const NORMAL: usize = 1;
const UNCOLLECTABLE: usize = 2;
const AUNCOLLECTABLE: usize = 3;

const SCANNED: Request = Request { no_scan: false, not_cleared: false, uncollectable: false };
const NOT_SCANNED: Request = Request { no_scan: true, not_cleared: false, uncollectable: false };

/// A kind that the program has made.
#[derive(Clone, Copy)]
struct Kind {
    descriptor: usize,
    /// Whether an object's size is added to it.
    with_size: bool,
    /// What is asked before objects of this kind are freed.
    disclaimer: Option<Disclaimer>,
}

impl Kind {
    const fn new(descriptor: usize, with_size: bool) -> Self {
        Self { descriptor, with_size, disclaimer: None }
    }
}

/// What the program has made.
struct Tables {
    kinds: [Kind; MOST_KINDS],
    kinds_used: usize,
    procs: [GC_mark_proc; MOST_PROCS],
    procs_used: usize,
}

struct Shared(UnsafeCell<Tables>);

// SAFETY: the global lock protects it.
unsafe impl Sync for Shared {}

static TABLES: Shared = Shared(UnsafeCell::new(Tables {
    kinds: [Kind::new(0, false); MOST_KINDS],
    kinds_used: AUNCOLLECTABLE + 1,
    procs: [None; MOST_PROCS],
    procs_used: RESERVED_PROCS,
}));

/// Whether collections ask for the pointers in described objects; not before there are some.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Calls `f` with the tables. The lock may be held by the caller already.
fn tables<R>(f: impl FnOnce(&mut Tables) -> R) -> R {
    let _guard = lock();
    // SAFETY: this thread holds the lock, and `f` does not come here again.
    f(unsafe { &mut *TABLES.0.get() })
}

/// Which words of an object are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    None,
    All,
    Described(usize),
}

/// A length in bytes is taken for the whole object: more than was asked for, but what is no pointer does no harm.
fn layout(descriptor: usize) -> Layout {
    match descriptor & TAGS {
        LENGTH if descriptor == 0 => Layout::None,
        LENGTH => Layout::All,
        _ => Layout::Described(descriptor),
    }
}

/// Allocates an object of which the descriptor says where its pointers are.
pub(crate) fn alloc_described(bytes: usize, descriptor: usize) -> *mut c_void {
    alloc_with(bytes, layout(descriptor), false)
}

fn alloc_with(bytes: usize, layout: Layout, uncollectable: bool) -> *mut c_void {
    match layout {
        Layout::None => alloc(bytes, Request { uncollectable, ..NOT_SCANNED }),
        Layout::All => alloc(bytes, Request { uncollectable, ..SCANNED }),
        Layout::Described(descriptor) => {
            let object = alloc(bytes, Request { uncollectable, ..NOT_SCANNED });
            // Until it is described it holds only zeros, and it is on this stack.
            let described = program::with(HeapRef::DEFAULT, |heap| {
                if !ASKED.swap(true, Ordering::Relaxed) {
                    heap.change_hooks(|hooks| hooks.pointers = Some(pointers));
                }
                object.is_null() || heap.describe(object.cast(), descriptor).is_ok()
            });
            if described == Some(true) {
                return object;
            }
            program::free(HeapRef::DEFAULT, object.cast());
            ptr::null_mut()
        }
    }
}

/// For a collection: marks what a described object leads to.
extern "C" fn pointers(object: *mut c_void, descriptor: usize) {
    let words = object.cast::<usize>();
    match descriptor & TAGS {
        LENGTH => {
            for i in 0..descriptor / size_of::<usize>() {
                // SAFETY: whoever wrote the descriptor says that the object has so many bytes.
                mark_word(unsafe { words.add(i).read_volatile() });
            }
        }
        BITMAP => {
            let mut bits = descriptor & !TAGS;
            while bits != 0 {
                let first = bits.leading_zeros();
                // SAFETY: whoever wrote the descriptor says that the object has this word.
                mark_word(unsafe { words.add(first as usize).read_volatile() });
                bits &= !(1 << (usize::BITS - 1 - first));
            }
        }
        PROC => {
            let index = descriptor >> TAG_BITS & (MOST_PROCS - 1);
            // SAFETY: the collection holds the lock; the entry is copied before the function is called.
            if let Some(function) = unsafe { (*TABLES.0.get()).procs[index] } {
                let mut entries = [const { GC_ms_entry { opaque: ptr::null_mut() } }; 2];
                let top = &raw mut entries[0];
                function(words, top, top.wrapping_add(1), descriptor >> (TAG_BITS + LOG_MOST_PROCS));
            }
        }
        _ => {
            if let Some(real) = descriptor_in_object(words, descriptor) {
                pointers(object, real);
            }
        }
    }
}

/// The descriptor that an object contains itself, or to which its first word leads.
fn descriptor_in_object(object: *mut usize, descriptor: usize) -> Option<usize> {
    let place = if descriptor as isize >= 0 {
        object.wrapping_byte_add(descriptor & !TAGS)
    } else {
        // SAFETY: an object has a word.
        let class = unsafe { object.read_volatile() };
        if class == 0 {
            return None;
        }
        let offset = (descriptor & !TAGS).wrapping_add(INDIRECT_BIAS);
        ptr::with_exposed_provenance_mut::<usize>(class.wrapping_sub(offset))
    };
    // SAFETY: whoever wrote the descriptor says that there is a word.
    let real = unsafe { place.read_volatile() };
    // One that leads to itself again would have no end.
    if real & TAGS == TAGS { None } else { Some(real) }
}

/// A table of free lists, as GC_new_kind takes one. This collector keeps no such lists: it is always empty.
#[unsafe(no_mangle)]
pub extern "C" fn GC_new_free_list() -> *mut *mut c_void {
    /// One list for each size in bdwgc, up to half a page of it.
    const LISTS: usize = 2048 / 16 + 1;
    GC_init();
    alloc(LISTS * size_of::<usize>(), Request { uncollectable: true, ..NOT_SCANNED }).cast()
}

/// The same where the caller holds the lock.
#[unsafe(no_mangle)]
pub extern "C" fn GC_new_free_list_inner() -> *mut *mut c_void {
    GC_new_free_list()
}

/// Makes a kind of objects that have this descriptor, plus their size if `with_size` is 1. They are always cleared when
/// they are allocated. If there are too many, the program ends with a sentence.
#[unsafe(no_mangle)]
pub extern "C" fn GC_new_kind(
    _free_list: *mut *mut c_void,
    descriptor: GC_word,
    with_size: c_int,
    _clear: c_int,
) -> c_uint {
    tables(|all| {
        let new = all.kinds_used;
        if new == MOST_KINDS {
            complain("too many kinds of objects", new);
        }
        all.kinds[new] = Kind::new(descriptor, with_size != 0);
        all.kinds_used += 1;
        new as c_uint
    })
}

/// The same where the caller holds the lock.
#[unsafe(no_mangle)]
pub extern "C" fn GC_new_kind_inner(
    free_list: *mut *mut c_void,
    descriptor: GC_word,
    with_size: c_int,
    clear: c_int,
) -> c_uint {
    GC_new_kind(free_list, descriptor, with_size, clear)
}

/// The number of a function that marks, for GC_MAKE_PROC. If there are too many, the program ends with a sentence.
#[unsafe(no_mangle)]
pub extern "C" fn GC_new_proc(function: GC_mark_proc) -> c_uint {
    tables(|all| {
        let new = all.procs_used;
        if new == MOST_PROCS {
            complain("too many functions that mark", new);
        }
        all.procs[new] = function;
        all.procs_used += 1;
        new as c_uint
    })
}

/// The same where the caller holds the lock.
#[unsafe(no_mangle)]
pub extern "C" fn GC_new_proc_inner(function: GC_mark_proc) -> c_uint {
    GC_new_proc(function)
}

/// The descriptor of objects whose first word leads to a table with the real one, so many bytes from its start.
pub(crate) fn by_first_word(offset: usize) -> usize {
    offset.wrapping_neg().wrapping_sub(INDIRECT_BIAS) | TAGS
}

/// The descriptor of objects that a function marks, which gets this argument.
pub(crate) fn by_function(number: usize, argument: usize) -> usize {
    (argument << LOG_MOST_PROCS | number) << TAG_BITS | PROC
}

/// Sets a function that marks, with a number that is reserved for it.
pub(crate) fn set_proc(number: usize, function: GC_mark_proc) {
    tables(|all| {
        if number >= all.procs_used {
            complain("no such number of a function that marks", number);
        }
        all.procs[number] = function;
    });
}

/// A kind that the program has made.
fn made(kind: usize) -> Option<Kind> {
    tables(|all| all.kinds[..all.kinds_used].get(kind).copied())
}

/// Sets what is asked before an object of a kind is freed. Says whether the program has made that kind.
pub(crate) fn set_disclaimer(kind: usize, disclaimer: Disclaimer) -> bool {
    tables(|all| {
        let known = AUNCOLLECTABLE < kind && kind < all.kinds_used;
        if known {
            all.kinds[kind].disclaimer = Some(disclaimer);
        }
        known
    })
}

/// What is asked before an object of a kind is freed.
pub(crate) fn disclaimer(kind: usize) -> Option<Disclaimer> {
    if kind <= AUNCOLLECTABLE { None } else { made(kind)?.disclaimer }
}

/// For a collection: marks what an object of a kind leads to, which has so many bytes.
pub(crate) fn mark_contents(object: usize, bytes: usize, kind: usize) {
    let words: *mut usize = ptr::with_exposed_provenance_mut(object);
    match layout_of(bytes, kind) {
        Layout::None => (),
        Layout::All => pointers(words.cast(), bytes & !TAGS),
        Layout::Described(descriptor) => pointers(words.cast(), descriptor),
    }
}

/// What is looked at in objects of a kind. If there is no such kind, the program ends with a sentence.
fn layout_of(bytes: usize, kind: usize) -> Layout {
    match kind {
        PTRFREE | AUNCOLLECTABLE => Layout::None,
        NORMAL | UNCOLLECTABLE => Layout::All,
        _ => {
            let Some(Kind { descriptor, with_size, .. }) = made(kind) else {
                complain("no such kind of objects", kind)
            };
            let size = if with_size { bytes.max(1).next_multiple_of(16) } else { 0 };
            layout(descriptor.wrapping_add(size))
        }
    }
}

/// Allocates an object of a kind.
pub(crate) fn of_kind(bytes: usize, kind: usize, uncollectable: bool) -> *mut c_void {
    let object = of_kind_untold(bytes, kind, uncollectable);
    if object.is_null() || uncollectable || disclaimer(kind).is_none() || disclaimed::note(object, kind) {
        return object;
    }
    program::free(HeapRef::DEFAULT, object.cast());
    ptr::null_mut()
}

/// The same, for which nothing is asked before it is freed.
fn of_kind_untold(bytes: usize, kind: usize, uncollectable: bool) -> *mut c_void {
    match kind {
        PTRFREE | AUNCOLLECTABLE => {
            let uncollectable = uncollectable || kind == AUNCOLLECTABLE;
            alloc(bytes, Request { uncollectable, not_cleared: true, ..NOT_SCANNED })
        }
        _ => alloc_with(bytes, layout_of(bytes, kind), uncollectable || kind == UNCOLLECTABLE),
    }
}

/// Allocates an object of a kind: 0 is GC_malloc_atomic's, 1 is GC_malloc's, and there are those of GC_new_kind.
#[unsafe(no_mangle)]
pub extern "C" fn GC_generic_malloc(bytes: usize, kind: c_int) -> *mut c_void {
    of_kind(bytes, kind as usize, false)
}

/// The same.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_kind(bytes: usize, kind: c_int) -> *mut c_void {
    of_kind(bytes, kind as usize, false)
}

/// The same.
#[unsafe(no_mangle)]
pub extern "C" fn GC_malloc_kind_global(bytes: usize, kind: c_int) -> *mut c_void {
    of_kind(bytes, kind as usize, false)
}

/// The same.
#[unsafe(no_mangle)]
pub extern "C" fn GC_generic_or_special_malloc(bytes: usize, kind: c_int) -> *mut c_void {
    of_kind(bytes, kind as usize, false)
}

/// The same for large objects. Here any address in them counts.
#[unsafe(no_mangle)]
pub extern "C" fn GC_generic_malloc_ignore_off_page(bytes: usize, kind: c_int) -> *mut c_void {
    of_kind(bytes, kind as usize, false)
}

/// The same for an object that only GC_free frees.
#[unsafe(no_mangle)]
pub extern "C" fn GC_generic_malloc_uncollectable(bytes: usize, kind: c_int) -> *mut c_void {
    of_kind(bytes, kind as usize, true)
}

/// Allocates several objects of a kind, linked by their first words. *result is NULL if there is no memory for one.
///
/// # Safety
/// result can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GC_generic_malloc_many(bytes: usize, kind: c_int, result: *mut *mut c_void) {
    let bytes = bytes.max(size_of::<usize>());
    // This one may collect.
    let mut first = of_kind(bytes, kind as usize, false);
    if !first.is_null() {
        // SAFETY: the new object has a word at least.
        unsafe { first.cast::<*mut c_void>().write(ptr::null_mut()) };
        let layout = layout_of(bytes, kind as usize);
        // One by one where each is noted.
        let more = if disclaimer(kind as usize).is_some() { 0 } else { (4096 / bytes).clamp(1, 64) - 1 };
        // Nobody looks at the links of objects that are not scanned, so no collection may come before the list is complete.
        program::with(HeapRef::DEFAULT, |heap| {
            heap.without_collections(|| {
                for _ in 0..more {
                    let object = heap.alloc_cleared(bytes, layout == Layout::All);
                    if object.is_null() {
                        break;
                    }
                    if let Layout::Described(descriptor) = layout {
                        if heap.describe(object, descriptor).is_err() {
                            heap.free(object);
                            break;
                        }
                    }
                    // SAFETY: the new object has a word at least.
                    unsafe { object.cast::<*mut c_void>().write(first) };
                    first = object.cast();
                }
            });
        });
    }
    // SAFETY: the caller's promise.
    unsafe { result.write(first) };
}

/// In a function that marks: the word leads to its object, if it is a pointer to one. Returns its second argument;
/// there is no mark stack.
#[unsafe(no_mangle)]
pub extern "C" fn GC_mark_and_push(
    word: *mut c_void,
    top: *mut GC_ms_entry,
    _limit: *mut GC_ms_entry,
    _place: *mut *mut c_void,
) -> *mut GC_ms_entry {
    mark_word(word.addr());
    top
}

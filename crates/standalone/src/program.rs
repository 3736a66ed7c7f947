//! What a program does with its heaps: every function takes the global lock, and leaves it before anything of the program
//! is called. The C functions are one call each of these.

use core::ffi::{c_char, c_void};
use core::ptr::{self, null_mut};
use core::sync::atomic::{AtomicPtr, Ordering};

use gcheap::AllocFlags;
use gcheap::config::BLOCK_BYTES;
use gcheap::inspect::snapshot::stream::Sink;
use gcheap::inspect::snapshot::{About, Cause};

use crate::environment;
use crate::heap::{Collection, Handle, Instance, MOST_QUICK_BYTES, MOST_RETURNED_BYTES};
use crate::numbers::Numbers;
use crate::os::OutOfMemory;
use crate::report;
use crate::snapshots::{self, File};
use crate::threads::{Guard, Reentered, choose_seal, enter, lock, register_current, returned_blocks, unseal};

/// The heap of the functions that name none.
static DEFAULT: AtomicPtr<Instance> = AtomicPtr::new(null_mut());

/// How many bytes the default heap may have, unless the program says otherwise: 64 GiB of addresses.
const USUAL_MOST: usize = if usize::BITS > 32 { 64 << 30 } else { 1 << 30 };

/// A heap as a program names it; the default heap if it names none.
#[derive(Clone, Copy)]
pub struct HeapRef(pub *mut Instance);

impl HeapRef {
    /// The default heap.
    pub const DEFAULT: HeapRef = HeapRef(null_mut());

    /// The heap; the default heap is made if there is none. `None` if the system has no memory for that, or no stack for
    /// the calling thread.
    #[inline]
    fn find(self) -> Option<Handle> {
        let named = if self.0.is_null() { DEFAULT.load(Ordering::Acquire) } else { self.0 };
        // SAFETY: a program names heaps that exist, and the default heap is never deleted.
        unsafe { Handle::from_ptr(named) }.or_else(start)
    }

    /// Calls `f` with the heap, while the lock is held.
    #[inline]
    fn with<R>(self, f: impl FnOnce(Handle, &Guard) -> R) -> Option<R> {
        let heap = self.find()?;
        match enter() {
            Ok(guard) => Some(f(heap, &guard)),
            Err(Reentered) => None,
        }
    }
}

/// The default heap, if there is one yet.
#[inline(always)]
pub fn default_heap() -> Option<Handle> {
    // SAFETY: the default heap is never deleted.
    unsafe { Handle::from_ptr(DEFAULT.load(Ordering::Acquire)) }
}

/// Whether there is a default heap yet.
#[inline]
pub fn exists() -> bool {
    !DEFAULT.load(Ordering::Relaxed).is_null()
}

/// Makes the default heap, and registers the calling thread. Nothing happens if there is one.
#[cold]
pub fn start() -> Option<Handle> {
    // Without its stack a collection would free what the thread uses.
    register_current(None).ok()?;
    let _guard = lock().ok()?;
    if let Some(heap) = default_heap() {
        return Some(heap);
    }
    choose_seal();
    let heap = Handle::new(USUAL_MOST).ok()?;
    environment::follow(heap, write_stats, write_last_snapshot);
    DEFAULT.store(heap.as_ptr(), Ordering::Release);
    Some(heap)
}

/// For `GCHEAP_STATS`. In a program that exits in the middle of a call all numbers are 0.
extern "C" fn write_stats() {
    report::write_stats(&numbers(HeapRef::DEFAULT));
}

/// For `GCHEAP_SNAPSHOT`, when the program exits.
extern "C" fn write_last_snapshot() {
    write_asked_for(HeapRef::DEFAULT, Cause::Exit);
}

/// Makes another heap, of up to `most_bytes` bytes (0: as many as the default heap may have).
pub fn new_heap(most_bytes: usize) -> Option<Handle> {
    HeapRef::DEFAULT.find()?;
    let _guard = lock().ok()?;
    Handle::new(if most_bytes == 0 { USUAL_MOST } else { most_bytes }).ok()
}

/// Gives all memory of a heap back, without running finalisers. The default heap stays.
///
/// # Safety
/// The heap is one of [`new_heap`]'s, and neither it nor its objects are used afterwards.
pub unsafe fn delete_heap(heap: *mut Instance) {
    if heap.is_null() || heap == DEFAULT.load(Ordering::Acquire) {
        return;
    }
    if let Ok(_guard) = lock() {
        // SAFETY: the caller's promise.
        if let Some(handle) = unsafe { Handle::from_ptr(heap) } {
            // SAFETY: the same.
            unsafe { handle.delete() };
        }
    }
}

/// How an allocation is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// No collection looks for pointers in the object.
    pub no_scan: bool,
    /// The object may hold anything at first; only with `no_scan`.
    pub not_cleared: bool,
    /// Only `free` frees the object.
    pub uncollectable: bool,
}

impl Request {
    fn flags(self) -> AllocFlags {
        let no_scan = if self.no_scan { AllocFlags::NO_SCAN } else { AllocFlags::NONE };
        no_scan.and(if self.not_cleared { AllocFlags::NOT_CLEARED } else { AllocFlags::NONE })
    }

    /// Whether such objects are kept when they are freed by hand.
    fn is_returned(self, bytes: usize) -> bool {
        bytes <= MOST_RETURNED_BYTES && !self.uncollectable
    }

    /// Whether threads have such objects in stock.
    fn is_quick(self, bytes: usize) -> bool {
        bytes <= MOST_QUICK_BYTES && !self.uncollectable
    }
}

/// Allocates in the default heap what the calling thread has in stock; NULL if it has nothing that serves.
#[inline(always)]
pub fn alloc_quickly(bytes: usize, request: Request) -> *mut u8 {
    match default_heap() {
        Some(heap) if request.is_quick(bytes) => heap.take(bytes, request.flags()),
        _ => null_mut(),
    }
}

/// Allocates in the default heap what the calling thread has freed; NULL if there is nothing that serves.
fn take_returned(bytes: usize, request: Request) -> *mut u8 {
    default_heap().map_or(null_mut(), |heap| heap.take_returned(bytes, request.flags()))
}

/// Allocates; NULL (or what the program's function for that says) if there is no room, if the lock is held by this very
/// thread (in a signal handler that came in the middle of an allocation), or if the heap cannot be made.
#[inline]
pub fn alloc(heap: HeapRef, bytes: usize, request: Request) -> *mut u8 {
    let in_stock = heap.0.is_null() && request.is_quick(bytes);
    let returned = heap.0.is_null() && request.is_returned(bytes);
    if returned {
        let object = take_returned(bytes, request);
        if !object.is_null() {
            return object;
        }
    }
    let made = heap.with(|heap, guard| {
        let mut object = if returned { heap.take_part(guard, bytes, request.flags()) } else { null_mut() };
        if object.is_null() && in_stock {
            object = heap.take_new(guard, bytes, request.flags());
        }
        if object.is_null() {
            object = alloc_alone(heap, bytes, request);
        }
        if object.is_null() && heap.free_stock(guard) {
            object = alloc_alone(heap, bytes, request);
        }
        (heap, object, heap.has_duties())
    });
    let Some((heap, object, duties)) = made else { return null_mut() };
    if duties {
        do_duties(heap, object);
    }
    if object.is_null() { refuse(heap, bytes) } else { object }
}

/// Allocates one object; NULL if there is no room.
fn alloc_alone(heap: Handle, bytes: usize, request: Request) -> *mut u8 {
    let flags = request.flags();
    let object = if request.uncollectable { heap.alloc_uncollectable(bytes, flags) } else { heap.alloc(bytes, flags) };
    if request.not_cleared && !object.is_null() {
        unseal(object);
        heap.clear_rest(object, bytes);
    }
    object
}

/// What an allocation has to do besides. The collector finds the new object on the stack, in the argument that is used at
/// the end.
#[cold]
#[inline(never)]
fn do_duties(heap: Handle, object: *mut u8) {
    if let Ok(_guard) = lock() {
        if heap.is_stressed() {
            Collection::of(heap).run();
        }
    }
    if heap.owes_calls() {
        pay_calls(heap);
    }
    core::hint::black_box(object);
}

/// Calls the finalisers that are due, or tells the program that there are some.
#[cold]
#[inline(never)]
fn pay_calls(heap: Handle) {
    let named = HeapRef(heap.as_ptr());
    if named.with(|heap, _| heap.begin_calls()) != Some(true) {
        return;
    }
    if !heap.on_demand().get() {
        run_finalisers(named);
    } else if heap.take_notice() {
        // It may allocate, and that may collect, after which there is something to tell again.
        if let Some(tell) = heap.hooks().finalisers_due {
            tell();
        }
    }
    named.with(|heap, _| heap.end_calls());
}

#[cold]
fn refuse(heap: Handle, bytes: usize) -> *mut u8 {
    write_asked_for(HeapRef(heap.as_ptr()), Cause::OutOfMemory(bytes));
    match heap.hooks().out_of_memory {
        Some(hook) => hook(bytes).cast(),
        None => null_mut(),
    }
}

/// Changes an object's size; see the C function.
pub fn realloc(heap: HeapRef, object: *mut u8, bytes: usize) -> *mut u8 {
    if object.is_null() {
        return alloc(heap, bytes, Request { no_scan: false, not_cleared: false, uncollectable: false });
    }
    if bytes == 0 {
        free(heap, object);
        return null_mut();
    }
    let Some((heap, moved, is_object, duties)) = heap.with(|heap, _| {
        let moved = heap.realloc(object, bytes);
        // A mistake is no lack of memory.
        let is_object = moved.is_null() && heap.size(object) != 0;
        (heap, moved, is_object, heap.has_duties())
    }) else {
        return null_mut();
    };
    if duties {
        do_duties(heap, if moved.is_null() { object } else { moved });
    }
    if is_object { refuse(heap, bytes) } else { moved }
}

/// Frees an object; NULL is nothing to free.
pub fn free(heap: HeapRef, object: *mut u8) {
    if !object.is_null() {
        heap.with(|it, guard| if heap.0.is_null() { it.free_or_keep(guard, object) } else { it.free(object) });
    }
}

/// How many bytes an object can hold; 0 for what is none.
pub fn size(heap: HeapRef, object: *const u8) -> usize {
    heap.with(|heap, _| heap.size(object)).unwrap_or(0)
}

/// The object that an address lies in; NULL if it lies in none.
pub fn base(heap: HeapRef, address: *const u8) -> *mut u8 {
    heap.with(|heap, _| heap.object_around(address)).unwrap_or(null_mut())
}

/// Collects, then calls the finalisers that are due (unless they are called on demand). Says whether it could: not in a
/// signal handler that came in the middle of an allocation.
pub fn collect(heap: HeapRef) -> bool {
    let Some((heap, owes)) = heap.with(|heap, _| {
        Collection::of(heap).asked_for().run();
        (heap, heap.owes_calls())
    }) else {
        return false;
    };
    if owes {
        pay_calls(heap);
    }
    true
}

/// Calls the finalisers that are due, one after the other, without the lock. Returns how many were called.
pub fn run_finalisers(heap: HeapRef) -> usize {
    let mut called = 0;
    while let Some(due) = heap.with(|heap, _| heap.with_finalisers(|all| all.take())).flatten() {
        let address = ptr::with_exposed_provenance_mut::<c_void>(due.object + due.finaliser.offset as usize);
        (due.finaliser.function)(address, due.finaliser.data);
        called += 1;
    }
    called
}

/// Anything else that a program does with a heap while it holds the lock.
pub fn with<R>(heap: HeapRef, f: impl FnOnce(Handle) -> R) -> Option<R> {
    heap.with(|heap, _| f(heap))
}

/// Registers a weak link; see the C function.
pub fn link(heap: HeapRef, link: *mut *mut c_void, object: *const u8, long: bool) -> Result<bool, OutOfMemory> {
    let registered = heap.with(|heap, _| heap.with_links(|links| links.register(link.addr(), object.addr(), long)));
    registered.unwrap_or(Err(OutOfMemory))
}

/// Writes a snapshot through a function of the program, with the contents of objects or without; says whether all of it was
/// written.
///
/// # Safety
/// The function can be called with its data.
pub unsafe fn snapshot(heap: HeapRef, cause: Cause, contents: bool, sink: Sink) -> bool {
    let about = About { host: b"libgcheap standalone", cause, contents };
    let written = heap.with(|heap, guard| {
        // What this thread keeps for later is free memory to the program.
        heap.free_stock(guard);
        // SAFETY: the caller's promise.
        unsafe { heap.snapshot(guard, &about, sink) }
    });
    written.unwrap_or(false)
}

/// Writes a snapshot to a file, which is made or replaced. Says whether all of it was written.
///
/// # Safety
/// The path is a string.
pub unsafe fn snapshot_to_file(heap: HeapRef, cause: Cause, path: *const c_char) -> bool {
    // SAFETY: the caller's promise.
    let Some(mut file) = (unsafe { File::create(path) }) else { return false };
    // SAFETY: the sink is the file's, which lives as long as it is written to.
    let written = unsafe { snapshot(heap, cause, true, file.sink()) };
    file.close() && written
}

/// Writes the snapshot that `GCHEAP_SNAPSHOT` asks for, of the default heap; only once.
#[cold]
fn write_asked_for(heap: HeapRef, cause: Cause) {
    if heap.0.is_null() || heap.0 == DEFAULT.load(Ordering::Acquire) {
        snapshots::write_asked_for(|path| {
            // SAFETY: the path is a string.
            unsafe { snapshot_to_file(HeapRef::DEFAULT, cause, path) }
        });
    }
}

/// Reads a heap's numbers.
pub fn numbers(heap: HeapRef) -> Numbers {
    heap.with(|it, guard| {
        let mut numbers = it.numbers();
        if heap.0.is_null() {
            numbers.used_bytes = numbers.used_bytes.saturating_sub(returned_blocks(guard) * BLOCK_BYTES);
        }
        numbers
    })
    .unwrap_or_default()
}

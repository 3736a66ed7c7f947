//! A heap of a program: the core's heap, with the operating system as its host.

mod asking;
mod collect;
mod duties;
mod freeing;
mod host;
mod policy;
mod snapshot;
mod space;
mod stock;

pub use asking::{is_reached, mark_word, mark_words, marking};
pub(crate) use collect::Collection;
pub use host::Os;

use core::cell::{Cell, UnsafeCell};
use core::mem::size_of;
use core::ptr::{self, NonNull};

use gcheap::AllocFlags;
use gcheap::config::{
    AREA_LAST_FREE, AREA_LAST_USED, BLOCK_BYTES, STATE_ALLOC_AMOUNT, STATE_ALLOC_THRESHOLD, STATE_AREA,
    STATE_AUTO_COLLECT, STATE_BYTES,
};

use crate::described::Described;
use crate::finalise::{Finaliser, Finalisers};
use crate::memory::AddressMap;
use crate::numbers::{Counters, Numbers};
use crate::os::{OutOfMemory, pages};
use crate::roots::{AddressRange, UserRoots};
use crate::weak::Links;
pub use policy::Policy;
use snapshot::Writing;
use space::Space;
pub(crate) use stock::{MOST_QUICK_BYTES, MOST_RETURNED_BYTES};

/// The core's heap over this host.
pub(crate) type Core = gcheap::Heap<Os>;

/// A heap. It lies in pages of its own, at an address that never changes. Everything in it is protected by the global lock.
pub struct Instance {
    state: UnsafeCell<[usize; STATE_BYTES.div_ceil(size_of::<usize>())]>,
    lock_depth: UnsafeCell<u16>,
    space: Space,
    policy: Policy,
    /// Whether words in objects that point into others, or to their ends, keep them alive. For the ends' sake objects
    /// have a byte more than was asked for.
    interior: Cell<bool>,
    /// Whether words in objects that point into others count, whatever `interior` says.
    displaced: Cell<bool>,
    counters: Cell<Counters>,
    /// How often collections were switched off.
    disabled: Cell<usize>,
    roots: UnsafeCell<UserRoots>,
    uncollectable: UnsafeCell<AddressMap<()>>,
    finalisers: UnsafeCell<Finalisers>,
    links: UnsafeCell<Links>,
    described: UnsafeCell<Described>,
    /// What an allocation has to do besides: `FINALISE` if finalisers are due, `STRESS` if collections are counted.
    duties: Cell<u8>,
    /// How many calls of finalisers by allocations and collections are under way.
    nested: Cell<u32>,
    /// How many further ones have been left out since the last that was made.
    left_out: Cell<u32>,
    /// After how many allocations a collection comes, whatever the policy says, and how many there were. 0: never.
    stress: Cell<(usize, usize)>,
    /// Whether finalisers are called only if the program asks for it.
    on_demand: Cell<bool>,
    /// Whether a collection has found some, of which the program has not been told.
    notice_due: Cell<bool>,
    hooks: Cell<Hooks>,
    /// Whether threads have some of its objects in stock.
    in_stock: Cell<bool>,
    /// The snapshot that is being written; NULL if there is none.
    writing: Cell<*const Writing>,
}

/// Names an object: the object, its bytes, room for the name, how many bytes that has.
pub type Namer = extern "C" fn(*const core::ffi::c_void, usize, *mut core::ffi::c_char, usize) -> usize;

/// Functions of the program that a heap calls.
#[derive(Clone, Copy, Default)]
pub struct Hooks {
    /// Before a collection, with the lock held and no thread stopped yet; it must not call the heap.
    pub before: Option<extern "C" fn()>,
    /// After one, the same.
    pub after: Option<extern "C" fn()>,
    /// There is no room for so many bytes; what it returns is the answer to the caller. Without the lock.
    pub out_of_memory: Option<extern "C" fn(usize) -> *mut core::ffi::c_void>,
    /// A collection has found finalisers that are due, and they are called on demand only. Without the lock.
    pub finalisers_due: Option<extern "C" fn()>,
    /// A pointer that is none of the heap's objects, and why (`gcheap::Misuse`). With the lock held.
    pub misuse: Option<extern "C" fn(u32, *const core::ffi::c_void)>,
    /// A collection marks the roots: those that only the program knows, it marks by itself (`mark_word`, `mark_words`).
    /// With the lock held and all other threads stopped; it must not call the heap.
    pub more_roots: Option<extern "C" fn()>,
    /// A collection has reached a described object: the program marks what it points at, in the same way.
    pub pointers: Option<extern "C" fn(*mut core::ffi::c_void, usize)>,
    /// All that is alive is marked, the threads go on, and nothing has been freed yet: what is not reached is going to be,
    /// unless the program marks it now. With the lock held.
    pub dead: Option<extern "C" fn()>,
    /// Writes an object's name (with its size, and the room for the name), for snapshots, and returns its length. With the lock
    /// held and all other threads stopped; it must not call the heap.
    pub namer: Option<Namer>,
    /// How far a collection is (`Stage`). With the lock held; it must not call the heap.
    pub stage: Option<extern "C" fn(u32)>,
}

/// A pointer to a heap, for those who hold the global lock.
#[derive(Clone, Copy)]
pub struct Handle(NonNull<Instance>);

impl Handle {
    /// Makes a heap of up to `most_bytes` bytes (less if the system has no such addresses), without any memory yet.
    pub fn new(most_bytes: usize) -> Result<Handle, OutOfMemory> {
        let space = Space::new(most_bytes)?;
        let memory = pages::map(page_bytes())?.cast::<Instance>();
        let instance = Instance {
            state: UnsafeCell::new([0; STATE_BYTES.div_ceil(size_of::<usize>())]),
            lock_depth: UnsafeCell::new(0),
            space,
            policy: Policy::new(),
            interior: Cell::new(true),
            displaced: Cell::new(false),
            counters: Cell::new(Counters::default()),
            disabled: Cell::new(0),
            roots: UnsafeCell::new(UserRoots::new()),
            uncollectable: UnsafeCell::new(AddressMap::new()),
            finalisers: UnsafeCell::new(Finalisers::new()),
            links: UnsafeCell::new(Links::new()),
            described: UnsafeCell::new(Described::new()),
            duties: Cell::new(0),
            nested: Cell::new(0),
            left_out: Cell::new(0),
            stress: Cell::new((0, 0)),
            on_demand: Cell::new(false),
            notice_due: Cell::new(false),
            hooks: Cell::new(Hooks::default()),
            in_stock: Cell::new(false),
            writing: Cell::new(ptr::null()),
        };
        // SAFETY: the pages are new, and large enough.
        unsafe { memory.write(instance) };
        let handle = Handle(memory);
        // SAFETY: the reservation lives as long as the instance, and its tables are zero.
        unsafe { handle.core().init_reserved(handle.it().space.reserved()) };
        handle.set_due_after(handle.it().policy.next_after(0, 0));
        Ok(handle)
    }

    /// The handle of a pointer that `as_ptr` has returned; `None` for NULL.
    ///
    /// # Safety
    /// The heap exists.
    #[inline]
    pub unsafe fn from_ptr(heap: *mut Instance) -> Option<Handle> {
        NonNull::new(heap).map(Handle)
    }

    /// The heap's address, by which a program names it.
    pub fn as_ptr(self) -> *mut Instance {
        self.0.as_ptr()
    }

    /// Whether the program is to be told that finalisers are due, which it calls itself. Once for each collection.
    pub(crate) fn take_notice(self) -> bool {
        self.it().on_demand.get() && self.it().notice_due.replace(false)
    }

    /// Lets the heap have so many bytes more now, and collect no sooner than when they are in use. False if there is no
    /// memory.
    pub fn expand(self, bytes: usize) -> bool {
        let blocks = bytes.div_ceil(BLOCK_BYTES);
        if !self.add_blocks(blocks, blocks) {
            return false;
        }
        self.policy().at_least.set(self.bytes());
        self.set_due_after(self.policy().next_after(self.it().counters.get().live_after_last, 0));
        true
    }

    /// Lets the heap have so many blocks more, or fewer, but not less than `least`, if there is no room or no memory for all.
    /// False if that cannot be.
    pub(crate) fn add_blocks(self, wanted: usize, least: usize) -> bool {
        let added = self.it().space.grow(wanted, least, self.policy().most_blocks());
        if added != 0 {
            // SAFETY: the space has just made memory of so many blocks behind those that there were.
            unsafe { self.core().extend(added) };
        }
        added != 0
    }

    /// Gives all memory of the heap back: no object of it may be used any more. No finaliser is run.
    ///
    /// # Safety
    /// Nobody uses the heap or this handle afterwards.
    pub unsafe fn delete(self) {
        // SAFETY: the caller's promise: this is the last use; the instance was written there by `new`.
        unsafe {
            self.0.drop_in_place();
            pages::unmap(self.0.cast(), page_bytes());
        }
    }

    /// The heap itself.
    pub(crate) fn it(self) -> &'static Instance {
        // SAFETY: the instance exists until `delete`, after which no handle may be used. Only shared references to it are
        // ever made.
        unsafe { self.0.as_ref() }
    }

    pub(crate) fn core(self) -> Core {
        // SAFETY: I1 and I2: the instance's storage and functions, which the global lock protects.
        unsafe { Core::new(Os(self)) }
    }

    /// Calls `f` with the finalisers. It must not call anything that leads to them again.
    pub(crate) fn with_finalisers<R>(self, f: impl FnOnce(&mut Finalisers) -> R) -> R {
        // SAFETY: the lock's holder is the only one here, and `f` does not come here again.
        let all = unsafe { &mut *self.it().finalisers.get() };
        let result = f(all);
        self.note_due(all.is_due());
        result
    }

    /// Whether finalisers are called only if the program asks for it.
    pub fn on_demand(self) -> &'static Cell<bool> {
        &self.it().on_demand
    }

    /// The same for the weak links.
    pub(crate) fn with_links<R>(self, f: impl FnOnce(&mut Links) -> R) -> R {
        // SAFETY: as above.
        f(unsafe { &mut *self.it().links.get() })
    }

    /// The same for the described objects.
    pub(crate) fn with_described<R>(self, f: impl FnOnce(&mut Described) -> R) -> R {
        // SAFETY: as above.
        f(unsafe { &mut *self.it().described.get() })
    }

    /// The same for the roots that were added by hand.
    pub fn with_roots<R>(self, f: impl FnOnce(&mut UserRoots) -> R) -> R {
        // SAFETY: as above.
        f(unsafe { &mut *self.it().roots.get() })
    }

    /// The same for the objects that no collection frees.
    pub(crate) fn with_uncollectable<R>(self, f: impl FnOnce(&mut AddressMap<()>) -> R) -> R {
        // SAFETY: as above.
        f(unsafe { &mut *self.it().uncollectable.get() })
    }

    /// Allocates `bytes` bytes; NULL if there is no room. With interior pointers an object has a byte more, so that a
    /// pointer to its end still points into it.
    #[inline]
    pub fn alloc(self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let bytes = self.with_end(bytes);
        self.core().alloc_with(bytes, flags)
    }

    /// The bytes that an object needs of which so many were asked for.
    #[inline]
    fn with_end(self, bytes: usize) -> usize {
        bytes.saturating_add(self.it().interior.get() as usize).max(1)
    }

    /// Clears what an object's last block has beyond the bytes that were asked for: they are new when the object grows.
    pub(crate) fn clear_rest(self, object: *mut u8, bytes: usize) {
        let end = self.with_end(bytes).next_multiple_of(BLOCK_BYTES);
        // SAFETY: the object has so many blocks, and the program has no use for what lies behind the bytes it asked for.
        unsafe { object.add(bytes).write_bytes(0, end - bytes) };
    }

    /// Allocates an object that only `free` frees, and from which everything is looked for.
    pub fn alloc_uncollectable(self, bytes: usize, flags: AllocFlags) -> *mut u8 {
        let object = self.alloc(bytes, flags);
        if !object.is_null() && self.with_uncollectable(|all| all.insert(object.addr(), ())).is_err() {
            self.core().free(object);
            return ptr::null_mut();
        }
        object
    }

    /// How many blocks are in use.
    fn blocks_in_use(self) -> usize {
        // SAFETY: I1: the field's place in the state.
        unsafe { self.state_at::<usize>(STATE_AREA + AREA_LAST_FREE).read() }
    }

    /// Since `used` blocks were in use, some were freed by hand, or an object has grown: for the next collection they count as
    /// not allocated, or as allocated.
    fn settle(self, used: usize) {
        let (now, allocated) = (self.blocks_in_use(), self.allocated_since());
        // SAFETY: I1: the field's place in the state.
        unsafe { self.state_at::<usize>(STATE_ALLOC_AMOUNT).write((allocated + now).saturating_sub(used)) };
    }

    /// Changes an object's size, moving it if necessary; NULL if there is no room, and then nothing has changed.
    pub fn realloc(self, object: *mut u8, bytes: usize) -> *mut u8 {
        if self.is_freed(object) {
            self.refuse_freed(object);
            return ptr::null_mut();
        }
        let core = self.core();
        let asked = self.with_end(bytes);
        let old = if self.with_links(|links| links.is_empty()) { 0 } else { core.nbytes(object) };
        let (used, allocated) = (self.blocks_in_use(), self.allocated_since());
        let moved = core.realloc(object, asked, true);
        if moved.is_null() {
            return moved;
        }
        // If it was moved, its new blocks are counted already, and so is a collection that came in between.
        if self.allocated_since() == allocated {
            self.settle(used);
        }
        if moved == object {
            self.clear_rest(object, bytes);
            if old > asked {
                self.with_links(|links| links.forget_inside(object.addr() + bytes, object.addr() + old));
            }
        } else {
            self.with_links(|links| {
                links.follow_inside(object.addr(), object.addr() + old, moved.addr());
                links.follow_object(object.addr(), moved.addr());
            });
            self.with_finalisers(|all| all.follow(object.addr(), moved.addr()));
            self.with_described(|all| all.follow(object.addr(), moved.addr()));
            if self.with_uncollectable(|all| all.remove(object.addr())).is_some() {
                // There is room: an entry has just gone.
                let _ = self.with_uncollectable(|all| all.insert(moved.addr(), ()));
            }
        }
        moved
    }

    /// The bytes that an object can hold.
    pub fn size(self, object: *const u8) -> usize {
        if self.is_freed(object) {
            return 0;
        }
        self.core().nbytes(object).saturating_sub(self.it().interior.get() as usize)
    }

    /// Whether as much was allocated since the last collection that the next one is due.
    pub fn is_due(self) -> bool {
        // SAFETY: I1: the field's place in the state.
        self.allocated_since() >= unsafe { self.state_at::<usize>(STATE_ALLOC_THRESHOLD).read() }
    }

    /// Whether automatic collections are switched off.
    pub fn is_disabled(self) -> bool {
        self.it().disabled.get() != 0
    }

    /// Sets an object's finaliser, or removes it; returns the one that it had. Anything that is no object's start has none.
    pub fn set_finaliser(
        self,
        object: *const u8,
        finaliser: Option<Finaliser>,
    ) -> Result<Option<Finaliser>, OutOfMemory> {
        if self.core().nbytes(object) == 0 {
            return Ok(None);
        }
        self.with_finalisers(|all| all.set(object.addr(), finaliser))
    }

    /// Forgets a weak link. Says whether it was one.
    pub fn unlink(self, link: usize, long: bool) -> bool {
        self.with_links(|links| links.unregister(link, long))
    }

    /// A weak link is kept in another word from now on. Says whether it was one.
    pub fn move_link(self, from: usize, to: usize, long: bool) -> bool {
        self.with_links(|links| links.follow(from, to, long))
    }

    /// Changes the functions that the heap calls.
    pub fn change_hooks(self, f: impl FnOnce(&mut Hooks)) {
        let mut hooks = self.hooks();
        f(&mut hooks);
        self.it().hooks.set(hooks);
    }

    /// The heap's numbers.
    pub fn numbers(self) -> Numbers {
        Numbers {
            counters: self.it().counters.get(),
            heap_bytes: self.bytes(),
            used_bytes: self.core().info_fast().used,
            since_last: self.allocated_since() * BLOCK_BYTES,
            finalisers: self.with_finalisers(|all| all.len()),
        }
    }

    /// The functions that the heap calls.
    pub fn hooks(self) -> Hooks {
        self.it().hooks.get()
    }

    /// When it collects, and how it grows.
    pub fn policy(self) -> &'static Policy {
        &self.it().policy
    }

    /// Whether words in objects that point into others, or to their ends, keep them alive.
    pub fn interior(self) -> &'static Cell<bool> {
        &self.it().interior
    }

    /// Lets words in objects that point into others count, even if `interior` is off. For programs that tag their
    /// pointers.
    pub fn allow_displacements(self) {
        self.it().displaced.set(true);
    }

    /// Whether words in objects that point into others keep them alive.
    #[inline]
    pub(crate) fn follows_interior(self) -> bool {
        self.it().interior.get() || self.it().displaced.get()
    }

    /// The addresses at which the heap's objects are now, or will be when it has grown.
    pub fn addresses(self) -> AddressRange {
        let reserved = self.it().space.reserved();
        let start = reserved.pool.addr().get();
        AddressRange::new(start, start + reserved.most_blocks * BLOCK_BYTES)
    }

    /// The addresses of the memory that the heap has now.
    pub(crate) fn memory(self) -> AddressRange {
        let start = self.it().space.reserved().pool.addr().get();
        AddressRange::new(start, start + self.bytes())
    }

    /// Bytes of memory that the heap has, in use or not.
    pub(crate) fn bytes(self) -> usize {
        self.it().space.blocks() * BLOCK_BYTES
    }

    /// How many blocks are free at the heap's end, where more memory is added; after a collection that is exact.
    pub(crate) fn free_at_end(self) -> usize {
        // SAFETY: I1: the field's place in the state.
        let last_used = unsafe { self.state_at::<usize>(STATE_AREA + AREA_LAST_USED).read() };
        self.it().space.blocks().saturating_sub(last_used + 1)
    }

    /// Switches automatic collections off, or on again; nests.
    pub fn disable(self, off: bool) {
        let it = self.it();
        it.disabled.set(if off { it.disabled.get() + 1 } else { it.disabled.get().saturating_sub(1) });
        // SAFETY: I1: the field's place in the state.
        unsafe { self.state_at::<u16>(STATE_AUTO_COLLECT).write((it.disabled.get() == 0) as u16) };
    }

    /// Lets the next collection be due after so many blocks.
    pub(crate) fn set_due_after(self, blocks: usize) {
        // SAFETY: I1: the field's place in the state.
        unsafe { self.state_at::<usize>(STATE_ALLOC_THRESHOLD).write(blocks) };
    }

    /// How many blocks were allocated since the last collection.
    pub(crate) fn allocated_since(self) -> usize {
        // SAFETY: I1: the field's place in the state.
        unsafe { self.state_at::<usize>(STATE_ALLOC_AMOUNT).read() }
    }

    fn state_at<T>(self, offset: usize) -> *mut T {
        self.it().state.get().cast::<u8>().wrapping_add(offset).cast()
    }
}

fn page_bytes() -> usize {
    size_of::<Instance>().next_multiple_of(pages::page_size())
}

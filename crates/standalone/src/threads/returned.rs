//! What a thread has freed by hand and will allocate again: a list of small objects for each size and kind.
//!
//! For the heap these objects are in use. A collection does not mark them, and forgets the lists: so it frees them like
//! anything else that nobody uses, and joins what is free. Nobody but the thread itself takes them off a list.
//!
//! ```text
//!    first word     the address of the next object of the list, inverted: whatever keeps one of them alive by mistake does
//!                   not keep all others alive
//!    second word    the seal: the object's own address, mixed with a number that nobody else knows
//! ```
//!
//! No object of the program has its seal in its second word: it is removed when the object is handed out, and new objects
//! are handed out without one. So an object that is freed twice is noticed, and so is one that is changed after it was freed,
//! as far as the lists are concerned.

use core::ptr::{NonNull, null_mut, with_exposed_provenance, with_exposed_provenance_mut};
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

use gcheap::config::BLOCK_BYTES;
use gcheap::{Batch, MOST_STRETCHES, computed_by_now};

use crate::roots::AddressRange;

/// The largest objects that are put into lists, in blocks: the bits of a word say which lists have any.
pub(crate) const MOST_RETURNED_BLOCKS: usize = usize::BITS as usize;

const _: () = assert!(BLOCK_BYTES >= 2 * size_of::<usize>());

/// The lists of a thread, which alone uses them; but when the thread is stopped, the one that collects may look at them.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Returned {
    /// How many blocks the objects on all lists have.
    blocks: AtomicUsize,
    /// Bit n - 1: the list of objects of n blocks is not empty.
    any: [AtomicUsize; 2],
    /// The address of each list's first object; 0 if it is empty.
    lists: [[AtomicUsize; MOST_RETURNED_BLOCKS]; 2],
}

impl Returned {
    pub(super) fn blocks(&self) -> usize {
        self.blocks.load(Relaxed)
    }

    /// Puts a valid object of the default heap of so many blocks (1 to `MOST_RETURNED_BLOCKS`) first on its list.
    pub(super) fn put(&self, object: *mut u8, blocks: usize, no_scan: bool) {
        let Some(list) = self.list(blocks, no_scan) else { return };
        let words = object.cast::<usize>();
        // SAFETY: the first words of an object that the program does not use any more.
        unsafe {
            words.write(!list.load(Relaxed));
            words.add(1).write(seal(object.addr()));
        }
        list.store(object.expose_provenance(), Relaxed);
        self.note_any(blocks, no_scan, true);
        self.blocks.store(self.blocks() + blocks, Relaxed);
    }

    /// The number of blocks of the smallest objects there are that have more than `blocks` (1 or more); 0 if there are none.
    pub(super) fn larger(&self, blocks: usize, no_scan: bool) -> usize {
        let any = self.any[no_scan as usize].load(Relaxed).checked_shr(blocks as u32).unwrap_or(0);
        if any == 0 { 0 } else { blocks + 1 + any.trailing_zeros() as usize }
    }

    fn note_any(&self, blocks: usize, no_scan: bool, any: bool) {
        let (word, bit) = (&self.any[no_scan as usize], 1 << (blocks - 1));
        word.store(if any { word.load(Relaxed) | bit } else { word.load(Relaxed) & !bit }, Relaxed);
    }

    fn forget_list(&self, list: &AtomicUsize, blocks: usize, no_scan: bool) {
        list.store(0, Relaxed);
        self.note_any(blocks, no_scan, false);
    }

    /// Takes the first object of a list; NULL if there is none. `heap` is where objects may be.
    pub(super) fn take(&self, blocks: usize, no_scan: bool, heap: AddressRange) -> *mut u8 {
        let Some(list) = self.list(blocks, no_scan) else { return null_mut() };
        let first = list.load(Relaxed);
        let Some(object) = NonNull::new(with_exposed_provenance_mut(first)) else { return null_mut() };
        // A collection finds it in a register if it does not find it on the list.
        let object = computed_by_now(object).as_ptr();
        if !is_sealed(object) {
            // Somebody has changed it after it was freed: who knows what else is wrong.
            self.forget_list(list, blocks, no_scan);
            return null_mut();
        }
        let words = object.cast::<usize>();
        // SAFETY: the first words of an object that nobody uses.
        let next = unsafe {
            words.add(1).write(0);
            !words.read()
        };
        let is_possible = heap.contains(next) && next % BLOCK_BYTES == first % BLOCK_BYTES;
        if is_possible {
            list.store(next, Relaxed);
        } else {
            self.forget_list(list, blocks, no_scan);
        }
        self.blocks.store(self.blocks().saturating_sub(blocks), Relaxed);
        object
    }

    fn list(&self, blocks: usize, no_scan: bool) -> Option<&AtomicUsize> {
        self.lists[no_scan as usize].get(blocks.wrapping_sub(1))
    }

    /// Calls `visit` with each object, as a batch.
    pub(super) fn each(&self, heap: AddressRange, visit: &mut dyn FnMut(Batch)) {
        for list in self.lists.iter().flatten() {
            let mut next = list.load(Relaxed);
            while heap.contains(next) && is_sealed(with_exposed_provenance(next)) {
                let mut starts = [0; MOST_STRETCHES];
                starts[0] = 1;
                // SAFETY: the first word of an object that nobody uses.
                let behind = unsafe { with_exposed_provenance::<usize>(next).read() };
                visit(Batch { base: next, starts });
                next = !behind;
            }
        }
    }

    /// Forgets all objects.
    pub(super) fn clear(&self) {
        if self.blocks() != 0 {
            self.lists.iter().flatten().for_each(|list| list.store(0, Relaxed));
            self.any.iter().for_each(|any| any.store(0, Relaxed));
            self.blocks.store(0, Relaxed);
        }
    }
}

/// Whether an object (of two words at least) lies on a list of its thread, or did so before a collection.
#[inline(always)]
pub(crate) fn is_sealed(object: *const u8) -> bool {
    // SAFETY: the second word of an object.
    unsafe { object.cast::<usize>().add(1).read() == seal(object.addr()) }
}

/// Lets a new object that may hold anything not look like one that is on a list.
#[inline(always)]
pub(crate) fn unseal(object: *mut u8) {
    // SAFETY: the second word of an object that the program has not got yet.
    unsafe { object.cast::<usize>().add(1).write(0) };
}

/// The number that seals are mixed with; 0 until [`choose_seal`] is called.
static SECRET: AtomicUsize = AtomicUsize::new(0);

#[inline(always)]
fn seal(address: usize) -> usize {
    address ^ SECRET.load(Relaxed)
}

/// Chooses the number that seals are mixed with. Before anything is freed.
pub(crate) fn choose_seal() {
    // SAFETY: asks for a value.
    let random = unsafe { libc::getauxval(libc::AT_RANDOM) } as usize;
    let number = match NonNull::new(with_exposed_provenance_mut::<usize>(random)) {
        // SAFETY: the kernel says that 16 random bytes are there.
        Some(bytes) => unsafe { bytes.read_unaligned() },
        None => usize::MAX / 5,
    };
    // Not 0: an object may well hold its own address.
    SECRET.store(number | 1, Relaxed);
}

#[cfg(test)]
mod tests {
    use super::super::stock::Stock;
    use super::*;
    use core::mem::MaybeUninit;

    const BLOCKS: usize = 3;

    #[repr(align(16))]
    struct Memory([[usize; BLOCKS * BLOCK_BYTES / size_of::<usize>()]; 8]);

    /// A stock, and as many objects as there is room for in some memory.
    fn some() -> (Box<Stock>, Box<Memory>, AddressRange) {
        choose_seal();
        // SAFETY: zeros are a valid stock.
        let stock = unsafe { Box::new(MaybeUninit::<Stock>::zeroed().assume_init()) };
        let mut memory = Box::new(Memory([[7; _]; 8]));
        let start = memory.0.as_mut_ptr().expose_provenance();
        let range = AddressRange::new(start, start + size_of::<Memory>());
        (stock, memory, range)
    }

    #[test]
    fn the_last_one_comes_back_first_and_without_its_seal() {
        let (stock, mut memory, range) = some();
        let objects: Vec<*mut u8> = memory.0.iter_mut().map(|object| object.as_mut_ptr().cast()).collect();
        objects.iter().for_each(|&object| stock.returned.put(object, BLOCKS, true));
        assert_eq!(stock.returned.blocks(), 8 * BLOCKS);
        assert_eq!(stock.returned.larger(BLOCKS - 1, true), BLOCKS);
        assert_eq!([stock.returned.larger(BLOCKS, true), stock.returned.larger(1, false)], [0, 0]);
        for &object in objects.iter().rev() {
            assert!(is_sealed(object));
            assert_eq!(stock.returned.take(BLOCKS, false, range), null_mut());
            assert_eq!(stock.returned.take(BLOCKS, true, range), object);
            assert!(!is_sealed(object));
        }
        assert_eq!(stock.returned.take(BLOCKS, true, range), null_mut());
        assert_eq!([stock.returned.blocks(), stock.returned.larger(1, true)], [0, 0]);
    }

    #[test]
    fn a_collection_forgets_them_unless_the_thread_is_busy() {
        let (stock, mut memory, range) = some();
        for object in &mut memory.0 {
            stock.returned.put(object.as_mut_ptr().cast(), BLOCKS, false);
        }
        let count = || {
            let mut kept = 0;
            stock.keep(range, &mut |batch| batch.each(|_| kept += 1));
            kept
        };
        stock.busy.store(true, Relaxed);
        assert_eq!(count(), 8);
        assert_eq!(stock.returned.blocks(), 8 * BLOCKS);
        stock.busy.store(false, Relaxed);
        assert_eq!(count(), 0);
        assert_eq!(stock.returned.take(BLOCKS, false, range), null_mut());
    }
}

//! The heap's state: storage that the host lends, laid out as MicroPython's `mp_state_mem_t`.
//!
//! Every field is read and written through a [`Field`], a raw pointer: no Rust reference into the state ever exists,
//! so the host may read and write it in any call (invariant I4).

use core::ptr::NonNull;

use crate::config;

/// One field of the state: a place in the host's storage.
pub(crate) struct Field<T>(NonNull<T>);

impl<T: Copy> Field<T> {
    /// # Safety
    /// `place` is aligned, holds a `T`, and is the host's or the heap's for as long as the heap is used (I1, I2).
    #[inline(always)]
    pub unsafe fn new(place: NonNull<T>) -> Self {
        Self(place)
    }

    #[inline(always)]
    pub fn get(&self) -> T {
        // SAFETY: I1: the field lies in the storage that the host lends, aligned, and holds a plain number or pointer.
        unsafe { self.0.read() }
    }

    /// Where it is.
    #[cfg(gcheap_compact)]
    #[inline(always)]
    pub fn address(&self) -> NonNull<T> {
        self.0
    }

    #[inline(always)]
    pub fn set(&self, value: T) {
        // SAFETY: I1, as above; I4: nobody holds a reference to it.
        unsafe { self.0.write(value) }
    }
}

/// The lent storage. `State` values are made from a [`crate::Port`] and live no longer than the heap.
#[derive(Clone, Copy)]
pub struct State(NonNull<u8>);

impl State {
    /// # Safety
    /// `storage` points to `STATE_BYTES` bytes, word aligned, that are the heap's for as long as it is used (I1).
    #[inline(always)]
    pub unsafe fn new(storage: NonNull<u8>) -> Self {
        Self(storage)
    }

    #[inline(always)]
    fn field<T>(self, offset: usize) -> Field<T> {
        debug_assert!(offset + size_of::<T>() <= config::STATE_BYTES);
        // SAFETY: I1: every offset of the configuration lies within STATE_BYTES.
        Field(unsafe { self.0.add(offset).cast() })
    }

    /// The first area. The others hang off it.
    #[inline(always)]
    pub(crate) fn first_area(self) -> Area {
        // SAFETY: I1: the first area is part of the state.
        Area(unsafe { self.0.add(config::STATE_AREA) })
    }

    /// All areas in list order: the order in which allocation tries them.
    #[inline(always)]
    pub(crate) fn areas(self) -> Areas {
        Areas(Some(self.first_area()))
    }

    /// gc.c's overflow flag, an `int`. Here: what the collection under way has come to ([`super::collect`]).
    #[inline(always)]
    pub(crate) fn phase(self) -> Field<u32> {
        self.field(config::STATE_OVERFLOW)
    }

    /// Whether a failed allocation may collect. Other files of MicroPython set it.
    #[inline(always)]
    pub(crate) fn auto_collect(self) -> Field<u16> {
        self.field(config::STATE_AUTO_COLLECT)
    }

    /// Blocks allocated since the last collection.
    #[inline(always)]
    pub(crate) fn alloc_amount(self) -> Field<usize> {
        self.field(config::STATE_ALLOC_AMOUNT)
    }

    /// Blocks after which an allocation collects first. Other files of MicroPython set it; all ones is "never".
    #[inline(always)]
    pub(crate) fn alloc_threshold(self) -> Field<usize> {
        self.field(config::STATE_ALLOC_THRESHOLD)
    }

    /// Objects freed by the last collection.
    #[inline(always)]
    pub(crate) fn collected(self) -> Field<usize> {
        self.field(config::STATE_COLLECTED)
    }

    /// The words of gc.c's mark stack. During a collection they hold ours, between collections the placement bounds.
    #[inline(always)]
    pub(crate) fn scratch(self, index: usize) -> Field<usize> {
        debug_assert!(index < SCRATCH_WORDS);
        self.field(SCRATCH_START + index * config::WORD_BYTES)
    }

    /// The same storage as 32-bit numbers: the one that starts at byte `at`.
    #[cfg(not(gcheap_compact))]
    #[inline(always)]
    pub(crate) fn scratch_u32(self, at: usize) -> Field<u32> {
        debug_assert!(at + size_of::<u32>() <= SCRATCH_WORDS * config::WORD_BYTES);
        self.field(SCRATCH_START + at)
    }
}

/// The mark stack's entries may be narrower than a word, so its storage is taken by whole aligned words.
const SCRATCH_START: usize = config::STATE_MARK_STACK.next_multiple_of(config::WORD_BYTES);

/// How many scratch words there are: 64 in MicroPython's usual configuration.
pub(crate) const SCRATCH_WORDS: usize =
    (config::STATE_MARK_STACK + config::STATE_MARK_STACK_BYTES - SCRATCH_START) / config::WORD_BYTES;

/// One area's record, laid out as MicroPython's `mp_state_mem_area_t`.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Area(NonNull<u8>);

impl Area {
    /// # Safety
    /// `record` points to `AREA_BYTES` bytes, word aligned, that are the heap's from now on (I1).
    #[inline(always)]
    pub(crate) unsafe fn new(record: NonNull<u8>) -> Self {
        Self(record)
    }

    /// Where the record lies.
    pub(crate) fn address(self) -> NonNull<u8> {
        self.0
    }

    #[inline(always)]
    fn field<T>(self, offset: usize) -> Field<T> {
        debug_assert!(offset + size_of::<T>() <= config::AREA_BYTES);
        // SAFETY: I1: every offset of the configuration lies within AREA_BYTES.
        Field(unsafe { self.0.add(offset).cast() })
    }

    /// The next area; always none without a split heap.
    #[inline(always)]
    pub(crate) fn next(self) -> Option<Area> {
        if config::SPLIT_HEAP { self.next_field().get() } else { None }
    }

    #[inline(always)]
    pub(crate) fn next_field(self) -> Field<Option<Area>> {
        self.field(config::AREA_NEXT)
    }

    /// First byte of the ATB.
    #[inline(always)]
    pub(crate) fn atb_start(self) -> Field<*mut u8> {
        self.field(config::AREA_ATB_START)
    }

    /// Bytes in the ATB; each stands for four blocks.
    #[inline(always)]
    pub(crate) fn atb_bytes(self) -> Field<usize> {
        self.field(config::AREA_ATB_BYTES)
    }

    /// First byte of the FTB.
    #[inline(always)]
    pub(crate) fn ftb_start(self) -> Field<*mut u8> {
        self.field(config::AREA_FTB_START)
    }

    /// First byte of the WTB.
    #[inline(always)]
    pub(crate) fn wtb_start(self) -> Field<*mut u8> {
        self.field(config::AREA_WTB_START)
    }

    /// First byte of block 0.
    #[inline(always)]
    pub(crate) fn pool_start(self) -> Field<*mut u8> {
        self.field(config::AREA_POOL_START)
    }

    /// First byte behind the last block.
    #[inline(always)]
    pub(crate) fn pool_end(self) -> Field<*mut u8> {
        self.field(config::AREA_POOL_END)
    }

    /// Blocks in use, heads and tails. gc.c keeps its search cursor here, which we do without.
    #[inline(always)]
    pub(crate) fn used(self) -> Field<usize> {
        self.field(config::AREA_LAST_FREE)
    }

    /// No block above this index is in use. A collection lowers it to the last block in use (or 0).
    #[inline(always)]
    pub(crate) fn last_used(self) -> Field<usize> {
        self.field(config::AREA_LAST_USED)
    }

    /// How many blocks the area has.
    #[inline(always)]
    pub(crate) fn blocks(self) -> usize {
        self.atb_bytes().get() * super::atb::BLOCKS_PER_ATB
    }
}

/// Iterator over the areas, in list order.
pub(crate) struct Areas(Option<Area>);

impl Iterator for Areas {
    type Item = Area;

    #[inline(always)]
    fn next(&mut self) -> Option<Area> {
        let area = self.0?;
        self.0 = area.next();
        Some(area)
    }
}

//! The heap's state: storage that the host lends, laid out as MicroPython's `mp_state_mem_t`.

use core::ptr::NonNull;

use super::area::{Area, Areas};
use super::field::Field;
use crate::config;

/// The lent storage. `State` values are made from a [`crate::Host`] and live no longer than the heap.
#[derive(Clone, Copy)]
pub struct State(NonNull<u8>);

impl State {
    /// # Safety
    /// `storage` points to `STATE_BYTES` bytes, word aligned, that belong to the heap for as long as it is used (I1).
    pub unsafe fn new(storage: NonNull<u8>) -> Self {
        Self(storage)
    }

    /// The field `offset` bytes into the state.
    pub(super) fn field<T: Copy>(self, offset: usize) -> Field<T> {
        debug_assert!(offset + size_of::<T>() <= config::STATE_BYTES);
        // SAFETY: I1: every offset of the configuration lies within STATE_BYTES.
        unsafe { Field::new(self.0.add(offset).cast()) }
    }

    /// The first area; the others are linked from it.
    pub(crate) fn first_area(self) -> Area {
        // SAFETY: I1: the first area is part of the state.
        unsafe { Area::new(self.0.add(config::STATE_AREA)) }
    }

    /// All areas in list order: the order in which allocation tries them.
    pub(crate) fn areas(self) -> Areas {
        Areas::from(self.first_area())
    }

    /// gc.c's overflow flag, a C `int`. Here it holds how far the collection under way is (`phase`).
    pub(crate) fn phase(self) -> Field<u32> {
        self.field(config::STATE_OVERFLOW)
    }

    /// Whether a failed allocation may collect: not 0. Other files of MicroPython set it.
    pub(crate) fn auto_collect(self) -> Field<u16> {
        self.field(config::STATE_AUTO_COLLECT)
    }

    /// Blocks allocated since the last collection.
    pub(crate) fn alloc_amount(self) -> Field<usize> {
        self.field(config::STATE_ALLOC_AMOUNT)
    }

    /// The number of allocated blocks after which an allocation collects first; all bits set means never. Other files of
    /// MicroPython set it.
    pub(crate) fn alloc_threshold(self) -> Field<usize> {
        self.field(config::STATE_ALLOC_THRESHOLD)
    }

    /// Objects freed by the last collection.
    pub(crate) fn collected(self) -> Field<usize> {
        self.field(config::STATE_COLLECTED)
    }
}

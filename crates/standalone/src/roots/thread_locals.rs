//! Static thread-local storage: the variables that the program and the libraries loaded with it declare with `__thread`,
//! `_Thread_local` or `thread_local`.

use super::AddressRange;

/// Where static thread-local storage lies, relative to a thread's thread pointer. The layout is the same in all threads of
/// a process.
///
/// Libraries that are loaded later usually have their variables elsewhere, allocated one by one in each thread. Those are
/// not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsLayout {
    /// The first byte minus the thread pointer; negative on x86.
    low: isize,
    /// The end minus the thread pointer.
    high: isize,
}

/// On x86 the storage ends at the thread pointer, elsewhere it begins near it (ELF's TLS variants II and I).
const BELOW_POINTER: bool = cfg!(any(target_arch = "x86", target_arch = "x86_64"));

impl TlsLayout {
    /// No thread-local storage.
    pub const EMPTY: Self = Self { low: 0, high: 0 };

    /// The storage of the thread with this thread pointer: whole words.
    pub fn of(self, thread_pointer: usize) -> AddressRange {
        AddressRange::new(thread_pointer.wrapping_add_signed(self.low), thread_pointer.wrapping_add_signed(self.high))
            .whole_words()
    }

    /// Includes a block of the calling thread, whose thread pointer is given, unless it lies more than `reach` bytes away.
    /// Then it is no static storage: it was allocated for this thread alone.
    pub(super) fn include(&mut self, block: AddressRange, thread_pointer: usize, reach: usize) {
        let is_static = if BELOW_POINTER {
            block.end <= thread_pointer && block.start >= thread_pointer.saturating_sub(reach)
        } else {
            block.start >= thread_pointer && block.end <= thread_pointer.saturating_add(reach)
        };
        if !is_static || block.is_empty() {
            return;
        }
        let low = block.start.wrapping_sub(thread_pointer) as isize;
        let high = block.end.wrapping_sub(thread_pointer) as isize;
        *self = if *self == Self::EMPTY {
            Self { low, high }
        } else {
            Self { low: self.low.min(low), high: self.high.max(high) }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_nearby_are_included_and_others_are_not() {
        let pointer = 1 << 20;
        let mut layout = TlsLayout::EMPTY;
        assert!(layout.of(pointer).is_empty());
        let near = if BELOW_POINTER { pointer - 64..pointer - 32 } else { pointer + 32..pointer + 64 };
        let far = if BELOW_POINTER { pointer - 8192..pointer - 8000 } else { pointer + 8000..pointer + 8192 };
        layout.include(AddressRange::new(far.start, far.end), pointer, 4096);
        assert_eq!(layout, TlsLayout::EMPTY);
        layout.include(AddressRange::new(near.start, near.end), pointer, 4096);
        layout.include(AddressRange::new(far.start, far.end), pointer, 4096);
        assert_eq!(layout.of(pointer), AddressRange::new(near.start, near.end));
        assert_eq!(layout.of(2 * pointer), AddressRange::new(near.start + pointer, near.end + pointer));
    }
}

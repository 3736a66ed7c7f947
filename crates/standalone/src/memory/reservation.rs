//! Address space that is set aside once, and becomes memory piece by piece.

use crate::os::{OutOfMemory, pages};
use core::ptr::NonNull;

/// A contiguous range of addresses. Its pages cost nothing until they are committed and touched.
///
/// The first page that is committed stays at the same address when more are, so a heap can grow in place. Dropping the
/// reservation unmaps everything.
///
/// Any thread may use it; calls for the same pages must not overlap in time.
#[derive(Debug)]
pub struct Reservation {
    start: NonNull<u8>,
    bytes: usize,
}

// SAFETY: the reservation is plain address space, bound to no thread, and its methods only make system calls.
unsafe impl Send for Reservation {}
// SAFETY: as above; no method changes the fields.
unsafe impl Sync for Reservation {}

impl Reservation {
    /// Reserves `wanted` bytes, rounded up to pages. If the system refuses (`ulimit -v`, 32-bit addresses), address space is
    /// scarce, and the program needs some too, for stacks and libraries: then two thirds of what there is are reserved, but
    /// never less than `least` bytes.
    pub fn new(wanted: usize, least: usize) -> Result<Self, OutOfMemory> {
        let least = pages::round_up(least.max(1)).ok_or(OutOfMemory)?;
        let wanted = pages::round_up(wanted.max(least)).ok_or(OutOfMemory)?;
        if let Ok(all) = Self::exactly(wanted) {
            return Ok(all);
        }
        let share = pages::round_up(longest(wanted) / 3 * 2).ok_or(OutOfMemory)?;
        Self::exactly(share.max(least))
    }

    /// Reserves so many bytes, a multiple of the page size.
    fn exactly(bytes: usize) -> Result<Self, OutOfMemory> {
        Ok(Self { start: pages::reserve(bytes)?, bytes })
    }

    /// The first address; a multiple of the page size.
    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    /// The length in bytes; a multiple of the page size.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Makes the pages that hold the bytes [offset, offset + bytes) readable and writable. New pages are zero; those
    /// committed before keep their contents. Committing 0 bytes does nothing.
    ///
    /// Fails if the range ends beyond the reservation, or if the system refuses memory. (Linux usually refuses nothing
    /// here. A process that exceeds the limit of its cgroup is killed when it touches the memory.)
    pub fn commit(&self, offset: usize, bytes: usize) -> Result<(), OutOfMemory> {
        let end = offset.checked_add(bytes).filter(|end| *end <= self.bytes).ok_or(OutOfMemory)?;
        if bytes == 0 {
            return Ok(());
        }
        let first = offset - offset % pages::page_size();
        let end = pages::round_up(end).ok_or(OutOfMemory)?;
        // SAFETY: [first, end) are whole pages inside this reservation, because its length is a multiple of the page
        // size.
        unsafe { pages::make_usable(self.start.add(first), end - first) }
    }

    /// Lets the system provide the pages that hold the committed bytes [offset, offset + bytes) now, not when they are touched.
    /// What they hold does not change. False if the system cannot do that.
    pub fn populate(&self, offset: usize, bytes: usize) -> bool {
        let first = offset - offset % pages::page_size();
        match offset.checked_add(bytes).filter(|end| *end <= self.bytes).and_then(pages::round_up) {
            // SAFETY: [first, end) are whole pages inside this reservation, because its length is a multiple of the page size.
            Some(end) => unsafe { pages::populate(self.start.add(first), end - first) },
            None => false,
        }
    }

    /// Gives the memory of the whole pages inside [offset, offset + bytes) back to the system. They stay committed and
    /// read as zero. Returns how many bytes were given back; 0 if there is no whole page in the range, or if the range
    /// ends beyond the reservation.
    ///
    /// # Safety
    /// Nothing in that range is of use any more, and no reference to it exists.
    pub unsafe fn discard(&self, offset: usize, bytes: usize) -> usize {
        let Some(end) = offset.checked_add(bytes).filter(|end| *end <= self.bytes) else { return 0 };
        let Some(first) = pages::round_up(offset) else { return 0 };
        let end = end - end % pages::page_size();
        if end <= first {
            return 0;
        }
        // SAFETY: [first, end) are whole pages of this reservation; the caller does not need their contents.
        if unsafe { pages::discard(self.start.add(first), end - first) } { end - first } else { 0 }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        // SAFETY: the mapping is this reservation's, and its owner is done with it.
        unsafe { pages::unmap(self.start, self.bytes) }
    }
}

/// About how many bytes of address space can be had in one piece: less than `refused`, and by no more than one part in 32 less
/// than the most.
fn longest(refused: usize) -> usize {
    let (mut given, mut refused) = (0, refused);
    while refused - given > (given / 32).max(pages::page_size()) {
        // Halves until something is given, and then what lies between.
        let bytes = given + (refused - given) / 2;
        if pages::round_up(bytes).is_some_and(|bytes| Reservation::exactly(bytes).is_ok()) {
            given = bytes;
        } else {
            refused = bytes;
        }
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(reservation: &Reservation, offset: usize, value: u8) {
        assert!(offset < reservation.bytes());
        // SAFETY: the tests write only to pages that they committed.
        unsafe { reservation.start().add(offset).write(value) }
    }

    fn read(reservation: &Reservation, offset: usize) -> u8 {
        // SAFETY: as above.
        unsafe { reservation.start().add(offset).read() }
    }

    #[test]
    fn committed_pages_are_zero_and_keep_their_contents() {
        let page = pages::page_size();
        let reservation = Reservation::new(100 * page + 1, 1).unwrap();
        assert_eq!(reservation.bytes(), 101 * page);
        reservation.commit(0, 10).unwrap();
        write(&reservation, 9, 7);
        reservation.commit(5, 2 * page).unwrap();
        assert_eq!(read(&reservation, 9), 7);
        assert_eq!(read(&reservation, 2 * page + 4), 0);
        write(&reservation, 3 * page - 1, 1);
    }

    #[test]
    fn a_commit_beyond_the_end_fails() {
        let reservation = Reservation::new(1 << 20, 1).unwrap();
        assert_eq!(reservation.commit(1 << 20, 1), Err(OutOfMemory));
        assert_eq!(reservation.commit(usize::MAX, 2), Err(OutOfMemory));
        assert_eq!(reservation.commit((1 << 20) - 1, 1), Ok(()));
        assert_eq!(reservation.commit(1 << 20, 0), Ok(()));
    }

    #[test]
    fn populated_pages_keep_their_contents() {
        let page = pages::page_size();
        let reservation = Reservation::new(4 * page, 1).unwrap();
        reservation.commit(0, 4 * page).unwrap();
        write(&reservation, page + 5, 7);
        // Older kernels refuse.
        let _ = reservation.populate(page + 1, 2 * page);
        assert_eq!([read(&reservation, page + 5), read(&reservation, 2 * page)], [7, 0]);
        assert!(!reservation.populate(page, 4 * page) && !reservation.populate(1, usize::MAX));
    }

    #[test]
    fn discard_clears_whole_pages_only() {
        let page = pages::page_size();
        let reservation = Reservation::new(4 * page, 1).unwrap();
        reservation.commit(0, 4 * page).unwrap();
        for offset in 0..4 * page {
            write(&reservation, offset, 1);
        }
        // SAFETY: the test does not need what is there.
        unsafe {
            assert_eq!(reservation.discard(1, 2 * page), page);
            assert_eq!(reservation.discard(1, page), 0);
            assert_eq!(reservation.discard(4 * page, page), 0);
        }
        let ones = (0..4 * page).filter(|&offset| read(&reservation, offset) == 1).count();
        assert_eq!(ones, 3 * page);
        assert!((page..2 * page).all(|offset| read(&reservation, offset) == 0));
    }

    #[test]
    #[cfg_attr(
        not(any(target_arch = "x86_64", target_arch = "x86")),
        ignore = "qemu-user goes through the whole address space before it refuses"
    )]
    fn of_what_the_system_has_a_third_is_left() {
        let too_much = usize::MAX - (1 << 16);
        let reservation = Reservation::new(too_much, 1 << 20).unwrap();
        assert!(reservation.bytes() < too_much);
        assert!(reservation.bytes() >= 1 << 20);
        assert!(longest(too_much) >= reservation.bytes() / 5 * 2, "{reservation:?}");
        assert_eq!(Reservation::new(too_much, too_much).map(|_| ()), Err(OutOfMemory));
        assert_eq!(Reservation::new(1, usize::MAX).map(|_| ()), Err(OutOfMemory));
    }
}

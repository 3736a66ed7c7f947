//! The borrowed words: the storage of gc.c's mark stack, `gc_block_stack`, which both variants use for two purposes.
//! Between collections it speeds up placement; during a collection it helps marking. Placement forgets what it knew when
//! a collection begins. This module alone knows what lies where.
//!
//! ```text
//!   fast, between collections      fast, while marking          compact, between      compact, while marking
//!   (PlacementWords)               (MarkingWords)               (CursorWords)         (StackEntries)
//!
//!   word 0  zone, reach, classes,  (not used)                   cursor for 1 block    entry 0: a block of an area;
//!           holes, segment size    far steps, then the first    cursor for 2 blocks   its size is gc.c's, so there
//!           lengths of holes       disguised free run           cursor for 4 blocks   are as many as gc.c has, from
//!           longest runs of        ┐ cards: a quarter of        cursor for 8 blocks   the first byte on
//!           segments               ┘ all words                  lowest freed block    entry 1
//!           bounds of classes      ┐                                                  …
//!           starts of holes        │ the mark stack:            With several areas the entry's area is in gc.c's own
//!           8 or 32 bits each      │ a word an entry            array for it, gc_area_stack.
//!   word 63                        ┘
//! ```
//!
//! The numbers of words are those of MicroPython's usual 64 entries of a word each; a port may have other ones.

use core::ptr::NonNull;

use super::area::Area;
use super::field::Field;
use super::state::State;
use crate::config::{self, WORD_BYTES};

/// gc.c's entries may be narrower than a word. What is kept in words starts at the first aligned one.
const START: usize = config::STATE_MARK_STACK.next_multiple_of(WORD_BYTES);

/// How many words there are: 64 in MicroPython's usual configuration.
const WORDS: usize = (config::STATE_MARK_STACK + config::STATE_MARK_STACK_BYTES - START) / WORD_BYTES;

const _: () = assert!(WORDS >= 7, "the mark stack must have room for at least 7 machine words");

fn word(state: State, index: usize) -> Field<usize> {
    debug_assert!(index < WORDS);
    state.field(START + index * WORD_BYTES)
}

/// The 32-bit number that starts at byte `at`.
fn number(state: State, at: usize) -> Field<u32> {
    debug_assert!(at + size_of::<u32>() <= WORDS * WORD_BYTES);
    state.field(START + at)
}

/// The bytes that placement uses: a longer list of holes would take longer to search, and its numbers are bytes.
const BYTES: usize = if WORDS * WORD_BYTES < 512 { WORDS * WORD_BYTES } else { 512 };
const _: () = assert!(HOLE_ENTRIES <= u8::MAX as usize);
const FIRST_HOLE_LEN: usize = 8;
const FIRST_MOST: usize = FIRST_HOLE_LEN + HOLE_ENTRIES.next_multiple_of(WORD_BYTES);
const FIRST_BOUND: usize = FIRST_MOST + SEGMENTS;
const FIRST_HOLE_START: usize = FIRST_BOUND + CLASSES * size_of::<u32>();
const _: () = assert!(FIRST_HOLE_START + HOLE_ENTRIES * size_of::<u32>() <= BYTES);

/// Whether segments of the table have numbers: not in a heap of several areas.
pub(crate) const HAS_SEGMENTS: bool = !config::SPLIT_HEAP;

/// How many segments there are: 64 with the usual 64 words, 32 on 32-bit machines; at least as many as a word has bytes.
pub(crate) const SEGMENTS: usize = {
    let words = BYTES / 8 / WORD_BYTES;
    if words > 1 && HAS_SEGMENTS { words * WORD_BYTES } else { WORD_BYTES }
};

/// How many size classes have a bound: 31 with the usual 64 words, 16 on 32-bit machines.
pub(crate) const CLASSES: usize = if BYTES / 16 < 31 { BYTES / 16 } else { 31 };

/// How many entries the list of holes has, the first of which is none: 63 with the usual 64 words, 30 on 32-bit machines.
pub(crate) const HOLE_ENTRIES: usize = {
    let room = BYTES - FIRST_HOLE_LEN - SEGMENTS - CLASSES * size_of::<u32>();
    let mut holes = room / 5;
    while holes * size_of::<u32>() + holes.next_multiple_of(WORD_BYTES) > room {
        holes -= 1;
    }
    holes
};

/// Whether there are places where searches go on ([`PlacementWords::place`]): where the addresses need not be gc.c's, and there
/// is room.
pub(crate) const HAS_PLACES: bool = cfg!(not(gcheap_lowest));
const _: () = assert!(!HAS_PLACES || LOWERED < WORDS * WORD_BYTES);
const FIRST_PLACE: usize = 512;
const LOWERED: usize = FIRST_PLACE + CLASSES * size_of::<u32>();

/// The fast variant's words between collections.
#[derive(Clone, Copy)]
pub(crate) struct PlacementWords(pub State);

impl PlacementWords {
    fn byte(self, at: usize) -> Field<u8> {
        debug_assert!(at < BYTES);
        self.0.field(START + at)
    }

    /// How many blocks the zone below the lowest hole has.
    pub fn zone(self) -> Field<u16> {
        self.0.field(START)
    }

    /// Whether there can be a zone: 1, or 0.
    pub fn may_have_zone(self) -> Field<u8> {
        self.byte(2)
    }

    /// The smallest class that nothing below the lowest hole and its zone can serve.
    pub fn reach(self) -> Field<u8> {
        self.byte(4)
    }

    /// How many classes, from the smallest on, have been searched for.
    pub fn known_classes(self) -> Field<u8> {
        self.byte(5)
    }

    /// The last entry of the list of holes that is one.
    pub fn last_hole(self) -> Field<u8> {
        self.byte(6)
    }

    /// log2 of the number of words of the table in a segment.
    pub fn segment_bits(self) -> Field<u8> {
        self.byte(7)
    }

    /// A class's bound.
    pub fn bound(self, class: usize) -> Field<u32> {
        debug_assert!(class < CLASSES);
        number(self.0, FIRST_BOUND + class * size_of::<u32>())
    }

    /// Where an object of a class was found last: the index behind it, or 0.
    pub fn place(self, class: usize) -> Field<u32> {
        debug_assert!(HAS_PLACES && class < CLASSES);
        number(self.0, FIRST_PLACE + class * size_of::<u32>())
    }

    /// Whether bounds have been lowered since all was forgotten: 1, or 0. Only where there are places.
    pub fn lowered(self) -> Field<u8> {
        self.0.field(START + LOWERED)
    }

    /// Where a hole starts.
    pub fn hole_start(self, i: usize) -> Field<u32> {
        debug_assert!(i < HOLE_ENTRIES);
        number(self.0, FIRST_HOLE_START + i * size_of::<u32>())
    }

    /// How many blocks a hole has.
    pub fn hole_len(self, i: usize) -> Field<u8> {
        debug_assert!(i < HOLE_ENTRIES);
        self.byte(FIRST_HOLE_LEN + i)
    }

    /// The lengths of as many holes as a word has bytes; those that there are not have length 0.
    pub fn hole_lens(self, i: usize) -> Field<usize> {
        debug_assert!(i < HOLE_ENTRIES.div_ceil(WORD_BYTES));
        self.0.field(START + FIRST_HOLE_LEN + i * WORD_BYTES)
    }

    /// A number of blocks that no free run of a segment exceeds.
    pub fn most(self, segment: usize) -> Field<u8> {
        debug_assert!(segment < SEGMENTS);
        self.byte(FIRST_MOST + segment)
    }

    /// Those of as many segments as a word has bytes.
    pub fn mosts(self, i: usize) -> Field<usize> {
        debug_assert!(i < SEGMENTS / WORD_BYTES);
        self.0.field(START + FIRST_MOST + i * WORD_BYTES)
    }

    /// Copies `n` holes from `from` on to `to` on; the two may overlap.
    pub fn move_holes(self, from: usize, to: usize, n: usize) {
        debug_assert!(from.max(to) + n <= HOLE_ENTRIES);
        let start = |i: usize| number(self.0, FIRST_HOLE_START + i * size_of::<u32>()).address();
        let len = |i: usize| self.byte(FIRST_HOLE_LEN + i).address();
        // SAFETY: I1: the holes lie in the borrowed words; I4: no reference to them exists.
        unsafe {
            start(from).copy_to(start(to), n);
            len(from).copy_to(len(to), n);
        }
    }
}

const FIRST_DISGUISED: usize = 1;
const FIRST_CARD: usize = 2;
const FIRST_ENTRY: usize = FIRST_CARD + CARD_WORDS;

/// Words that hold cards.
pub(crate) const CARD_WORDS: usize = WORDS / 4;

/// Entries of the fast variant's mark stack.
pub(crate) const FAST_ENTRIES: usize = WORDS - FIRST_ENTRY;

/// The fast variant's words during a collection.
#[derive(Clone, Copy)]
pub(crate) struct MarkingWords(pub State);

impl MarkingWords {
    /// The address of the first disguised free run, or 0.
    pub fn first_disguised(self) -> Field<usize> {
        word(self.0, FIRST_DISGUISED)
    }

    /// In the same word, as long as no free run is disguised: how many steps of the walk have led far away in memory.
    /// Set to 0 when a collection begins.
    pub fn far_steps(self) -> Field<usize> {
        word(self.0, FIRST_DISGUISED)
    }

    /// A word of cards.
    pub fn cards(self, i: usize) -> Field<usize> {
        debug_assert!(i < CARD_WORDS);
        word(self.0, FIRST_CARD + i)
    }

    /// An entry of the mark stack.
    pub fn entry(self, i: usize) -> Field<usize> {
        debug_assert!(i < FAST_ENTRIES);
        word(self.0, FIRST_ENTRY + i)
    }
}

/// The compact variant's words between collections.
#[derive(Clone, Copy)]
pub(crate) struct CursorWords(pub State);

impl CursorWords {
    /// A cursor.
    pub fn cursor(self, i: usize) -> Field<usize> {
        word(self.0, i)
    }
}

/// Bytes of an entry of gc.c's mark stack: 1, 2, 4 or 8.
const ENTRY_BYTES: usize = config::STATE_MARK_STACK_ENTRY_BYTES;

/// Entries of the compact variant's mark stack: as many as gc.c has.
const COMPACT_ENTRIES: usize = config::STATE_MARK_STACK_BYTES / ENTRY_BYTES;

/// The compact variant's mark stack. It grows upwards; its top is passed by value, as the place of the next entry.
#[derive(Clone, Copy)]
pub(crate) struct StackEntries(pub State);

/// The place of an entry of the compact variant's mark stack, or of the end of all entries.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct EntryPlace(NonNull<u8>);

impl StackEntries {
    /// Whether an entry can hold the block's index: always so where gc.c's entries are at least as wide as a word.
    #[inline(always)]
    pub fn fits(block: usize) -> bool {
        ENTRY_BYTES >= WORD_BYTES || block >> (8 * ENTRY_BYTES as u32 % usize::BITS) == 0
    }

    /// The first entry's place.
    pub fn bottom(self) -> EntryPlace {
        EntryPlace(self.0.field::<[u8; config::STATE_MARK_STACK_BYTES]>(config::STATE_MARK_STACK).address().cast())
    }

    /// The place behind the last entry.
    pub fn end(self) -> EntryPlace {
        // SAFETY: I1: one past the entries.
        EntryPlace(unsafe { self.bottom().0.add(COMPACT_ENTRIES * ENTRY_BYTES) })
    }

    /// The area of an entry, where there can be several.
    pub fn area(self, entry: EntryPlace) -> Field<Area> {
        let i = (entry.0.addr().get() - self.bottom().0.addr().get()) / ENTRY_BYTES;
        self.0.field(config::STATE_AREA_STACK + i * WORD_BYTES)
    }
}

impl EntryPlace {
    /// Makes `block`, which fits, the block of this entry, an index into its area; returns the next entry's place.
    #[inline(always)]
    pub fn push(self, block: usize) -> EntryPlace {
        // SAFETY: I1: an entry, which is followed by another one or by the end of all; I4.
        unsafe {
            match ENTRY_BYTES {
                1 => self.0.write(block as u8),
                2 => self.0.cast().write(block as u16),
                4 => self.0.cast().write(block as u32),
                // On a machine whose words are narrower, only the first one counts.
                _ => self.0.cast().write(block),
            }
            EntryPlace(self.0.add(ENTRY_BYTES))
        }
    }

    /// The block of the entry before this place, and that entry's place.
    #[inline(always)]
    pub fn pop(self) -> (usize, EntryPlace) {
        // SAFETY: I1: there is an entry before this place, which `push` has written.
        unsafe {
            let at = self.0.sub(ENTRY_BYTES);
            let block = match ENTRY_BYTES {
                1 => at.read().into(),
                2 => at.cast::<u16>().read().into(),
                4 => at.cast::<u32>().read() as usize,
                _ => at.cast::<usize>().read(),
            };
            (block, EntryPlace(at))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a different number into every accessor's field, then finds all of them as written.
    fn keep_apart(fields: &[&dyn Fn(State, Option<usize>) -> usize]) {
        let mut storage = [0usize; config::STATE_BYTES / WORD_BYTES + 1];
        // SAFETY: I1: as many bytes as the state has, aligned.
        let state = unsafe { State::new(NonNull::from(&mut storage).cast()) };
        for (n, field) in fields.iter().enumerate() {
            field(state, Some(n + 1));
        }
        for (n, field) in fields.iter().enumerate() {
            assert_eq!(field(state, None), n + 1, "field {n}");
        }
        let inside = START / WORD_BYTES..(config::STATE_MARK_STACK + config::STATE_MARK_STACK_BYTES) / WORD_BYTES;
        let outside = storage.iter().enumerate().filter(|(i, word)| !inside.contains(i) && **word != 0);
        assert_eq!(outside.count(), 0, "a field lies outside the borrowed words");
    }

    fn access<T: Copy + TryInto<usize> + TryFrom<usize>>(field: Field<T>, value: Option<usize>) -> usize {
        if let Some(value) = value.and_then(|value| value.try_into().ok()) {
            field.set(value);
        }
        field.get().try_into().unwrap_or(0)
    }

    #[test]
    fn no_two_fields_overlap() {
        let zone = |s, v| access(PlacementWords(s).zone(), v);
        let may = |s, v| access(PlacementWords(s).may_have_zone(), v);
        let reach = |s, v| access(PlacementWords(s).reach(), v);
        let known = |s, v| access(PlacementWords(s).known_classes(), v);
        let count = |s, v| access(PlacementWords(s).last_hole(), v);
        let bits = |s, v| access(PlacementWords(s).segment_bits(), v);
        let first_len = |s, v| access(PlacementWords(s).hole_len(0), v);
        let last_len = |s, v| access(PlacementWords(s).hole_len(HOLE_ENTRIES - 1), v);
        let first_bound = |s, v| access(PlacementWords(s).bound(0), v);
        let last_bound = |s, v| access(PlacementWords(s).bound(CLASSES - 1), v);
        let first_start = |s, v| access(PlacementWords(s).hole_start(0), v);
        let last_start = |s, v| access(PlacementWords(s).hole_start(HOLE_ENTRIES - 1), v);
        keep_apart(&[
            &zone,
            &may,
            &reach,
            &known,
            &count,
            &bits,
            &first_len,
            &last_len,
            &first_bound,
            &last_bound,
            &last_start,
        ]);
        let first_most = |s, v| access(PlacementWords(s).most(0), v);
        let last_most = |s, v| access(PlacementWords(s).most(SEGMENTS - 1), v);
        keep_apart(&[&bits, &last_len, &first_most, &last_most, &first_bound, &last_bound, &first_start]);
        let disguised = |s, v| access(MarkingWords(s).first_disguised(), v);
        let card = |s, v| access(MarkingWords(s).cards(CARD_WORDS - 1), v);
        let bottom = |s, v| access(MarkingWords(s).entry(0), v);
        let top = |s, v| access(MarkingWords(s).entry(FAST_ENTRIES - 1), v);
        keep_apart(&[&disguised, &card, &bottom, &top]);
    }

    #[test]
    fn entries_hold_what_gc_c_puts_into_them() {
        let mut storage = [0usize; config::STATE_BYTES / WORD_BYTES + 1];
        // SAFETY: I1: as many bytes as the state has, aligned.
        let entries = StackEntries(unsafe { State::new(NonNull::from(&mut storage).cast()) });
        let block = |i: usize| (i * 0x0123_4567) & (usize::MAX >> usize::BITS.saturating_sub(8 * ENTRY_BYTES as u32));
        assert!(!StackEntries::fits(usize::MAX) || ENTRY_BYTES >= WORD_BYTES);
        assert!((0..COMPACT_ENTRIES).all(|i| StackEntries::fits(block(i))));
        let mut top = entries.bottom();
        (0..COMPACT_ENTRIES).for_each(|i| top = top.push(block(i)));
        assert!(top == entries.end());
        for i in (0..COMPACT_ENTRIES).rev() {
            let (found, next) = top.pop();
            assert_eq!(found, block(i));
            top = next;
        }
        assert!(top == entries.bottom());
        assert_eq!(COMPACT_ENTRIES * ENTRY_BYTES, config::STATE_MARK_STACK_BYTES);
    }
}

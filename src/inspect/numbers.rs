//! The numbers of the statistics ([`super::statistics`]), and how what happens changes them.

use crate::config::BLOCK_BYTES;

/// How many classes of sizes there are: objects of 1, 2, 3–4, 5–8, 9–16, 17–32, 33–64 and of more blocks.
const SIZE_CLASSES: usize = 8;
/// How many classes of pauses there are: below 64 µs, below 128 µs and so on; the last one has no upper bound.
const PAUSE_CLASSES: usize = 16;
const SHORTEST_PAUSE_BITS: u32 = 6;

/// What the heap has done: gc_statistics fills it in, and a host lends the memory for another one (gcheap_host_statistics).
///
/// All since the last gc_init. It has 184 bytes on 32 bits. Numbers of 32 bits start again at 0 behind 2^32 - 1; those of 16 bits stop at 65535.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Collections because an allocation found no room.
    pub collections_no_room: u32,
    /// Collections because the allocation threshold was reached (or because of gc_set_stress).
    pub collections_threshold: u32,
    /// Collections that the program asked for.
    pub collections_asked: u32,
    /// Collections in which the mark stack was full.
    pub mark_stack_full: u32,
    /// Microseconds that all collections took, from gc_collect_start to the end of gc_collect_end, finalisers included.
    pub pauses_us: u64,
    /// The same of the longest one.
    pub longest_pause_us: u32,
    /// Objects freed, by collections and by gc_free.
    pub objects_freed: u32,
    /// Pauses below 64 µs, below 128 µs and so on: each class has those that the one before has not. The last one has the rest.
    pub pause_classes: [u16; 16],
    /// Objects allocated of 1, 2, 3 to 4, 5 to 8, 9 to 16, 17 to 32, 33 to 64 and of more blocks.
    pub objects: [u32; 8],
    /// The blocks that these had. What gc_realloc adds to an object counts in the class of its new size.
    pub blocks: [u32; 8],
    /// Bytes in use now.
    pub used_bytes: usize,
    /// The most bytes that were ever in use.
    pub most_used_bytes: usize,
    /// The longest free run in bytes after the collection that left the shortest one; the largest size_t before the first.
    pub smallest_hole_bytes: usize,
    /// Allocations that failed although the heap was not locked.
    pub failed: u32,
    /// The bytes that the last of these asked for.
    pub failed_bytes: usize,
    /// The longest free run in bytes then.
    pub failed_hole_bytes: usize,
    /// Microseconds that the last collection took until everything was marked.
    pub last_mark_us: u32,
    /// Microseconds that it took in all.
    pub last_pause_us: u32,
    /// Bytes in use when it began.
    pub last_before_bytes: usize,
    /// Why it came: 1: an allocation found no room; 2: the threshold was reached, or gc_set_stress's number; 0: asked for.
    pub last_cause: u8,
    /// For the host, which may change it; gc_init sets it to 0.
    pub host: u8,
    /// The bytes that the allocation asked for that has caused the last collection, or is about to cause one.
    pub cause_bytes: usize,
    /// Collect at every so many allocations; 0: do not.
    pub stress: u32,
    /// The heap's own: allocations since the last collection.
    pub since_last: u32,
    /// The heap's own: when the collection under way has begun.
    pub started_us: u32,
    /// The heap's own: why the next collection comes.
    pub cause: u8,
    /// The heap's own: the mark stack was full in the collection under way.
    pub is_stack_full: bool,
}

/// Why an allocation collects. A collection that comes without is one that the program asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    NoRoom = 1,
    Threshold = 2,
}

/// The class of an object of so many blocks.
fn size_class(blocks: usize) -> usize {
    (0..SIZE_CLASSES - 1).find(|&class| blocks <= 1 << class).unwrap_or(SIZE_CLASSES - 1)
}

/// The class of a pause.
fn pause_class(us: u32) -> usize {
    let bits = |class: usize| class as u32 + SHORTEST_PAUSE_BITS;
    (0..PAUSE_CLASSES - 1).find(|&class| us >> bits(class) == 0).unwrap_or(PAUSE_CLASSES - 1)
}

impl Statistics {
    /// Of a new heap.
    pub(crate) fn new() -> Self {
        Self { smallest_hole_bytes: usize::MAX, ..Self::default() }
    }

    fn add_blocks(&mut self, class: usize, more: usize) {
        if let Some(blocks) = self.blocks.get_mut(class) {
            *blocks = blocks.wrapping_add(more as u32);
        }
        self.used_bytes = self.used_bytes.wrapping_add(more.wrapping_mul(BLOCK_BYTES));
        self.most_used_bytes = self.most_used_bytes.max(self.used_bytes);
    }

    /// A new object.
    pub(crate) fn note_object(&mut self, blocks: usize) {
        let class = size_class(blocks);
        if let Some(objects) = self.objects.get_mut(class) {
            *objects = objects.wrapping_add(1);
        }
        self.since_last = self.since_last.saturating_add(1);
        self.add_blocks(class, blocks);
    }

    /// An object has grown.
    pub(crate) fn note_grown(&mut self, old: usize, blocks: usize) {
        self.add_blocks(size_class(blocks), blocks.wrapping_sub(old));
    }

    /// So many blocks of an object that stays have become free.
    pub(crate) fn note_shrunk(&mut self, blocks: usize) {
        self.used_bytes = self.used_bytes.wrapping_sub(blocks.wrapping_mul(BLOCK_BYTES));
    }

    /// An object of so many blocks was freed.
    pub(crate) fn note_freed(&mut self, blocks: usize) {
        self.objects_freed = self.objects_freed.wrapping_add(1);
        self.note_shrunk(blocks);
    }

    /// A collection took so many microseconds.
    pub(crate) fn note_pause(&mut self, us: u32) {
        self.last_pause_us = us;
        self.pauses_us = self.pauses_us.wrapping_add(u64::from(us));
        self.longest_pause_us = self.longest_pause_us.max(us);
        if let Some(class) = self.pause_classes.get_mut(pause_class(us)) {
            *class = class.saturating_add(1);
        }
    }

    /// A collection has come for the reason that was noted.
    pub(crate) fn note_cause(&mut self) {
        let of_cause = match self.cause {
            x if x == Cause::NoRoom as u8 => &mut self.collections_no_room,
            x if x == Cause::Threshold as u8 => &mut self.collections_threshold,
            _ => &mut self.collections_asked,
        };
        self.last_cause = self.cause;
        *of_cause = of_cause.wrapping_add(1);
        self.cause = 0;
        self.mark_stack_full = self.mark_stack_full.wrapping_add(u32::from(self.is_stack_full));
    }
}

//! What gc.c does not have, and other interpreters want: objects in which nobody looks for pointers, pointers into objects,
//! a heap that grows in place. crates/standalone/heap.env has all of it on. Of the fast variant only.
#![cfg(all(gcheap_no_scan, gcheap_interior, gcheap_growth))]

mod batch;

use std::ptr::NonNull;

use crate::support::{Heap, World};
use gcheap::config::{BLOCK_BYTES as B, WORD_BYTES};
use gcheap::{AllocFlags, GROWTH_STEP, Reserved, reserved_table_bytes};

/// Blocks for which there is one written-down start.
const CHUNK: usize = 4096;

/// Writes word `i` of an object.
fn put(object: *mut u8, i: usize, word: usize) {
    // SAFETY: the callers' objects have that many words.
    unsafe { object.cast::<usize>().add(i).write(word) }
}

/// A collection that starts from one word, which may point into an object.
fn collect_from(heap: Heap<'_>, word: usize) {
    heap.collect_start();
    // SAFETY: one word.
    unsafe { heap.collect_root_inside(&raw const word, 1) };
    heap.collect_end();
}

fn collect_exactly_from(heap: Heap<'_>, word: usize) {
    heap.collect_start();
    // SAFETY: one word.
    unsafe { heap.collect_root(&raw const word, 1) };
    heap.collect_end();
}

fn lives(heap: Heap<'_>, object: *mut u8) -> bool {
    heap.nbytes(object) != 0
}

#[test]
fn nothing_is_reached_through_a_no_scan_object() {
    let world = World::new(&[64]);
    let heap = world.heap();
    let text = heap.alloc_with(2 * B, AllocFlags::NO_SCAN);
    let lost = heap.alloc(B, false);
    put(text, 0, lost.addr());
    collect_from(heap, text.addr());
    assert!(lives(heap, text) && !lives(heap, lost));
    // It stays so when it moves, …
    let wall = heap.alloc(B, false);
    let moved = heap.realloc(text, 8 * B, true);
    assert!(moved != text && !wall.is_null());
    let lost = heap.alloc(B, false);
    put(moved, 5, lost.addr());
    collect_from(heap, moved.addr());
    assert!(lives(heap, moved) && !lives(heap, lost));
    // … and the next object in the same place is scanned.
    heap.free(moved);
    let list = heap.alloc(8 * B, false);
    assert_eq!(list, text);
    let kept = heap.alloc(B, false);
    put(list, 3, kept.addr());
    collect_from(heap, list.addr());
    assert!(lives(heap, kept));
    world.check();
}

#[test]
fn memory_is_cleared_unless_the_caller_does_not_want_it() {
    let world = World::new(&[64]);
    let heap = world.heap();
    let flags = [AllocFlags::NONE, AllocFlags::NO_SCAN, AllocFlags::NOT_CLEARED, AllocFlags::NO_SCAN];
    for (i, flags) in flags.into_iter().enumerate() {
        let old = heap.alloc(2 * B, false);
        put(old, 1, 0x5a5a);
        heap.free(old);
        // NOT_CLEARED alone means nothing: what is scanned must not hold what was there before.
        let flags = if i == 3 { flags.and(AllocFlags::NOT_CLEARED) } else { flags };
        let new = heap.alloc_with(2 * B, flags);
        assert_eq!(new, old);
        // SAFETY: the object's second word.
        assert_eq!(unsafe { new.cast::<usize>().add(1).read() }, if i == 3 { 0x5a5a } else { 0 }, "{flags:?}");
        heap.free(new);
    }
}

#[test]
fn every_address_in_an_object_leads_to_it() {
    let world = World::new(&[8 * CHUNK]);
    let heap = world.heap();
    for blocks in [1, 2, 31, 32, 33, 100, CHUNK, 3 * CHUNK + 5] {
        let (before, object, behind) = (heap.alloc(B, false), heap.alloc(blocks * B, false), heap.alloc(B, false));
        let steps = (0..blocks).step_by(if blocks > 200 { 97 } else { 1 });
        for offset in steps.flat_map(|block| [0, 1, B - 1].map(|byte| block * B + byte)) {
            assert_eq!(heap.object_around(object.wrapping_add(offset)), object, "{blocks} blocks, byte {offset}");
        }
        collect_from(heap, object.addr() + blocks * B - 1);
        assert!(lives(heap, object) && !lives(heap, before) && !lives(heap, behind), "{blocks} blocks");
        assert!(heap.object_around(behind).is_null());
        world.check();
        collect_exactly_from(heap, object.addr() + 1);
        assert!(!lives(heap, object), "{blocks} blocks");
    }
    let end = world.all_lent()[0].1;
    for outside in [0, end, end + B, usize::MAX] {
        assert!(heap.object_around(std::ptr::without_provenance(outside)).is_null());
    }
}

#[test]
fn words_in_objects_count_as_the_host_wants() {
    for inside in [false, true] {
        let world = World::new(&[64]);
        let heap = world.heap();
        world.inside.set(inside);
        let (list, head, middle) = (heap.alloc(B, false), heap.alloc(3 * B, false), heap.alloc(3 * B, false));
        put(list, 0, head.addr());
        put(list, 1, middle.addr() + 2 * B + 1);
        collect_from(heap, list.addr() + 1);
        assert_eq!((lives(heap, head), lives(heap, middle)), (true, inside));
        world.check();
    }
}

#[test]
fn a_long_objects_start_is_found_after_it_has_grown_and_others_have_gone() {
    let world = World::new(&[8 * CHUNK]);
    let heap = world.heap();
    let first = heap.alloc(5 * CHUNK * B, false);
    heap.free(first);
    // Short ones across the places where its start was written down.
    let short: Vec<_> = (0..CHUNK).map(|_| heap.alloc(3 * B, false)).collect();
    for object in short {
        assert_eq!(heap.object_around(object.wrapping_add(3 * B - 1)), object);
        heap.free(object);
    }
    let growing = heap.alloc(B, false);
    for blocks in [2, CHUNK - 1, CHUNK + 1, 2 * CHUNK + 7] {
        assert_eq!(heap.realloc(growing, blocks * B, false), growing);
        assert_eq!(heap.object_around(growing.wrapping_add(blocks * B - 1)), growing);
        world.check();
    }
}

/// Free runs have tails while objects wait. One of them lies where a long object was before, whose start is still written down.
#[test]
fn no_start_of_a_long_object_is_believed_that_has_gone() {
    const LEAVES: usize = 6000;
    let world = World::new(&[8 * CHUNK]);
    let heap = world.heap();
    let long = heap.alloc((CHUNK + 100) * B, false);
    let wide = heap.alloc(LEAVES * WORD_BYTES, false);
    let leaves: Vec<_> = (0..LEAVES).map(|_| heap.alloc(B, false)).collect();
    for i in 0..LEAVES {
        // Far away from each other, so that marking lets them wait.
        put(wide, i, leaves[i * 2221 % LEAVES].addr());
    }
    heap.free(long);
    let (dead, alive) = (heap.alloc(3 * B, false), heap.alloc(10 * B, false));
    assert_eq!((dead, alive), (long, long.wrapping_add(3 * B)));
    heap.collect_start();
    for word in [wide.addr(), alive.addr() + 5 * B] {
        // SAFETY: one word.
        unsafe { heap.collect_root_inside(&raw const word, 1) };
    }
    heap.collect_end();
    assert!(lives(heap, alive) && !lives(heap, dead));
    assert!(leaves.iter().all(|&leaf| lives(heap, leaf)));
    world.check();
}

/// Everything at once, in a heap whose mark stack is full all the time: objects wait in the table, and free runs are
/// disguised; words point at heads, into objects, into free runs long and short, and outside.
#[test]
fn what_is_reached_is_what_a_simple_walk_reaches() {
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % below
    };
    for round in 0..40 {
        let world = World::new_at(&[6 * CHUNK], if round % 2 == 0 { 0 } else { 3 }, 0);
        let heap = world.heap();
        let inside = round % 4 < 2;
        world.inside.set(inside);
        let mut objects = vec![];
        for i in 0..1500 {
            let blocks = if i == 700 { 2 * CHUNK } else { 1 + next(4) * (1 + next(3)) };
            let no_scan = next(4) == 0;
            let flags = if no_scan { AllocFlags::NO_SCAN } else { AllocFlags::NONE };
            objects.push((heap.alloc_with(blocks * B, flags), blocks, no_scan));
        }
        // The long one leaves a free run behind, where its start is still written down.
        if round % 3 == 0 {
            heap.free(objects.remove(700).0);
        }
        let (start, end) = world.all_lent()[0];
        let mut links = vec![];
        for &(object, blocks, _) in &objects {
            let mut of_this = vec![];
            for i in 0..(blocks * B / WORD_BYTES).min(300) {
                let (to, len, _) = objects[next(objects.len())];
                let word = match next(12) {
                    0..=3 => to.addr(),
                    4 => to.addr() + next(len * B),
                    5 => start + next(end - start),
                    6 => end + next(1000),
                    _ => 0,
                };
                put(object, i, word);
                of_this.push(word);
            }
            links.push(of_this);
        }
        let target = |word: usize, inside: bool| {
            let within = |&(object, blocks, _): &(*mut u8, usize, bool)| {
                if inside { (object.addr()..object.addr() + blocks * B).contains(&word) } else { object.addr() == word }
            };
            let i = objects.partition_point(|o| o.0.addr() <= word).checked_sub(1)?;
            if within(&objects[i]) { Some(i) } else { None }
        };
        let root = objects[next(20)].0.addr() + next(B);
        let mut reached = vec![false; objects.len()];
        let mut stack = vec![];
        if let Some(i) = target(root, true) {
            reached[i] = true;
            stack.push(i);
        }
        while let Some(i) = stack.pop() {
            if objects[i].2 {
                continue;
            }
            for to in links[i].iter().filter_map(|&word| target(word, inside)) {
                if !std::mem::replace(&mut reached[to], true) {
                    stack.push(to);
                }
            }
        }
        heap.collect_start();
        // SAFETY: one word.
        unsafe { heap.collect_root_inside(&raw const root, 1) };
        for (i, &(object, ..)) in objects.iter().enumerate() {
            assert_eq!(heap.is_reached(object), reached[i], "round {round}, object {i}");
        }
        heap.collect_end();
        for (i, &(object, ..)) in objects.iter().enumerate() {
            assert_eq!(lives(heap, object), reached[i], "round {round}, object {i}");
        }
        world.check();
    }
}

#[test]
fn roots_may_follow_the_question_what_is_reached() {
    let world = World::new(&[CHUNK]);
    let heap = world.heap();
    // An object that points at more than the mark stack has room for, twice.
    let wide: Vec<_> = (0..2).map(|_| heap.alloc(1000 * WORD_BYTES, false)).collect();
    let leaves: Vec<Vec<_>> = wide
        .iter()
        .map(|&wide| {
            (0..1000)
                .map(|i| {
                    let leaf = heap.alloc(B, false);
                    put(wide, i, leaf.addr());
                    leaf
                })
                .collect()
        })
        .collect();
    heap.collect_start();
    for (i, &wide) in wide.iter().enumerate() {
        assert!(!heap.is_reached(wide));
        let word = wide.addr();
        // SAFETY: one word.
        unsafe { heap.collect_root(&raw const word, 1) };
        assert!(heap.is_reached(wide));
        assert!(leaves[i].iter().all(|&leaf| heap.is_reached(leaf)));
    }
    heap.collect_end();
    assert!(leaves.iter().flatten().all(|&leaf| lives(heap, leaf)));
    world.check();
}

/// A heap without a block, in memory that is reserved for this many steps of growth.
fn reserved(steps: usize) -> (Box<World>, Vec<u128>) {
    let world = World::new(&[4]);
    let most_blocks = steps * GROWTH_STEP;
    let tables = reserved_table_bytes(most_blocks).next_multiple_of(B);
    let mut memory = vec![0u128; (tables + most_blocks * B) / size_of::<u128>()];
    let start: NonNull<u8> = NonNull::from(&mut memory[..]).cast();
    // SAFETY: as many bytes as the tables and the pool take; the test keeps them.
    unsafe { world.heap().init_reserved(Reserved { tables: start, pool: start.add(tables), most_blocks }) };
    (world, memory)
}

#[test]
fn a_heap_grows_in_place() {
    let (world, memory) = reserved(5);
    let heap = world.heap();
    let pool = memory.as_ptr_range().end.addr() - 5 * GROWTH_STEP * B;
    assert!(heap.alloc(1, false).is_null());
    assert_eq!(world.asked_to_grow.take(), [(1, false), (1, true)]);
    world.growths.set(2);
    // Of the second step, too, because one step is not enough.
    let long = heap.alloc((GROWTH_STEP + 1) * B, false);
    assert_eq!(long.addr(), pool);
    assert_eq!(world.asked_to_grow.take(), [(GROWTH_STEP + 1, false), (GROWTH_STEP + 1, false)]);
    world.roots.borrow_mut().push(long.addr());
    // What is left of it is used first; then a run that began there goes on in the new blocks.
    let short: Vec<_> = (0..GROWTH_STEP - 2).map(|_| heap.alloc(B, false)).collect();
    assert_eq!(short.last().unwrap().addr(), pool + (2 * GROWTH_STEP - 2) * B);
    world.growths.set(1);
    let across = heap.alloc(3 * B, false);
    assert_eq!(across.addr(), pool + (2 * GROWTH_STEP - 1) * B);
    world.check();
    assert_eq!(world.asked_to_grow.take(), [(3, false)]);
    // Nothing more is to be had: a collection, then the question again, then what it has freed serves.
    let collections = world.collections.get();
    assert_eq!(heap.alloc(GROWTH_STEP * B, false).addr(), pool + (GROWTH_STEP + 1) * B);
    assert_eq!((world.asked_to_grow.take(), world.collections.get()), (vec![(GROWTH_STEP, false)], collections + 1));
    assert!(heap.alloc(5 * GROWTH_STEP * B, false).is_null());
    assert_eq!(world.asked_to_grow.take(), [(5 * GROWTH_STEP, false), (5 * GROWTH_STEP, true)]);
    // SAFETY: of five steps, three are used.
    unsafe { heap.extend(2 * GROWTH_STEP) };
    assert_eq!(heap.info_fast().total, 5 * GROWTH_STEP * B);
    world.check();
}

#[test]
fn free_runs_are_told_of() {
    let world = World::new(&[20 * 64]);
    let heap = world.heap();
    let objects: Vec<_> = (0..11).map(|_| heap.alloc(100 * B, false)).collect();
    assert_eq!(heap.free_run(std::ptr::null(), 1), None);
    [2, 5, 6, 9].iter().for_each(|&i: &usize| heap.free(objects[i]));
    let mut found = vec![];
    let mut from = std::ptr::null::<u8>();
    while let Some((run, bytes)) = heap.free_run(from, 64 * B) {
        let (start, end) = (run.addr().get(), run.addr().get() + bytes);
        let hole =
            |first: usize, n: usize| start >= objects[first].addr() && end <= objects[first].addr() + n * 100 * B;
        found.push([hole(2, 1), hole(5, 2), hole(9, 1)].iter().position(|&is| is).unwrap());
        // No more than a word of the table is left out at either end.
        assert!(bytes > (if found.last() == Some(&1) { 200 } else { 100 } - 64) * B);
        from = run.as_ptr().wrapping_add(bytes);
    }
    assert_eq!(found, [0, 1, 2]);
}

//! Many objects at once.

use super::{collect_from, lives, put};
use crate::support::{Heap, World};
use gcheap::config::BLOCK_BYTES as B;
use gcheap::{AllocFlags, Batch, MOST_STRETCHES, STRETCH_BYTES};

/// Numbers that look random, always the same ones.
fn numbers(mut seed: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % below
    }
}

/// A heap full of objects of one to five blocks, some of which were freed; the same for the same seed.
fn with_holes(heap: Heap<'_>, seed: u64) {
    let mut next = numbers(seed);
    let objects: Vec<_> =
        (0..400).map(|_| heap.alloc_with((1 + next(5)) * B, AllocFlags::from_bits(next(2) as u32 * 2))).collect();
    for object in objects {
        if next(3) != 0 {
            heap.free(object);
        }
    }
}

fn addresses(batch: Batch) -> Vec<usize> {
    let mut all = vec![];
    batch.each(|address| all.push(address));
    all
}

/// The picture of a heap in which these objects of so many blocks have been made.
fn drawn_into(picture: &str, objects: &[usize], first: usize, blocks: usize) -> String {
    let mut blocks_of: Vec<u8> = picture.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    for &object in objects {
        let block = (object - first) / B;
        let place = &mut blocks_of[block..block + blocks];
        assert!(place.iter().all(|&kind| kind == b'.'), "block {block}\n{picture}");
        place.fill(b'=');
        place[0] = b'h';
    }
    String::from_utf8(blocks_of).unwrap()
}

#[test]
fn a_batch_takes_free_blocks_and_nothing_else() {
    for seed in 1..200 {
        // Where the first block's lane is not the first, too.
        let world = World::new_at(&[1600], if seed % 2 == 0 { 0 } else { 1 + seed as usize % 7 }, 0);
        let heap = world.heap();
        world.disable_collections();
        let first = heap.alloc(B, false);
        heap.free(first);
        with_holes(heap, seed);
        let mut next = numbers(seed + 1000);
        for _ in 0..60 {
            let (blocks, no_scan) = (1 + next(16), next(2) == 1);
            let (before, used) = (world.picture(), heap.info().used);
            let Some(batch) = heap.alloc_batch(blocks, no_scan, 1 + next(MOST_STRETCHES)) else { break };
            let found = addresses(batch);
            let expected = drawn_into(&before, &found, first.addr(), blocks);
            assert_eq!(world.picture(), expected, "seed {seed}, {} of {blocks} blocks", found.len());
            assert_eq!(heap.info().used, used + found.len() * blocks * B);
            for address in found {
                assert_eq!(heap.is_no_scan(std::ptr::without_provenance(address)), no_scan, "seed {seed}");
            }
            if next(4) == 0 {
                heap.free(heap.alloc(3 * B, false));
            }
            world.check();
        }
    }
}

/// As long as nothing has been freed, all of it is used: the objects lie side by side.
#[test]
fn batches_leave_nothing_out() {
    for blocks in 1..=16 {
        let world = World::new(&[3 * 4096]);
        let mut end = None;
        let mut most = 0;
        // Over two places where it is written down what object starts before them.
        while end.is_none_or(|end| end < world.all_lent()[0].1 - 600 * B) {
            let found = addresses(world.heap().alloc_batch(blocks, false, MOST_STRETCHES).unwrap());
            for &object in &found {
                assert!(end.is_none_or(|end| end == object), "{blocks} blocks");
                end = Some(object + blocks * B);
            }
            most = most.max(found.len() * blocks * B);
        }
        world.check();
        // Nearly as many as there is room for in so many stretches.
        assert!(most + 2 * 16 * B > MOST_STRETCHES * STRETCH_BYTES, "{blocks} blocks: {most}");
    }
}

#[test]
fn what_nobody_has_used_yet_is_kept_and_not_looked_into() {
    let world = World::new(&[64]);
    let heap = world.heap();
    let lost = heap.alloc(B, false);
    let batch = heap.alloc_batch(2, false, 1).unwrap();
    let unused = addresses(batch);
    assert!(unused.len() > 1);
    for &object in &unused {
        put(std::ptr::with_exposed_provenance_mut(object), 1, lost.addr());
    }
    heap.collect_start();
    heap.mark_batch(batch);
    heap.collect_end();
    assert!(!lives(heap, lost));
    assert!(unused.iter().all(|&object| lives(heap, std::ptr::with_exposed_provenance_mut(object))));
    // From then on it is as any object.
    collect_from(heap, unused[0]);
    assert!(unused[1..].iter().all(|&object| !lives(heap, std::ptr::with_exposed_provenance_mut(object))));
    world.check();
}

#[test]
fn a_batch_counts_towards_the_next_collection() {
    let world = World::new(&[640]);
    let heap = world.heap();
    world.set_alloc_threshold(100);
    let before = world.collections.get();
    let mut made = 0;
    while world.collections.get() == before {
        made += addresses(heap.alloc_batch(1, false, 1).unwrap()).len();
    }
    assert!((100..100 + 2 * usize::BITS as usize).contains(&made), "{made}");
}

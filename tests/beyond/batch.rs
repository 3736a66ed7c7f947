//! Many objects at once: they are those that single allocations would have made.

use super::{collect_from, lives, put};
use crate::support::{Heap, World};
use gcheap::config::BLOCK_BYTES as B;
use gcheap::{AllocFlags, Batch, MOST_STRETCHES};

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

#[test]
fn a_batch_is_what_single_allocations_would_be() {
    for seed in 1..200 {
        // Where the first block's lane is not the first, too.
        let slack = if seed % 2 == 0 { 0 } else { 1 + seed as usize % 7 };
        let (one, many) = (World::new_at(&[1600], slack, 0), World::new_at(&[1600], slack, 0));
        let offset = one.all_lent()[0].1.wrapping_sub(many.all_lent()[0].1);
        with_holes(one.heap(), seed);
        with_holes(many.heap(), seed);
        let mut next = numbers(seed + 1000);
        for _ in 0..60 {
            let (blocks, no_scan) = (1 + next(16), next(2) == 1);
            let Some(batch) = many.heap().alloc_batch(blocks, no_scan, 1 + next(MOST_STRETCHES)) else { break };
            let flags = if no_scan { AllocFlags::NO_SCAN } else { AllocFlags::NONE };
            let found = addresses(batch);
            for (i, &address) in found.iter().enumerate() {
                let object = one.heap().alloc_with(blocks * B, flags);
                assert_eq!(object.addr(), address.wrapping_add(offset), "seed {seed}, object {i} of {}", found.len());
                assert_eq!(many.heap().is_no_scan(std::ptr::without_provenance(address)), no_scan, "seed {seed}");
            }
            if next(4) == 0 {
                let (a, b) = (one.heap().alloc(3 * B, false), many.heap().alloc(3 * B, false));
                assert_eq!(a.addr(), b.addr().wrapping_add(offset), "seed {seed}");
                one.heap().free(a);
                many.heap().free(b);
            }
            many.check();
        }
        assert_eq!(one.picture(), many.picture(), "seed {seed}");
        assert_eq!(one.heap().info(), many.heap().info(), "seed {seed}");
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

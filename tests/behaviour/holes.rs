//! Heaps with more free runs than the heap can remember: every object goes to the lowest place that is long enough, as if
//! the whole heap had been looked at.

use std::collections::BTreeMap;

use crate::support::World;
use gcheap::config::BLOCK_BYTES as B;

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ z >> 31) >> 32) as usize * limit) >> 32
    }
}

/// Whether objects are always placed as gc.c places them. Otherwise any free place will do.
const EXACT: bool = cfg!(gcheap_lowest);

/// Where a program's objects are, by block, in a heap of one area.
struct Program {
    world: Box<World>,
    blocks: usize,
    first: usize,
    objects: BTreeMap<usize, usize>,
    used: Vec<bool>,
}

impl Program {
    fn new(blocks: usize) -> Program {
        let world = World::new_at(&[blocks], 17, 0);
        let object = world.heap().alloc(1, false);
        world.heap().free(object);
        world.disable_collections();
        let (objects, used) = (BTreeMap::new(), vec![false; blocks]);
        Program { world, blocks, first: object.addr(), objects, used }
    }

    fn ptr(&self, block: usize) -> *mut u8 {
        std::ptr::with_exposed_provenance_mut(self.first + block * B)
    }

    /// The lowest `n` free blocks in a row.
    fn place(&self, n: usize) -> Option<usize> {
        let mut run = 0;
        for (block, &used) in self.used.iter().enumerate() {
            run = if used { 0 } else { run + 1 };
            if run == n {
                return Some(block + 1 - n);
            }
        }
        None
    }

    fn alloc(&mut self, n: usize) -> Option<usize> {
        let object = self.world.heap().alloc(n * B, false);
        let expected = self.place(n);
        let found = if object.is_null() { None } else { Some((object.addr() - self.first) / B) };
        if EXACT {
            assert_eq!(found, expected, "{n} blocks\n{}", self.world.picture());
        } else {
            assert_eq!(found.is_some(), expected.is_some(), "{n} blocks\n{}", self.world.picture());
        }
        if let Some(block) = found {
            assert!(!self.used[block..block + n].contains(&true), "{n} blocks\n{}", self.world.picture());
            self.used[block..block + n].fill(true);
            self.objects.insert(block, n);
        }
        found
    }

    fn free(&mut self, block: usize) {
        let n = self.objects.remove(&block).unwrap();
        self.world.heap().free(self.ptr(block));
        self.used[block..block + n].fill(false);
    }

    /// Grows or shrinks an object in place, if there is room behind it.
    fn resize(&mut self, block: usize, n: usize) {
        let old = self.objects[&block];
        let room =
            block + n <= self.blocks && self.used[block + old.min(n)..block + n].iter().all(|used| n <= old || !used);
        let done = !self.world.heap().realloc(self.ptr(block), n * B, false).is_null();
        assert_eq!(done, room || n <= old, "{old} to {n} blocks at {block}\n{}", self.world.picture());
        if done {
            self.used[block..block + n.max(old)].fill(false);
            self.used[block..block + n].fill(true);
            self.objects.insert(block, n);
        }
    }

    fn any(&self, random: &mut Random) -> Option<usize> {
        let at = random.below(self.blocks);
        self.objects.range(at..).next().or_else(|| self.objects.iter().next()).map(|(&block, _)| block)
    }

    fn newest(&self) -> Option<usize> {
        self.objects.keys().next_back().copied()
    }
}

/// Steps of a program that has about `full` of a hundred blocks in use, with objects of up to `largest` blocks.
fn run(seed: u64, blocks: usize, full: usize, largest: usize, steps: usize) {
    let mut random = Random(seed);
    let mut program = Program::new(blocks);
    let mut in_use = 0;
    for step in 0..steps {
        let grow = in_use * 100 < full * blocks;
        match (random.below(8), program.any(&mut random)) {
            (0, Some(block)) => program.resize(block, 1 + random.below(largest)),
            (1, _) => program.newest().into_iter().for_each(|block| program.free(block)),
            (2..=3, Some(block)) if grow => program.free(block),
            (2..=6, Some(block)) if !grow => program.free(block),
            // Most objects are small.
            _ => {
                program.alloc(1 + random.below(largest).min(random.below(largest)));
            }
        }
        in_use = program.objects.values().sum();
        if step % 100 == 0 {
            program.world.check();
        }
    }
    assert!(program.world.misuses.borrow().is_empty());
    assert_eq!(program.world.collections.get(), 0);
}

#[test]
fn many_holes_of_every_length() {
    for (seed, largest) in [(1, 2), (2, 4), (3, 16), (4, 40), (5, 200)] {
        for full in [8, 30, 60, 90] {
            run(seed, 2000, full, largest, 2500);
        }
    }
}

#[test]
fn a_large_heap_with_holes_far_apart() {
    for seed in 6..9 {
        run(seed, 16_000, 40, 100, 700);
    }
}

#[test]
fn objects_that_are_replaced() {
    let mut random = Random(11);
    let mut program = Program::new(12_388);
    let mut objects: Vec<usize> = (0..600).map(|_| program.alloc(1 + random.below(16)).unwrap()).collect();
    for step in 0..4000 {
        let i = random.below(objects.len());
        program.free(objects[i]);
        objects[i] = program.alloc(1 + random.below(16)).unwrap();
        if step % 2000 == 0 {
            program.world.check();
        }
    }
}

#[test]
fn an_object_that_grows_by_far_leaves_free_blocks_behind() {
    for more in [100, 5000, 65_535, 65_536, 70_000] {
        let mut program = Program::new(80_000);
        let blocks = [1, 2, 1, 3].map(|n| program.alloc(n).unwrap());
        program.free(blocks[0]);
        program.free(blocks[2]);
        program.resize(blocks[3], more);
        program.alloc(1);
        program.alloc(2);
        program.alloc(1);
        program.world.check();
    }
}

//! Statistics, compared with what the test has counted itself. tests/configs/options.env has them on.

use crate::support::World;
use gcheap::config::BLOCK_BYTES as B;

/// A world whose heap grows by itself only if the test says so, and the same numbers of its own.
struct Counted {
    world: Box<World>,
    live: Vec<(*mut u8, usize)>,
    objects: [u32; 8],
    blocks: [u32; 8],
    freed: u32,
    most: usize,
}

/// As documented: 1, 2, 3–4, 5–8, 9–16, 17–32, 33–64, more.
fn class(blocks: usize) -> usize {
    [1, 2, 4, 8, 16, 32, 64].iter().filter(|&&most| blocks > most).count()
}

impl Counted {
    fn new(areas: &[usize]) -> Self {
        Self { world: World::new(areas), live: vec![], objects: [0; 8], blocks: [0; 8], freed: 0, most: 0 }
    }

    fn alloc(&mut self, blocks: usize) {
        let object = self.world.heap().alloc(blocks * B, false);
        if !object.is_null() {
            self.live.push((object, blocks));
            self.objects[class(blocks)] += 1;
            self.blocks[class(blocks)] += blocks as u32;
            self.note_use();
        }
    }

    fn note_use(&mut self) {
        self.most = self.most.max(self.used());
    }

    fn used(&self) -> usize {
        self.live.iter().map(|object| object.1).sum()
    }

    fn free(&mut self, i: usize) {
        let (object, _) = self.live.swap_remove(i);
        self.world.heap().free(object);
        self.freed += 1;
    }

    fn resize(&mut self, i: usize, blocks: usize) {
        let (object, old) = self.live[i];
        if self.world.heap().realloc(object, blocks * B, false).is_null() {
            return;
        }
        self.live[i].1 = blocks;
        self.blocks[class(blocks)] += blocks.saturating_sub(old) as u32;
        self.note_use();
    }

    /// Collects, with every other object as a root.
    fn collect(&mut self) {
        let before = self.live.len();
        let mut keep = false;
        self.live.retain(|_| {
            keep = !keep;
            keep
        });
        *self.world.roots.borrow_mut() = self.live.iter().map(|object| object.0.addr()).collect();
        self.world.heap().collect_start();
        self.world.heap().collect_end();
        self.freed += (before - self.live.len()) as u32;
    }

    fn compare(&self) {
        let numbers = self.world.heap().statistics();
        assert_eq!(numbers.objects, self.objects);
        assert_eq!(numbers.blocks, self.blocks);
        assert_eq!(numbers.objects_freed, self.freed);
        assert_eq!(numbers.used_bytes, self.used() * B);
        assert_eq!(numbers.used_bytes, self.world.heap().info().used);
        assert_eq!(numbers.most_used_bytes, self.most * B);
    }
}

#[test]
fn they_agree_with_a_count_over_random_calls() {
    let mut counted = Counted::new(&[512, 256]);
    counted.world.disable_collections();
    let mut seed = 1u32;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for i in 0..20_000 {
        let live = counted.live.len();
        match random(10) {
            0..=4 => {
                let most = [1, 3, 9, 90][random(4)];
                counted.alloc(1 + random(most));
            }
            5 | 6 if live > 0 => counted.free(random(live)),
            // The newest one, for which there is a short way.
            7 if live > 0 => counted.free(live - 1),
            8 if live > 0 => counted.resize(random(live), 1 + random(12)),
            _ if i % 50 == 0 => counted.collect(),
            _ => {}
        }
        counted.compare();
    }
    assert!(counted.objects.iter().all(|&n| n > 0), "{:?}", counted.objects);
}

#[test]
fn collections_are_counted_by_cause() {
    let world = World::new(&[64]);
    let heap = world.heap();
    let causes = || {
        let numbers = heap.statistics();
        [numbers.collections_no_room, numbers.collections_threshold, numbers.collections_asked]
    };
    heap.collect_start();
    heap.collect_end();
    assert_eq!(causes(), [0, 0, 1]);
    assert!(!heap.alloc(40 * B, false).is_null());
    assert!(!heap.alloc(40 * B, false).is_null());
    assert_eq!(causes(), [1, 0, 1]);
    let numbers = heap.statistics();
    assert_eq!((numbers.last_cause, numbers.cause_bytes, numbers.last_before_bytes), (1, 40 * B, 40 * B));
    world.set_alloc_threshold(30);
    assert!(!heap.alloc(B, false).is_null());
    assert_eq!(causes(), [1, 1, 1]);
    heap.sweep_all();
    assert_eq!(causes(), [1, 1, 2]);
    assert_eq!(heap.statistics().last_cause, 0);
    assert_eq!(*world.events.borrow(), [0; 4]);
}

#[test]
fn pauses_are_added_up_and_sorted() {
    let world = World::new(&[64]);
    let heap = world.heap();
    // The clock goes round in the middle of the last one.
    world.now.set(0u32.wrapping_sub(40 + 63 + 64 + 127 + 128 + 5_000_000));
    for us in [63, 64, 127, 128, 5_000_000, 50] {
        world.tick.set(us);
        heap.collect_start();
        world.tick.set(0);
        heap.collect_end();
    }
    let numbers = heap.statistics();
    assert_eq!(numbers.pauses_us, 63 + 64 + 127 + 128 + 5_000_000 + 50);
    assert_eq!(numbers.longest_pause_us, 5_000_000);
    let mut classes = [0; 16];
    (classes[0], classes[1], classes[2], classes[15]) = (2, 2, 1, 1);
    assert_eq!(numbers.pause_classes, classes);
}

#[test]
fn a_failure_is_recorded_with_the_largest_hole_of_its_moment() {
    let world = World::new(&[64]);
    let heap = world.heap();
    assert_eq!(heap.statistics().smallest_hole_bytes, usize::MAX);
    let object = heap.alloc(44 * B, false);
    world.roots.borrow_mut().push(object.addr());
    assert!(heap.alloc(21 * B - 5, false).is_null());
    let numbers = heap.statistics();
    let seen = (numbers.failed, numbers.failed_bytes, numbers.failed_hole_bytes, numbers.smallest_hole_bytes);
    assert_eq!(seen, (1, 21 * B - 5, 20 * B, 20 * B));
    assert_eq!(*world.events.borrow(), [0, 21 * B - 5]);
    // A larger hole does not change the smallest one; a locked heap fails without being counted.
    world.roots.borrow_mut().clear();
    heap.sweep_all();
    heap.lock();
    assert!(heap.alloc(B, false).is_null());
    heap.unlock();
    let numbers = heap.statistics();
    assert_eq!((numbers.failed, numbers.smallest_hole_bytes), (1, 20 * B));
}

#[test]
fn stress_collects_at_every_so_many_allocations() {
    let world = World::new(&[64]);
    let heap = world.heap();
    heap.set_stress(3);
    for _ in 0..10 {
        heap.alloc(B, false);
    }
    assert_eq!(world.collections.get(), 3);
    heap.set_stress(0);
    for _ in 0..10 {
        heap.alloc(B, false);
    }
    assert_eq!((world.collections.get(), heap.statistics().collections_threshold), (3, 3));
}

#[test]
fn a_full_mark_stack_is_counted_once_for_its_collection() {
    let world = World::new(&[2048]);
    let heap = world.heap();
    let words = B / size_of::<usize>();
    let object = |links: &[usize]| {
        let object = heap.alloc(B, false).cast::<usize>();
        // SAFETY: the object has so many words.
        links.iter().enumerate().for_each(|(i, &link)| unsafe { object.add(i).write(link) });
        object.expose_provenance()
    };
    // Each node leads to the next one and to leaves on both sides of that link: some of them wait while the next one is scanned.
    let mut list = object(&[]);
    for length in [2, 150] {
        for _ in 0..length {
            let mut links: Vec<_> = (0..words).map(|_| object(&[])).collect();
            links[words / 2] = list;
            list = object(&links);
        }
        world.roots.replace(vec![list]);
        heap.collect_start();
        heap.collect_end();
        assert_eq!(heap.statistics().mark_stack_full, u32::from(length > 2));
    }
}

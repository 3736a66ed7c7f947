//! The heap's behaviour, drawn: one letter a block, '.' free, 'h' head, '=' tail.

use crate::support::World;
use gcheap::config::{ALLOC_THRESHOLD, BLOCK_BYTES as B, CONSERVATIVE_CLEAR, FINALISER, SPLIT_HEAP};

/// The object at a block of a one-area world whose first object is `first`.
fn write_word(object: *mut u8, index: usize, value: usize) {
    // SAFETY: tests only write inside their objects.
    unsafe { object.cast::<usize>().add(index).write(value) }
}

fn read_word(object: *mut u8, index: usize) -> usize {
    // SAFETY: as above.
    unsafe { object.cast::<usize>().add(index).read() }
}

#[test]
fn allocation_takes_the_lowest_run_that_fits() {
    let (world, _) = World::drawn("h.h..h...h......");
    for (blocks, after) in
        [(2, "h.hh=h...h......"), (3, "h.hh=hh==h......"), (1, "hhhh=hh==h......"), (6, "hhhh=hh==hh=====")]
    {
        assert!(!world.heap().alloc(blocks * B, false).is_null());
        assert_atb!(world, after);
    }
    assert_eq!(world.collections.get(), 0);
}

#[test]
fn sizes_are_rounded_up_to_blocks() {
    let world = World::new(&[16]);
    for bytes in [1, B - 1, B, B + 1, 2 * B] {
        assert!(!world.heap().alloc(bytes, false).is_null());
    }
    assert_atb!(world, "hhhh=h=.........");
    assert!(world.heap().alloc(0, false).is_null());
    for absurd in [usize::MAX, usize::MAX - B + 1, usize::MAX - B, usize::MAX / 2] {
        assert!(world.heap().alloc(absurd, false).is_null(), "{absurd}");
    }
}

#[test]
fn freeing_frees_the_tails_and_nothing_else() {
    let (world, objects) = World::drawn("h==hh=h=");
    world.heap().free(objects[2]);
    assert_atb!(world, "h==h..h=");
    world.heap().free(objects[0]);
    assert_atb!(world, "...h..h=");
    world.heap().free(objects[3]);
    assert_atb!(world, "...h....");
    world.heap().free(std::ptr::null_mut());
    assert!(world.misuses.borrow().is_empty());
}

#[test]
fn long_objects_cross_the_words_of_the_table() {
    for first in 1..70 {
        for len in [1, 2, 31, 32, 33, 63, 64, 65, 130] {
            let world = World::new(&[256]);
            let a = world.heap().alloc(first * B, false);
            let b = world.heap().alloc(len * B, false);
            let c = world.heap().alloc(B, false);
            let object = |n: usize| format!("h{}", "=".repeat(n - 1));
            let rest = ".".repeat(256 - first - len - 1);
            assert_atb!(world, format!("{}{}h{rest}", object(first), object(len)));
            assert_eq!(world.heap().nbytes(b), len * B);
            world.heap().free(b);
            assert_atb!(world, format!("{}{}h{rest}", object(first), ".".repeat(len)));
            assert_eq!(world.heap().alloc(len * B, false), b);
            assert_eq!((world.heap().nbytes(a), world.heap().nbytes(c)), (first * B, B));
        }
    }
}

#[test]
fn realloc_shrinks_grows_and_moves() {
    let (world, objects) = World::drawn("h===h=......h...");
    let heap = world.heap();
    assert_eq!(heap.realloc(objects[0], 3 * B, true), objects[0]);
    assert_atb!(world, "h==.h=......h...");
    assert_eq!(heap.realloc(objects[0], 4 * B, false), objects[0]);
    assert_atb!(world, "h===h=......h...");
    assert!(heap.realloc(objects[0], 5 * B, false).is_null());
    assert_atb!(world, "h===h=......h...");
    write_word(objects[0], 1, 4711);
    let moved = heap.realloc(objects[0], 5 * B, true);
    assert_atb!(world, "....h=h====.h...");
    assert_eq!(read_word(moved, 1), 4711);
    assert_eq!(heap.realloc(objects[1], 8, true), objects[1]);
    assert_atb!(world, "....h.h====.h...");
    assert!(heap.realloc(objects[1], 0, true).is_null());
    assert_atb!(world, "......h====.h...");
    assert!(!heap.realloc(std::ptr::null_mut(), B, true).is_null());
    assert_atb!(world, "h.....h====.h...");
    assert!(heap.realloc(moved, usize::MAX, true).is_null());
    assert!(heap.realloc(moved, usize::MAX / 2, true).is_null());
    assert!(world.misuses.borrow().is_empty());
}

#[test]
fn realloc_grows_to_the_very_end() {
    let (world, objects) = World::drawn("h=h.....");
    assert_eq!(world.heap().realloc(objects[1], 6 * B, false), objects[1]);
    assert_atb!(world, "h=h=====");
    assert!(world.heap().realloc(objects[1], 7 * B, false).is_null());
}

#[test]
fn a_collection_keeps_what_is_reached() {
    let (world, objects) = World::drawn("h=hh==hh");
    // The first object points at the third, that at the last; the second and fourth are garbage.
    write_word(objects[0], 2 * B / size_of::<usize>() - 1, objects[2].addr());
    write_word(objects[2], 0, objects[4].addr());
    world.roots.borrow_mut().extend([1, objects[0].addr(), objects[0].addr() + 1]);
    world.heap().collect_start();
    world.heap().collect_end();
    assert_atb!(world, "h=.h==.h");
    // Objects that point at each other are garbage all the same.
    write_word(objects[4], 0, objects[0].addr());
    world.roots.borrow_mut().clear();
    world.heap().collect_start();
    world.heap().collect_end();
    assert_atb!(world, "........");
}

#[test]
fn interior_pointers_do_not_retain() {
    let (world, objects) = World::drawn("h=h=....");
    world.roots.borrow_mut().extend([objects[0].addr() + B, objects[1].addr() + 8, objects[1].addr() - 1]);
    world.heap().collect_start();
    world.heap().collect_end();
    assert_atb!(world, "........");
}

#[test]
fn a_full_heap_collects_once_and_tries_again() {
    let (world, objects) = World::drawn("h=h=h=h=");
    world.roots.borrow_mut().push(objects[1].addr());
    assert_eq!(world.heap().alloc(4 * B, false), objects[2]);
    assert_atb!(world, "..h=h===");
    assert_eq!(world.collections.get(), 1);
    world.roots.borrow_mut().push(objects[2].addr());
    assert!(world.heap().alloc(3 * B, false).is_null());
    assert_eq!(world.collections.get(), 2);
    assert_atb!(world, "..h=h===");
}

#[test]
fn the_lock_refuses_allocation_and_defers_frees() {
    let (world, objects) = World::drawn("h...");
    let heap = world.heap();
    heap.lock();
    heap.lock();
    heap.unlock();
    assert!(heap.is_locked());
    assert!(heap.alloc(B, false).is_null());
    assert!(heap.realloc(objects[0], 2 * B, true).is_null());
    heap.free(objects[0]);
    assert_atb!(world, "h...");
    heap.unlock();
    assert!(!heap.is_locked());
    heap.free(objects[0]);
    assert_atb!(world, "....");
}

#[test]
fn the_threshold_collects_before_an_allocation() {
    if !ALLOC_THRESHOLD {
        return println!("skipped: built without an allocation threshold");
    }
    let world = World::new(&[16]);
    world.set_alloc_threshold(3);
    let first = world.heap().alloc(2 * B, false);
    world.heap().alloc(B, false);
    assert_eq!(world.collections.get(), 0);
    assert_eq!(world.heap().alloc(B, false), first, "three blocks are allocated: the next allocation collects first");
    assert_eq!(world.collections.get(), 1);
    assert_atb!(world, "h...............");
}

#[test]
fn the_threshold_collects_in_a_full_heap_too() {
    if !ALLOC_THRESHOLD {
        return println!("skipped: built without an allocation threshold");
    }
    for n in [1, 2, 5] {
        let world = World::new(&[16]);
        let first = world.heap().alloc(15 * B, false);
        world.heap().alloc(B, false);
        world.set_alloc_threshold(3);
        assert_eq!(world.heap().alloc(n * B, false), first, "the collection has freed everything");
        assert_eq!(world.collections.get(), 1);
    }
}

#[test]
fn finalisers_run_in_address_order_and_may_free() {
    if !FINALISER {
        return println!("skipped: built without finalisers");
    }
    let world = World::new(&[64]);
    let objects = [2, 1, 3, 1, 1].map(|n| world.heap().alloc(n * B, true));
    assert!(!world.heap().alloc(B, false).is_null());
    let (third, fourth) = (objects[2].addr(), objects[3]);
    *world.on_finalise.borrow_mut() = Some(Box::new(move |heap, object| {
        assert!(heap.alloc(B, false).is_null(), "allocation is refused in a finaliser");
        assert!(heap.is_locked());
        // A collection in a collection does nothing.
        heap.collect_start();
        heap.collect_end();
        if object.addr() == third {
            heap.free(fourth);
        }
    }));
    world.roots.borrow_mut().push(objects[1].addr());
    world.heap().collect_start();
    world.heap().collect_end();
    assert_eq!(*world.finalised.borrow(), [objects[0].addr(), third, objects[4].addr()]);
    assert_atb!(world, format!("..h{}", ".".repeat(61)));
    world.heap().sweep_all();
    assert_eq!(world.finalised.borrow().last(), Some(&objects[1].addr()));
    assert_eq!(world.finalised.borrow().len(), 4);
    assert_atb!(world, ".".repeat(64));
}

#[test]
fn a_moved_object_keeps_its_finaliser_and_a_freed_one_loses_it() {
    if !FINALISER {
        return println!("skipped: built without finalisers");
    }
    let world = World::new(&[16]);
    let first = world.heap().alloc(B, true);
    let second = world.heap().alloc(B, true);
    let moved = world.heap().realloc(first, 2 * B, true);
    world.heap().free(second);
    world.heap().sweep_all();
    assert_eq!(*world.finalised.borrow(), [moved.addr()]);
}

#[test]
fn new_blocks_are_cleared() {
    let world = World::new(&[8]);
    let p = world.heap().alloc(2 * B - 1, false);
    let from = if CONSERVATIVE_CLEAR { 0 } else { 2 * B - 1 };
    // SAFETY: inside the object.
    let bytes = |n: usize| unsafe { std::slice::from_raw_parts(p, n) };
    assert!(bytes(2 * B)[from..].iter().all(|&b| b == 0));
    let p = world.heap().realloc(p, 4 * B - 1, false);
    assert!(bytes(4 * B)[if CONSERVATIVE_CLEAR { 2 * B } else { 4 * B - 1 }..].iter().all(|&b| b == 0));
    assert!(!p.is_null());
}

#[test]
fn areas_are_filled_in_order() {
    if !SPLIT_HEAP {
        return println!("skipped: built without a split heap");
    }
    let world = World::new(&[4, 8, 4]);
    let heap = world.heap();
    let kept = [3, 2, 1, 6].map(|n| heap.alloc(n * B, false));
    assert_atb!(world, "h==h|h=h=====|....");
    let last = heap.alloc(4 * B, false);
    assert_atb!(world, "h==h|h=h=====|h===");
    // An object in one area keeps one in another alive.
    write_word(last, 0, kept[0].addr());
    write_word(kept[0], 1, kept[1].addr());
    world.roots.borrow_mut().push(last.addr());
    assert_eq!(heap.alloc(5 * B, false), kept[3]);
    assert_atb!(world, "h==.|h=h====.|h===");
    heap.free(last);
    heap.free(kept[0]);
    assert_atb!(world, "....|h=h====.|....");
    assert_eq!(heap.alloc(4 * B, false), kept[0]);
    assert_eq!(heap.alloc(B, false), kept[3].wrapping_add(5 * B));
    assert_eq!(heap.alloc(B, false), last);
    assert_eq!(world.collections.get(), 1);
}

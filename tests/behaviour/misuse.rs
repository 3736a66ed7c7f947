//! Mistakes of the caller: found, reported, and harmless.

use crate::support::World;
use gcheap::Misuse;
use gcheap::config::BLOCK_BYTES as B;

#[test]
fn misuse_is_found_and_harms_nothing() {
    let (world, objects) = World::drawn("h==hh=..");
    let heap = world.heap();
    let local = 0u8;
    let foreign = (&raw const local).cast_mut();
    let cases = [
        (foreign, Misuse::ForeignPointer),
        (objects[0].wrapping_add(8), Misuse::InteriorPointer),
        (objects[0].wrapping_add(B + 1), Misuse::InteriorPointer),
        (objects[0].wrapping_add(2 * B), Misuse::TailBlock),
        (objects[0].wrapping_add(7 * B), Misuse::FreeBlock),
        (objects[0].wrapping_add(8 * B), Misuse::ForeignPointer),
        (objects[0].wrapping_sub(B), Misuse::ForeignPointer),
        (usize::MAX as *mut u8, Misuse::ForeignPointer),
    ];
    for (ptr, what) in cases {
        heap.free(ptr);
        assert_eq!(world.misuses.borrow_mut().pop(), Some((what, ptr.addr())), "free");
        assert!(heap.realloc(ptr, 5, true).is_null());
        assert_eq!(world.misuses.borrow_mut().pop(), Some((what, ptr.addr())), "realloc");
        assert_eq!(heap.nbytes(ptr), 0);
        assert_atb!(world, "h==hh=..");
    }
    heap.free(objects[1]);
    heap.free(objects[1]);
    assert_eq!(*world.misuses.borrow(), [(Misuse::FreeBlock, objects[1].addr())]);
    assert_atb!(world, "h==.h=..");
}

#[test]
fn a_heap_that_is_no_heap_is_reported_and_empty() {
    let world = World::new(&[8]);
    let (start, end) = world.lend(1000, 0);
    for (from, to, what) in [
        (end, start, Misuse::EndBeforeStart),
        (start, start, Misuse::HeapTooSmall),
        (start, start.wrapping_add(4 * B), Misuse::HeapTooSmall),
    ] {
        // SAFETY: whatever lies between them is lent.
        unsafe { world.heap().init(from, to) };
        let ptr = if what == Misuse::EndBeforeStart { to } else { from };
        assert_eq!(world.misuses.borrow_mut().pop(), Some((what, ptr.addr())));
        assert!(world.heap().alloc(1, false).is_null());
        assert_eq!(world.heap().info(), gcheap::Info::default());
        world.heap().sweep_all();
    }
}

#[test]
fn an_object_that_nothing_reaches_does_not_survive_a_realloc_that_collects() {
    // No room behind the first object, and none elsewhere before a collection has freed everything.
    let (world, objects) = World::drawn("h=h=====");
    assert!(world.heap().realloc(objects[0], 5 * B, true).is_null());
    assert_eq!(*world.misuses.borrow(), [(Misuse::FreeBlock, objects[0].addr())]);
    assert_atb!(world, "........");
    // The new object lies behind the old one's place: an area's first block is in use by somebody who is reached.
    let (world, objects) = World::drawn("hh=h=...");
    world.roots.borrow_mut().push(objects[0].addr());
    assert!(world.heap().realloc(objects[1], 4 * B, true).is_null());
    assert_eq!(*world.misuses.borrow(), [(Misuse::FreeBlock, objects[1].addr())]);
    assert_atb!(world, "h.......");
    // An object that is reached is moved.
    let (world, objects) = World::drawn("hh=h=...");
    world.roots.borrow_mut().push(objects[1].addr());
    let moved = world.heap().realloc(objects[1], 4 * B, true);
    assert_eq!(moved, objects[2]);
    assert!(world.misuses.borrow().is_empty());
    assert_atb!(world, "...h===.");
}

//! What the options that are mostly off do: weak references, areas that come and go by themselves, unreadable roots.
//! tests/configs/options.env has all three on.
#![cfg(all(gcheap_weakref, gcheap_split_heap_auto))]

use crate::support::World;
use gcheap::Misuse;
use gcheap::config::{AREA_BYTES, BLOCK_BYTES as B, VALGRIND};

fn told(world: &World) -> Vec<usize> {
    world.told.take()
}

#[test]
fn the_host_is_told_of_the_dead_and_not_of_the_living() {
    let world = World::new(&[64]);
    let heap = world.heap();
    let objects = [0; 4].map(|_| heap.alloc(2 * B, false));
    [0, 1, 3].iter().for_each(|&i: &usize| heap.weakref_mark(objects[i]));
    world.roots.borrow_mut().push(objects[1].addr());
    world.check();
    heap.collect_start();
    heap.collect_end();
    assert_eq!(told(&world), [objects[0].addr(), objects[3].addr(), 0]);
    // Once: what lies there next has none.
    assert_eq!(heap.alloc(2 * B, false), objects[0]);
    heap.free(objects[0]);
    world.roots.borrow_mut().clear();
    heap.sweep_all();
    assert_eq!(told(&world), [objects[1].addr(), 0]);
    heap.sweep_all();
    assert_eq!(told(&world), [0]);
    assert!(world.misuses.borrow().is_empty());
}

#[test]
fn of_eight_blocks_the_finalisers_come_first() {
    let world = World::new(&[64]);
    let heap = world.heap();
    let objects: Vec<_> = (0..20).map(|i| heap.alloc(B, i % 8 == 3)).collect();
    [0, 7, 8, 19].iter().for_each(|&i: &usize| heap.weakref_mark(objects[i]));
    let (log, at) = (std::rc::Rc::new(std::cell::RefCell::new(vec![])), |i: usize| objects[i].addr());
    let seen = log.clone();
    let world_addr = &raw const *world;
    *world.on_finalise.borrow_mut() = Some(Box::new(move |_, object| {
        // SAFETY: the world outlives its own finalisers.
        seen.borrow_mut().push((object.addr(), unsafe { &*world_addr }.told.borrow().len()));
    }));
    heap.sweep_all();
    assert_eq!(told(&world), [at(0), at(7), at(8), at(19), 0]);
    // With each finaliser: how many weak references had been told of by then.
    assert_eq!(*log.borrow(), [(at(3), 0), (at(11), 2), (at(19), 3)]);
}

#[test]
fn a_weak_reference_made_by_a_finaliser_is_told_of_too() {
    let world = World::new(&[64]);
    let heap = world.heap();
    let objects: Vec<_> = (0..30).map(|i| heap.alloc(B, i == 20)).collect();
    world.roots.borrow_mut().push(objects[5].addr());
    let marked = [objects[0], objects[5], objects[22], objects[29]];
    *world.on_finalise.borrow_mut() =
        Some(Box::new(move |heap, _| marked.iter().for_each(|&at| heap.weakref_mark(at))));
    heap.collect_start();
    heap.collect_end();
    let at = |i: usize| objects[i].addr();
    assert_eq!(told(&world), [at(22), at(29), at(0), 0]);
    world.check();
    world.roots.borrow_mut().clear();
    heap.collect_start();
    heap.collect_end();
    assert_eq!(told(&world), [at(5), 0]);
    assert!(world.misuses.borrow().is_empty());
}

#[test]
fn what_has_a_weak_reference_cannot_be_freed_or_moved() {
    let world = World::new(&[16]);
    let heap = world.heap();
    let object = heap.alloc(B, false);
    let after = heap.alloc(B, false);
    heap.weakref_mark(object);
    heap.free(object);
    assert!(heap.realloc(object, 0, true).is_null());
    assert!(heap.realloc(object, 2 * B, true).is_null());
    assert_eq!(world.misuses.take(), vec![(Misuse::WeakReference, object.addr()); 3]);
    assert_atb!(world, "hh..............");
    // Without room there is nothing to move to, and nothing to complain of.
    world.roots.borrow_mut().push(object.addr());
    assert!(heap.realloc(object, 100 * B, true).is_null());
    assert_eq!(heap.nbytes(after), 0);
    // In place it may grow and shrink.
    for n in [3, 1] {
        assert_eq!(heap.realloc(object, n * B, true), object);
    }
    assert!(world.misuses.borrow().is_empty());
    heap.weakref_mark(object.wrapping_add(1));
    heap.weakref_mark(object.wrapping_add(B));
    heap.weakref_mark(core::ptr::null_mut());
    let wrong = [Misuse::InteriorPointer, Misuse::FreeBlock, Misuse::ForeignPointer];
    assert_eq!(world.misuses.take().iter().map(|m| m.0).collect::<Vec<_>>(), wrong);
}

#[test]
fn the_heap_grows_to_twice_its_size_and_gives_back_what_is_empty() {
    let world = World::new(&[64]);
    let heap = world.heap();
    world.roots.borrow_mut().push(heap.alloc(60 * B, false).addr());
    assert!(heap.alloc(5 * B, false).is_null());
    assert!(world.given_back.borrow().is_empty());
    world.max_new_split.set(1 << 20);
    let grown = heap.alloc(5 * B, false);
    assert!(!grown.is_null());
    assert_eq!(world.collections.get(), 2);
    // As many blocks again (its record and tables included), rounded up as gc.c does: 64 / 4 + 2 * 64 / 8 + 1.
    let bytes = (64 * B + 16 + 16 + 1 + AREA_BYTES).next_multiple_of(B);
    let (start, end) = *world.all_lent().last().unwrap();
    assert_eq!(end - start, bytes);
    assert!(start < grown.addr() && grown.addr() < end);
    assert!(world.picture().contains("....|h====...."), "{}", world.picture());
    // A larger wish gets what it needs: 13/512 more, and not less than 2048 bytes.
    let large = heap.alloc(1000 * B, false);
    let (start, end) = *world.all_lent().last().unwrap();
    assert_eq!(end - start, 1000 * B + 2048.max(1000 * B * 13 / 512));
    world.roots.borrow_mut().push(large.addr());
    heap.collect_start();
    heap.collect_end();
    assert_eq!(world.given_back.take(), [start_of(&world, grown)]);
    // The list goes on behind the area that is gone; the first one stays, however empty.
    assert_eq!(heap.nbytes(large), 1000 * B);
    assert_eq!(heap.nbytes(grown), 0);
    world.check();
    heap.sweep_all();
    assert_eq!(world.given_back.take(), [start]);
    assert_atb!(world, ".".repeat(64));
}

/// Where the memory starts that an address lies in.
fn start_of(world: &World, object: *mut u8) -> usize {
    let found = world.all_lent().into_iter().find(|&(start, end)| start <= object.addr() && object.addr() < end);
    found.expect("the object is in some area").0
}

#[test]
fn an_area_with_one_object_in_its_first_block_stays() {
    // gc.c gives this one back and leaves its object dangling.
    let world = World::new(&[4, 8]);
    let heap = world.heap();
    let first = heap.alloc(4 * B, false);
    let object = heap.alloc(B, false);
    heap.alloc(B, false);
    world.roots.borrow_mut().extend([first.addr(), object.addr()]);
    heap.collect_start();
    heap.collect_end();
    assert_atb!(world, "h===|h.......");
    world.roots.borrow_mut().pop();
    heap.collect_start();
    heap.collect_end();
    assert_eq!(world.given_back.borrow().len(), 1);
    assert_atb!(world, "h===");
}

#[test]
fn it_grows_once_for_a_call_and_only_if_that_helps() {
    let world = World::new(&[4]);
    let heap = world.heap();
    let needed = 100 * B + 2048.max(100 * B * 13 / 512);
    world.max_new_split.set(needed - 1);
    assert!(heap.alloc(100 * B, false).is_null());
    assert_eq!(world.all_lent().len(), 1);
    assert_eq!(heap.info().max_new_split, needed - 1);
    assert!(world.dump_info().contains(&format!(", max new split: {}\n", needed - 1)));
    assert_eq!(heap.info_fast().max_new_split, 0);
    world.max_new_split.set(needed);
    assert!(!heap.alloc(100 * B, false).is_null());
    assert_eq!(world.all_lent().len(), 2);
    assert!(heap.alloc(usize::MAX / 2, false).is_null());
    world.check();
}

#[test]
fn a_root_that_may_not_be_read_retains_nothing() {
    const { assert!(VALGRIND) };
    let world = World::new(&[8]);
    let heap = world.heap();
    let objects = [0; 3].map(|_| heap.alloc(B, false).addr());
    world.roots.borrow_mut().extend([objects[0], objects[2]]);
    world.unreadable.set(objects[2]);
    heap.collect_start();
    heap.collect_end();
    assert_atb!(world, "h.......");
}

//! Calls at the wrong time: between start and end of a collection, and collections inside finalisers.

use crate::support::World;
use gcheap::config::{BLOCK_BYTES as B, FINALISER};

/// Collects with these roots, as a host does that marks its roots between start and end.
fn collect(world: &World, meanwhile: impl FnOnce()) {
    let roots = world.roots.take();
    world.heap().collect_start();
    // SAFETY: the roots outlive the call.
    unsafe { world.heap().collect_root(roots.as_ptr(), roots.len()) };
    meanwhile();
    world.heap().collect_end();
}

#[test]
fn allocation_between_start_and_end_is_refused() {
    let (world, objects) = World::drawn("h=hh....");
    world.roots.borrow_mut().push(objects[1].addr());
    collect(&world, || {
        assert!(world.heap().is_locked());
        assert!(world.heap().alloc(B, false).is_null());
        assert!(world.heap().realloc(std::ptr::null_mut(), B, true).is_null());
        assert!(world.heap().realloc(objects[1], 2 * B, true).is_null());
    });
    assert_atb!(world, "..h.....");
    assert!(!world.heap().is_locked());
    assert!(!world.heap().alloc(B, false).is_null());
    assert!(world.misuses.borrow().is_empty());
}

#[test]
fn a_free_between_start_and_end_leaves_the_object_to_the_collection() {
    // More objects wait than any mark stack has entries: one that is freed then must not become one of them.
    let n = 4000;
    let world = World::new(&[3 * n]);
    let wide = world.heap().alloc(n * size_of::<usize>(), false);
    let objects: Vec<_> = (0..n).map(|_| world.heap().alloc(B, false)).collect();
    for (i, object) in objects.iter().enumerate().skip(1) {
        // SAFETY: inside the object.
        unsafe { wide.cast::<usize>().add(i).write(object.addr()) };
    }
    world.roots.borrow_mut().push(wide.addr());
    let before = world.picture();
    collect(&world, || {
        world.heap().free(objects[0]);
        world.heap().free(objects[7]);
        world.heap().free(objects[n - 1]);
    });
    // The first one was not reached, the others were.
    assert_eq!(world.picture().matches('h').count(), before.matches('h').count() - 1);
    assert_eq!(world.heap().nbytes(objects[0]), 0);
    assert_eq!([objects[7], objects[n - 1]].map(|object| world.heap().nbytes(object)), [B, B]);
    assert!(world.misuses.borrow().is_empty());
    world.check();
}

/// What a finaliser does with the heap; everything else must survive it.
fn in_a_finaliser(calls: &'static [&'static str]) {
    if !FINALISER {
        return println!("skipped: built without finalisers");
    }
    let world = World::new(&[16]);
    let kept = world.heap().alloc(2 * B, true);
    let dying = [0; 3].map(|_| world.heap().alloc(B, true));
    world.roots.borrow_mut().push(kept.addr());
    *world.on_finalise.borrow_mut() = Some(Box::new(move |heap, _| {
        for call in calls {
            match *call {
                "start" => heap.collect_start(),
                "end" => heap.collect_end(),
                "sweep" => heap.sweep_all(),
                other => panic!("no call is named {other:?}"),
            }
        }
        assert!(heap.is_locked(), "the outer collection is still under way");
        assert!(heap.alloc(B, false).is_null());
    }));
    world.heap().collect_start();
    world.heap().collect_end();
    assert_eq!(*world.finalised.borrow(), dying.map(|object| object.addr()), "{calls:?}");
    assert_atb!(world, "h=..............");
    // The heap is as usable as before.
    assert!(!world.heap().is_locked());
    world.on_finalise.borrow_mut().take();
    world.roots.borrow_mut().clear();
    world.heap().collect_start();
    world.heap().collect_end();
    assert_eq!(world.finalised.borrow().last(), Some(&kept.addr()));
    assert_atb!(world, "................");
}

#[test]
fn a_collection_in_a_finaliser_does_nothing() {
    in_a_finaliser(&["start", "end"]);
    in_a_finaliser(&["sweep"]);
}

#[test]
fn collections_in_a_finaliser_are_counted() {
    in_a_finaliser(&["start", "start", "end", "end"]);
    in_a_finaliser(&["start", "sweep", "start", "end", "end"]);
}

#[test]
fn an_end_without_a_start_in_a_finaliser_does_nothing() {
    in_a_finaliser(&["end"]);
    in_a_finaliser(&["start", "end", "end", "end"]);
}

#[test]
fn an_end_without_a_start_does_nothing() {
    let (world, _) = World::drawn("h=h.");
    world.heap().collect_end();
    assert_atb!(world, "h=h.");
    assert!(!world.heap().is_locked());
}

//! What finalisers do and see, and the program that is told of the death of objects with weak references. All of it
//! runs in the middle of a call that the runner makes into a heap.

use std::ffi::c_void;

use super::dumps::{dump_room, without_addresses};
use super::shared::{Event, Shared, shared};
use crate::cover::Count;
use crate::heaps::side::ObjectEvent;
use crate::heaps::tables::{self, Kind};
use crate::trace::{Act, Id};

pub extern "C" fn on_object(object: *mut c_void, event: ObjectEvent) {
    let address = object as usize;
    match event {
        ObjectEvent::FinaliserAsked => shared(|shared| {
            let event = Event::Asked(shared.pair.offset(shared.side, address));
            shared.events[shared.side].push(event);
        }),
        ObjectEvent::FinaliserCalled => shared(|shared| finalise(shared, address)),
        ObjectEvent::WeakrefDies => shared(|shared| weakref_dies(shared, address)),
        ObjectEvent::WeakrefsGone => weakrefs_gone(),
    }
}

fn finalise(shared: &mut Shared, address: usize) {
    let (pair, side) = (shared.pair, shared.side);
    let at = pair.offset(side, address);
    shared.events[side].push(Event::Called(at));
    // If there is no such object, the event above shows it.
    let Some(owner) = shared.owner_of(at) else { return };
    let script = shared.objects[owner as usize].script.clone();
    for act in script {
        let event = do_act(shared, act, address);
        shared.events[side].extend(event);
    }
}

fn weakref_dies(shared: &mut Shared, address: usize) {
    let at = shared.pair.offset(shared.side, address);
    shared.events[shared.side].push(Event::Dies(at));
    shared.dying.extend(shared.owner_of(at));
    shared.count(Count::weakref_died);
}

/// What a program does when objects with weak references have died. It may use the heap, which can call back, so
/// nothing is borrowed meanwhile.
fn weakrefs_gone() {
    let dying = shared(|shared| {
        let side = shared.side;
        shared.events[side].push(Event::Gone);
        std::mem::take(&mut shared.dying)
    });
    for id in dying {
        let (pair, side, script) =
            shared(|shared| (shared.pair, shared.side, shared.objects[id as usize].script.clone()));
        for act in script {
            let event = match act {
                // Freed at once, because the trace has no id for it.
                Act::Alloc(bytes) => {
                    let address = pair.alloc(side, bytes, false);
                    pair.free(side, address);
                    shared(|shared| shared.count(Count::weakref_callback_allocated));
                    Some(Event::Returned(act, pair.offset(side, address)))
                }
                Act::Collect => {
                    pair.collect(side);
                    shared(|shared| shared.count(Count::weakref_callback_collected));
                    None
                }
                Act::Realloc(..) | Act::Weakref(..) => None,
                other => shared(|shared| {
                    shared.areas[side] = pair.areas(side);
                    do_act(shared, other, 0)
                }),
            };
            shared(|shared| shared.events[side].extend(event));
        }
    }
}

/// Carries out an act. `me`: the address of the object whose finaliser acts, or 0.
fn do_act(shared: &mut Shared, act: Act, me: usize) -> Option<Event> {
    let (pair, side) = (shared.pair, shared.side);
    let result = match act {
        Act::Free(id) => {
            let address = movable(shared, id)?;
            pair.free(side, address);
            shared.count(Count::finaliser_freed_another);
            0
        }
        Act::LockedFree(id) => {
            let address = usable(shared, id)?;
            pair.lock(side);
            pair.free(side, address);
            pair.unlock(side);
            shared.count(Count::finaliser_free_locked);
            0
        }
        Act::Alloc(bytes) => {
            let address = pair.alloc(side, bytes, true);
            shared.count(Count::finaliser_alloc_refused);
            pair.offset(side, address)
        }
        Act::Realloc(id, bytes) => {
            let address = movable(shared, id)?;
            let address = pair.realloc(side, address, bytes, true);
            shared.count(Count::finaliser_realloc_refused);
            pair.offset(side, address)
        }
        Act::Weakref(id) => {
            let address = usable(shared, id).filter(|address| is_yet_to_die(shared, *address, me))?;
            pair.weakref_mark(side, address);
            shared.count(Count::weakref_marked_by_finaliser);
            0
        }
        Act::Collect => return None,
        Act::Nbytes(id) => pair.nbytes(side, usable(shared, id)?),
        Act::Info => return Some(Event::Info(pair.info(side))),
        Act::Dump => {
            shared.count(Count::finaliser_dumped);
            let mut text = Vec::with_capacity(dump_room(&shared.areas[side]));
            pair.dump(side, true, &mut text);
            return Some(Event::Text(without_addresses(&text, &shared.areas[side])));
        }
    };
    Some(Event::Returned(act, result))
}

/// The address of an object, if the heap still contains it and no realloc is working on it.
fn usable(shared: &Shared, id: Id) -> Option<usize> {
    let (pair, side) = (shared.pair, shared.side);
    let object = shared.objects.get(id as usize).filter(|object| object.live)?;
    let address = pair.base[side] + object.at;
    let kind = tables::kind_at(&shared.areas[side], pair.block(), address)?;
    (shared.busy != Some(id) && matches!(kind, Kind::Head | Kind::MarkedHead)).then_some(address)
}

/// The same, if the object may also be freed or moved, which an object with a weak reference may not.
fn movable(shared: &Shared, id: Id) -> Option<usize> {
    let block = shared.pair.block();
    usable(shared, id).filter(|address| !tables::has_weakref(&shared.areas[shared.side], block, *address))
}

/// Whether the finaliser of `me` may make a weak reference to the object at an address. The object must be unmarked (an
/// assertion of gc.c). It must not lie in the blocks that gc.c's walk over the weak references, eight at a time, has
/// already passed: gc.c would never report its death, and leave the bit set for the next object there.
fn is_yet_to_die(shared: &Shared, address: usize, me: usize) -> bool {
    let (block, areas) = (shared.pair.block(), &shared.areas[shared.side]);
    let pools = areas.iter().map(|area| area.pool_start as usize..area.pool_end as usize);
    let Some(pool) = pools.into_iter().find(|pool| pool.contains(&me)) else { return false };
    let group = |address: usize| (address - pool.start) / (8 * block);
    pool.contains(&address) && group(address) >= group(me) && tables::kind_at(areas, block, address) == Some(Kind::Head)
}

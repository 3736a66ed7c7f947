//! Which objects are alive, and what is in them.

use super::divergence::Divergence;
use super::shared::{OWNER_BYTES, Object, shared};
use super::trial::Trial;
use crate::cover::Count;
use crate::heaps::memory::{bytes, words_mut};
use crate::heaps::tables::{self, Kind};
use crate::trace::random::mix;
use crate::trace::{Id, Value};

/// What gc_alloc was asked for.
pub struct Request {
    pub id: Id,
    pub bytes: usize,
    pub finaliser: bool,
    pub noise: bool,
}

/// Records that gc_alloc returned the offset `at`. Checks the new memory before anything is written to it. True if
/// there is a new object.
pub fn allocated(trial: &mut Trial, request: &Request, at: usize) -> Result<bool, Divergence> {
    let Request { id, bytes, finaliser, noise } = *request;
    let blocks = bytes.div_ceil(trial.pair.block());
    if at == 0 {
        trial.count(match bytes {
            0 => Count::alloc_of_nothing,
            _ if blocks > trial.blocks => Count::alloc_of_too_much,
            _ => Count::alloc_null,
        });
        return Ok(false);
    }
    shared(|shared| {
        let first = &shared.areas[0][0];
        if !(first.pool_start as usize..first.pool_end as usize).contains(&(trial.pair.base[0] + at)) {
            shared.cover.one(Count::alloc_in_later_area);
        }
        if shared.objects.len() <= id as usize {
            shared.objects.resize(id as usize + 1, Object::default());
        }
    });
    if trial.live_blocks + blocks == trial.blocks {
        trial.count(Count::alloc_fills_heap);
    }
    born(trial, id, at, blocks);
    let length = blocks * trial.pair.block();
    // With a finaliser, the first word is zeroed in any case.
    let first_word = if trial.clears() || finaliser { size_of::<usize>() } else { 0 };
    let used = if trial.clears() { 0 } else { bytes.min(length) };
    is_zeroed(trial, at, 0, first_word)?;
    is_zeroed(trial, at, used, length)?;
    if noise || !trial.clears() {
        let end = if noise { length } else { bytes };
        fill(trial, id, usize::from(finaliser), end.div_ceil(size_of::<usize>()));
    }
    Ok(true)
}

/// What gc_realloc was asked for. The object had `old.blocks` blocks at `old.at`.
pub struct Resize {
    pub id: Id,
    pub old: Object,
    pub bytes: usize,
    pub may_move: bool,
    pub locked: bool,
}

/// Records that gc_realloc returned the offset `at`. True if the object still exists.
pub fn reallocated(trial: &mut Trial, resize: &Resize, at: usize) -> Result<bool, Divergence> {
    let Resize { id, ref old, bytes, may_move, locked } = *resize;
    let block = trial.pair.block();
    let blocks = bytes.div_ceil(block);
    if at == 0 {
        trial.count(match bytes {
            0 => Count::realloc_to_nothing,
            _ if locked => Count::realloc_locked,
            _ if may_move => Count::realloc_no_room,
            _ => Count::realloc_may_not_move,
        });
        let freed = bytes == 0 && !locked;
        if freed {
            die(trial, id);
        }
        return Ok(!freed);
    }
    trial.count(match () {
        () if at != old.at => Count::realloc_moves,
        () if blocks == old.blocks => Count::realloc_same,
        () if blocks < old.blocks => Count::realloc_shrinks,
        () => Count::realloc_grows_in_place,
    });
    if blocks != old.blocks || at != old.at {
        die(trial, id);
        born(trial, id, at, blocks);
    }
    if blocks > old.blocks {
        let used = if trial.clears() { old.blocks * block } else { bytes };
        is_zeroed(trial, at, used, blocks * block)?;
        if !trial.clears() {
            fill(trial, id, trial.words_in(old.blocks), bytes.div_ceil(size_of::<usize>()));
        }
    }
    Ok(true)
}

/// Checks that bytes `from` to `to` of the object at an offset are 0 on both sides.
fn is_zeroed(trial: &Trial, at: usize, from: usize, to: usize) -> Result<(), Divergence> {
    for side in 0..2 {
        if bytes(trial.pair.base[side] + at, to)[from..].iter().any(|byte| *byte != 0) {
            return Err(Divergence(format!("side {side}: new memory is not zeroed")));
        }
    }
    Ok(())
}

pub fn write(trial: &Trial, id: Id, word: usize, value: Value) {
    let Some(object) = trial.live_object(id) else { return };
    let Some(words) = trial.words(value) else { return };
    let length = trial.words_in(object.blocks);
    if word < length {
        (0..2).for_each(|side| words_mut(trial.pair.base[side] + object.at, length)[word] = words[side]);
    }
}

/// Fills words of an object with numbers that are not addresses.
fn fill(trial: &Trial, id: Id, from: usize, to: usize) {
    let Some(object) = trial.live_object(id) else { return };
    for side in 0..2 {
        let words = words_mut(trial.pair.base[side] + object.at, trial.words_in(object.blocks));
        for (n, word) in words.iter_mut().enumerate().take(to).skip(from) {
            *word = mix(u64::from(id) << 32 | n as u64) as usize | 1;
        }
    }
}

fn born(trial: &mut Trial, id: Id, at: usize, blocks: usize) {
    let listed = trial.live.len();
    trial.live.push(id);
    trial.live_blocks += blocks;
    shared(|shared| {
        let object = &mut shared.objects[id as usize];
        (object.at, object.blocks, object.live, object.listed) = (at, blocks, true, listed);
        shared.owner[at / OWNER_BYTES] = id + 1;
    });
}

pub fn die(trial: &mut Trial, id: Id) {
    shared(|shared| {
        let object = &mut shared.objects[id as usize];
        debug_assert!(object.live);
        object.live = false;
        trial.live_blocks -= object.blocks;
        trial.live.swap_remove(object.listed);
        if let Some(moved) = trial.live.get(object.listed) {
            let listed = object.listed;
            shared.objects[*moved as usize].listed = listed;
        }
    });
}

/// After a collection: finds out from gc.c's table which objects died, and returns how many. An object at the offset
/// `new` died, even if there is a head, because the memory has been allocated again since. The object `keep` did not
/// die, because it was being reallocated.
pub fn bury(trial: &mut Trial, new: usize, keep: Option<Id>) -> usize {
    let pair = trial.pair;
    let mut dead = Vec::new();
    shared(|shared| {
        for id in trial.live.iter().filter(|id| Some(**id) != keep) {
            let at = shared.objects[*id as usize].at;
            let kind = tables::kind_at(&shared.areas[0], pair.block(), pair.base[0] + at);
            if at == new || kind != Some(Kind::Head) {
                dead.push(*id);
            }
        }
    });
    dead.iter().for_each(|id| die(trial, *id));
    dead.len()
}

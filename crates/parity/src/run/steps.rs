//! Runs one operation on both heaps.

use super::areas::{new_area, prepare, sync};
use super::compare::{Extent, compare, same_words};
use super::detour::detour;
use super::divergence::{Divergence, same};
use super::objects::{Request, Resize, allocated, bury, die, reallocated, write};
use super::shared::{set_limit, shared};
use super::trial::Trial;
use crate::cover::Count;
use crate::heaps::memory::{self, read, read_number};
use crate::heaps::pair::ROOT_BUSY;
use crate::trace::{Id, Op, Span, Value};

/// gc_lock_depth has 16 bits; traces stay far below.
const MOST_LOCKS: usize = 1000;

/// What an operation did.
enum Done {
    /// It did not call the heaps.
    NoCall,
    Call,
    /// It called the heaps, and the words of this object must be compared.
    CallOn(Id),
}

/// Runs an operation and compares the heaps. True if it called them.
pub fn step(trial: &mut Trial, op: &Op) -> Result<bool, Divergence> {
    // A new area is compared as a whole, so it needs nothing of what follows.
    if let Op::Add(span) = *op {
        return add(trial, span);
    }
    let touched = match call(trial, op)? {
        Done::NoCall => return Ok(false),
        Done::Call => None,
        Done::CallOn(id) => Some(id),
    };
    trial.calls += 1;
    trial.count(Count::calls);
    if let Some(id) = touched {
        same_words(trial, id)?;
    }
    compare(trial, Extent::AfterCall)?;
    Ok(true)
}

fn call(trial: &mut Trial, op: &Op) -> Result<Done, Divergence> {
    let pair = trial.pair;
    let locked = trial.lock_depth() != 0;
    match *op {
        Op::Alloc { .. } => alloc(trial, op, locked),
        Op::Realloc { .. } => realloc(trial, op, locked),
        Op::Free(id) => Ok(free(trial, id, locked)),
        Op::FreeNull => {
            trial.both(|side| pair.free(side, 0));
            trial.count(Count::free_null);
            Ok(Done::Call)
        }
        Op::Nbytes(value) => nbytes(trial, value, op),
        Op::Write { id, word, value } => {
            write(trial, id, word, value);
            Ok(Done::NoCall)
        }
        Op::Root { at, value } => {
            if let Some(words) = trial.words(value) {
                (0..2).for_each(|side| pair.set_root(side, at, words[side]));
            }
            Ok(Done::NoCall)
        }
        Op::Script { id, ref acts } => {
            shared(|shared| {
                if let Some(object) = shared.objects.get_mut(id as usize) {
                    object.script.clone_from(acts);
                }
            });
            Ok(Done::NoCall)
        }
        Op::Collect => collect(trial, locked),
        Op::Sweep => {
            trial.both(|side| pair.sweep_all(side));
            sync(trial)?;
            bury(trial, 0, None);
            trial.count(Count::sweep_all);
            Ok(Done::Call)
        }
        Op::Lock if trial.lock_depth() > MOST_LOCKS => Ok(Done::NoCall),
        Op::Lock => {
            trial.both(|side| pair.lock(side));
            Ok(Done::Call)
        }
        Op::Unlock if !locked => Ok(Done::NoCall),
        Op::Unlock => {
            trial.both(|side| pair.unlock(side));
            Ok(Done::Call)
        }
        Op::Auto(on) => {
            (0..2).for_each(|side| memory::write(pair.side(side).auto_collect, on.into()));
            Ok(Done::NoCall)
        }
        Op::Threshold(blocks) => {
            (0..2).for_each(|side| memory::write(pair.side(side).alloc_threshold, blocks));
            Ok(Done::NoCall)
        }
        Op::Weakref(id) => Ok(weakref(trial, id)),
        Op::Limit(bytes) => {
            set_limit(bytes);
            Ok(Done::NoCall)
        }
        Op::Readable { at, yes } => {
            (0..2).for_each(|side| pair.set_unreadable(side, at, !yes));
            if !yes {
                trial.count(Count::root_unreadable);
            }
            Ok(Done::NoCall)
        }
        Op::Detour { .. } if locked => Ok(Done::NoCall),
        Op::Detour { bytes, seed } => {
            let limit = set_limit(0);
            detour(trial, bytes, seed)?;
            set_limit(limit);
            trial.count(Count::detour);
            Ok(Done::Call)
        }
        Op::Add(_) => unreachable!("`step` handles it"),
    }
}

fn alloc(trial: &mut Trial, op: &Op, locked: bool) -> Result<Done, Divergence> {
    let Op::Alloc { id, bytes, finaliser, noise, by_realloc } = *op else { return Ok(Done::NoCall) };
    let pair = trial.pair;
    if shared(|shared| shared.objects.get(id as usize).is_some_and(|object| object.at != 0)) {
        return Ok(Done::NoCall);
    }
    let collections = read(pair.side(0).collections);
    let due = read_number(pair.side(0).alloc_amount) >= read_number(pair.side(0).alloc_threshold);
    let result =
        trial.both_at(
            |side| {
                if by_realloc { pair.realloc(side, 0, bytes, true) } else { pair.alloc(side, bytes, finaliser) }
            },
        );
    sync(trial)?;
    same!(trial.place(result[0]), trial.place(result[1]), "result of {op}");
    if read(pair.side(0).collections) != collections {
        bury(trial, result[0], None);
        trial.count(if due { Count::alloc_threshold_collection } else { Count::alloc_after_collection });
    }
    let finaliser = finaliser && !by_realloc && trial.has_finalisers();
    trial.count(match () {
        () if locked => Count::alloc_locked,
        () if by_realloc => Count::alloc_by_realloc,
        () if finaliser => Count::alloc_finaliser,
        () => Count::alloc,
    });
    let exists = allocated(trial, &Request { id, bytes, finaliser, noise }, result[0])?;
    Ok(if exists { Done::CallOn(id) } else { Done::Call })
}

fn realloc(trial: &mut Trial, op: &Op, locked: bool) -> Result<Done, Divergence> {
    let Op::Realloc { id, bytes, may_move } = *op else { return Ok(Done::NoCall) };
    let pair = trial.pair;
    let Some(old) = trial.live_object(id) else { return Ok(Done::NoCall) };
    // gc.c asserts that an object with a weak reference is neither freed nor moved.
    let has_weakref = trial.has_weakref(&old);
    let may_move = may_move && !has_weakref;
    if has_weakref && bytes == 0 {
        return Ok(Done::NoCall);
    }
    let collections = read(pair.side(0).collections);
    // A real stack would contain a pointer to the object.
    for side in 0..2 {
        pair.set_root(side, ROOT_BUSY, pair.base[side] + old.at);
    }
    shared(|shared| shared.busy = Some(id));
    let result = trial.both_at(|side| pair.realloc(side, pair.base[side] + old.at, bytes, may_move));
    shared(|shared| shared.busy = None);
    sync(trial)?;
    for side in 0..2 {
        pair.set_root(side, ROOT_BUSY, 0);
    }
    same!(trial.place(result[0]), trial.place(result[1]), "result of {op}");
    if read(pair.side(0).collections) != collections {
        bury(trial, result[0], Some(id));
        trial.count(Count::realloc_after_collection);
    }
    let exists = reallocated(trial, &Resize { id, old, bytes, may_move, locked }, result[0])?;
    Ok(if exists { Done::CallOn(id) } else { Done::Call })
}

fn free(trial: &mut Trial, id: Id, locked: bool) -> Done {
    let pair = trial.pair;
    let Some(old) = trial.live_object(id).filter(|old| !trial.has_weakref(old)) else { return Done::NoCall };
    trial.both(|side| pair.free(side, pair.base[side] + old.at));
    trial.count(if locked { Count::free_locked } else { Count::free });
    if !locked {
        die(trial, id);
    }
    Done::Call
}

fn nbytes(trial: &Trial, value: Value, op: &Op) -> Result<Done, Divergence> {
    let Some(words) = trial.words(value) else { return Ok(Done::NoCall) };
    let lengths = trial.both(|side| trial.pair.nbytes(side, words[side]));
    same!(lengths[0], lengths[1], "result of {op}");
    trial.count(if lengths[0] == 0 { Count::nbytes_of_other } else { Count::nbytes_of_object });
    Ok(Done::Call)
}

fn collect(trial: &mut Trial, locked: bool) -> Result<Done, Divergence> {
    let pair = trial.pair;
    let overflows = read(pair.side(0).overflows);
    let full = trial.live_blocks == trial.blocks;
    trial.both(|side| pair.collect(side));
    sync(trial)?;
    let freed = bury(trial, 0, None);
    trial.count(if freed > 0 { Count::collect_freed } else { Count::collect_freed_none });
    if locked {
        trial.count(Count::collect_under_lock);
    }
    if full {
        trial.count(Count::collect_in_full_heap);
    }
    if read(pair.side(0).overflows) > overflows {
        trial.count(Count::stack_overflow);
        if full {
            trial.count(Count::stack_overflow_in_full_heap);
        }
    }
    Ok(Done::Call)
}

fn weakref(trial: &Trial, id: Id) -> Done {
    let pair = trial.pair;
    let Some(object) = trial.live_object(id) else { return Done::NoCall };
    if pair.side(0).weakref_mark.is_none() {
        return Done::NoCall;
    }
    trial.both(|side| pair.weakref_mark(side, pair.base[side] + object.at));
    trial.count(Count::weakref_marked);
    Done::Call
}

fn add(trial: &mut Trial, span: Span) -> Result<bool, Divergence> {
    let pair = trial.pair;
    if pair.side(0).add.is_none() || shared(|shared| shared.zones[0][span.zone].is_some()) {
        return Ok(false);
    }
    if trial.calls > 0 {
        trial.count(Count::area_added_late);
    }
    prepare(trial, span);
    trial.both(|side| pair.add(side, span));
    trial.calls += 1;
    trial.count(Count::calls);
    new_area(trial)?;
    Ok(true)
}

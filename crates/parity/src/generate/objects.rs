//! Operations on single objects.

use super::generator::Generator;
use crate::run::divergence::Divergence;
use crate::trace::{Act, Op, Value};

/// Allocates an object, and mostly makes it reachable.
pub fn alloc(g: &mut Generator) -> Result<(), Divergence> {
    let bytes = g.size();
    let id = g.new_id();
    let finaliser = g.random.chance(g.plan.finaliser);
    let noise = g.random.chance(g.plan.noise);
    let by_realloc = g.random.chance(5);
    g.emit(Op::Alloc { id, bytes, finaliser, noise, by_realloc })?;
    if !g.runner.is_live(id) {
        return Ok(());
    }
    if finaliser {
        let value = *g.random.pick(&[Value::Zero, Value::Plain, Value::Del, Value::Del, Value::Del]);
        if value != Value::Zero || g.random.chance(50) {
            g.emit(Op::Write { id, word: 0, value })?;
        }
        if value == Value::Del && g.random.chance(70) {
            let acts = (0..g.random.range(1, 3)).map(|_| g.act(id)).collect();
            g.emit(Op::Script { id, acts })?;
        }
    } else if g.random.chance(20) {
        let value = Value::Type(g.random.below(11));
        g.emit(Op::Write { id, word: 0, value })?;
    }
    if g.random.chance(g.plan.rooted) {
        let at = g.root_place();
        g.emit(Op::Root { at, value: Value::Object(id, 0) })?;
    }
    if g.random.chance(g.plan.linked) {
        // A link from another object to this one keeps it alive.
        if let Some(from) = g.live() {
            let word = g.word_of(from);
            g.emit(Op::Write { id: from, word, value: Value::Object(id, 0) })?;
        }
        let (word, value) = (g.word_of(id), g.pointer());
        g.emit(Op::Write { id, word, value })?;
    }
    Ok(())
}

/// Reallocates an object to a larger, smaller or equal size.
pub fn realloc(g: &mut Generator) -> Result<(), Divergence> {
    let Some(id) = g.live() else { return Ok(()) };
    let (blocks, most) = (g.runner.blocks_of(id), g.runner.blocks() + 1);
    let may_move = g.random.chance(75);
    let wanted = match g.random.below(20) {
        0..4 => blocks + 1,
        4..8 => blocks.saturating_sub(1).max(1),
        8..10 => blocks,
        10..12 => blocks * 2,
        12..14 => blocks / 2 + 1,
        14 | 15 => g.random.range(1, blocks),
        16 | 17 => blocks + g.random.range(1, 8),
        other => {
            let bytes = if other == 18 { 0 } else { g.size().min(usize::MAX / 2) };
            return g.emit(Op::Realloc { id, bytes, may_move }).map(drop);
        }
    };
    // Sometimes repeatedly by one block, as a list grows.
    let times = if g.random.chance(10) { g.random.range(2, 20) } else { 1 };
    for step in 0..times {
        let bytes = g.in_blocks((wanted + step).min(most));
        g.emit(Op::Realloc { id, bytes, may_move })?;
    }
    if may_move && g.random.chance(50) {
        let at = g.root_place();
        g.emit(Op::Root { at, value: Value::Object(id, 0) })?;
    }
    Ok(())
}

/// Makes a weak reference to an object, perhaps with acts for the time after its death.
pub fn weakref(g: &mut Generator) -> Result<(), Divergence> {
    let Some(id) = g.live() else { return Ok(()) };
    g.emit(Op::Weakref(id))?;
    if g.random.chance(40) {
        let mut acts: Vec<Act> = (0..g.random.range(1, 3)).map(|_| g.act(id)).collect();
        if g.random.chance(10) {
            acts.push(Act::Collect);
        }
        g.emit(Op::Script { id, acts })?;
    }
    Ok(())
}

/// Sets a root.
pub fn root(g: &mut Generator) -> Result<(), Divergence> {
    let at = g.root_place();
    let value = match g.random.below(10) {
        0..4 => Value::Zero,
        4..8 => match g.live() {
            Some(id) => Value::Object(id, 0),
            None => Value::Zero,
        },
        _ => g.pointer(),
    };
    g.emit(Op::Root { at, value }).map(drop)
}

/// Sets a word of an object.
pub fn link(g: &mut Generator) -> Result<(), Divergence> {
    let Some(id) = g.live() else { return Ok(()) };
    let (word, value) = (g.word_of(id), g.pointer());
    g.emit(Op::Write { id, word, value }).map(drop)
}

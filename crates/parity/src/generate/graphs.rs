//! Traces about marking: graphs that overflow the mark stack, in full heaps or in heaps with holes of one block.

use super::generator::Generator;
use super::mixture;
use crate::config::Split;
use crate::run::divergence::Divergence;
use crate::trace::{Id, Op, Value};

/// Builds graphs whose marking overflows a small mark stack, in heaps that are full or have only small holes.
pub fn graphs(g: &mut Generator) -> Result<(), Divergence> {
    let auto = g.random.chance(20);
    if g.config.split == Split::Auto {
        g.emit(Op::Limit(0))?;
    }
    g.emit(Op::Auto(auto))?;
    for round in 0..g.random.range(1, 3) {
        let free = g.runner.blocks() - g.runner.live_blocks();
        let share = *g.random.pick(&[100, 90, 50]);
        let hub = graph(g, free * share / 100)?;
        let full = round == 0 || g.random.chance(60);
        // Fillers: no object points to them, and each has one pointer. With a threshold, collections may free them
        // again.
        let free = g.runner.blocks() - g.runner.live_blocks();
        for _ in 0..if full { free } else { 0 } {
            let Some(id) = node(g, 1)? else { break };
            let value = g.pointer();
            g.emit(Op::Write { id, word: 0, value })?;
        }
        g.emit(Op::Root { at: 0, value: hub.map_or(Value::Zero, |id| Value::Object(id, 0)) })?;
        let more = g.random.below(4);
        for at in 1..=more {
            let value = g.pointer();
            g.emit(Op::Root { at, value })?;
        }
        if g.random.chance(50) {
            // Makes holes of one block.
            for _ in 0..g.runner.live_blocks() / g.random.range(3, 30) {
                g.with_live(|_, id| Op::Free(id))?;
            }
        }
        for _ in 0..g.random.range(1, 3) {
            g.emit(Op::Collect)?;
            for _ in 0..g.random.below(40) {
                mixture::any(g)?;
            }
        }
        while g.runner.lock_depth() > 0 {
            g.emit(Op::Unlock)?;
        }
    }
    Ok(())
}

/// Allocates an object, perhaps with a finaliser; None if there is no room.
pub fn node(g: &mut Generator, blocks: usize) -> Result<Option<Id>, Divergence> {
    let id = g.new_id();
    let finaliser = g.plan.finaliser > 10 && g.random.chance(10);
    let bytes = blocks * g.config.block;
    g.emit(Op::Alloc { id, bytes, finaliser, noise: false, by_realloc: false })?;
    if !g.runner.is_live(id) {
        return Ok(None);
    }
    if finaliser {
        g.emit(Op::Write { id, word: 0, value: Value::Del })?;
        let acts = vec![g.act(id)];
        g.emit(Op::Script { id, acts })?;
    }
    Ok(Some(id))
}

/// Builds a graph of about this many blocks. Returns the object from which all others can be reached.
pub fn graph(g: &mut Generator, blocks: usize) -> Result<Option<Id>, Divergence> {
    let words = g.config.block / size_of::<usize>();
    let shape = g.random.below(6);
    let backwards = g.random.chance(50);
    let mut nodes = Vec::new();
    // Word 0 may contain the type of an object with a finaliser, so links start at the last word.
    let last = words - 1;
    match shape {
        // A wide object whose children have a child each, or point to any other object.
        0 | 1 => {
            let width = (blocks * words / (2 * words + 1)).max(1);
            let hub_blocks = (width + 1).div_ceil(words);
            let mut hub = if backwards { None } else { node(g, hub_blocks)? };
            for _ in 0..width {
                nodes.extend(node(g, 1)?);
            }
            if backwards {
                hub = node(g, hub_blocks)?;
            }
            let Some(hub) = hub else { return Ok(nodes.first().copied()) };
            for (n, id) in nodes.iter().enumerate() {
                g.emit(Op::Write { id: hub, word: n + 1, value: Value::Object(*id, 0) })?;
            }
            for id in nodes {
                if shape == 0 {
                    if let Some(child) = node(g, 1)? {
                        g.emit(Op::Write { id, word: last, value: Value::Object(child, 0) })?;
                    }
                } else if let Some(other) = g.live() {
                    g.emit(Op::Write { id, word: last, value: Value::Object(other, 0) })?;
                }
            }
            Ok(Some(hub))
        }
        // A comb: a chain of objects, each of which points to many others, its teeth.
        2 => {
            let teeth: usize = *g.random.pick(&[1, 3, 30, 70, 200]);
            let spine_blocks = (teeth + 2).div_ceil(words);
            let mut previous = None;
            let mut first = None;
            for _ in 0..blocks / (spine_blocks + teeth) + 1 {
                let Some(spine) = node(g, spine_blocks)? else { break };
                let spine_words = spine_blocks * words;
                for tooth in 0..teeth {
                    if let Some(id) = node(g, 1)? {
                        g.emit(Op::Write { id: spine, word: 1 + tooth, value: Value::Object(id, 0) })?;
                    }
                }
                match previous {
                    Some(previous) if backwards => {
                        let value = Value::Object(previous, 0);
                        g.emit(Op::Write { id: spine, word: spine_words - 1, value })?;
                    }
                    Some(previous) => {
                        let value = Value::Object(spine, 0);
                        g.emit(Op::Write { id: previous, word: spine_words - 1, value })?;
                    }
                    None => first = Some(spine),
                }
                previous = Some(spine);
            }
            Ok(if backwards { previous } else { first })
        }
        // A list, a tree with as many branches as fit, or a random graph.
        _ => {
            for _ in 0..blocks {
                let Some(id) = node(g, 1)? else { break };
                nodes.push(id);
            }
            if backwards {
                nodes.reverse();
            }
            let branches = if shape == 3 { 1 } else { last.max(2).min(words) };
            for n in 0..nodes.len() {
                for branch in 0..branches {
                    let child = match shape {
                        5 => g.random.below(nodes.len()),
                        _ => n * branches + branch + 1,
                    };
                    if let Some(child) = nodes.get(child) {
                        let value = Value::Object(*child, 0);
                        g.emit(Op::Write { id: nodes[n], word: last - branch, value })?;
                    }
                }
            }
            Ok(nodes.first().copied())
        }
    }
}

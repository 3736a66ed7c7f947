//! What each node keeps alive alone.

use super::dominators::Order;
use super::reach::{NONE, Nodes};
use crate::model::Heap;

/// What a heap's objects keep alive.
#[derive(Clone, Debug)]
pub struct Retained {
    /// For each node the nearest one that every path to it goes through; `NONE` if nothing leads to it.
    pub dominator: Vec<u32>,
    /// For each node the bytes of objects that would go with it.
    pub bytes: Vec<u64>,
}

/// The dominators of all nodes, and the bytes that each node keeps alive alone.
pub fn retained(heap: &Heap, nodes: Nodes<'_>) -> Retained {
    let order = Order::of(nodes);
    let tree = order.dominators();
    let mut bytes = vec![0u64; nodes.len()];
    let mut dominator = vec![NONE; nodes.len()];
    // Whoever comes later in the order is nowhere above: children first.
    for at in (0..order.node.len()).rev() {
        let node = order.node[at] as usize;
        if let Some(object) = nodes.object_of(node as u32) {
            bytes[node] += heap.bytes(heap.objects.blocks[object]);
        }
        let above = order.node[tree[at] as usize];
        dominator[node] = above;
        if at > 0 {
            bytes[above as usize] += bytes[node];
        }
    }
    Retained { dominator, bytes }
}

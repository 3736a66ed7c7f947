//! Which objects can be reached, and by what path; what each keeps alive alone.
//!
//! Nodes: 0 stands for the program, then come its roots, then the objects. Everything is in flat arrays, and
//! nothing calls itself: a list of a million objects is as deep as a heap can be.

use crate::model::{Graph, Heap, RootWord};

/// No node.
pub const NONE: u32 = u32::MAX;

/// The nodes of a heap.
#[derive(Clone, Copy, Debug)]
pub struct Nodes<'g> {
    /// Who points to whom.
    pub graph: &'g Graph,
    objects: usize,
}

impl<'g> Nodes<'g> {
    /// The nodes of a heap that has a graph.
    pub fn of(heap: &'g Heap) -> Option<Self> {
        heap.graph.as_ref().map(|graph| Self { graph, objects: heap.objects.len() })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        1 + self.graph.roots.len() + self.objects
    }

    /// Never: there is always the program.
    pub fn is_empty(&self) -> bool {
        false
    }

    /// The node of an object.
    pub fn object(&self, object: usize) -> u32 {
        (1 + self.graph.roots.len() + object) as u32
    }

    /// The object of a node.
    pub fn object_of(&self, node: u32) -> Option<usize> {
        (node as usize).checked_sub(1 + self.graph.roots.len())
    }

    /// The root that a node is.
    pub fn root_of(&self, node: u32) -> Option<usize> {
        (node as usize).checked_sub(1).filter(|root| *root < self.graph.roots.len())
    }

    /// The words of a root that point to objects.
    pub fn words(&self, root: usize) -> &'g [RootWord] {
        &self.graph.words[self.graph.word_first[root] as usize..self.graph.word_first[root + 1] as usize]
    }

    /// Where a node leads; `at` counts from 0. `None` at the end.
    pub fn next(&self, node: u32, at: usize) -> Option<u32> {
        if node == 0 {
            return (at < self.graph.roots.len()).then_some(1 + at as u32);
        }
        if let Some(root) = self.root_of(node) {
            return self.words(root).get(at).map(|word| self.object(word.object as usize));
        }
        let object = self.object_of(node)?;
        let edge = self.graph.first[object] as usize + at;
        (edge < self.graph.first[object + 1] as usize).then(|| self.object(self.graph.to[edge] as usize))
    }

    /// For each node the one before it on a shortest path from the program; `NONE` if there is no path. Only those edges
    /// count that `may` allows.
    pub fn shortest(&self, may: impl Fn(u32, u32) -> bool) -> Vec<u32> {
        let mut before = vec![NONE; self.len()];
        before[0] = 0;
        let mut queue = vec![0];
        let mut done = 0;
        while let Some(node) = queue.get(done).copied() {
            done += 1;
            let mut at = 0;
            while let Some(next) = self.next(node, at) {
                at += 1;
                if before[next as usize] == NONE && may(node, next) {
                    before[next as usize] = node;
                    queue.push(next);
                }
            }
        }
        before
    }
}

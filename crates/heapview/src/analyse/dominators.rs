//! Dominators by Lengauer and Tarjan's algorithm with path compression: O(edges * log nodes) at most.

use super::reach::{NONE, Nodes};

/// The nodes in the order in which a search in depth first meets them. Numbers below are places in this order.
pub struct Order {
    /// The node at each place.
    pub node: Vec<u32>,
    parent: Vec<u32>,
    /// Who leads to each: `from[first[i]..first[i + 1]]`.
    first: Vec<u32>,
    from: Vec<u32>,
}

impl Order {
    /// The order of all nodes that the program reaches.
    pub fn of(nodes: Nodes<'_>) -> Self {
        let mut place = vec![NONE; nodes.len()];
        let (mut node, mut parent) = (vec![0u32], vec![0u32]);
        place[0] = 0;
        // Each entry: a place, and how many of its edges were followed.
        let mut stack = vec![(0u32, 0usize)];
        while let Some((at, followed)) = stack.last_mut() {
            let from = *at;
            let next = nodes.next(node[from as usize], *followed);
            *followed += 1;
            match next {
                None => _ = stack.pop(),
                Some(next) if place[next as usize] == NONE => {
                    place[next as usize] = node.len() as u32;
                    stack.push((node.len() as u32, 0));
                    node.push(next);
                    parent.push(from);
                }
                Some(_) => {}
            }
        }
        let (first, from) = reversed(nodes, &node, &place);
        Self { node, parent, first, from }
    }

    /// For each place the place of its dominator; that of the first is itself.
    pub fn dominators(&self) -> Vec<u32> {
        let count = self.node.len();
        let mut dominator = vec![0u32; count];
        let mut forest = Forest::of(count);
        // Places whose semidominator is known, by that: the first, and for each the next.
        let (mut bucket, mut next) = (vec![NONE; count], vec![NONE; count]);
        for at in (1..count as u32).rev() {
            for from in &self.from[self.first[at as usize] as usize..self.first[at as usize + 1] as usize] {
                let best = forest.best(*from);
                forest.semi[at as usize] = forest.semi[at as usize].min(forest.semi[best as usize]);
            }
            let semi = forest.semi[at as usize] as usize;
            next[at as usize] = std::mem::replace(&mut bucket[semi], at);
            let parent = self.parent[at as usize];
            forest.ancestor[at as usize] = parent;
            let mut waiting = std::mem::replace(&mut bucket[parent as usize], NONE);
            while waiting != NONE {
                let best = forest.best(waiting);
                let earlier = forest.semi[best as usize] < forest.semi[waiting as usize];
                dominator[waiting as usize] = if earlier { best } else { parent };
                waiting = next[waiting as usize];
            }
        }
        for at in 1..count {
            if dominator[at] != forest.semi[at] {
                dominator[at] = dominator[dominator[at] as usize];
            }
        }
        dominator
    }
}

/// For each place the places that lead to it.
fn reversed(nodes: Nodes<'_>, node: &[u32], place: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let edges = || {
        node.iter()
            .zip(0u32..)
            .flat_map(|(node, at)| (0..).map_while(|edge| nodes.next(*node, edge)).map(move |to| (at, to)))
    };
    let mut first = vec![0u32; node.len() + 1];
    edges().for_each(|(_, to)| first[place[to as usize] as usize + 1] += 1);
    for at in 1..first.len() {
        first[at] += first[at - 1];
    }
    let mut from = vec![0u32; first[node.len()] as usize];
    let mut filled = first.clone();
    for (at, to) in edges() {
        let slot = &mut filled[place[to as usize] as usize];
        from[*slot as usize] = at;
        *slot += 1;
    }
    (first, from)
}

/// Trees of the places that are done, whose paths are shortened as they are walked.
struct Forest {
    ancestor: Vec<u32>,
    label: Vec<u32>,
    semi: Vec<u32>,
    path: Vec<u32>,
}

impl Forest {
    fn of(count: usize) -> Self {
        let all: Vec<u32> = (0..count as u32).collect();
        Self { ancestor: vec![NONE; count], label: all.clone(), semi: all, path: Vec::new() }
    }

    /// The place with the least semidominator on the path from here up to the root of its tree, without the root.
    fn best(&mut self, place: u32) -> u32 {
        if self.ancestor[place as usize] == NONE {
            return place;
        }
        let mut at = place;
        while self.ancestor[self.ancestor[at as usize] as usize] != NONE {
            self.path.push(at);
            at = self.ancestor[at as usize];
        }
        // From the top down, so that each finds its ancestor's path already short.
        while let Some(at) = self.path.pop() {
            let above = self.ancestor[at as usize] as usize;
            let label = self.label[above];
            if self.semi[label as usize] < self.semi[self.label[at as usize] as usize] {
                self.label[at as usize] = label;
            }
            self.ancestor[at as usize] = self.ancestor[above];
        }
        self.label[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::super::retained::retained;
    use super::*;
    use crate::model::{Graph, Heap, Root, RootWord, tests::drawn};

    /// A heap of objects of one block, with edges between them, and roots.
    pub(crate) fn heap(objects: usize, edges: &[(u32, u32)], roots: &[u32]) -> Heap {
        let mut heap = drawn(&"a".repeat(objects), 16);
        let mut graph = Graph { word_bytes: 8, ..Graph::default() };
        let mut sorted = edges.to_vec();
        sorted.sort_unstable();
        for object in 0..=objects as u32 {
            graph.first.push(sorted.partition_point(|edge| edge.0 < object) as u32);
        }
        graph.to = sorted.iter().map(|edge| edge.1).collect();
        graph.slot = vec![0; sorted.len()];
        graph.roots = vec![Root { name: "static data".into(), address: 0, doubtful: false }];
        let word = |(object, index): (&u32, u64)| RootWord { root: 0, index, value: 0, object: *object };
        graph.words = roots.iter().zip(0..).map(word).collect();
        graph.word_first = vec![0, roots.len() as u32];
        heap.graph = Some(graph);
        heap
    }

    /// The slow way: who is lost if a node is left out.
    fn slow(heap: &Heap) -> Vec<u64> {
        let nodes = Nodes::of(heap).unwrap();
        let all = nodes.shortest(|_, _| true);
        let count =
            |before: &[u32]| before.iter().skip(1 + nodes.graph.roots.len()).filter(|node| **node != NONE).count();
        (0..heap.objects.len())
            .map(|object| {
                let without = nodes.shortest(|_, to| to != nodes.object(object));
                (count(&all) - count(&without)) as u64 * 16
            })
            .collect()
    }

    fn fast(heap: &Heap) -> Vec<u64> {
        let nodes = Nodes::of(heap).unwrap();
        let found = retained(heap, nodes);
        (0..heap.objects.len()).map(|object| found.bytes[nodes.object(object) as usize]).collect()
    }

    #[test]
    fn a_diamond_is_kept_by_its_top() {
        let heap = heap(5, &[(0, 1), (0, 2), (1, 3), (2, 3)], &[0]);
        assert_eq!(fast(&heap), [64, 16, 16, 16, 0], "the last one is garbage");
    }

    #[test]
    fn random_graphs_agree_with_the_slow_way() {
        let mut seed = 1u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for _ in 0..300 {
            let objects = 1 + random(12);
            let edges: Vec<_> = (0..random(30)).map(|_| (random(objects) as u32, random(objects) as u32)).collect();
            let roots: Vec<_> = (0..1 + random(3)).map(|_| random(objects) as u32).collect();
            let heap = heap(objects as usize, &edges, &roots);
            assert_eq!(fast(&heap), slow(&heap), "{edges:?} {roots:?}");
        }
    }

    #[test]
    fn a_doubly_linked_list_of_a_million() {
        let count = 1_000_000;
        let edges: Vec<_> = (1..count).flat_map(|at| [(at - 1, at), (at, at - 1)]).collect();
        let heap = heap(count as usize, &edges, &[0]);
        let found = fast(&heap);
        assert_eq!((found[0], found[999_999]), (16_000_000, 16));
        // From its middle: each half.
        let mut heap = heap;
        heap.graph.as_mut().unwrap().words[0].object = 500_000;
        assert_eq!(fast(&heap)[250_000], 250_001 * 16);
    }
}

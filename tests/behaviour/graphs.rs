//! Marking graphs that fill the mark stack many times over, in heaps with few free blocks or none: every object that can
//! be reached stays, every other one goes, and the free blocks that served meanwhile are free again.

use crate::support::World;
use gcheap::config::{BLOCK_BYTES as B, SPLIT_HEAP, SPLIT_HEAP_AUTO};

const WORDS: usize = B / size_of::<usize>();

/// Which objects each object points at; object 0 is the root. An object has as many blocks as its pointers need.
type Graph = Vec<Vec<usize>>;

/// Makes a graph of so many objects.
type Shape = fn(usize) -> Graph;

fn list(n: usize) -> Graph {
    (0..n).map(|i| if i + 1 < n { vec![i + 1] } else { vec![] }).collect()
}

fn backwards(n: usize) -> Graph {
    (0..n).map(|i| if i == 0 { vec![n - 1] } else { vec![i - 1] }).collect()
}

/// One object that points at all the others.
fn wide(n: usize) -> Graph {
    let mut graph = vec![(1..n).collect::<Vec<_>>()];
    graph.resize(n, vec![]);
    graph
}

/// A spine whose teeth wait while the spine is followed: it comes last, so it is taken from the stack first.
fn comb(n: usize) -> Graph {
    (0..n).map(|i| if i % 4 == 0 && i + 4 < n { vec![i + 1, i + 2, i + 3, i + 4] } else { vec![] }).collect()
}

/// The same, each tooth with a tooth of its own.
fn long_comb(n: usize) -> Graph {
    let teeth = |i: usize| match i % 8 {
        0 if i + 8 < n => vec![i + 1, i + 2, i + 3, i + 8],
        1..=3 if i + 3 < n => vec![i + 3],
        _ => vec![],
    };
    (0..n).map(teeth).collect()
}

/// Levels of wide objects, each of which points at all of the next level.
fn wide_and_deep(n: usize) -> Graph {
    let level = 40;
    (0..n).map(|i| ((i / level + 1) * level..(i / level + 2) * level).filter(|&to| to < n).collect()).collect()
}

fn tree(n: usize) -> Graph {
    (0..n).map(|i| (2 * i + 1..2 * i + 3).filter(|&to| to < n).collect()).collect()
}

/// Any graph: each object points at some that may come before or after it.
fn random(n: usize) -> Graph {
    let mut seed = 0x2545_f491_4f6c_dd1du64;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below as u64) as usize
    };
    (0..n).map(|_| (0..next(2 * WORDS)).map(|_| next(n)).collect()).collect()
}

/// An array of all objects, in an order far from that of their addresses; each points at so many of the others, anywhere.
fn array_of(n: usize, links: usize) -> Graph {
    let far = |i: usize, step: usize| 1 + i * step % (n - 1).max(1);
    let mut graph: Graph = (0..n).map(|i| (0..links.min(n - 1)).map(|k| far(i + k, 1543 + 2 * k)).collect()).collect();
    graph[0] = (1..n).map(|i| far(i, 619)).collect();
    graph
}

fn array_of_graph(n: usize) -> Graph {
    array_of(n, WORDS)
}

/// With one link each the mark stack is never full: but the walk goes far, while the array waits.
fn array_of_lists(n: usize) -> Graph {
    array_of(n, 1)
}

fn reached(graph: &Graph) -> Vec<bool> {
    let mut reached = vec![false; graph.len()];
    let mut todo = vec![0];
    while let Some(i) = todo.pop() {
        if !std::mem::replace(&mut reached[i], true) {
            todo.extend(&graph[i]);
        }
    }
    reached
}

/// Collects the graph in a heap with `spare` free blocks behind it and, with `holes`, one before every few objects.
fn collect(name: &str, graph: &Graph, spare: usize, holes: bool, two_areas: bool) {
    let blocks: usize = graph.iter().map(|to| to.len().div_ceil(WORDS).max(1)).sum();
    let all = (blocks + spare + if holes { graph.len() / 3 + 1 } else { 0 }).next_multiple_of(4);
    let areas = if two_areas { vec![(all / 8 + 1) * 4, (all / 8 + 32) * 4] } else { vec![all] };
    let world = World::new(&areas);
    let heap = world.heap();
    let (mut objects, mut held) = (vec![], vec![]);
    for (i, to) in graph.iter().enumerate() {
        if holes && i % 3 == 0 {
            held.push(heap.alloc(B, false));
        }
        let object = heap.alloc(to.len().max(1) * size_of::<usize>(), false);
        assert!(!object.is_null(), "{name}: no room");
        objects.push(object);
    }
    held.iter().for_each(|&hole| heap.free(hole));
    for (from, to) in graph.iter().enumerate() {
        for (word, &to) in to.iter().enumerate() {
            // SAFETY: the object has a word for each of its pointers.
            unsafe { objects[from].cast::<usize>().add(word).write(objects[to].addr()) };
        }
    }
    // A word outside the graph that would keep it alive, were it a pointer.
    *world.roots.borrow_mut() = vec![objects[0].addr(), objects[0].addr() + 1];
    heap.collect_start();
    heap.collect_end();
    world.check();
    for (i, stays) in reached(graph).iter().enumerate() {
        let blocks = graph[i].len().div_ceil(WORDS).max(1);
        let expected = if *stays { blocks * B } else { 0 };
        assert_eq!(heap.nbytes(objects[i]), expected, "{name}: object {i} of {}", graph.len());
    }
    assert_eq!(world.collections.get(), 1, "{name}: the heap was to be large enough");
    let used: usize =
        reached(graph).iter().zip(graph).filter(|(r, _)| **r).map(|(_, to)| to.len().div_ceil(WORDS).max(1)).sum();
    assert_eq!(heap.info().used, used * B, "{name}");
    *world.roots.borrow_mut() = vec![];
    heap.collect_start();
    heap.collect_end();
    // Where areas come and go by themselves, only the first one is left.
    let left = if SPLIT_HEAP_AUTO { areas[0] } else { *areas.iter().max().unwrap() };
    assert_eq!(heap.info().max_free, left, "{name}: everything is free again");
    world.check();
}

#[test]
fn every_shape_in_every_heap() {
    let shapes: [(&str, Shape); 10] = [
        ("list", list),
        ("backwards", backwards),
        ("wide", wide),
        ("comb", comb),
        ("long comb", long_comb),
        ("wide and deep", wide_and_deep),
        ("tree", tree),
        ("random", random),
        ("array of a graph", array_of_graph),
        ("array of lists", array_of_lists),
    ];
    for (name, shape) in shapes {
        for n in [1, 3, 64, 700, 5000] {
            for spare in [0, 1, 300] {
                for holes in [false, true] {
                    collect(name, &shape(n), spare, holes, false);
                    if SPLIT_HEAP {
                        collect(name, &shape(n), spare, holes, true);
                    }
                }
            }
        }
    }
}

//! Where an allocation of a given size goes, or which objects stand in its way.

use crate::model::Heap;

/// A place for an allocation: free memory, or free memory with objects in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The heap index of the first block that would be free without the objects.
    pub start: u32,
    /// How many blocks would be free then.
    pub blocks: u32,
    /// Blocks of the objects in the way.
    pub in_the_way: u32,
    /// Those objects: the first, and the one after the last.
    pub objects: (usize, usize),
}

/// The hole that gc.c would use: the first one that is large enough.
pub fn first_fit(heap: &Heap, blocks: u32) -> Option<Place> {
    let hole = heap.holes.iter().find(|hole| hole.blocks >= blocks)?;
    let after = heap.objects.from(hole.start);
    Some(Place { start: hole.start, blocks: hole.blocks, in_the_way: 0, objects: (after, after) })
}

/// The best places for some blocks, at most `most`, that share no object: those first in whose way the fewest bytes stand.
/// Places that are free already are left out.
pub fn best(heap: &Heap, blocks: u32, most: usize) -> Vec<Place> {
    let mut places = candidates(heap, blocks);
    places.sort_by_key(|place| (place.in_the_way, place.objects.1 - place.objects.0, place.start));
    let mut found: Vec<Place> = Vec::new();
    for place in places {
        let apart = |other: &Place| place.objects.1 <= other.objects.0 || other.objects.1 <= place.objects.0;
        if found.iter().all(apart) {
            found.push(place);
        }
        if found.len() == most {
            break;
        }
    }
    found
}

/// For each object the fewest objects from it on that must go. Both ends only move up, so this is linear.
fn candidates(heap: &Heap, blocks: u32) -> Vec<Place> {
    let objects = &heap.objects;
    let end_of = |object: usize| objects.start[object] + objects.blocks[object];
    let mut places = Vec::new();
    for stretch in stretches(heap) {
        let (from, to) = stretch.objects;
        // What is free if the objects from `first` up to `last`, without it, are gone.
        let start = |first: usize| if first == from { stretch.start } else { end_of(first - 1) };
        let end = |last: usize| if last == to { stretch.end } else { objects.start[last] };
        let (mut last, mut in_the_way) = (from, 0);
        for first in from..to {
            while last < to && (last == first || end(last) - start(first) < blocks) {
                in_the_way += objects.blocks[last];
                last += 1;
            }
            let room = end(last) - start(first);
            if room < blocks {
                break;
            }
            places.push(Place { start: start(first), blocks: room, in_the_way, objects: (first, last) });
            in_the_way -= objects.blocks[first];
        }
    }
    places
}

/// Objects and holes that follow each other without anything unknown in between.
struct Stretch {
    start: u32,
    end: u32,
    /// The first object, and the one after the last.
    objects: (usize, usize),
}

fn stretches(heap: &Heap) -> Vec<Stretch> {
    let (objects, holes) = (&heap.objects, &heap.holes);
    let mut found: Vec<Stretch> = Vec::new();
    let (mut object, mut hole) = (0, 0);
    let mut area_end = 0;
    loop {
        let next_object = objects.start.get(object).copied().unwrap_or(u32::MAX);
        let next_hole = holes.get(hole).map_or(u32::MAX, |hole| hole.start);
        let start = next_object.min(next_hole);
        if start == u32::MAX {
            return found;
        }
        let is_object = next_object < next_hole;
        let blocks = if is_object { objects.blocks[object] } else { holes[hole].blocks };
        match found.last_mut() {
            Some(last) if last.end == start && start < area_end => last.end += blocks,
            _ => found.push(Stretch { start, end: start + blocks, objects: (object, object) }),
        }
        area_end = heap.area_of(start).end();
        if is_object {
            object += 1;
            if let Some(last) = found.last_mut() {
                last.objects.1 = object;
            }
        } else {
            hole += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    /// Each place as its start, its size, the blocks and the number of the objects in the way.
    fn places(picture: &str, blocks: u32) -> Vec<(u32, u32, u32, usize)> {
        let place = |place: Place| (place.start, place.blocks, place.in_the_way, place.objects.1 - place.objects.0);
        best(&drawn(picture, 16), blocks, 3).into_iter().map(place).collect()
    }

    #[test]
    fn the_fewest_bytes_in_the_way_come_first() {
        assert_eq!(places("a..b..c=..d", 5), [(1, 5, 1, 1), (4, 6, 2, 1)], "b, or c");
        assert_eq!(places("a.b.c.d", 5), [(1, 5, 2, 2)], "b and c; then a and d are alone");
        assert_eq!(places("a==", 2), [(0, 3, 3, 1)]);
        assert_eq!(places("a==", 4), []);
    }

    #[test]
    fn no_place_crosses_an_area_or_what_is_unknown() {
        assert_eq!(places("..a. ....", 5), []);
        assert_eq!(places("..a.?....", 5), []);
        assert_eq!(places("..a.=....", 5), [], "a tail without a head");
        assert_eq!(places("..a. ..b.", 4), [(0, 4, 1, 1), (4, 4, 1, 1)]);
    }

    #[test]
    fn first_fit_is_the_lowest_hole() {
        let heap = drawn("a.b...c..", 16);
        assert_eq!(first_fit(&heap, 2).map(|place| (place.start, place.blocks)), Some((3, 3)));
        assert_eq!(first_fit(&heap, 4), None);
    }

    #[test]
    fn it_is_linear() {
        let heap = drawn(&"a.".repeat(200_000), 16);
        assert_eq!(best(&heap, 100_000, 3).len(), 3);
    }
}

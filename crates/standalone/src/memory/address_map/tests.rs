use super::*;
use std::collections::HashMap;

/// Numbers that look random (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) as usize % limit
    }
}

fn contents(map: &AddressMap<usize>) -> HashMap<usize, usize> {
    let contents: HashMap<_, _> = map.iter().collect();
    assert_eq!(contents.len(), map.len(), "an entry is there twice");
    contents
}

#[test]
fn an_empty_table_maps_nothing() {
    let mut map = AddressMap::<usize>::new();
    assert_eq!((map.bytes(), map.len(), map.get(16), map.remove(16)), (0, 0, None, None));
    map.retain(|_, _| false);
    assert_eq!(map.iter().count(), 0);
}

#[test]
fn key_0_is_refused() {
    let mut map = AddressMap::new();
    assert_eq!(map.insert(0, 1), Err(OutOfMemory));
    map.insert(16, 1).unwrap();
    assert_eq!((map.get(0), map.remove(0), map.len()), (None, None, 1));
}

#[test]
fn insert_returns_the_old_value() {
    let mut map = AddressMap::new();
    assert_eq!(map.insert(16, 1), Ok(None));
    assert_eq!(map.insert(16, 2), Ok(Some(1)));
    *map.get_mut(16).unwrap() += 5;
    assert_eq!((map.get(16), map.len(), map.contains(32)), (Some(7), 1, false));
}

#[test]
fn it_behaves_like_the_standard_librarys_table() {
    let mut random = Random(88172645463325252);
    let mut map = AddressMap::new();
    let mut model = HashMap::new();
    // Few keys make long clusters come and go; they go round the end of the table as well.
    for step in 0..400_000 {
        let key = 16 * (1 + random.below(700));
        match random.below(4) {
            0 | 1 => assert_eq!(map.insert(key, step), Ok(model.insert(key, step))),
            2 => assert_eq!(map.remove(key), model.remove(&key)),
            _ => assert_eq!(map.get(key), model.get(&key).copied()),
        }
        if step % 10_000 == 0 {
            assert_eq!(contents(&map), model);
        }
    }
}

#[test]
fn retain_meets_every_entry_once() {
    let mut random = Random(7);
    for round in 0..300 {
        let mut map = AddressMap::new();
        let mut model = HashMap::new();
        for _ in 0..round {
            let key = 1 + random.below(usize::MAX / 2);
            map.insert(key, 0).unwrap();
            model.insert(key, 0);
        }
        let mut met = Vec::new();
        map.retain(|key, value| {
            met.push(key);
            *value = key;
            key % 3 == 0
        });
        assert_eq!(met.len(), model.len());
        model.retain(|key, value| {
            assert!(met.contains(key));
            *value = *key;
            key % 3 == 0
        });
        assert_eq!(contents(&map), model);
        assert!(model.keys().all(|&key| map.get(key) == Some(key)));
    }
}

#[test]
fn many_neighbouring_addresses_are_spread_well() {
    let mut map = AddressMap::new();
    for number in 1..=300_000_usize {
        map.insert(number * 16, number).unwrap();
    }
    assert!(map.bytes() <= 300_000 * 20 + (1 << 19) * 4);
    let longest = longest_chain(&map);
    assert!(longest < 20, "a chain of {longest} entries");
    assert!((1..=300_000).all(|number| map.get(number * 16) == Some(number)));
    map.clear();
    assert_eq!((map.bytes(), map.len()), (0, 0));
}

#[test]
fn addresses_at_equal_distances_are_spread_well() {
    for bits in 3..24 {
        let mut map = AddressMap::new();
        (1..=10_000_usize).for_each(|number| assert_eq!(map.insert(number << bits, number), Ok(None)));
        let longest = longest_chain(&map);
        assert!(longest < 20, "a chain of {longest} entries at a distance of {} bytes", 1_usize << bits);
    }
}

fn longest_chain(map: &AddressMap<usize>) -> usize {
    let length = |&first: &u32| {
        let next = |&at: &u32| Some(map.next.as_slice()[at as usize - 1]).filter(|&at| at != 0);
        std::iter::successors(Some(first).filter(|&at| at != 0), next).count()
    };
    map.buckets.as_slice().iter().map(length).max().unwrap_or(0)
}

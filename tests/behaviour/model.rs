//! The heap against a simple model: random calls, the same ones to both, compared after each.
//!
//! The model is one letter a block, and does everything block by block.

use std::collections::BTreeMap;

use crate::support::World;
use gcheap::Info;
use gcheap::config::{BLOCK_BYTES as B, COLLECT_FLAG, FINALISER, SPLIT_HEAP, SPLIT_HEAP_AUTO};
use proptest::prelude::*;

const WORDS: usize = B / size_of::<usize>();

/// An object of the model: its length in blocks, whether it has a finaliser, and what its words point at.
#[derive(Clone, Default)]
struct Object {
    len: usize,
    finaliser: bool,
    pointers: BTreeMap<usize, Id>,
}

/// Where an object's head is: area and block.
type Id = (usize, usize);

struct Model {
    areas: Vec<Vec<char>>,
    objects: BTreeMap<Id, Object>,
    finalised: Vec<Id>,
    collections: usize,
}

impl Model {
    fn new(areas: &[usize]) -> Self {
        let areas = areas.iter().map(|&n| vec!['.'; n]).collect();
        Self { areas, objects: BTreeMap::new(), finalised: vec![], collections: 0 }
    }

    fn picture(&self) -> String {
        self.areas.iter().map(|a| a.iter().collect::<String>()).collect::<Vec<_>>().join("|")
    }

    fn draw(&mut self, (area, block): Id, n: usize, first: char, rest: char) {
        for i in 0..n {
            self.areas[area][block + i] = if i == 0 { first } else { rest };
        }
    }

    /// The lowest place, one block at a time.
    fn first_fit(&self, n: usize) -> Option<Id> {
        for (a, area) in self.areas.iter().enumerate() {
            for block in 0..area.len() {
                if area.len() - block >= n && area[block..block + n].iter().all(|&c| c == '.') {
                    return Some((a, block));
                }
            }
        }
        None
    }

    fn alloc(&mut self, n: usize, finaliser: bool, roots: &[Id]) -> Option<Id> {
        if n == 0 {
            return None;
        }
        let id = self.first_fit(n).or_else(|| {
            self.collect(roots);
            self.first_fit(n)
        })?;
        self.draw(id, n, 'h', '=');
        self.objects.insert(id, Object { len: n, finaliser: finaliser && FINALISER, pointers: BTreeMap::new() });
        Some(id)
    }

    fn free(&mut self, id: Id) {
        let object = self.objects.remove(&id).unwrap();
        self.draw(id, object.len, '.', '.');
    }

    fn realloc(&mut self, id: Id, n: usize, may_move: bool, roots: &[Id]) -> Option<Id> {
        let (area, block) = id;
        let old = self.objects[&id].len;
        let behind = self.areas[area][block + old..].iter().take_while(|&&c| c == '.').count();
        if n <= old || n <= old + behind {
            self.draw((area, block + n.min(old)), old - n.min(old), '.', '.');
            self.draw((area, block + old), n.max(old) - old, '=', '=');
            let object = self.objects.get_mut(&id).unwrap();
            object.len = n;
            object.pointers.retain(|&word, _| word < n * WORDS);
            return Some(id);
        }
        if !may_move {
            return None;
        }
        let object = self.objects[&id].clone();
        // The object being moved is held by the caller.
        let held = [roots, &[id]].concat();
        let to = self.alloc(n, object.finaliser, &held)?;
        self.objects.get_mut(&to).unwrap().pointers = object.pointers;
        self.free(id);
        Some(to)
    }

    fn collect(&mut self, roots: &[Id]) {
        self.collections += 1;
        let mut reached: Vec<Id> = vec![];
        let mut todo = roots.to_vec();
        while let Some(id) = todo.pop() {
            if let (Some(object), false) = (self.objects.get(&id), reached.contains(&id)) {
                reached.push(id);
                todo.extend(object.pointers.values());
            }
        }
        let dead: Vec<Id> = self.objects.keys().copied().filter(|id| !reached.contains(id)).collect();
        self.finalised.extend(dead.iter().filter(|id| self.objects[id].finaliser));
        dead.into_iter().for_each(|id| self.free(id));
    }

    fn info(&self) -> Info {
        let longest = |of: &dyn Fn(char) -> bool| {
            self.areas.iter().flat_map(|a| a.split(|&c| !of(c)).map(<[_]>::len)).max().unwrap_or(0)
        };
        let total: usize = self.areas.iter().map(Vec::len).sum();
        let used: usize = self.objects.values().map(|o| o.len).sum();
        Info {
            total: total * B,
            used: used * B,
            free: (total - used) * B,
            max_free: longest(&|c| c == '.'),
            num_1block: self.objects.values().filter(|o| o.len == 1).count(),
            num_2block: self.objects.values().filter(|o| o.len == 2).count(),
            max_block: self.objects.values().map(|o| o.len).max().unwrap_or(0),
            #[cfg(gcheap_split_heap_auto)]
            max_new_split: 0,
        }
    }
}

#[derive(Clone, Debug)]
enum Call {
    Alloc { bytes: usize, finaliser: bool },
    Free(prop::sample::Index),
    Realloc { object: prop::sample::Index, bytes: usize, may_move: bool },
    Point { from: prop::sample::Index, word: prop::sample::Index, to: prop::sample::Index },
    Root(prop::sample::Index),
    Unroot,
    Collect,
    SweepAll,
    LockedAlloc,
}

fn bytes() -> impl Strategy<Value = usize> {
    prop_oneof![8 => 0..4 * B, 3 => 0..20 * B, 1 => 0..200 * B]
}

fn call() -> impl Strategy<Value = Call> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        10 => (bytes(), any::<bool>()).prop_map(|(bytes, finaliser)| Call::Alloc { bytes, finaliser }),
        6 => index().prop_map(Call::Free),
        5 => (index(), bytes(), any::<bool>()).prop_map(|(object, bytes, may_move)| Call::Realloc { object, bytes, may_move }),
        6 => (index(), index(), index()).prop_map(|(from, word, to)| Call::Point { from, word, to }),
        3 => index().prop_map(Call::Root),
        1 => Just(Call::Unroot),
        1 => Just(Call::Collect),
        1 => Just(Call::SweepAll),
        1 => Just(Call::LockedAlloc),
    ]
}

/// The heap and the model side by side.
struct Pair {
    world: Box<World>,
    model: Model,
    /// Where each area's block 0 is.
    pools: Vec<*mut u8>,
    roots: Vec<Id>,
}

impl Pair {
    fn new(areas: &[usize], (slack, excess): (usize, usize)) -> Self {
        let world = World::new_at(areas, slack, excess);
        // One object as large as each area shows where its pool is.
        let pools = areas.iter().map(|&n| world.heap().alloc(n * B, false)).collect::<Vec<_>>();
        assert!(pools.iter().all(|&p| !p.is_null() && p.addr() % B == 0), "{pools:?} are not pools");
        pools.iter().for_each(|&p| world.heap().free(p));
        Self { world, model: Model::new(areas), pools, roots: vec![] }
    }

    fn ptr(&self, (area, block): Id) -> *mut u8 {
        self.pools[area].wrapping_add(block * B)
    }

    fn same(&self, ptr: *mut u8, id: Option<Id>) {
        assert_eq!(ptr, id.map_or(std::ptr::null_mut(), |id| self.ptr(id)), "{}", self.world.picture());
    }

    /// Without the conservative clear a new block holds what lay there before, until the program fills it in.
    fn fill_in(&self, id: Option<Id>, from: usize) {
        if let Some(id) = id {
            let len = self.model.objects[&id].len;
            // SAFETY: these blocks are the object's.
            unsafe { self.ptr(id).add(from * B).write_bytes(0, len.saturating_sub(from) * B) };
        }
    }

    fn object(&self, index: &prop::sample::Index) -> Option<Id> {
        let ids: Vec<Id> = self.model.objects.keys().copied().collect();
        if ids.is_empty() { None } else { Some(*index.get(&ids)) }
    }

    /// Tells both what a collection starts from: the roots, and an object that a realloc may be moving.
    fn set_roots(&mut self, held: Option<Id>) {
        self.roots.retain(|id| self.model.objects.contains_key(id));
        let words = self.roots.iter().chain(&held).map(|&id| self.ptr(id).addr()).collect();
        *self.world.roots.borrow_mut() = words;
    }

    fn run(&mut self, call: &Call) {
        let world = &self.world;
        let heap = world.heap();
        match call {
            Call::Alloc { bytes, finaliser } => {
                self.set_roots(None);
                let ptr = self.world.heap().alloc(*bytes, *finaliser);
                let id = self.model.alloc(bytes.div_ceil(B), *finaliser, &self.roots);
                self.same(ptr, id);
                self.fill_in(id, 0);
            }
            Call::Free(index) => {
                if let Some(id) = self.object(index) {
                    heap.free(self.ptr(id));
                    self.model.free(id);
                }
            }
            Call::Realloc { object, bytes, may_move } => {
                let Some(id) = self.object(object) else { return };
                self.set_roots(Some(id));
                let ptr = self.world.heap().realloc(self.ptr(id), *bytes, *may_move);
                if *bytes == 0 {
                    self.model.free(id);
                    return self.same(ptr, None);
                }
                let old = self.model.objects[&id].len;
                let to = self.model.realloc(id, bytes.div_ceil(B), *may_move, &self.roots);
                self.same(ptr, to);
                self.fill_in(to, old);
            }
            Call::Point { from, word, to } => {
                let (Some(from), Some(to)) = (self.object(from), self.object(to)) else { return };
                let word = word.index(self.model.objects[&from].len * WORDS);
                // SAFETY: the word lies in the object.
                unsafe { self.ptr(from).cast::<usize>().add(word).write(self.ptr(to).addr()) };
                self.model.objects.get_mut(&from).unwrap().pointers.insert(word, to);
            }
            Call::Root(index) => self.roots.extend(self.object(index)),
            Call::Unroot => self.roots.clear(),
            Call::Collect => {
                self.set_roots(None);
                self.world.heap().collect_start();
                self.world.heap().collect_end();
                self.model.collect(&self.roots);
            }
            Call::SweepAll => {
                heap.sweep_all();
                self.model.collect(&[]);
                self.model.collections -= 1;
            }
            Call::LockedAlloc => {
                heap.lock();
                assert!(heap.alloc(1, true).is_null());
                heap.unlock();
            }
        }
        self.compare();
    }

    fn compare(&self) {
        assert_atb!(self.world, self.model.picture());
        let info = self.world.heap().info();
        assert_eq!(info, self.model.info(), "{}", self.world.picture());
        let fast = self.world.heap().info_fast();
        assert_eq!((fast.total, fast.used, fast.free), (info.total, info.used, info.free));
        let finalised: Vec<usize> = self.model.finalised.iter().map(|&id| self.ptr(id).addr()).collect();
        assert_eq!(*self.world.finalised.borrow(), finalised);
        assert_eq!(self.world.collections.get(), self.model.collections);
        assert!(self.world.misuses.borrow().is_empty());
        for (&id, object) in &self.model.objects {
            assert_eq!(self.world.heap().nbytes(self.ptr(id)), object.len * B);
            for (&word, &to) in &object.pointers {
                // SAFETY: the word lies in the object.
                let value = unsafe { self.ptr(id).cast::<usize>().add(word).read() };
                assert_eq!(value, self.ptr(to).addr(), "word {word} of the object at {id:?}");
            }
        }
    }
}

fn areas() -> impl Strategy<Value = Vec<usize>> {
    // The model's areas stay; with SPLIT_HEAP_AUTO an empty one goes, but for the first (options.rs).
    let most = if SPLIT_HEAP && !SPLIT_HEAP_AUTO { 4 } else { 1 };
    prop::collection::vec(prop_oneof![1..8usize, 1..80usize].prop_map(|n| n * 4), 1..=most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn any_calls_do_the_same_to_the_heap_and_the_model(
        areas in areas(),
        around in (0..2 * B, 0..B),
        calls in prop::collection::vec(call(), 1..120),
    ) {
        let mut pair = Pair::new(&areas, around);
        for call in &calls {
            pair.run(call);
        }
    }
}

#[test]
fn the_collect_flag_is_there_for_finalisers_only() {
    assert_eq!(COLLECT_FLAG != 0, FINALISER);
}

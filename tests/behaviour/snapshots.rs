//! Snapshots, written by heaps and read by crates/snapshot: block by block what the heap is; from every cut what is before it; and
//! with lines lost what is in the others.

use std::ffi::c_void;

use gcheap::config::{BLOCK_BYTES as B, FINALISER, NO_SCAN, WEAKREF, WORD_BYTES};
use gcheap::inspect::snapshot::stream::Sink;
use gcheap::inspect::snapshot::{About, Cause};
use gcheap_snapshot::{Cause as CauseRead, Kind, RootKind, Snapshot, parse, parse_all};

use crate::support::World;

unsafe extern "C" fn collect(data: *mut c_void, bytes: *const c_void, n: usize) -> bool {
    // SAFETY: the data is a vector; the bytes are the snapshot's.
    unsafe { (*data.cast::<Vec<u8>>()).extend_from_slice(std::slice::from_raw_parts(bytes.cast(), n)) };
    true
}

const ABOUT: About<'_> = About { host: b"a test", cause: Cause::OutOfMemory(1234), contents: true };

fn written(world: &World, about: &About<'_>, framed: bool) -> Vec<u8> {
    let mut bytes: Vec<u8> = vec![];
    let before = world.picture();
    // SAFETY: the callback's data is the vector.
    assert!(unsafe { world.heap().snapshot(about, Sink { write: collect, data: (&raw mut bytes).cast(), framed }) });
    assert_eq!(world.picture(), before);
    assert!(!world.heap().is_locked());
    world.check();
    bytes
}

/// A heap with objects of many sizes and holes, names, roots and contents.
fn mixed(areas: &[usize]) -> Box<World> {
    let world = World::new_at(areas, 3, 0);
    let heap = world.heap();
    world.disable_collections();
    let mut seed = 12345usize;
    let mut objects = vec![];
    loop {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let blocks = [1, 1, 1, 2, 3, 5, 70][seed >> 33 & 7 & [6, 5, 3][seed >> 40 & 1]].min(40);
        let object = heap.alloc(blocks * B, FINALISER && seed >> 45 & 3 == 0);
        if object.is_null() {
            break;
        }
        for word in 0..blocks * B / WORD_BYTES {
            // SAFETY: a word of the object.
            unsafe { object.cast::<usize>().add(word).write(seed.rotate_left(word as u32)) };
        }
        objects.push(object);
    }
    for (i, &object) in objects.iter().enumerate() {
        if i % 3 == 1 || i % 16 > 12 {
            heap.free(object);
        } else {
            let name = if i % 5 == 0 { format!("text: {}", "x".repeat(i % 200)) } else { format!("type {}", i % 7) };
            world.names.borrow_mut().insert(object.addr(), name);
            world.roots.borrow_mut().extend([object.addr(), 5, object.addr() + B / 2]);
            #[cfg(gcheap_weakref)]
            if i % 4 == 0 {
                heap.weakref_mark(object);
            }
        }
    }
    world
}

/// Everything that the snapshot says is compared with the heap.
fn compare(world: &World, snapshot: &Snapshot<'_>) {
    assert_eq!((&snapshot.problems, snapshot.complete), (&vec![], true));
    let header = &snapshot.header;
    assert_eq!((header.word_bytes, header.block_bytes), (WORD_BYTES, B));
    assert_eq!((header.library.as_str(), header.host.as_str()), ("libgcheap 0.1.0", "a test"));
    assert_eq!(header.cause, CauseRead::OutOfMemory(1234));
    let has = header.flags;
    assert_eq!((has.finalisers(), has.weak_references(), has.no_scan()), (FINALISER, WEAKREF, NO_SCAN));
    let pictures: Vec<_> = world.picture().split('|').map(String::from).collect();
    assert_eq!((snapshot.areas.len(), header.areas), (pictures.len(), pictures.len() as u64));
    let (mut used, mut named) = (0, 0);
    for (area, picture) in snapshot.areas.iter().zip(&pictures) {
        assert_eq!(area.blocks, picture.len() as u64);
        assert!(area.unknown.is_empty());
        let letter = |kind| ['.', 'h', '=', 'm'][kind as usize];
        let read: String = (0..area.blocks).map(|block| letter(area.kind(block))).collect();
        assert_eq!(&read, picture);
        let mut runs = vec![false; picture.len()];
        for run in area.free_runs() {
            assert!(run.block == 0 || area.kind(run.block - 1) != Kind::Free);
            (run.block..run.block + run.blocks).for_each(|block| runs[block as usize] = true);
        }
        assert!(runs.iter().zip(picture.chars()).all(|(&free, letter)| free == (letter == '.')));
        for object in area.objects() {
            let at = std::ptr::with_exposed_provenance::<u8>(object.address as usize);
            assert_eq!(world.heap().nbytes(at), object.blocks as usize * B);
            assert_eq!(area.object_around(object.block + object.blocks - 1), Some(object));
            // SAFETY: the object's bytes, which nobody changes.
            let is = unsafe { std::slice::from_raw_parts(at, object.blocks as usize * B) };
            assert_eq!(snapshot.bytes(object.address, is.len()), Some(is));
            // SAFETY: the object's first word.
            assert_eq!(snapshot.words(&object).next(), Some(Some(unsafe { at.cast::<usize>().read() } as u64)));
            let name = world.names.borrow().get(&at.addr()).map(|name| name[..name.len().min(100)].to_string());
            assert_eq!(snapshot.name(object.address).map(String::from), name);
            (used, named) = (used + object.blocks as usize * B, named + usize::from(name.is_some()));
        }
    }
    assert_eq!(used, world.heap().info().used);
    assert_eq!(snapshot.names.len(), named);
    compare_roots(world, snapshot);
}

fn compare_roots(world: &World, snapshot: &Snapshot<'_>) {
    let roots = world.roots.borrow();
    let [root] = &snapshot.roots[..] else { panic!("{} ranges", snapshot.roots.len()) };
    assert_eq!((root.kind, root.thread, root.name.as_str()), (RootKind::Added, 7, "the world's roots"));
    assert_eq!((root.address, root.bytes), (roots.as_ptr().addr() as u64, size_of_val(&roots[..]) as u64));
    assert_eq!(snapshot.module(root.module).map(|m| (m.base, m.path.as_str())), Some((0x1000, "/a/test")));
    let in_heap = roots.iter().enumerate().filter(|(_, value)| **value != 5);
    let in_heap: Vec<_> = in_heap.map(|(index, &value)| (index as u64, value as u64)).collect();
    assert_eq!(root.words.iter().map(|word| (word.index, word.value)).collect::<Vec<_>>(), in_heap);
    assert_eq!(snapshot.statistic("collections"), Some(world.collections.get() as u64));
}

fn some_areas() -> Vec<Vec<usize>> {
    let mut all = vec![vec![4], vec![64], vec![1000]];
    if cfg!(gcheap_split_heap) {
        all.push(vec![400, 4, 36]);
    }
    all
}

#[test]
fn what_is_read_is_what_the_heap_was() {
    for areas in some_areas() {
        let world = mixed(&areas);
        compare(&world, &parse(&written(&world, &ABOUT, false)).unwrap());
        let framed = written(&world, &ABOUT, true);
        compare(&world, &parse(&framed).unwrap());
        assert!(framed.split_inclusive(|&byte| byte == b'\n').all(|line| line.len() == 106 && line.is_ascii()));
    }
}

#[test]
fn an_empty_heap_and_a_full_one() {
    for full in [false, true] {
        let world = World::new(&[64]);
        world.roots.borrow_mut().push(if full { world.heap().alloc(64 * B, false).addr() } else { 5 });
        let snapshot = written(&world, &ABOUT, false);
        compare(&world, &parse(&snapshot).unwrap());
    }
}

#[test]
fn contents_can_be_left_out() {
    let world = mixed(&[400]);
    let bytes = written(&world, &About { contents: false, ..ABOUT }, false);
    let snapshot = parse(&bytes).unwrap();
    assert!(snapshot.complete && !snapshot.header.flags.contents() && snapshot.areas[0].pieces.is_empty());
    let object = snapshot.areas[0].objects().next().unwrap();
    assert!(snapshot.words(&object).all(|word| word.is_none()));
    assert!(bytes.len() < written(&world, &ABOUT, false).len() / 2);
}

#[test]
fn from_every_cut_there_is_what_comes_before_it() {
    let world = mixed(&[160]);
    let whole = written(&world, &ABOUT, false);
    let all = parse(&whole).unwrap();
    let (mut kinds_before, mut bytes_before) = (0, 0);
    for len in 0..whole.len() {
        let snapshot = match parse(&whole[..len]) {
            Ok(snapshot) => snapshot,
            Err(sentence) => {
                assert!(len < 60 && sentence.len() > 15, "{len}: {sentence}");
                continue;
            }
        };
        assert!(!snapshot.complete && snapshot.problems[0].contains("ends early"), "{:?}", snapshot.problems);
        let Some(area) = snapshot.areas.first() else { continue };
        let of_all = &all.areas[0];
        let unknown: u64 = area.unknown.iter().map(|range| range.end - range.start).sum();
        let known = area.used - unknown.min(area.used);
        assert!((0..known).all(|block| area.kind(block) == of_all.kind(block)));
        let bytes: usize = area.pieces.iter().map(|piece| piece.bytes.len()).sum();
        assert!(known >= kinds_before && bytes >= bytes_before);
        (kinds_before, bytes_before) = (known, bytes);
        for piece in &area.pieces {
            let is = all.bytes(area.address + piece.first, piece.bytes.len());
            assert_eq!(is, Some(&piece.bytes[..]));
        }
    }
    assert_eq!(kinds_before, all.areas[0].used);
    assert_eq!(bytes_before, all.areas[0].pieces.iter().map(|piece| piece.bytes.len()).sum::<usize>());
}

#[test]
fn a_damaged_snapshot_is_told_from_a_whole_one() {
    let world = mixed(&[64]);
    let mut bytes = written(&world, &ABOUT, false);
    for at in 0..bytes.len() {
        let bit = at * 5 % 8;
        bytes[at] ^= 1 << bit;
        match parse(&bytes) {
            Ok(snapshot) => {
                assert!(!snapshot.complete && !snapshot.problems.is_empty(), "byte {at}, bit {bit}");
                // Whatever it is, it can be gone through.
                for area in &snapshot.areas {
                    let blocks: u64 = area.objects().map(|object| object.blocks).sum();
                    let free: u64 = area.free_runs().map(|run| run.blocks).sum();
                    assert!(area.blocks > 1 << 40 || blocks.saturating_add(free) <= area.blocks);
                    assert!(area.objects().all(|object| snapshot.words(&object).next().is_some()));
                }
            }
            Err(sentence) => assert!(sentence.len() > 15),
        }
        bytes[at] ^= 1 << bit;
    }
}

#[test]
fn each_lost_line_costs_that_line() {
    let world = mixed(&[160]);
    let log = String::from_utf8(written(&world, &ABOUT, true)).unwrap();
    let lines: Vec<_> = log.lines().collect();
    let all = parse(log.as_bytes()).unwrap();
    let count = |snapshot: &Snapshot<'_>| {
        let area = &snapshot.areas[0];
        let unknown: u64 = area.unknown.iter().map(|range| range.end - range.start).sum();
        let contents: usize = area.pieces.iter().map(|piece| piece.bytes.len()).sum();
        (area.used - unknown, contents)
    };
    let (kinds, contents) = count(&all);
    for lost in 0..lines.len() {
        // A byte of one line is lost; and somebody else prints, too.
        let noisy: Vec<_> = lines.iter().enumerate().map(|(i, line)| noise(i, line, i == lost)).collect();
        let noisy = noisy.concat();
        let snapshot = parse(noisy.as_bytes()).unwrap();
        assert!(!snapshot.complete && !snapshot.problems.is_empty());
        let last = lost + 1 == lines.len();
        let said = if last { "ends early" } else { "1 line of the snapshot" };
        assert!(snapshot.problems[0].contains(said), "line {lost}: {:?}", snapshot.problems);
        let (kinds_left, contents_left) = count(&snapshot);
        assert!(kinds_left + 66 * 4 >= kinds && contents_left + 66 >= contents, "line {lost}");
        let area = &snapshot.areas[0];
        let is_known = |block: &u64| !area.unknown.iter().any(|range| range.contains(block));
        assert!((0..area.used).filter(is_known).all(|block| area.kind(block) == all.areas[0].kind(block)));
        for piece in &area.pieces {
            assert_eq!(all.bytes(area.address + piece.first, piece.bytes.len()), Some(&piece.bytes[..]));
        }
        assert!(snapshot.names.len() + 30 >= all.names.len());
    }
}

/// A line of a log, with carriage returns and other output, and perhaps without one of its bytes.
fn noise(i: usize, line: &str, lost: bool) -> String {
    let line = if lost { format!("{}{}", &line[..i % line.len()], &line[i % line.len() + 1..]) } else { line.into() };
    let between = if i % 3 == 0 { "temperature: 21\r\n" } else { "" };
    let before = if i % 5 == 0 { "no newline" } else { "" };
    format!("{before}{line}\r\n{between}")
}

#[test]
fn two_snapshots_in_a_log_are_two() {
    let world = mixed(&[64]);
    let one = written(&world, &ABOUT, true);
    world.heap().sweep_all();
    let two = written(&world, &ABOUT, true);
    let log = [&b"boot\n"[..], &one, b"working\n", &two].concat();
    let both = parse_all(&log);
    assert_eq!(both.len(), 2);
    let used = |i: usize| both[i].as_ref().unwrap().areas[0].objects().count();
    assert!(both.iter().all(|snapshot| snapshot.as_ref().unwrap().complete));
    assert!(used(0) > 0 && used(1) == 0);
    assert_eq!(parse(&log).unwrap().areas[0].objects().count(), 0);
}

#[test]
fn a_callback_that_takes_no_more_ends_it() {
    unsafe extern "C" fn some(data: *mut c_void, _: *const c_void, _: usize) -> bool {
        // SAFETY: the data is a number.
        let left = unsafe { &mut *data.cast::<usize>() };
        assert!(*left > 0, "it is called again after it has failed");
        *left -= 1;
        *left > 0
    }
    let world = mixed(&[400]);
    for framed in [false, true] {
        for calls in 1..20usize {
            let mut left = calls;
            let sink = Sink { write: some, data: (&raw mut left).cast(), framed };
            // SAFETY: the callback's data is the number.
            assert!(!unsafe { world.heap().snapshot(&ABOUT, sink) });
            assert_eq!(left, 0);
            assert!(!world.heap().is_locked());
        }
    }
}

#[test]
fn none_while_a_collection_marks_and_marks_while_finalisers_run() {
    let world = mixed(&[64]);
    let heap = world.heap();
    world.roots.borrow_mut().clear();
    heap.collect_start();
    let mut bytes: Vec<u8> = vec![];
    let sink = Sink { write: collect, data: (&raw mut bytes).cast(), framed: false };
    // SAFETY: the callback's data is the vector.
    assert!(!unsafe { heap.snapshot(&ABOUT, sink) });
    assert!(bytes.is_empty());
    heap.collect_end();
    if !FINALISER {
        return;
    }
    let (kept, dying) = (heap.alloc(B, false), heap.alloc(B, true));
    world.roots.borrow_mut().push(kept.addr());
    let taken = std::rc::Rc::new(std::cell::RefCell::new(vec![]));
    let to = taken.clone();
    *world.on_finalise.borrow_mut() = Some(Box::new(move |heap, _| {
        let mut bytes: Vec<u8> = vec![];
        // SAFETY: the callback's data is the vector.
        assert!(unsafe { heap.snapshot(&ABOUT, Sink { data: (&raw mut bytes).cast(), ..sink }) });
        *to.borrow_mut() = bytes;
    }));
    heap.collect_start();
    heap.collect_end();
    let bytes = taken.take();
    let snapshot = parse(&bytes).unwrap();
    assert!(snapshot.complete && snapshot.header.flags.finalising());
    let marked = |object: *mut u8| snapshot.object_around(object.addr() as u64).unwrap().marked;
    assert_eq!((marked(kept), marked(dying)), (true, false));
}

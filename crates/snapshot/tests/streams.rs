//! Streams that are put together by hand: what a newer writer may add, other machines, and hostile ones.

use gcheap_snapshot::{ByteOrder, Kind, RootKind, Snapshot, parse, parse_all};

fn number(mut n: u64) -> Vec<u8> {
    let mut bytes = vec![];
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

fn numbers(all: &[u64]) -> Vec<u8> {
    all.iter().flat_map(|&n| number(n)).collect()
}

fn string(text: &str) -> Vec<u8> {
    [number(text.len() as u64), text.as_bytes().to_vec()].concat()
}

fn record(tag: u8, payload: &[&[u8]]) -> Vec<u8> {
    let payload = payload.concat();
    [vec![tag], number(payload.len() as u64), payload].concat()
}

/// Magic, these records, and the end.
fn stream(records: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = [&b"\x89gcheap\n"[..], &records.concat(), b"E\x04"].concat();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    bytes
}

fn header(version: u64, word: u64, order: u64, block: u64, more: &[u8]) -> Vec<u8> {
    let fields = numbers(&[version, word, order, block, 8 | 16, 0, 0, 1]);
    record(b'H', &[&fields, &string("libgcheap 0.1.0"), &string("by hand"), more])
}

/// A 32-bit machine with the highest byte first: an area of 8 blocks at 0x2000, with an object of two blocks that points at one of
/// one block.
fn small() -> Vec<Vec<u8>> {
    let mut contents = vec![0; 48];
    contents[4..8].copy_from_slice(&0x2020u32.to_be_bytes());
    vec![
        header(1, 4, 1, 16, &[]),
        record(b'A', &[&numbers(&[0, 0x2000, 8, 3])]),
        record(b'M', &[&numbers(&[1, 0x10000]), &string("/bin/program")]),
        record(b'R', &[&numbers(&[0, 1, 1, 0x800, 64, 0, 1]), &string("table")]),
        record(b'W', &[&numbers(&[0, 5, 0x2000, 2, 0x2024])]),
        record(b'S', &[&string("collections"), &number(3)]),
        record(b'T', &[&numbers(&[0, 0, 0]), &[0b01_10_01]]),
        record(b'T', &[&numbers(&[1, 0, 0]), &[0b100]]),
        record(b'N', &[&numbers(&[0, 0]), &string("list"), &number(2), &string("str: text")]),
        record(b'C', &[&numbers(&[0, 0]), &contents]),
    ]
}

fn check_small(snapshot: &Snapshot<'_>) {
    assert_eq!(snapshot.header.byte_order, ByteOrder::Big);
    let area = &snapshot.areas[0];
    let objects: Vec<_> = area.objects().map(|object| (object.address, object.blocks, object.finaliser)).collect();
    assert_eq!(objects, [(0x2000, 2, false), (0x2020, 1, true)]);
    assert_eq!(area.free_runs().map(|run| (run.block, run.blocks)).collect::<Vec<_>>(), [(3, 5)]);
    assert_eq!(snapshot.object_around(0x201f).map(|object| object.block), Some(0));
    assert_eq!(snapshot.object_around(0x2030), None);
    assert_eq!(area.kind(1), Kind::Tail);
    let first = area.objects().next().unwrap();
    assert_eq!(snapshot.words(&first).nth(1), Some(Some(0x2020)));
    assert_eq!((snapshot.type_name(0x2020), snapshot.detail(0x2020)), (Some("str"), Some("text")));
    assert_eq!((snapshot.type_name(0x2000), snapshot.detail(0x2000)), (Some("list"), None));
    let root = &snapshot.roots[0];
    let words: Vec<_> = root.words.iter().map(|word| (word.index, word.value)).collect();
    assert_eq!((root.kind, words), (RootKind::Static, vec![(5, 0x2000), (7, 0x2024)]));
    assert_eq!(snapshot.module(root.module).unwrap().path, "/bin/program");
    assert_eq!(snapshot.statistic("collections"), Some(3));
}

#[test]
fn another_machines_snapshot() {
    let bytes = stream(&small());
    let snapshot = parse(&bytes).unwrap();
    assert!(snapshot.complete && snapshot.problems.is_empty(), "{:?}", snapshot.problems);
    check_small(&snapshot);
}

#[test]
fn what_a_newer_writer_adds_does_no_harm() {
    let mut records = small();
    records[0] = header(1, 4, 1, 16, b"more");
    records[1] = record(b'A', &[&numbers(&[0, 0x2000, 8, 3, 77])]);
    records.insert(3, record(b'x', &[b"something new"]));
    records.insert(5, vec![0, 0, 0]);
    records.push(record(b'T', &[&numbers(&[9, 0, 0]), &[1]]));
    let bytes = stream(&records);
    let snapshot = parse(&bytes).unwrap();
    check_small(&snapshot);
    assert!(snapshot.complete);
    assert_eq!(snapshot.problems.len(), 2, "{:?}", snapshot.problems);
    assert!(snapshot.problems.iter().any(|problem| problem.contains("a kind that this version does not know (x)")));
}

#[test]
fn another_version_is_refused_and_nonsense_too() {
    for (bytes, sentence) in [
        (stream(&[header(2, 4, 0, 16, &[])]), "has version 2 of the format"),
        (stream(&[header(1, 5, 0, 16, &[])]), "makes no sense"),
        (stream(&[header(1, 8, 0, 24, &[])]), "makes no sense"),
        (stream(&small()[1..]), "does not begin with a header"),
        (b"".to_vec(), "is empty"),
        (b"\x89gch".to_vec(), "within the first bytes"),
        (b"\x89gcheap\n".to_vec(), "after the first 8 bytes"),
        (b"GC: total: 2072832, used: 74080".to_vec(), "no snapshot"),
        (b"~gch:AAAA\n".to_vec(), "no snapshot"),
    ] {
        let error = parse(&bytes).map(|_| ()).unwrap_err();
        assert!(error.contains(sentence), "{error}");
    }
}

#[test]
fn numbers_that_cannot_be_are_said() {
    let huge = u64::MAX;
    for bad in [
        record(b'A', &[&numbers(&[0, huge, 8, 3])]),
        record(b'A', &[&numbers(&[huge, 0, 8, 3])]),
        record(b'A', &[&numbers(&[0, 0x2000, 8, 9])]),
        record(b'T', &[&numbers(&[0, 0, huge]), &[1]]),
        record(b'T', &[&numbers(&[0, 7, 0]), &[1]]),
        record(b'C', &[&numbers(&[0, 120]), &[0; 16]]),
        record(b'C', &[&numbers(&[0, huge]), &[0; 16]]),
        record(b'N', &[&numbers(&[0, 8]), &string("x")]),
        record(b'R', &[&numbers(&[1])]),
        record(b'C', &[&numbers(&[0, 16]), &[7; 16]]),
    ] {
        let bytes = stream(&[small(), vec![bad.clone()]].concat());
        let snapshot = parse(&bytes).unwrap();
        assert_eq!(snapshot.problems.len(), 1, "{bad:?}: {:?}", snapshot.problems);
        check_small(&snapshot);
    }
    // A length that no record can have, and one that is longer than the file.
    for length in [vec![0xff; 11], number(huge)] {
        let bytes = [&b"\x89gcheap\n"[..], &small().concat(), b"C", &length].concat();
        let snapshot = parse(&bytes).unwrap();
        assert!(!snapshot.complete && !snapshot.problems.is_empty());
        check_small(&snapshot);
    }
}

/// Goes through everything that a reader can ask for.
fn go_through(snapshot: &Snapshot<'_>) {
    for area in &snapshot.areas {
        for object in area.objects().take(100) {
            assert!(object.blocks > 0);
            let _ = snapshot.words(&object).take(10).count();
            let _ = snapshot.name(object.address);
        }
        assert!(area.free_runs().take(100).all(|run| run.blocks > 0));
        for address in [area.address, area.address.wrapping_add(17), u64::MAX, 0] {
            let _ = (snapshot.object_around(address), snapshot.bytes(address, 8), area.kind(address));
        }
    }
}

#[test]
fn bytes_changed_at_random_never_do_harm() {
    let mut seed = 99u64;
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) as usize % below
    };
    let whole = stream(&small());
    for round in 0..20_000 {
        let mut bytes = whole.clone();
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = next(256) as u8,
                1 => bytes.truncate(at.max(9)),
                2 => bytes.insert(at, [0xff, 0x80, 0, b'C', b'T'][next(5)]),
                _ => drop(bytes.remove(at)),
            }
        }
        match parse(&bytes) {
            Ok(snapshot) => {
                assert!(bytes == whole || !snapshot.complete || !snapshot.problems.is_empty(), "round {round}");
                go_through(&snapshot);
            }
            Err(sentence) => assert!(!sentence.is_empty()),
        }
    }
}

#[test]
fn records_at_random_never_do_harm() {
    let mut seed = 7u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 33) % below
    };
    for _ in 0..3000 {
        let mut records = vec![header(1, 8, 0, 16, &[])];
        for _ in 0..20 {
            let field = |next: &mut dyn FnMut(u64) -> u64| match next(6) {
                0 => u64::MAX >> next(64),
                1 => 1 << next(63),
                _ => next(10),
            };
            let fields: Vec<_> = (0..=next(8)).map(|_| field(&mut next)).collect();
            let tag = b"ATCMRWKNSx"[next(10) as usize];
            records.push(record(tag, &[&numbers(&fields), &string(&"x".repeat(next(9) as usize))]));
        }
        go_through(&parse(&stream(&records)).unwrap());
    }
}

#[test]
fn other_lines_with_the_marker_are_no_snapshots() {
    let log = format!("~gch:{}\n~gch:{}\n~gch:~gch:\n", "A".repeat(100), "!".repeat(200));
    assert_eq!(parse_all(log.as_bytes()).len(), 0);
    assert!(!gcheap_snapshot::contains_frames(log.as_bytes()));
}

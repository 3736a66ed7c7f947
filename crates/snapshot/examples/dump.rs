//! Prints what a snapshot says, for tests and for looking: `cargo run -p gcheap-snapshot --example dump FILE`.

use std::collections::HashSet;
use std::process::ExitCode;

use gcheap_snapshot::{Object, Snapshot, parse};

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: dump FILE");
        return ExitCode::FAILURE;
    };
    let read = std::fs::read(&path).map_err(|why| why.to_string());
    match read.and_then(|bytes| parse(&bytes).map(Snapshot::into_owned)) {
        Ok(snapshot) => {
            print(&snapshot);
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("{path}: {why}");
            ExitCode::FAILURE
        }
    }
}

fn print(snapshot: &Snapshot<'_>) {
    let header = &snapshot.header;
    println!(
        "host {}; library {}; cause {:?}; complete {}",
        header.host, header.library, header.cause, snapshot.complete
    );
    snapshot.problems.iter().for_each(|problem| println!("problem {problem}"));
    snapshot.modules.iter().for_each(|module| println!("module {} {:#x} {}", module.number, module.base, module.path));
    for (key, value) in &snapshot.statistics {
        println!("number {key} {value}");
    }
    for root in &snapshot.roots {
        let at = (root.thread, root.module);
        println!("root {:?} {:#x} {} thread {} module {}", root.kind, root.address, root.bytes, at.0, at.1);
        root.words.iter().for_each(|word| println!("word {} {:#x}", word.index, word.value));
    }
    let reached = reached(snapshot);
    for area in &snapshot.areas {
        println!("area {:#x} {} {}", area.address, area.blocks, area.used);
        for object in area.objects().filter(|object| !object.set_aside) {
            let reached = if reached.contains(&object.address) { "reached" } else { "lost" };
            let scanned = if object.no_scan { "no-scan" } else { "scanned" };
            let (bytes, name) = (object.blocks * area.block_bytes, snapshot.name(object.address).unwrap_or("-"));
            println!("object {:#x} {bytes} {scanned} {reached} {name}", object.address);
        }
    }
}

/// What a collection would have reached.
fn reached(snapshot: &Snapshot<'_>) -> HashSet<u64> {
    let mut seen = HashSet::new();
    let mut stack: Vec<Object> = vec![];
    let mut reach = |word: u64, inside: bool, stack: &mut Vec<Object>| {
        let object = snapshot.object_around(word).filter(|object| inside || object.address == word);
        stack.extend(object.filter(|object| seen.insert(object.address)));
    };
    for root in &snapshot.roots {
        root.words.iter().for_each(|word| reach(word.value, root.interior, &mut stack));
    }
    while let Some(object) = stack.pop() {
        if !object.no_scan {
            let inside = snapshot.header.flags.interior();
            snapshot.words(&object).flatten().for_each(|word| reach(word, inside, &mut stack));
        }
    }
    seen
}

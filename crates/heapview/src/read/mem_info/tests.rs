//! Small dumps, whole and damaged.

use super::read;
use crate::model::{Counts, Heap};

/// A heap of 480 blocks of 16 bytes, with lines that are all free.
fn dump() -> String {
    let full = |start: &str| format!("{start:=<64}");
    let mut text = String::from("stack: 832 out of 80000\nGC: total: 7680, used: 2496, free: 5184\n");
    text += " No. of 1-blocks: 1, 2-blocks: 0, max blk sz: 91, max free sz: 256\n";
    text += "GC memory layout; from 20001000:\n";
    text += &format!("00000000: {}\n", full("L"));
    text += &format!("00000400: {:.<64}\n", "===========================");
    text += &format!("00000800: {}\n", full("h"));
    text += "       (4 lines all free)\n";
    text += &format!("00001c00: {}\n", "S...............................");
    text
}

fn one(text: &str) -> Heap {
    let mut heaps = read(text.as_bytes());
    assert_eq!(heaps.len(), 1, "{heaps:?}");
    heaps.remove(0)
}

fn has(heap: &Heap, part: &str) -> bool {
    heap.problems.iter().any(|problem| problem.contains(part))
}

#[test]
fn a_whole_dump() {
    let heap = one(&dump());
    assert_eq!(heap.problems, [""; 0]);
    assert_eq!(heap.block_bytes, 16);
    assert_eq!(heap.blocks(), 480);
    assert_eq!(heap.counts(), Counts { used: 156, free: 324, unknown: 0 });
    assert_eq!(heap.objects.blocks, [91, 64, 1]);
    assert_eq!(heap.kind_name(0), "list");
    assert_eq!(heap.address(heap.objects.start[1]), 0x20001800);
    assert_eq!(heap.facts, ["The C stack had 832 bytes of at most 80,000 bytes in use."]);
}

#[test]
fn noise_around_and_inside() {
    let noisy: String = dump()
        .lines()
        .enumerate()
        .map(|(number, line)| format!("added: hello\r\n12:00:{number:02}.345 -> \x1b[0m{line}\r\nT=23 C\r\n\r\n"))
        .collect();
    let heap = one(&format!("MicroPython v1.25.0\r\n>>> mem_info(1)\r\n{noisy}>>> \r\n"));
    assert_eq!(heap.problems, [""; 0]);
    assert_eq!(heap.objects.blocks, [91, 64, 1]);
    assert!(heap.facts.iter().any(|fact| fact.contains("8 lines of other output are mixed into the map")), "{heap:?}");
}

#[test]
fn output_in_the_middle_of_a_row() {
    let row = format!("00000800: {:=<64}", "h");
    let (left, right) = row.split_at(30);
    let cut = dump().replace(&row, &format!("{left}\nWiFi connected\n{right}"));
    let heap = one(&cut);
    assert_eq!(heap.problems, [""; 0]);
    assert_eq!(heap.objects.blocks, [91, 64, 1]);
}

#[test]
fn a_lost_row_is_unknown() {
    let row = format!("00000800: {:=<64}\n", "h");
    let heap = one(&dump().replace(&row, ""));
    assert_eq!(heap.counts(), Counts { used: 92, free: 68 + 256, unknown: 64 });
    assert!(has(&heap, "1 row before the row 00001c00 is missing: 1 KiB."), "{heap:?}");
}

#[test]
fn lost_letters_are_unknown() {
    let row = format!("{:=<64}\n", "h");
    let heap = one(&dump().replace(&row, &row[7..]));
    assert!(has(&heap, "7 letters of the row 00000800 are missing."), "{heap:?}");
    assert_eq!(heap.counts().unknown, 7);
    let heap = one(&dump().replace(&row, &format!("noise{row}")));
    assert!(has(&heap, "The row 00000800 has 69 letters instead of 64"), "{heap:?}");
}

#[test]
fn lost_lines_are_free_if_the_totals_say_so() {
    let heap = one(&dump().replace("       (4 lines all free)\n", ""));
    assert_eq!(heap.counts(), Counts { used: 156, free: 324, unknown: 0 });
    assert!(has(&heap, "By the totals everything that is missing is free"), "{heap:?}");
}

#[test]
fn a_dump_that_breaks_off() {
    let text = dump();
    for end in text.find("from").unwrap()..text.len() - 1 {
        let heap = one(&text[..end]);
        if heap.areas.is_empty() {
            continue;
        }
        assert_eq!(heap.blocks(), 480, "{}", &text[..end]);
        assert!(!heap.problems.is_empty(), "{}", &text[..end]);
    }
    let heap = one(&text[..text.find("GC memory").unwrap()]);
    assert!(heap.areas.is_empty() && heap.totals.unwrap().total == 7680);
}

#[test]
fn a_dump_whose_beginning_is_lost() {
    let text = dump();
    let heap = one(&text[text.find("00000400").unwrap()..]);
    assert_eq!(heap.counts(), Counts { used: 92, free: 324, unknown: 64 });
    assert!(has(&heap, "The line that begins an area is missing"), "{heap:?}");
    assert!(has(&heap, "1 row before the row 00000400 is missing"), "{heap:?}");
}

#[test]
fn wrong_letters_are_found_by_the_totals() {
    let heap = one(&dump().replace("S....", "SS..."));
    assert!(has(&heap, "the use of 2,496 bytes and the map shows 2,512 bytes"), "{heap:?}");
}

#[test]
fn five_digits_that_wrap() {
    let row = |at: u32, text: &str| format!("{:05x}: {text:=<64}\n", at & 0xfffff);
    let text = format!(
        "GC memory layout; from 20000000:\n{}       (1022 lines all free)\n{}{}",
        row(0, "h"),
        row(0xffc00, "h"),
        row(0x100000, "h")
    );
    let heap = one(&text);
    assert_eq!((heap.block_bytes, heap.blocks()), (16, 1025 * 64), "{:?}", heap.problems);
    assert_eq!(heap.problems, [""; 0]);
}

#[test]
fn several_dumps_and_several_areas() {
    let other = dump().split_once("GC memory").unwrap().1.replace("20001000", "30001000");
    let totals = dump().replace("7680", "15360").replace("2496", "4992").replace("5184", "10368");
    let split = totals.replace("1-blocks: 1", "1-blocks: 2") + "GC memory" + &other;
    let heap = one(&split);
    assert_eq!((heap.areas.len(), heap.blocks()), (2, 960));
    assert_eq!(heap.problems, [""; 0]);
    let heaps = read(format!("{}>>> \n{split}{}", dump(), dump()).as_bytes());
    assert_eq!(heaps.iter().map(|heap| heap.areas.len()).collect::<Vec<_>>(), [1, 2, 1]);
    assert!(heaps.iter().all(|heap| heap.facts.len() == 1), "each has the line about the stack that precedes it");
}

#[test]
fn hostile_numbers_ask_for_no_memory() {
    let heap = one(&dump().replace("(4 lines", "(99999999999999999999 lines"));
    assert_eq!(heap.blocks(), 480);
    let heap = one(&dump().replace("(4 lines", "(4000000000 lines").replace("00001c00", "fffffffffffffc00"));
    assert!(has(&heap, "4000000000 lines are free, more than the heap has"), "{heap:?}");
    assert!(has(&heap, "lies beyond the end of the heap"), "{heap:?}");
    assert_eq!(heap.blocks(), 480);
    let heap = one(&dump().replace("total: 7680", "total: 99999999999999999"));
    assert!(heap.blocks() == 480 && has(&heap, "The map breaks off"), "{}", heap.blocks());
}

#[test]
fn text_that_is_no_dump() {
    for text in ["", "hello\n", "00000000: hello\n", "faced: hello\n00000000: cafe\n", "\0\0\0"] {
        assert!(read(text.as_bytes()).is_empty(), "{text}");
    }
}

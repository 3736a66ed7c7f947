//! The map as a page: one file that needs no other and no network.

use serde_json::{Value, json};

use super::colours;
use crate::analyse::verdict;
use crate::model::{Block, Heap};

const PAGE: &str = include_str!("../../assets/page.html");
const STYLE: &str = include_str!("../../assets/page.css");
const SCRIPT: &str = include_str!("../../assets/page.js");

/// A page with one heap, or with several side by side.
pub fn draw(heaps: &[Heap]) -> String {
    let data = json!(heaps.iter().map(heap).collect::<Vec<_>>());
    // In a script nothing ends it but this, and JSON can spell it otherwise.
    let data = data.to_string().replace('<', "\\u003c");
    let titles: Vec<&str> = heaps.iter().map(|heap| heap.title.as_str()).collect();
    let title = titles.join(", ").replace('&', "&amp;").replace('<', "&lt;");
    // The data last: a name in it may look like a place.
    PAGE.replace("@STYLE@", STYLE).replace("@TITLE@", &title).replace("@SCRIPT@", SCRIPT).replacen("@DATA@", &data, 1)
}

/// What the page's script needs: the objects as numbers in a row: blocks since the last one's end, blocks, kind.
fn heap(heap: &Heap) -> Value {
    let verdict = verdict::of(heap);
    let mut end = 0;
    let mut objects = Vec::with_capacity(heap.objects.len() * 3);
    for object in 0..heap.objects.len() {
        let (start, blocks) = (heap.objects.start[object], heap.objects.blocks[object]);
        objects.extend([start - end, blocks, heap.objects.kind[object]]);
        end = start + blocks;
    }
    let kinds: Vec<Value> = heap
        .kinds
        .iter()
        .zip(0..)
        .map(|(kind, number)| json!({"name": kind.name, "colour": colours::css(colours::kind(number))}))
        .collect();
    let areas: Vec<Value> = heap
        .areas
        .iter()
        .map(|area| json!({"address": format!("{:x}", area.address.unwrap_or(0)), "blocks": area.blocks.len()}))
        .collect();
    json!({
        "title": heap.title,
        "blockBytes": heap.block_bytes,
        "areas": areas,
        "kinds": kinds,
        "objects": objects,
        "unknown": runs(heap),
        "sentences": verdict.sentences,
        "suspects": verdict.suspects,
        "problems": heap.problems,
    })
}

/// Unknown blocks, and tails without a head: where each run begins, and how many there are.
fn runs(heap: &Heap) -> Vec<u32> {
    let mut runs = Vec::new();
    for area in &heap.areas {
        let mut inside = false;
        let mut lost = false;
        for (at, block) in (area.first..).zip(&area.blocks) {
            match block {
                Block::Head => inside = true,
                Block::Free | Block::Unknown => inside = false,
                Block::Tail => {}
            }
            if *block == Block::Unknown || (*block == Block::Tail && !inside) {
                match runs.last_mut() {
                    Some(length) if lost => *length += 1,
                    _ => runs.extend([at, 1]),
                }
                lost = true;
            } else {
                lost = false;
            }
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    #[test]
    fn the_page_needs_nothing_else() {
        let page = draw(&[drawn("a==b..a", 16)]);
        for part in ["http:", "https:", "src=", "@import", "url("] {
            assert!(!page.contains(part), "{part}");
        }
        assert!(!page.contains("@DATA@") && page.contains("Content-Security-Policy"));
    }

    #[test]
    fn names_cannot_break_out() {
        let mut heap = drawn("a", 16);
        heap.kinds[0].name = "</script><b>@DATA@".into();
        heap.title = "<i>@SCRIPT@".into();
        let page = draw(&[heap]);
        assert!(!page.contains("</script><b>") && !page.contains("<i>@SCRIPT@"), "{page}");
    }

    #[test]
    fn objects_are_given_by_their_distance() {
        let heap = drawn("?a==.b ==a", 16);
        assert_eq!(super::heap(&heap)["objects"], json!([1, 3, 0, 1, 1, 1, 2, 1, 0]));
        assert_eq!(super::heap(&heap)["unknown"], json!([0, 1, 6, 2]));
    }
}

//! Objects by kind, and by kind and size.

use serde::Serialize;

use crate::model::Heap;

/// Objects that are alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// What they are.
    pub kind: String,
    /// Bytes of each, if all have the same size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each_bytes: Option<u64>,
    /// How many there are.
    pub objects: u64,
    /// Bytes of all.
    pub bytes: u64,
}

/// Objects by kind, those that take most first.
pub fn by_kind(heap: &Heap) -> Vec<Group> {
    let mut groups: Vec<Group> = heap
        .kinds
        .iter()
        .map(|kind| Group { kind: kind.name.clone(), each_bytes: None, objects: 0, bytes: 0 })
        .collect();
    for (kind, blocks) in heap.objects.kind.iter().zip(&heap.objects.blocks) {
        let group = &mut groups[*kind as usize];
        group.objects += 1;
        group.bytes += heap.bytes(*blocks);
    }
    groups.retain(|group| group.objects > 0);
    sort(&mut groups);
    groups
}

/// Objects by kind and size, those that take most first.
pub fn by_size(heap: &Heap) -> Vec<Group> {
    let mut all: Vec<(u32, u32)> = heap.objects.kind.iter().copied().zip(heap.objects.blocks.iter().copied()).collect();
    all.sort_unstable();
    let mut groups: Vec<Group> = all
        .chunk_by(|a, b| a == b)
        .map(|alike| Group {
            kind: heap.kinds[alike[0].0 as usize].name.clone(),
            each_bytes: Some(heap.bytes(alike[0].1)),
            objects: alike.len() as u64,
            bytes: heap.bytes(alike[0].1) * alike.len() as u64,
        })
        .collect();
    sort(&mut groups);
    groups
}

fn sort(groups: &mut [Group]) {
    groups.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.kind.cmp(&b.kind)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::tests::drawn;

    #[test]
    fn objects_are_grouped() {
        let heap = drawn("a=b.a=a", 16);
        let kinds: Vec<_> = by_kind(&heap).into_iter().map(|group| (group.kind, group.objects, group.bytes)).collect();
        assert_eq!(kinds, [("a".into(), 3, 80), ("b".into(), 1, 16)]);
        let sizes: Vec<_> =
            by_size(&heap).into_iter().map(|group| (group.kind, group.each_bytes, group.objects)).collect();
        assert_eq!(sizes, [("a".into(), Some(32), 2), ("a".into(), Some(16), 1), ("b".into(), Some(16), 1)]);
    }
}

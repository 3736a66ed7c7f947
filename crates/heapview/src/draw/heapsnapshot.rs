//! The graph as a .heapsnapshot, which the Memory panel of Chromium's DevTools loads.

use std::collections::HashMap;
use std::fmt::Write;

use crate::analyse::reach::{NONE, Nodes};
use crate::model::Heap;

const META: &str = r#"{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"]}"#;
const OBJECT: u32 = 3;
const SYNTHETIC: u32 = 9;
const ELEMENT: u32 = 1;
const WEAK: u32 = 6;
/// Fields of a node: an edge leads to the place of a node's first field.
const FIELDS: usize = 5;

/// Texts, each once.
#[derive(Default)]
struct Strings {
    list: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Strings {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        self.list.push(text.into());
        self.numbers.insert(text.into(), self.list.len() - 1);
        self.list.len() - 1
    }
}

/// Nodes are the program, its roots, one for garbage, and the objects. `before` tells what can be reached.
pub fn draw(heap: &Heap, nodes: Nodes<'_>, before: &[u32]) -> String {
    let graph = nodes.graph;
    let (roots, count) = (graph.roots.len(), heap.objects.len());
    let object_at = |object: usize| (roots + 2 + object) * FIELDS;
    let mut strings = Strings::default();
    let mut of_root: Vec<Vec<(u64, usize)>> = vec![Vec::new(); roots + 1];
    for word in &graph.words {
        of_root[word.root as usize].push((word.index, word.object as usize));
    }
    let reached = |object: usize| before[nodes.object(object) as usize] != NONE;
    let lost = (0..count).filter(|object| !reached(*object));
    of_root[roots] = (0..).zip(lost).collect();
    let (mut node_text, mut edge_text) = (String::new(), String::new());
    let mut edges = 0;
    let mut node = |kind: u32, name: usize, id: usize, bytes: u64, edges: usize| {
        let comma = if id == 1 { "" } else { ",\n" };
        _ = write!(node_text, "{comma}{kind},{name},{id},{bytes},{edges}");
    };
    let mut edge = |kind: u32, index: u64, to: usize| {
        let comma = if edges == 0 { "" } else { ",\n" };
        _ = write!(edge_text, "{comma}{kind},{},{to}", index.min(u32::MAX.into()));
        edges += 1;
    };
    node(SYNTHETIC, strings.number("the program"), 1, 0, roots + 1);
    (0..=roots).for_each(|root| edge(ELEMENT, root as u64, (1 + root) * FIELDS));
    for (root, words) in of_root.iter().enumerate() {
        let name = graph.roots.get(root).map_or("(garbage)", |root| root.name.as_str());
        node(SYNTHETIC, strings.number(name), root + 2, 0, words.len());
        words.iter().for_each(|(index, object)| edge(ELEMENT, *index, object_at(*object)));
    }
    for object in 0..count {
        let bytes = heap.bytes(heap.objects.blocks[object]);
        let kind = heap.kind_name(object);
        let label = heap.labels.get(&(object as u32));
        let name = strings.number(&label.map_or_else(|| kind.to_string(), |label| format!("{kind}: {label}")));
        let id = roots + 3 + object;
        node(OBJECT, name, id, bytes, graph.pointers(object).count());
        for (to, slot) in graph.pointers(object) {
            // Garbage keeps nothing alive. A weak edge has a name instead of a number.
            let (kind, index) = match reached(object) || !reached(to as usize) {
                true => (ELEMENT, slot.into()),
                false => (WEAK, strings.number(&format!("word {slot}")) as u64),
            };
            edge(kind, index, object_at(to as usize));
        }
    }
    let all = roots + 2 + count;
    let strings = serde_json::json!(strings.list);
    format!(
        "{{\"snapshot\":{{\"meta\":{META},\"node_count\":{all},\"edge_count\":{edges}}},\n\"nodes\":[{node_text}],\n\
         \"edges\":[{edge_text}],\n\"strings\":{strings}}}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::heap_of;
    use gcheap_snapshot::RootKind::Static;

    #[test]
    fn counts_and_places_fit() {
        let heap = heap_of("hhh", &[Some(1), None, None, None, Some(0), None], &[(Static, 0)]);
        let nodes = Nodes::of(&heap).unwrap();
        let text = draw(&heap, nodes, &nodes.shortest(|_, _| true));
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["snapshot"]["node_count"], 6);
        assert_eq!(json["nodes"].as_array().unwrap().len(), 30);
        let edges: Vec<u64> = json["edges"].as_array().unwrap().iter().map(|edge| edge.as_u64().unwrap()).collect();
        let word = edges[16];
        // The program to static data and to garbage; static data to object 0; garbage to object 2; 0 to 1; 2 to 0.
        assert_eq!(edges, [1, 0, 5, 1, 1, 10, 1, 2, 15, 1, 0, 25, 1, 0, 20, 6, word, 15]);
        assert_eq!(json["snapshot"]["edge_count"], 6);
        assert_eq!(json["strings"][word as usize], "word 0", "garbage keeps nothing alive");
    }
}

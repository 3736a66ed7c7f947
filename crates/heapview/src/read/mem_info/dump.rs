//! One dump: the lines that one call of `mem_info` printed, and the heap that they make.

use crate::model::{Area, Block, Heap, Kind, Totals};
use crate::units::{exact, plural};

use super::check;
use super::lines::Line;
use super::rows::{self, Item};

/// The most blocks of a dump: a wrong digit must not ask for all memory.
const MOST_BLOCKS: usize = 1 << 26;

/// The least bytes that a block may have.
const LEAST_BLOCK: u32 = 4;

/// The lines of one call of `mem_info`.
#[derive(Debug, Default)]
pub struct Dump {
    totals: Option<Totals>,
    facts: Vec<String>,
    areas: Vec<Lines>,
    /// Lines of other output since the last line of the map, and those that turned out to be inside it.
    others: u64,
    inside: u64,
}

#[derive(Debug, Default)]
struct Lines {
    address: Option<u64>,
    items: Vec<Item>,
}

impl Dump {
    /// Whether a line is already one of the next dump.
    pub fn ends_before(&self, line: &Line) -> bool {
        match line {
            Line::Totals(..) => self.totals.is_some() || !self.areas.is_empty(),
            Line::Layout(address) => self.areas.iter().any(|area| area.address == Some(*address)) || self.is_complete(),
            _ => false,
        }
    }

    /// Whether the areas have as many bytes as the totals say.
    fn is_complete(&self) -> bool {
        let (Some(totals), Some(bytes)) = (self.totals, self.block_bytes()) else { return false };
        let blocks: usize =
            self.areas.iter().map(|area| rows::blocks(&area.items, bytes, MOST_BLOCKS).blocks.len()).sum();
        blocks as u64 * u64::from(bytes) == totals.total
    }

    pub fn take(&mut self, line: Line) {
        let item = match line {
            Line::Totals([total, used, free], max_new_split) => {
                self.totals = Some(Totals { total, used, free, max_new_split, ..Totals::default() });
                return;
            }
            Line::Blocks([one, two, largest, max_free]) => {
                if let Some(totals) = &mut self.totals {
                    totals.objects = Some([one, two, largest]);
                    totals.max_free_blocks = Some(max_free);
                }
                return;
            }
            Line::Stack(used, most) => {
                let of = most.map_or(String::new(), |most| format!(" of at most {}", exact(most)));
                return self.facts.push(format!("The C stack had {}{of} in use.", exact(used)));
            }
            Line::Memory([total, current, peak]) => {
                return self.facts.push(format!(
                    "By MicroPython's own count {} were in use, {} at the most, and {} were allocated in all.",
                    exact(current),
                    exact(peak),
                    exact(total)
                ));
            }
            Line::Layout(address) => {
                self.others = 0;
                return self.areas.push(Lines { address: Some(address), items: Vec::new() });
            }
            Line::Other => return self.others += 1,
            Line::Empty => return,
            // Words such as `added: yes` look like a row.
            Line::Row(at, ..) if !rows::fits(at, LEAST_BLOCK) => return self.others += 1,
            Line::Row(at, short, letters) => Item::Row(at, short, letters),
            Line::AllFree(lines) if lines > 0 => Item::AllFree(lines),
            Line::AllFree(_) => return,
            Line::Letters(letters) => Item::Letters(letters),
        };
        if self.areas.is_empty() {
            // The line that begins an area was lost; or this is something else, which will be seen.
            self.areas.push(Lines::default());
            self.others = 0;
        }
        if let (Item::Row(..) | Item::AllFree(_), Some(area)) = (&item, self.areas.last()) {
            if !area.items.is_empty() {
                self.inside += self.others;
            }
            self.others = 0;
        }
        if let Some(area) = self.areas.last_mut() {
            area.items.push(item);
        }
    }

    fn block_bytes(&self) -> Option<u32> {
        rows::block_bytes(self.areas.iter().map(|area| area.items.as_slice()))
    }

    /// Whether a heap was found. Something that looks like a row is none without anything else.
    pub fn is_a_heap(&self) -> bool {
        self.totals.is_some() || self.areas.iter().any(|area| area.address.is_some()) || self.block_bytes().is_some()
    }

    /// The heap.
    pub fn heap(mut self) -> Heap {
        let mut problems = Vec::new();
        let block_bytes = self.block_bytes().or_else(|| self.block_bytes_by_totals()).unwrap_or_else(|| {
            if !self.areas.is_empty() {
                problems.push("The size of a block cannot be told from so few lines: 16 bytes are assumed.".into());
            }
            16
        });
        let most = self
            .totals
            .map_or(MOST_BLOCKS, |totals| (totals.total / u64::from(block_bytes)).min(MOST_BLOCKS as u64) as usize);
        let mut areas = Vec::new();
        let mut letters = Vec::new();
        for lines in &mut self.areas {
            lines.items.retain(|item| !matches!(item, Item::Row(at, ..) if !rows::fits(*at, block_bytes)));
            if lines.items.iter().all(|item| matches!(item, Item::Letters(_))) && lines.address.is_none() {
                continue;
            }
            let found = rows::blocks(&lines.items, block_bytes, most);
            if lines.address.is_none() {
                problems
                    .push("The line that begins an area is missing, so addresses count from the area's start.".into());
            }
            problems.extend(found.problems);
            if found.blocks.is_empty() {
                problems.push("The map breaks off before its first row.".into());
                continue;
            }
            letters.extend(found.heads);
            areas.push(Area::new(lines.address, found.blocks));
        }
        if let (Some(totals), [area]) = (self.totals, areas.as_mut_slice()) {
            pad(area, most, totals, block_bytes, &mut problems);
        }
        let kinds = kinds(&letters);
        let mut heads = letters.into_iter();
        let mut heap = Heap::new(
            String::new(),
            "the output of micropython.mem_info(1)",
            block_bytes,
            areas,
            kinds.clone(),
            |_| {
                let letter = heads.next();
                kinds.iter().position(|kind| Some(kind.letter) == letter).unwrap_or(0) as u32
            },
        );
        heap.totals = self.totals;
        heap.facts = self.facts;
        if self.inside > 0 {
            let (lines, verb) = (plural(self.inside, "line"), if self.inside == 1 { "is" } else { "are" });
            heap.facts.push(format!("{lines} of other output {verb} mixed into the map, and left out."));
        }
        heap.problems = problems;
        check::unknown_that_is_free(&mut heap);
        check::totals(&mut heap);
        heap
    }

    /// Bytes of a block, if all blocks are there.
    fn block_bytes_by_totals(&self) -> Option<u32> {
        let blocks: usize = self.areas.iter().map(|area| rows::blocks(&area.items, 16, MOST_BLOCKS).blocks.len()).sum();
        let bytes = self.totals?.total.checked_div(blocks as u64)?;
        (bytes.is_power_of_two() && (8..=64).contains(&bytes)).then_some(bytes as u32)
    }
}

/// What the only area lacks at its end.
fn pad(area: &mut Area, most: usize, totals: Totals, block_bytes: u32, problems: &mut Vec<String>) {
    let have = area.blocks.len();
    if have < most {
        // A total that is far too large is not a reason to draw so much.
        if most / 256 <= have {
            area.blocks.resize(most, Block::Unknown);
        }
        problems.push(format!(
            "The map breaks off: the last {} of {} are missing.",
            exact((most - have) as u64 * u64::from(block_bytes)),
            exact(totals.total)
        ));
    }
}

/// The kinds of objects that MicroPython has a letter for, and those of other letters.
fn kinds(letters: &[char]) -> Vec<Kind> {
    const NAMES: [(char, &str); 10] = [
        ('h', "other object"),
        ('S', "str or bytes"),
        ('L', "list"),
        ('D', "dict"),
        ('T', "tuple"),
        ('A', "bytearray or array"),
        ('F', "float"),
        ('B', "function"),
        ('M', "module"),
        ('m', "marked object"),
    ];
    let mut kinds: Vec<Kind> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for letter in letters {
        if seen.insert(*letter) {
            let name = NAMES.iter().find(|(known, _)| known == letter).map(|(_, name)| (*name).into());
            kinds.push(Kind { name: name.unwrap_or_else(|| format!("object {letter}")), letter: *letter });
        }
    }
    kinds.sort_by_key(|kind| NAMES.iter().position(|(known, _)| *known == kind.letter).unwrap_or(NAMES.len()));
    kinds
}

//! Compares the two heaps.

use super::divergence::{Divergence, same};
use super::dumps::without_addresses;
use super::shared::{Event, shared};
use super::trial::Trial;
use crate::cover::Count;
use crate::heaps::memory::{SIDE_BYTES, bytes, read, read_number, words};
use crate::heaps::side::AreaView;
use crate::heaps::tables;
use crate::trace::Id;

/// In a heap with more live words than this, they are not compared after every call.
const ALL_WORDS: usize = 512;

/// In a heap with more blocks than this, the dumps are not compared after every call.
const ALL_DUMPS: usize = 64;

/// In a heap with more blocks than this, gc_info is not compared after every call.
const ALL_INFOS: usize = 1024;

/// How much a comparison covers.
#[derive(Clone, Copy, PartialEq)]
pub enum Extent {
    Everything,
    /// What takes gc.c or the comparison a time in proportion to the heap is left out after most calls in a large heap.
    AfterCall,
}

pub fn compare(trial: &mut Trial, extent: Extent) -> Result<(), Divergence> {
    same_events(trial)?;
    same_counters(trial)?;
    shared(|shared| same_tables(&shared.areas))?;

    let all = extent == Extent::Everything;
    let due = |trial: &Trial, limit: usize| all || trial.calls % trial.blocks.div_ceil(limit) == 0;
    if due(trial, ALL_INFOS) {
        same_info(trial)?;
    }
    if due(trial, ALL_DUMPS) {
        same_shape(trial, &[trial.pair.areas(0), trial.pair.areas(1)])?;
        same_dumps(trial)?;
        same_surroundings(trial)?;
    }
    if all || trial.calls % (trial.words_in(trial.live_blocks) / ALL_WORDS + 1) == 0 {
        for id in &trial.live {
            same_words(trial, *id)?;
        }
    }
    Ok(())
}

/// Compares where the areas, their pools and their tables are.
pub fn same_shape(trial: &Trial, areas: &[Vec<AreaView>; 2]) -> Result<(), Divergence> {
    let pair = trial.pair;
    same!(areas[0].len(), areas[1].len(), "number of areas");
    same!(areas[0].len(), trial.spans.len(), "number of areas, and of spans");
    for (n, (left, right)) in areas[0].iter().zip(&areas[1]).enumerate() {
        same!(left.atb_bytes, right.atb_bytes, "ATB bytes of area {n}");
        let place = |side, pointer: *mut u8| pair.offset(side, pointer as usize);
        same!(place(0, left.pool_start), place(1, right.pool_start), "offset of pool start of area {n}");
        same!(place(0, left.pool_end), place(1, right.pool_end), "offset of pool end of area {n}");
        // The two heaps may put the tables at different places, but always into the memory that they were given.
        let (start, end) = (pair.span_start(1, trial.spans[n]), right.pool_start as usize);
        let mut all = [
            (right.atb as usize, right.atb_bytes),
            (right.ftb as usize, tables::ftb(right).len()),
            (right.wtb as usize, tables::wtb(right).len()),
        ];
        all.sort_unstable();
        let mut from = start;
        for (table, length) in all {
            if length > 0 && (table < from || table + length > end) {
                return Err(Divergence(format!(
                    "libgcheap's tables of area {n} overlap or leave the memory: {right:?}"
                )));
            }
            from = from.max(table + length);
        }
    }
    Ok(())
}

/// The words of an object are equal, or addresses of the same place on each side.
pub fn same_words(trial: &Trial, id: Id) -> Result<(), Divergence> {
    let Some(object) = trial.live_object(id) else { return Ok(()) };
    let length = trial.words_in(object.blocks);
    let [left, right] = [0, 1].map(|side| words(trial.pair.base[side] + object.at, length));
    for (n, (left, right)) in left.iter().zip(right).enumerate() {
        if left != right && left.wrapping_add(SIDE_BYTES) != *right {
            return Err(Divergence(format!("word {n} of object #{id}: gc.c {left:#x}, libgcheap {right:#x}")));
        }
    }
    trial.count(Count::words_compared);
    Ok(())
}

/// Compares what the callbacks of the two sides did, and forgets it.
fn same_events(trial: &Trial) -> Result<(), Divergence> {
    let misuse: usize = read_number(trial.pair.side(1).misuse);
    if misuse != 0 {
        return Err(Divergence(format!("libgcheap reports misuse, code {misuse}")));
    }
    shared(|shared| {
        let [left, right] = &shared.events;
        if left != right {
            let n = left.iter().zip(right).take_while(|(left, right)| left == right).count();
            let (left, right) = (describe(trial, left.get(n)), describe(trial, right.get(n)));
            return Err(Divergence(format!("step {n} of the finalisers: gc.c {left}, libgcheap {right}")));
        }
        for event in left {
            match event {
                Event::Asked(_) => shared.cover.one(Count::finaliser_asked),
                Event::Called(_) => shared.cover.one(Count::finaliser_called),
                _ => {}
            }
        }
        shared.events.iter_mut().for_each(Vec::clear);
        Ok(())
    })
}

fn describe(trial: &Trial, event: Option<&Event>) -> String {
    match event {
        None => "does nothing more".into(),
        Some(Event::Asked(at)) => format!("asks for the finaliser of {:?}", trial.place(*at)),
        Some(Event::Called(at)) => format!("calls the finaliser of {:?}", trial.place(*at)),
        Some(Event::Returned(act, result)) => format!("returns {result} from \"{act}\""),
        Some(other) => format!("{other:?}"),
    }
}

fn same_counters(trial: &Trial) -> Result<(), Divergence> {
    let pair = trial.pair;
    let [left, right] = [0, 1].map(|side| pair.side(side));
    same!(read(left.collections), read(right.collections), "number of collections");
    same!(read(left.lock_depth), read(right.lock_depth), "gc_lock_depth");
    same!(pair.is_locked(0), pair.is_locked(1), "gc_is_locked");
    same!(read(left.auto_collect), read(right.auto_collect), "gc_auto_collect_enabled");
    same!(read_number(left.alloc_amount), read_number(right.alloc_amount), "gc_alloc_amount");
    same!(read_number(left.alloc_threshold), read_number(right.alloc_threshold), "gc_alloc_threshold");
    same!(read_number(left.collected), read_number(right.collected), "gc_collected");
    same!(read_number(right.mutex_depth), 0, "depth of libgcheap's mutex");
    Ok(())
}

fn same_tables(areas: &[Vec<AreaView>; 2]) -> Result<(), Divergence> {
    for (n, (left, right)) in areas[0].iter().zip(&areas[1]).enumerate() {
        if tables::atb(left) != tables::atb(right) {
            let block =
                (0..tables::blocks(left)).find(|block| tables::kind(left, *block) != tables::kind(right, *block));
            return Err(Divergence(format!("ATB of area {n} differs at block {}", block.unwrap_or(0))));
        }
        same!(tables::ftb(left), tables::ftb(right), "FTB of area {n}");
        same!(tables::wtb(left), tables::wtb(right), "WTB of area {n}");
    }
    Ok(())
}

fn same_info(trial: &Trial) -> Result<(), Divergence> {
    let info = [trial.pair.info(0), trial.pair.info(1)];
    same!(info[0], info[1], "gc_info");
    if let Some(fast) = trial.pair.info_fast(1) {
        same!([info[0].total, info[0].used, info[0].free], [fast.total, fast.used, fast.free], "gc_info_fast");
    }
    trial.count(Count::info_compared);
    Ok(())
}

fn same_dumps(trial: &mut Trial) -> Result<(), Divergence> {
    for table in [true, false] {
        for side in 0..2 {
            trial.pair.dump(side, table, &mut trial.texts[side]);
        }
        shared(|shared| {
            let text = |side: usize| without_addresses(&trial.texts[side], &shared.areas[side]);
            let (left, right) = (text(0), text(1));
            if left != right {
                return Err(Divergence(format!("dumps differ.\ngc.c:\n{left}\nlibgcheap:\n{right}")));
            }
            Ok(())
        })?;
    }
    trial.count(Count::dump_compared);
    Ok(())
}

/// Nothing was written outside the memory that the heaps were given.
fn same_surroundings(trial: &Trial) -> Result<(), Divergence> {
    let pair = trial.pair;
    for (span, [before, behind]) in trial.spans.iter().filter_map(|span| trial.canaries[span.zone].as_ref()) {
        for side in 0..2 {
            let start = pair.span_start(side, *span) - before.len();
            let end = pair.span_end(side, *span) & !(pair.block() - 1);
            if bytes(start, before.len()) != before || bytes(end, behind.len()) != behind {
                return Err(Divergence(format!("side {side} wrote outside its area of {span}")));
            }
        }
    }
    Ok(())
}

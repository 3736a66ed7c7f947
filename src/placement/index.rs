//! Heap indexes: blocks counted through all areas (see [`super::Run`]).

use super::Place;
use crate::config::SPLIT_HEAP;
use crate::layout::area::Area;
use crate::layout::state::State;

/// The heap index of an area's block 0.
pub(super) fn first_index(state: State, area: Area) -> usize {
    let mut first = 0;
    if SPLIT_HEAP {
        for other in state.areas().take_while(|&other| other != area) {
            first += other.blocks() + 1;
        }
    }
    first
}

/// The block with a heap index; the end of an area counts as one.
pub(super) fn place_at(state: State, index: usize) -> Place {
    let mut area = state.first_area();
    if !SPLIT_HEAP {
        return Place { area, block: index };
    }
    let mut block = index;
    while block > area.blocks() {
        let Some(next) = area.next() else { break };
        block -= area.blocks() + 1;
        area = next;
    }
    Place { area, block }
}

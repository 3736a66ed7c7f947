//! The tables of an area: what each block is, and which objects have a finaliser or a weak reference.

use super::memory::bytes;
use super::side::AreaView;

/// What a block is, as the ATB encodes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Free,
    Head,
    Tail,
    MarkedHead,
}

pub fn atb(area: &AreaView) -> &[u8] {
    bytes(area.atb as usize, area.atb_bytes)
}

/// The finaliser table; empty in a configuration without finalisers.
pub fn ftb(area: &AreaView) -> &[u8] {
    if area.ftb.is_null() { &[] } else { bytes(area.ftb as usize, blocks(area).div_ceil(8)) }
}

/// The table of weak references; empty in a configuration without them.
pub fn wtb(area: &AreaView) -> &[u8] {
    if area.wtb.is_null() { &[] } else { bytes(area.wtb as usize, blocks(area).div_ceil(8)) }
}

/// A block's bit in a table that has one bit for each block; false beyond the table's end.
pub fn bit(table: &[u8], block: usize) -> bool {
    table.get(block / 8).is_some_and(|byte| byte >> (block % 8) & 1 == 1)
}

/// Whether the object at an address has a weak reference.
pub fn has_weakref(areas: &[AreaView], block_bytes: usize, address: usize) -> bool {
    areas.iter().any(|area| bit(wtb(area), address.wrapping_sub(area.pool_start as usize) / block_bytes))
}

pub fn blocks(area: &AreaView) -> usize {
    area.atb_bytes * 4
}

pub fn kind(area: &AreaView, block: usize) -> Kind {
    match atb(area)[block / 4] >> (2 * (block % 4)) & 3 {
        0 => Kind::Free,
        1 => Kind::Head,
        2 => Kind::Tail,
        _ => Kind::MarkedHead,
    }
}

/// The kind of the block that starts at an address; None if no block of any area starts there.
pub fn kind_at(areas: &[AreaView], block_bytes: usize, address: usize) -> Option<Kind> {
    let area = areas.iter().find(|area| (area.pool_start as usize..area.pool_end as usize).contains(&address))?;
    let from = address - area.pool_start as usize;
    (from % block_bytes == 0).then(|| kind(area, from / block_bytes))
}

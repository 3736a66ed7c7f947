//! The text of the heap's dumps, made comparable.

use crate::heaps::side::AreaView;
use crate::heaps::tables;

/// A capacity that is enough for any dump of these areas.
pub fn dump_room(areas: &[AreaView]) -> usize {
    areas.iter().map(|area| 256 + tables::blocks(area) * 2).sum()
}

/// A dump without the addresses of the pools, as long as they are printed exactly as gc.c's printf prints `%p`.
pub fn without_addresses(text: &[u8], areas: &[AreaView]) -> String {
    let mut text = String::from_utf8_lossy(text).into_owned();
    for area in areas {
        text = text.replacen(&format!("from {:x}:", area.pool_start as usize), "from POOL:", 1);
    }
    text
}

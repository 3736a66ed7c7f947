//! Reads heaps from files: what a file is, its content tells.

mod mem_info;
#[cfg(test)]
mod pictures;
mod pointers;
mod snapshot;

use std::io::Read;
use std::path::Path;

use crate::model::Heap;

/// All heaps in a file, in its order, at least one; `-` is the standard input. An error is a sentence.
pub fn all(path: &Path) -> Result<Vec<Heap>, String> {
    let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
    let bytes = content(path).map_err(|error| format!("{name} cannot be read: {error}"))?;
    if bytes.is_empty() {
        return Err(format!("{name} is empty"));
    }
    let mut heaps = if snapshot::is_one(&bytes) { snapshot::read(&bytes)? } else { mem_info::read(&bytes) };
    if heaps.is_empty() {
        return Err(format!(
            "{name} holds no heap that heapview can read: there is no snapshot and no output of micropython.mem_info(1) \
             in it"
        ));
    }
    let number = heaps.len();
    for (at, heap) in heaps.iter_mut().enumerate() {
        heap.title = if number == 1 { name.clone() } else { format!("{name}, dump {} of {number}", at + 1) };
    }
    Ok(heaps)
}

/// One heap of a file: the one with a number from 1 on, or the last.
pub fn one(path: &Path, number: Option<usize>) -> Result<Heap, String> {
    let mut heaps = all(path)?;
    let last = heaps.len();
    let number = number.unwrap_or(last);
    if number == 0 || number > last {
        let there_are = if last == 1 { "there is one dump".into() } else { format!("there are {last} dumps") };
        return Err(format!("there is no dump {number} in {}: {there_are}", path.display()));
    }
    Ok(heaps.swap_remove(number - 1))
}

fn content(path: &Path) -> std::io::Result<Vec<u8>> {
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path)
}

#[cfg(test)]
pub(crate) use pictures::heap_of;

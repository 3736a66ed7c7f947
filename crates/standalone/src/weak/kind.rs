//! The links of one kind.

use core::ptr;

use crate::memory::AddressMap;
use crate::os::OutOfMemory;

/// What is known of a link.
#[derive(Clone, Copy, Debug)]
struct Link {
    /// The object that it is about.
    object: usize,
    /// Another link to the same object; 0 if this is the last one. Of use only while there is an index.
    next: usize,
}

/// The links of one kind, by the address of the word that is to be cleared. Which of them are about an object matters only when
/// the program frees it by hand, or moves it. Few programs do so: at the first time an index is made, of a chain for each object.
///
/// ```text
///    first:  object ──> link ──> link ──> 0
/// ```
///
/// Then it is kept up to date, until a collection removes links: that one has gone through all of them, so making the index anew
/// costs no more than the collection did. If there is no memory for it, all links are looked at instead.
pub(super) struct Kind {
    links: AddressMap<Link>,
    first: AddressMap<usize>,
    indexed: bool,
}

impl Kind {
    pub const fn new() -> Self {
        Self { links: AddressMap::new(), first: AddressMap::new(), indexed: false }
    }

    pub fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// The links' addresses.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.links.iter().map(|(link, _)| link)
    }

    /// Registers a link, or says what another object it is about from now on. Says whether it was registered before.
    pub fn register(&mut self, link: usize, object: usize) -> Result<bool, OutOfMemory> {
        if self.indexed {
            // Room first, so that nothing has changed if there is none.
            if !self.first.contains(object) {
                self.first.insert(object, 0)?;
            }
            self.unchain(link);
        }
        let was = self.links.insert(link, Link { object, next: 0 });
        match was {
            Ok(_) => self.chain(link, object),
            Err(_) => self.forget_index(),
        }
        was.map(|was| was.is_some())
    }

    pub fn unregister(&mut self, link: usize) -> bool {
        self.unchain(link);
        self.links.remove(link).is_some()
    }

    /// The link is kept in another word from now on. Says whether it was registered.
    pub fn follow(&mut self, from: usize, to: usize) -> bool {
        let Some(Link { object, .. }) = self.links.get(from) else { return false };
        self.unregister(from);
        // There is room: an entry has just gone, and the object's too, unless it is still there.
        self.register(to, object).is_ok()
    }

    /// Makes the index, if there is none. False if there is no memory for it.
    fn index(&mut self) -> bool {
        if !self.indexed {
            self.indexed = self.chain_all().is_ok();
            if !self.indexed {
                self.first.clear();
            }
        }
        self.indexed
    }

    fn chain_all(&mut self) -> Result<(), OutOfMemory> {
        for (link, entry) in self.links.iter_mut() {
            entry.next = self.first.insert(entry.object, link)?.unwrap_or(0);
        }
        Ok(())
    }

    fn forget_index(&mut self) {
        if self.indexed {
            self.indexed = false;
            self.first.clear();
        }
    }

    /// Puts a link first in the chain of its object, for which there is an entry.
    fn chain(&mut self, link: usize, object: usize) {
        if !self.indexed {
            return;
        }
        let was = self.first.insert(object, link);
        if let Some(entry) = self.links.get_mut(link) {
            entry.next = was.ok().flatten().unwrap_or(0);
        }
    }

    /// Takes a link out of its chain, if it is registered.
    fn unchain(&mut self, link: usize) {
        if !self.indexed {
            return;
        }
        let Some(Link { object, next }) = self.links.get(link) else { return };
        let mut at = self.first.get(object).unwrap_or(0);
        if at == link {
            if next == 0 {
                self.first.remove(object);
            } else {
                let _ = self.first.insert(object, next);
            }
        }
        while let Some(other) = self.links.get_mut(at) {
            if other.next == link {
                other.next = next;
                break;
            }
            at = other.next;
        }
    }

    /// The program frees this object: the links to it are cleared, and forgotten.
    pub fn clear_to(&mut self, object: usize) {
        if self.is_empty() {
            return;
        }
        if !self.index() {
            return self.clear_if(|entry| entry.object == object);
        }
        let mut at = self.first.remove(object).unwrap_or(0);
        while let Some(entry) = self.links.remove(at) {
            clear(at);
            at = entry.next;
        }
    }

    /// Clears the links to objects that are not reached, and forgets them.
    pub fn clear_dead(&mut self, is_reached: impl Fn(*const u8) -> bool) {
        self.clear_if(|entry| !is_reached(ptr::without_provenance(entry.object)));
    }

    fn clear_if(&mut self, is_dead: impl Fn(&Link) -> bool) {
        self.retain(|link, entry| {
            let dead = is_dead(entry);
            if dead {
                clear(link);
            }
            !dead
        });
    }

    /// Forgets the links that lie in objects which are about to be freed.
    pub fn forget_lost(&mut self, is_lost: impl Fn(*const u8) -> bool) {
        self.retain(|link, _| !is_lost(ptr::without_provenance(link)));
    }

    fn retain(&mut self, mut keep: impl FnMut(usize, &Link) -> bool) {
        let before = self.links.len();
        self.links.retain(|link, entry| keep(link, entry));
        if self.links.len() != before {
            self.forget_index();
        }
    }

    /// The object has another address: so have its links, as far as they hold it undisguised.
    pub fn follow_object(&mut self, from: usize, to: usize) {
        if self.is_empty() {
            return;
        }
        if !self.index() {
            for (link, entry) in self.links.iter_mut().filter(|(_, entry)| entry.object == from) {
                entry.object = to;
                follow(link, from, to);
            }
            return;
        }
        let Some(first) = self.first.remove(from) else { return };
        // There is room: an entry has just gone.
        let _ = self.first.insert(to, first);
        let mut at = first;
        while let Some(entry) = self.links.get_mut(at) {
            entry.object = to;
            follow(at, from, to);
            at = entry.next;
        }
    }
}

/// Clears a link's word.
fn clear(link: usize) {
    // SAFETY: whoever registered the link says that the word can be written to until the link is unregistered, or until the
    // object that it lies in is freed (`forget_inside`, `forget_lost`).
    unsafe { ptr::with_exposed_provenance_mut::<usize>(link).write(0) };
}

/// Lets a link's word hold the new address, if it held the old one.
fn follow(link: usize, from: usize, to: usize) {
    let word = ptr::with_exposed_provenance_mut::<usize>(link);
    // SAFETY: as in `clear`.
    unsafe {
        if word.read() == from {
            word.write(to);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So that frees of many objects by hand do not go through all links each time.
    #[test]
    fn the_index_is_made_once_between_collections_that_remove_links() {
        let mut words = [0_usize; 100];
        let start = words.as_mut_ptr().expose_provenance();
        let place = |i: usize| start + i * size_of::<usize>();
        let mut kind = Kind::new();
        for i in 0..50 {
            assert_eq!(kind.register(place(i), 16 + 16 * (i / 2)), Ok(false));
        }
        assert!(!kind.indexed && kind.first.is_empty());
        kind.clear_to(16);
        assert!(kind.indexed);
        for i in 50..100 {
            kind.register(place(i), 16 + 16 * (i / 2)).unwrap();
            kind.unregister(place(i - 20));
            kind.follow_object(16 + 16 * (i / 4), 0x1000 + i);
            assert!(kind.indexed);
        }
        kind.clear_dead(|_| true);
        assert!(kind.indexed);
        kind.clear_dead(|object| object.addr() % 32 != 0);
        assert!(!kind.indexed && kind.first.is_empty());
        let left = kind.len();
        assert!(left > 10);
        kind.clear_to(16 + 16 * 49);
        assert!(kind.indexed && kind.len() <= left);
    }
}

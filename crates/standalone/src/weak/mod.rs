//! Weak links: words that a collection clears when the object that they are about is gone.
//!
//! A *short* link is cleared as soon as nothing reaches the object, before its finaliser is queued; a *long* one only when
//! no finaliser can bring the object back to life. bdwgc: `GC_general_register_disappearing_link`, `GC_register_long_link`.

use core::mem::size_of;
use core::ptr;

use crate::memory::AddressMap;
use crate::os::OutOfMemory;

/// What is known of a link: the object that it is about.
#[derive(Clone, Copy, Debug)]
struct Link {
    object: usize,
}

/// A heap's weak links, by the address of the word that is to be cleared.
pub(crate) struct Links {
    short: AddressMap<Link>,
    long: AddressMap<Link>,
}

impl Links {
    pub const fn new() -> Self {
        Self { short: AddressMap::new(), long: AddressMap::new() }
    }

    /// Whether there are no links at all.
    pub fn is_empty(&self) -> bool {
        self.short.is_empty() && self.long.is_empty()
    }

    fn map(&mut self, long: bool) -> &mut AddressMap<Link> {
        if long { &mut self.long } else { &mut self.short }
    }

    /// Registers a link, or says what another object it is about from now on. Says whether it was registered before.
    pub fn register(&mut self, link: usize, object: usize, long: bool) -> Result<bool, OutOfMemory> {
        self.map(long).insert(link, Link { object }).map(|before| before.is_some())
    }

    /// Forgets a link. Says whether it was registered.
    pub fn unregister(&mut self, link: usize, long: bool) -> bool {
        self.map(long).remove(link).is_some()
    }

    /// The link is kept in another word from now on. Says whether it was registered.
    pub fn follow(&mut self, from: usize, to: usize, long: bool) -> bool {
        let Some(link) = self.map(long).remove(from) else { return false };
        // There is room: an entry has just gone.
        self.map(long).insert(to, link).is_ok()
    }

    /// Clears the links of one kind to objects that are not reached, and forgets them.
    pub fn clear_dead(&mut self, long: bool, is_reached: impl Fn(*const u8) -> bool) {
        self.map(long).retain(|link, about| {
            let lives = is_reached(ptr::without_provenance(about.object));
            if !lives {
                // SAFETY: whoever registered the link says that the word can be written to until the link is unregistered,
                // or until a collection frees the object that it lies in (`forget_lost`).
                unsafe { ptr::with_exposed_provenance_mut::<usize>(link).write(0) };
            }
            lives
        });
    }

    /// The memory between these addresses is no object's any more: links in it are forgotten.
    pub fn forget_inside(&mut self, start: usize, end: usize) {
        self.each_inside(start, end, |links, link, long| {
            links.unregister(link, long);
        });
    }

    /// The object between these addresses was moved: its links go along.
    pub fn follow_inside(&mut self, start: usize, end: usize, to: usize) {
        self.each_inside(start, end, |links, link, long| {
            links.follow(link, to + (link - start), long);
        });
    }

    /// Calls `f` with every link between these addresses, and whether it is a long one.
    fn each_inside(&mut self, start: usize, end: usize, f: impl Fn(&mut Self, usize, bool)) {
        const WORD: usize = size_of::<usize>();
        for long in [false, true] {
            let links = self.map(long).len();
            if links == 0 {
                continue;
            }
            if (end - start) / WORD <= links {
                for link in (start..end).step_by(WORD) {
                    f(self, link, long);
                }
                continue;
            }
            // Few links, and a large object. They are changed after each look at the table, some at a time.
            let mut found = [0; 64];
            loop {
                let mut n = 0;
                let inside = self.map(long).iter().map(|(link, _)| link).filter(|link| (start..end).contains(link));
                for link in inside.take(found.len()) {
                    found[n] = link;
                    n += 1;
                }
                found[..n].iter().for_each(|&link| f(self, link, long));
                if n < found.len() {
                    break;
                }
            }
        }
    }

    /// Forgets the links that lie in objects which are about to be freed.
    pub fn forget_lost(&mut self, is_lost: impl Fn(*const u8) -> bool) {
        for map in [&mut self.short, &mut self.long] {
            map.retain(|link, _| !is_lost(ptr::without_provenance(link)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: usize = 0x10000;

    fn links(n: usize) -> Links {
        let mut links = Links::new();
        for i in 0..n {
            links.register(HERE + 8 * i, 0x20 + 16 * i, i % 2 == 0).unwrap();
        }
        links
    }

    /// Which links there are.
    fn left(links: &mut Links) -> Vec<usize> {
        let mut left: Vec<_> = [false, true]
            .iter()
            .flat_map(|&long| links.map(long).iter().map(|(link, _)| link).collect::<Vec<_>>())
            .collect();
        left.sort_unstable();
        left
    }

    #[test]
    fn links_in_freed_memory_are_forgotten() {
        for bytes in [0, 8, 80, 800, 1 << 20] {
            for n in [0, 1, 100, 1000] {
                let mut links = links(n);
                links.forget_inside(HERE + 16, HERE + 16 + bytes);
                let expected =
                    (0..n).map(|i| HERE + 8 * i).filter(|link| !(HERE + 16..HERE + 16 + bytes).contains(link));
                assert_eq!(left(&mut links), expected.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn links_in_a_moved_object_go_along() {
        for bytes in [8, 80, 8000, 1 << 20] {
            let mut links = links(1000);
            let to = 0x9000000;
            links.follow_inside(HERE, HERE + bytes, to);
            let expected =
                (0..1000).map(|i| HERE + 8 * i).map(|link| if link < HERE + bytes { link - HERE + to } else { link });
            let mut expected: Vec<_> = expected.collect();
            expected.sort_unstable();
            assert_eq!(left(&mut links), expected);
        }
    }
}

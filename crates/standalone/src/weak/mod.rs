//! Weak links: words that a collection clears when the object that they are about is gone.
//!
//! A *short* link is cleared as soon as nothing reaches the object, before its finaliser is queued; a *long* one only when
//! no finaliser can bring the object back to life. bdwgc: `GC_general_register_disappearing_link`, `GC_register_long_link`.

mod kind;

use core::mem::size_of;

use crate::os::OutOfMemory;
use kind::Kind;

/// A heap's weak links.
pub(crate) struct Links {
    short: Kind,
    long: Kind,
}

impl Links {
    pub const fn new() -> Self {
        Self { short: Kind::new(), long: Kind::new() }
    }

    /// Whether there are no links at all.
    pub fn is_empty(&self) -> bool {
        self.short.is_empty() && self.long.is_empty()
    }

    fn kind(&mut self, long: bool) -> &mut Kind {
        if long { &mut self.long } else { &mut self.short }
    }

    /// Registers a link, or says what another object it is about from now on. Says whether it was registered before.
    pub fn register(&mut self, link: usize, object: usize, long: bool) -> Result<bool, OutOfMemory> {
        self.kind(long).register(link, object)
    }

    /// Forgets a link. Says whether it was registered.
    pub fn unregister(&mut self, link: usize, long: bool) -> bool {
        self.kind(long).unregister(link)
    }

    /// The link is kept in another word from now on. Says whether it was registered.
    pub fn follow(&mut self, from: usize, to: usize, long: bool) -> bool {
        self.kind(long).follow(from, to)
    }

    /// Clears the links of one kind to objects that are not reached, and forgets them.
    pub fn clear_dead(&mut self, long: bool, is_reached: impl Fn(*const u8) -> bool) {
        self.kind(long).clear_dead(is_reached);
    }

    /// The program frees this object: the links to it are cleared, and forgotten.
    pub fn clear_to(&mut self, object: usize) {
        self.short.clear_to(object);
        self.long.clear_to(object);
    }

    /// The object was moved: the links to it lead to the new address.
    pub fn follow_object(&mut self, from: usize, to: usize) {
        self.short.follow_object(from, to);
        self.long.follow_object(from, to);
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
            let links = self.kind(long).len();
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
                let inside = self.kind(long).iter().filter(|link| (start..end).contains(link));
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
        self.short.forget_lost(&is_lost);
        self.long.forget_lost(&is_lost);
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
        let mut left: Vec<_> =
            [false, true].iter().flat_map(|&long| links.kind(long).iter().collect::<Vec<_>>()).collect();
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

    /// Words, of which the links are addresses, as long as the array lives.
    fn words<const N: usize>() -> [usize; N] {
        [0; N]
    }

    fn link_all(links: &mut Links, words: &mut [usize], object: usize) {
        for word in words {
            *word = object;
            assert_eq!(links.register((&raw mut *word).expose_provenance(), object, object % 32 != 0), Ok(false));
        }
    }

    #[test]
    fn links_follow_their_object() {
        let mut all = words::<6>();
        let mut links = Links::new();
        let (some, others) = all.split_at_mut(3);
        link_all(&mut links, some, 0x50);
        link_all(&mut links, others, 0x70);
        some[1] = !0x50; // disguised
        links.follow_object(0x50, 0x90);
        links.follow_object(0x60, 0xa0);
        assert_eq!((&*some, &*others), (&[0x90, !0x50, 0x90][..], &[0x70; 3][..]));
        for dead in [0x50, 0x90] {
            for long in [false, true] {
                links.clear_dead(long, |object| object.addr() != dead);
            }
            assert_eq!(some, if dead == 0x50 { [0x90, !0x50, 0x90] } else { [0; 3] });
        }
        assert_eq!(left(&mut links).len(), 3);
    }

    #[test]
    fn links_to_what_is_freed_are_cleared() {
        let mut all = words::<6>();
        let mut links = Links::new();
        let (some, others) = all.split_at_mut(3);
        link_all(&mut links, some, 0x40);
        link_all(&mut links, others, 0x50);
        let one = (&raw mut some[1]).addr();
        assert_eq!(links.register(one, 0x50, false), Ok(true)); // about another object now
        links.clear_to(0x40);
        links.clear_to(0x40);
        assert_eq!((&*some, &*others), (&[0, 0x40, 0][..], &[0x50; 3][..]));
        assert!(links.unregister(one, false) && !links.unregister(one, false));
        links.clear_to(0x50);
        assert_eq!(others, [0; 3]);
        assert!(links.is_empty());
    }

    #[test]
    fn chains_stay_whole_whatever_goes() {
        for gone in 0..8_u32 {
            let mut all = words::<3>();
            let mut links = Links::new();
            link_all(&mut links, &mut all, 0x40);
            let places = [0, 1, 2].map(|i| (&raw mut all[i]).addr());
            let goes = |place: usize| places.iter().position(|&p| p == place).is_some_and(|i| gone >> i & 1 != 0);
            if gone % 2 == 0 {
                links.forget_lost(|link| goes(link.addr()));
            } else {
                places.iter().filter(|&&place| goes(place)).for_each(|&place| assert!(links.unregister(place, false)));
            }
            links.clear_to(0x40);
            let expected = [0, 1, 2].map(|i| if gone >> i & 1 != 0 { 0x40 } else { 0 });
            assert_eq!(all, expected);
            assert!(links.is_empty());
        }
    }
}

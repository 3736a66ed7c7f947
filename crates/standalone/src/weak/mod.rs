//! Weak links: words that a collection clears when the object that they are about is gone.
//!
//! A *short* link is cleared as soon as nothing reaches the object, before its finaliser is queued; a *long* one only when
//! no finaliser can bring the object back to life. bdwgc: `GC_general_register_disappearing_link`, `GC_register_long_link`.

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

    /// Forgets the links that lie in objects which are about to be freed.
    pub fn forget_lost(&mut self, is_lost: impl Fn(*const u8) -> bool) {
        for map in [&mut self.short, &mut self.long] {
            map.retain(|link, _| !is_lost(ptr::without_provenance(link)));
        }
    }
}

//! How the thread that stops the world and those that are stopped meet.

use crate::os::futex;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{AcqRel, Acquire, Release, SeqCst};

/// The rendezvous of this process.
pub(super) static RENDEZVOUS: Rendezvous = Rendezvous { generation: AtomicU32::new(0), awaited: AtomicU32::new(0) };

/// Everything here is async-signal-safe.
pub(super) struct Rendezvous {
    /// Odd while the world is stopped or being stopped; each stop and each restart adds 1. So a signal that arrives late
    /// finds that it is not meant any more.
    generation: AtomicU32,
    /// How many threads have been told to stop and have not said yet that they have.
    awaited: AtomicU32,
}

impl Rendezvous {
    /// Begins a stop and returns its generation.
    pub(super) fn begin(&self) -> u32 {
        // While threads are told, the number has one too many, so that it does not become 0 before the last is told.
        self.awaited.store(1, SeqCst);
        self.generation.fetch_add(1, SeqCst).wrapping_add(1)
    }

    /// Another thread is about to be told to stop.
    pub(super) fn expect_one(&self) {
        self.awaited.fetch_add(1, AcqRel);
    }

    /// A thread has stopped, or does not exist; or all have been told.
    pub(super) fn count_one(&self) {
        if self.awaited.fetch_sub(1, AcqRel) == 1 {
            futex::wake(&self.awaited, 1);
        }
    }

    /// Waits until all threads that were told have stopped, but no longer than so many milliseconds at a time. Returns
    /// whether they have.
    pub(super) fn all_have_stopped(&self, milliseconds: u32) -> bool {
        loop {
            let awaited = self.awaited.load(Acquire);
            if awaited == 0 {
                return true;
            }
            if !futex::wait(&self.awaited, awaited, milliseconds) {
                return self.awaited.load(Acquire) == 0;
            }
        }
    }

    /// Lets all stopped threads go on.
    pub(super) fn end(&self) {
        self.generation.fetch_add(1, SeqCst);
        futex::wake(&self.generation, i32::MAX);
    }

    /// The generation of the stop that is under way; `None` while the world runs.
    pub(super) fn stop_under_way(&self) -> Option<u32> {
        Some(self.generation.load(SeqCst)).filter(|generation| generation % 2 == 1)
    }

    /// Sleeps until this stop has ended.
    pub(super) fn wait_for_the_end_of(&self, generation: u32) {
        while self.generation.load(Acquire) == generation {
            futex::wait(&self.generation, generation, 0);
        }
    }

    /// In the child of a fork: nobody is awaited any more.
    pub(super) fn forget(&self) {
        self.awaited.store(0, Release);
    }
}

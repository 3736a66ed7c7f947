//! The global lock: it protects all heaps, the registry of threads, and the right to stop the world.

use super::blocking::{do_blocking, is_running};
use crate::os::{futex, thread_pointer};
use core::hint::spin_loop;
use core::marker::PhantomData;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, compiler_fence};

/// The lock that all of this process's heaps share.
pub static LOCK: Lock = Lock::new();

/// The calling thread holds the lock already: a signal handler interrupted it in the middle of an operation, or a callback
/// calls what it must not call. Waiting would never end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reentered;

/// Why [`Lock::try_acquire`] did not get the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// The calling thread holds it (see [`Reentered`]).
    ByThisThread,
    /// Another thread holds it.
    ByAnotherThread,
}

/// A lock that knows its owner and is no recursive one. It costs an atomic exchange, or only two plain accesses while the
/// program has one thread.
///
/// A thread that waits for it counts as being in a blocking region. So does a signal handler of the program that interrupts
/// it meanwhile: if the handler takes the lock and allocates, it has to store the object in a root before it releases it. All functions are async-signal-safe.
#[derive(Debug)]
pub struct Lock {
    /// 0, or the owner's thread pointer, with [`WAITERS`] if other threads may be asleep.
    owner: AtomicUsize,
    /// Whether more than one thread uses the lock.
    threaded: AtomicBool,
}

/// The lowest bit, which thread pointers leave free.
const WAITERS: usize = 1;

/// How often a thread looks at the lock before it goes to sleep: longer than a small allocation takes.
const SPINS: u32 = 100;

impl Lock {
    /// A free lock, for one thread.
    pub const fn new() -> Self {
        Self { owner: AtomicUsize::new(0), threaded: AtomicBool::new(false) }
    }

    /// From now on other threads use the lock as well. Called by the only thread that has used it so far, before another
    /// one does; it may hold the lock.
    pub fn announce_threads(&self) {
        self.threaded.store(true, Release);
    }

    /// Whether [`Self::announce_threads`] was called.
    #[inline]
    pub fn is_threaded(&self) -> bool {
        self.threaded.load(Relaxed)
    }

    /// Takes the lock, waiting for it if another thread holds it. Every successful call needs one call of
    /// [`Self::release`] by the same thread.
    #[inline]
    pub fn acquire(&self) -> Result<(), Reentered> {
        match self.try_acquire() {
            Ok(()) => Ok(()),
            Err(Busy::ByThisThread) => Err(Reentered),
            Err(Busy::ByAnotherThread) => {
                self.wait();
                Ok(())
            }
        }
    }

    /// Takes the lock if that is possible at once.
    #[inline]
    pub fn try_acquire(&self) -> Result<(), Busy> {
        let me = thread_pointer();
        if !self.is_threaded() {
            // A signal handler between the two accesses releases the lock before it returns. So nothing is lost.
            if self.owner.load(Relaxed) != 0 {
                return Err(Busy::ByThisThread);
            }
            self.owner.store(me, Relaxed);
            compiler_fence(Acquire);
            return Ok(());
        }
        match self.owner.compare_exchange(0, me, Acquire, Relaxed) {
            Ok(_) => Ok(()),
            Err(owner) if owner & !WAITERS == me => Err(Busy::ByThisThread),
            Err(_) => Err(Busy::ByAnotherThread),
        }
    }

    /// Releases the lock. Without effect on the data that it protects if the calling thread does not hold it, but then
    /// somebody else loses it; so only a holder may call this.
    #[inline]
    pub fn release(&self) {
        debug_assert!(self.is_mine());
        if !self.is_threaded() {
            compiler_fence(Release);
            self.owner.store(0, Relaxed);
        } else if self.owner.swap(0, Release) & WAITERS != 0 {
            futex::wake(self.lower_half(), 1);
        }
    }

    /// Whether the calling thread holds the lock.
    pub fn is_mine(&self) -> bool {
        self.owner.load(Relaxed) & !WAITERS == thread_pointer()
    }

    #[cold]
    fn wait(&self) {
        for _ in 0..SPINS {
            if self.owner.load(Relaxed) == 0 && self.try_acquire().is_ok() {
                return;
            }
            spin_loop();
        }
        // As in a blocking region: the thread need not be woken in order to be stopped. And when it has the lock, nobody
        // else can stop the world.
        do_blocking(|| self.sleep());
    }

    fn sleep(&self) {
        // Whoever has slept cannot know whether others still sleep, so it takes the lock with the bit set.
        let mine = thread_pointer() | WAITERS;
        loop {
            let owner = self.owner.load(Relaxed);
            if owner == 0 {
                if self.owner.compare_exchange(0, mine, Acquire, Relaxed).is_ok() {
                    return;
                }
            } else if owner & WAITERS != 0
                || self.owner.compare_exchange(owner, owner | WAITERS, Relaxed, Relaxed).is_ok()
            {
                futex::wait(self.lower_half(), (owner | WAITERS) as u32, 0);
            }
        }
    }

    /// The half of the word that has the bit of the waiters. The kernel compares 32 bits only: if another owner has the
    /// same lower half, the bit is set for that one too, so it wakes the sleepers.
    fn lower_half(&self) -> &AtomicU32 {
        // SAFETY: on a little-endian machine (lib.rs insists) the first four bytes of the word are its lower half. They are
        // aligned, live as long as the lock, and only the kernel accesses them by themselves.
        unsafe { AtomicU32::from_ptr(self.owner.as_ptr().cast()) }
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

/// Proof that the calling thread holds [`LOCK`]; dropping it releases the lock.
#[derive(Debug)]
pub struct Guard {
    /// The lock belongs to a thread, so the guard must stay there.
    not_send: PhantomData<*mut ()>,
}

/// Takes [`LOCK`].
pub fn lock() -> Result<Guard, Reentered> {
    LOCK.acquire().map(|()| Guard { not_send: PhantomData })
}

/// Takes [`LOCK`] for a call of the program, if a collection would see what the call returns: so not in a thread that is not
/// registered, nor in a blocking region, where the thread is not stopped and its stack not looked at again. Signal handlers
/// can get there: when a thread has just begun or is about to end, or while it waits for the lock in another call.
#[inline]
pub fn enter() -> Result<Guard, Reentered> {
    if LOCK.is_threaded() && !is_running() {
        return Err(Reentered);
    }
    lock()
}

impl Guard {
    /// A guard for a lock that the calling thread took by [`Lock::acquire`] and that the guard now releases. To keep the
    /// lock, `core::mem::forget` the guard.
    ///
    /// # Safety
    /// The calling thread holds [`LOCK`], and no other guard exists.
    pub unsafe fn assume() -> Self {
        Self { not_send: PhantomData }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        LOCK.release();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::UnsafeCell;
    use std::sync::Arc;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn the_owner_is_recognised_with_one_thread_and_with_many() {
        let lock = Lock::new();
        for _ in 0..2 {
            assert!(!lock.is_mine());
            assert_eq!(lock.acquire(), Ok(()));
            assert!(lock.is_mine());
            assert_eq!(lock.acquire(), Err(Reentered));
            assert_eq!(lock.try_acquire(), Err(Busy::ByThisThread));
            lock.release();
            lock.announce_threads();
        }
    }

    #[test]
    fn a_lock_taken_before_there_were_threads_is_held_afterwards() {
        let lock = Lock::new();
        lock.acquire().unwrap();
        lock.announce_threads();
        thread::scope(|scope| {
            scope.spawn(|| assert_eq!(lock.try_acquire(), Err(Busy::ByAnotherThread))).join().unwrap();
        });
        lock.release();
        assert_eq!(lock.try_acquire(), Ok(()));
    }

    #[test]
    fn a_sleeper_is_woken() {
        let lock = Lock::new();
        lock.announce_threads();
        lock.acquire().unwrap();
        thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    lock.acquire().unwrap();
                    lock.release();
                });
            }
            thread::sleep(Duration::from_millis(30));
            lock.release();
        });
        assert!(!lock.is_mine());
    }

    #[test]
    fn threads_exclude_one_another() {
        struct Counter(Lock, UnsafeCell<usize>);
        // SAFETY: the counter is accessed only by the lock's holder.
        unsafe impl Sync for Counter {}
        let counter = Arc::new(Counter(Lock::new(), UnsafeCell::new(0)));
        counter.0.announce_threads();
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let counter = counter.clone();
                thread::spawn(move || {
                    for _ in 0..20_000 {
                        counter.0.acquire().unwrap();
                        // SAFETY: this thread holds the lock.
                        unsafe { *counter.1.get() += 1 };
                        counter.0.release();
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        // SAFETY: the threads are gone.
        assert_eq!(unsafe { *counter.1.get() }, 160_000);
    }
}

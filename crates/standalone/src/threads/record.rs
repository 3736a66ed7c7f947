//! What is known about a thread.

use super::stock::Stock;
use crate::roots::AddressRange;
use core::sync::atomic::Ordering::{Relaxed, SeqCst};
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU8, AtomicU32, AtomicUsize};

/// What a thread is doing, as far as stopping it is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum State {
    /// It runs the program's code. It becomes `Blocking` or `Finished` by itself, `Dead` if the kernel does not know it.
    Running = 0,
    /// It does not use the heap and need not be stopped: `blocked` says what of its stack matters.
    Blocking = 1,
    /// It has ended, and another thread may still ask for its result. Its stack is gone.
    Finished = 2,
    /// It has ended without telling. Its stack is gone. Its record is removed when the world goes on.
    Dead = 3,
}

/// The parts of its stacks that a thread uses, as it says itself before it stops or blocks.
#[derive(Debug)]
#[repr(C)]
pub(super) struct StackUse {
    /// From here to the base of the thread's own stack. 0: nothing.
    lowest: AtomicUsize,
    /// The part in use of the alternate signal stack, if the thread runs on that.
    alternate_start: AtomicUsize,
    alternate_end: AtomicUsize,
}

impl StackUse {
    pub(super) fn set(&self, lowest: usize, alternate: AddressRange) {
        self.lowest.store(lowest, Relaxed);
        self.alternate_start.store(alternate.start, Relaxed);
        self.alternate_end.store(alternate.end, Relaxed);
    }

    /// The two parts of a thread whose own stack has this base. Either may be empty.
    pub(super) fn ranges(&self, base: usize) -> [AddressRange; 2] {
        let lowest = match self.lowest.load(Relaxed) {
            0 => base,
            lowest => lowest,
        };
        let alternate = AddressRange::new(self.alternate_start.load(Relaxed), self.alternate_end.load(Relaxed));
        [AddressRange::new(lowest, base), alternate]
    }
}

/// A thread. Records lie in memory that is never given back, so a signal handler can always read one; and they are made of
/// atomics, because it may do so at any time. Zeros are a valid record.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Thread {
    /// The neighbours in the list of threads, or the next free record.
    pub(super) next: AtomicPtr<Thread>,
    pub(super) previous: AtomicPtr<Thread>,
    /// The `pthread_t`.
    pub(super) pthread: AtomicUsize,
    /// The kernel's number.
    pub(super) thread_id: AtomicI32,
    pub(super) thread_pointer: AtomicUsize,
    /// The lower limit of the stack; 0 if it is not known.
    pub(super) low: AtomicUsize,
    /// The end to which the stack is scanned.
    pub(super) base: AtomicUsize,
    state: AtomicU32,
    /// The generation (see `Rendezvous`) in which the thread was told to stop; 0 if it turned out not to be necessary.
    pub(super) told: AtomicU32,
    /// The generation in which the thread, or somebody for it, said that it has stopped.
    pub(super) acknowledged: AtomicU32,
    /// Valid while the thread is stopped.
    pub(super) stopped: StackUse,
    /// Valid while the thread's state is `Blocking`.
    pub(super) blocked: StackUse,
    /// What the thread's start routine returned or `exit` was given: a root until the thread is joined.
    pub(super) result: AtomicUsize,
    /// Whether another thread may still ask for the result: 1 or 0.
    pub(super) joinable: AtomicU8,
    /// How often the destructor of the thread's key was called.
    pub(super) rounds: AtomicU8,
    /// Objects that the thread has in stock.
    pub(super) stock: Stock,
}

impl Thread {
    /// Notes that the thread has stopped in this generation. Returns whether that was not known before.
    pub(super) fn acknowledge(&self, generation: u32) -> bool {
        self.acknowledged.swap(generation, SeqCst) != generation
    }

    pub(super) fn state(&self) -> State {
        // The order matters: see `blocking`.
        match self.state.load(SeqCst) {
            0 => State::Running,
            1 => State::Blocking,
            2 => State::Finished,
            _ => State::Dead,
        }
    }

    pub(super) fn set_state(&self, state: State) {
        self.state.store(state as u32, SeqCst);
    }

    /// Sets the bounds of the stack.
    pub(super) fn set_stack(&self, bounds: AddressRange) {
        self.low.store(bounds.start, Relaxed);
        self.base.store(bounds.end - bounds.end % size_of::<usize>(), Relaxed);
    }

    /// Makes a record as good as new, except for its place in a list.
    pub(super) fn reset(&self) {
        self.set_state(State::Running);
        self.set_stack(AddressRange::EMPTY);
        self.stopped.set(0, AddressRange::EMPTY);
        self.blocked.set(0, AddressRange::EMPTY);
        self.pthread.store(0, Relaxed);
        self.thread_id.store(0, Relaxed);
        self.thread_pointer.store(0, Relaxed);
        self.told.store(0, Relaxed);
        self.acknowledged.store(0, Relaxed);
        self.result.store(0, Relaxed);
        self.joinable.store(0, Relaxed);
        self.rounds.store(0, Relaxed);
        self.stock.clear();
    }
}

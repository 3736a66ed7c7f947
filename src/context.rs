//! What every part of the heap works with: the host, and the state that it lends.

use crate::host::Host;
use crate::layout::field::Field;
use crate::layout::state::State;

/// A host, through which everything else can be reached. As small as the host: in the archive it has no size.
#[derive(Clone, Copy)]
pub struct Context<H: Host> {
    host: H,
}

impl<H: Host> Context<H> {
    /// # Safety
    /// The host keeps the promises of I1 and I2, and the heap is made with `init` before it is used.
    pub unsafe fn new(host: H) -> Self {
        Self { host }
    }

    pub(crate) fn host(self) -> H {
        self.host
    }

    pub(crate) fn state(self) -> State {
        // SAFETY: I1: the host lends its storage for as long as the heap is used.
        unsafe { State::new(self.host.state()) }
    }

    /// The calling thread's lock depth (`config::COLLECT_FLAG`, `config::LOCK_STEP`).
    pub(crate) fn lock_depth(self) -> Field<u16> {
        // SAFETY: I2: the host's pointer is the calling thread's lock depth.
        unsafe { Field::new(self.host.lock_depth()) }
    }

    /// Whether this thread may not allocate: it has the heap locked, or is collecting.
    pub(crate) fn is_locked(self) -> bool {
        self.lock_depth().get() != 0
    }
}

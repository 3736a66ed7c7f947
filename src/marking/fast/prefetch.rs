//! Asking for memory before it is needed.

/// Whether it pays: on machines with caches and a clock far above their memory's.
pub(super) const PREFETCHES: bool = cfg!(any(target_arch = "x86_64", target_arch = "aarch64"));

/// How far ahead in a long object, in bytes.
pub(super) const AHEAD: usize = 2048;

/// Asks for the memory at an address, without waiting for it.
pub(super) fn prefetch(addr: usize) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint, which does nothing for an address that cannot be read.
    unsafe {
        core::arch::x86_64::_mm_prefetch(core::ptr::without_provenance(addr), core::arch::x86_64::_MM_HINT_T0);
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{}]", in(reg) addr, options(nostack, readonly, preserves_flags));
    }
    let _ = addr;
}

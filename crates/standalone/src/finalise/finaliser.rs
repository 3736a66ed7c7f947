//! What is registered for an object.

use core::ffi::c_void;

/// A finaliser: called with the object and what was registered with it.
pub type Function = extern "C" fn(*mut c_void, *mut c_void);

/// When an object's finaliser is due. In all orders: when nothing reaches the object but what is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Order {
    /// After those of objects that lead to it. An object that leads to itself is never finalised. bdwgc:
    /// `GC_register_finalizer`.
    Ordered = 0,
    /// The same, but an object may point at itself. bdwgc: `GC_register_finalizer_ignore_self`.
    IgnoreSelf = 1,
    /// As soon as nothing that is alive reaches it, whatever other dead objects do. bdwgc:
    /// `GC_register_finalizer_no_order`.
    NoOrder = 2,
    /// After all others, when no finaliser of another order can bring the object back to life. bdwgc:
    /// `GC_register_finalizer_unreachable`.
    Unreachable = 3,
}

/// What is registered for an object.
#[derive(Clone, Copy, Debug)]
pub struct Finaliser {
    /// What is called.
    pub function: Function,
    /// What it is called with, beside the object. Alive as long as the finaliser is registered or due.
    pub data: *mut c_void,
    /// When.
    pub order: Order,
    /// How far into the object the address lies with which it is called, in bytes.
    pub offset: u32,
}

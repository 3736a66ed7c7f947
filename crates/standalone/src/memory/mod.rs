//! Memory that comes straight from the kernel: one large reservation for a heap, and two containers for what belongs to
//! the heap but does not lie in it. None of them calls `malloc`.

mod address_map;
mod growing;
mod reservation;

pub use address_map::AddressMap;
pub use growing::Growing;
pub use reservation::Reservation;

//! What a comparison returns when the two heaps differ.

/// How the two heaps differ, in words.
#[derive(Debug)]
pub struct Divergence(pub String);

/// Returns a divergence if the two sides' values differ. The remaining arguments format what they are.
macro_rules! same {
    ($left:expr, $right:expr, $($what:tt)*) => {
        let (left, right) = (&$left, &$right);
        if left != right {
            return Err(Divergence(format!("{}: gc.c {left:?}, libgcheap {right:?}", format!($($what)*))));
        }
    };
}
pub(crate) use same;

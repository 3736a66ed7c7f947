//! The library's name and version, by which a program that has this heap in it is told from one that has not.

/// `libgcheap 0.1.0`, as a C string. Every library for C has it in the symbol `gcheap_marker`.
pub const MARKER: [u8; 16] = *b"libgcheap 0.1.0\0";

const _: () = {
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let mut i = 0;
    while i < version.len() {
        assert!(MARKER[10 + i] == version[i], "the marker names another version than Cargo.toml");
        i += 1;
    }
};

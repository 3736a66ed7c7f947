//! Compiles the functions through whose frames threads may unwind.

fn main() {
    println!("cargo::rerun-if-changed=native/gc_native.c");
    cc::Build::new()
        .file("native/gc_native.c")
        .std("gnu11")
        .warnings(true)
        .extra_warnings(true)
        .flag("-fexceptions")
        .compile("gcheap_gc_native");
}

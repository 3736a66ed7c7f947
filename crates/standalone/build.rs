//! Compiles the few lines that Rust cannot express: saving registers on the stack, thread-local variables, and the frames
//! through which `pthread_exit` unwinds.

fn main() {
    println!("cargo::rerun-if-changed=native/gcheap_native.c");
    let mut build = cc::Build::new();
    if std::env::var_os("CARGO_FEATURE_HANDLER").is_some() {
        build.define("GCHEAP_ARCHIVE", None);
    }
    if std::env::var_os("CARGO_FEATURE_C_ABI").is_some() {
        println!("cargo::rerun-if-changed=native/gcheap_blocking.c");
        build.file("native/gcheap_blocking.c").include("../../include");
    }
    build
        .file("native/gcheap_native.c")
        .std("gnu11")
        .warnings(true)
        .extra_warnings(true)
        // Cancelling a thread unwinds through these frames.
        .flag("-fexceptions")
        .flag_if_supported("-fno-stack-protector")
        .compile("gcheap_native");
}

//! A library that is loaded and unloaded between two gatherings.

use gcheap_standalone::roots::DataSegments;
use std::ffi::CString;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, process};

const SOURCE: &str = "
static void *in_data[600] = { in_data };
static void *in_bss[2000];
static __thread void *thread_local_variable[3000];
void *in_data_address(void) { return &in_data[599]; }
void *in_bss_address(void) { return &in_bss[1999]; }
void *thread_local_address(void) { return &thread_local_variable[2999]; }
";

/// Builds the library; `None` if there is no C compiler.
fn build(directory: &PathBuf) -> Option<PathBuf> {
    fs::create_dir_all(directory).unwrap();
    let (source, library) = (directory.join("roots.c"), directory.join("libroots.so"));
    fs::write(&source, SOURCE).unwrap();
    let target: &[&str] = if cfg!(target_arch = "x86") { &["-m32"] } else { &[] };
    let compiler = env::var_os("CC").unwrap_or("cc".into());
    let status = Command::new(compiler)
        .args(target)
        .args(["-shared", "-fPIC", "-o"])
        .arg(&library)
        .arg(&source)
        .status()
        .ok()?;
    assert!(status.success(), "the library does not compile");
    Some(library)
}

fn finds(segments: &DataSegments, address: usize) -> bool {
    segments.as_slice().iter().any(|segment| segment.contains(address))
}

#[test]
fn segments_come_and_go_with_their_library() {
    if cfg!(target_feature = "crt-static") {
        println!("skipped: a static program cannot load libraries");
        return;
    }
    let directory = env::temp_dir().join(format!("gcheap-standalone-{}", process::id()));
    let Some(library) = build(&directory) else {
        println!("skipped: there is no C compiler");
        return;
    };
    let mut segments = DataSegments::new();
    assert_eq!(segments.gather(), Ok(true));
    assert_eq!(segments.gather(), Ok(false));
    let tls_before = segments.tls_layout();

    let path = CString::new(library.to_str().unwrap()).unwrap();
    // SAFETY: the library has no constructors; its functions have these types.
    let (handle, [data, bss, _]) = unsafe {
        let handle = libc::dlopen(path.as_ptr(), libc::RTLD_NOW);
        assert!(!handle.is_null());
        let addresses = [c"in_data_address", c"in_bss_address", c"thread_local_address"].map(|name| {
            let function = libc::dlsym(handle, name.as_ptr());
            std::mem::transmute::<*mut libc::c_void, extern "C" fn() -> *mut libc::c_void>(function)().addr()
        });
        (handle, addresses)
    };
    fs::remove_dir_all(&directory).unwrap();
    assert!(!finds(&segments, data) && !finds(&segments, bss));
    assert_eq!(segments.gather(), Ok(true));
    assert!(finds(&segments, data) && finds(&segments, bss));
    assert_eq!(segments.gather(), Ok(false));
    assert_eq!(segments.tls_layout(), tls_before, "a block that was allocated for one thread is no static storage");

    // SAFETY: the library is not used any more.
    assert_eq!(unsafe { libc::dlclose(handle) }, 0);
    assert_eq!(segments.gather(), Ok(true));
    assert!(!finds(&segments, data) && !finds(&segments, bss));
    assert_eq!(segments.gather(), Ok(false));
}

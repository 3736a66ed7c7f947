//! A heap whose memory and state are vectors: everything that a host in Rust has to supply.
//!
//! `cargo run --example heap_in_a_vec` prints, with some other address:
//!
//! ```text
//! GC memory layout; from 0x7f3a5c001aa0:
//! 00000000: hh=h==h===h====.............
//! finaliser of block 1
//! finaliser of block 3
//! GC memory layout; from 0x7f3a5c001aa0:
//! 00000000: h.....h===h====.............
//! collections: 1, blocks in use: 10
//! ```

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::ptr::{NonNull, null_mut};

use gcheap::config::{BLOCK_BYTES, STATE_BYTES, WORD_BYTES};
use gcheap::inspect::dump::Printer;
use gcheap::{Heap, Host, Misuse};

/// What the host lends to its heap, and what the program keeps beside it.
struct World {
    state: Vec<Cell<usize>>,
    lock_depth: Cell<u16>,
    memory: Vec<Cell<usize>>,
    roots: RefCell<Vec<*mut u8>>,
    collections: Cell<usize>,
}

impl World {
    fn new(bytes: usize) -> World {
        let world = World {
            state: vec![Cell::new(0); STATE_BYTES.div_ceil(WORD_BYTES)],
            lock_depth: Cell::new(0),
            memory: vec![Cell::new(0); bytes / WORD_BYTES],
            roots: RefCell::new(vec![]),
            collections: Cell::new(0),
        };
        let memory = world.memory.as_ptr_range();
        // SAFETY: the memory is the heap's alone for as long as the world exists.
        unsafe { world.heap().init(memory.start.cast_mut().cast(), memory.end.cast_mut().cast()) };
        world
    }

    fn heap(&self) -> Heap<VecHost<'_>> {
        // SAFETY: the state and the lock depth live as long as the heap (I1); the host does what its trait says (I2).
        unsafe { Heap::new(VecHost(self)) }
    }
}

#[derive(Clone, Copy)]
struct VecHost<'a>(&'a World);

impl Host for VecHost<'_> {
    fn state(self) -> NonNull<u8> {
        NonNull::from(&self.0.state[..]).cast()
    }
    fn lock_depth(self) -> NonNull<u16> {
        NonNull::from(&self.0.lock_depth).cast()
    }
    fn collect(self) {
        self.0.heap().collect_start();
        self.0.heap().collect_end();
    }
    fn mark_roots(self) {
        self.0.collections.set(self.0.collections.get() + 1);
        let roots = self.0.roots.borrow();
        // SAFETY: the list of roots can be read, and stays as it is during the call.
        unsafe { self.0.heap().collect_root(roots.as_ptr().cast(), roots.len()) }
    }
    fn finalise(self, object: NonNull<u8>) {
        // SAFETY: `main` wrote a number into the first word of each object.
        println!("finaliser of block {}", unsafe { object.cast::<usize>().read() });
    }
    fn misuse(self, what: Misuse, ptr: *const u8) {
        panic!("misuse of the heap: {what:?}, pointer {ptr:p}");
    }

    // One thread, so no mutex.
    fn init_mutex(self) {}
    fn enter(self) {}
    fn exit(self) {}
}

/// Prints the heap's map to the terminal.
struct Terminal;

impl Printer for Terminal {
    fn print(&mut self, format: &CStr, number: usize) {
        let format = format.to_str().expect("the heap's formats are ASCII");
        let (before, after) = format.split_once('%').unwrap_or((format, ""));
        match after.chars().next() {
            None => print!("{before}"),
            Some('p') => print!("{before}{number:#x}{}", &after[1..]),
            Some('c') => print!("{before}{}{}", char::from(number as u8), &after[1..]),
            Some('u') => print!("{before}{number}{}", &after[1..]),
            Some(_) => print!("{before}{number:08x}{}", &after["08x".len()..]),
        }
    }
    fn letter(&mut self, _: NonNull<u8>) -> u8 {
        b'h'
    }
}

fn main() {
    let world = World::new(1024);
    let heap = world.heap();
    let (mut block, mut last) = (0, null_mut());
    for blocks in 1..=5 {
        let object: *mut usize = heap.alloc(blocks * BLOCK_BYTES, true).cast();
        assert!(!object.is_null(), "the heap is full");
        // SAFETY: an object has at least two words. The first says where it is; the second points to an older object.
        unsafe {
            object.write(block);
            object.add(1).write(last as usize);
        }
        block += blocks;
        last = object;
    }
    world.roots.borrow_mut().push(last.cast());
    heap.dump_alloc_table(&mut Terminal);
    // SAFETY: the last object points to the fourth one, which now points to the first: two can't be reached any more.
    unsafe {
        let fourth = last.add(1).read() as *mut usize;
        let third = fourth.add(1).read() as *mut usize;
        let second = third.add(1).read() as *mut usize;
        fourth.add(1).write(second.add(1).read());
    }
    heap.collect_start();
    heap.collect_end();
    heap.dump_alloc_table(&mut Terminal);
    println!("collections: {}, blocks in use: {}", world.collections.get(), heap.info().used / BLOCK_BYTES);
}

//! A host for tests: its own state and memory, roots that a test sets, a log of everything the heap asked for; and
//! heaps drawn as pictures.
#![allow(dead_code)]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::CStr;
use std::ptr::NonNull;

use gcheap::config::{
    AREA_BYTES, BLOCK_BYTES, FINALISER, INTERIOR, NO_SCAN, STATE_ALLOC_THRESHOLD, STATE_AUTO_COLLECT, STATE_BYTES,
    WEAKREF,
};
use gcheap::inspect::dump::Printer;
use gcheap::inspect::snapshot::report::{Report, RootKind, RootRange};
use gcheap::{Host, Misuse};

/// A heap of the variant that the test program is about.
pub type Heap<'a> = gcheap::Heap<TestHost<'a>, crate::Variant>;

/// What a test wants to happen when an object is finalised.
type OnFinalise = Box<dyn FnMut(Heap<'_>, *mut u8)>;

/// Everything a heap needs from outside.
pub struct World {
    state: Vec<Cell<usize>>,
    lock_depth: Cell<u16>,
    memory: RefCell<Vec<Vec<u8>>>,
    /// What of it the heap got.
    lent: RefCell<Vec<(usize, usize)>>,
    /// What the next collection starts from.
    pub roots: RefCell<Vec<usize>>,
    pub finalised: RefCell<Vec<usize>>,
    pub on_finalise: RefCell<Option<OnFinalise>>,
    pub misuses: RefCell<Vec<(Misuse, usize)>>,
    pub collections: Cell<usize>,
    /// Objects whose weak references the heap told about, and a 0 for each time that it said it was done.
    pub told: RefCell<Vec<usize>>,
    pub max_new_split: Cell<usize>,
    pub given_back: RefCell<Vec<usize>>,
    /// Whether words in objects that point into others count.
    pub inside: Cell<bool>,
    /// How often the heap may still grow by 64 blocks, in memory that was reserved for that.
    pub growths: Cell<usize>,
    /// What the heap said when it asked to grow.
    pub asked_to_grow: RefCell<Vec<(usize, bool)>>,
    /// Root words with this value count as unreadable; 0 is none.
    pub unreadable: Cell<usize>,
    /// Names of objects in snapshots, by address.
    pub names: RefCell<HashMap<usize, String>>,
    /// The heap's statistics, where it has some.
    numbers: std::cell::UnsafeCell<gcheap::inspect::numbers::Statistics>,
    /// What the clock says; it goes on by `tick` each time that it is read.
    pub now: Cell<u32>,
    pub tick: Cell<u32>,
    /// The bytes of allocations of which the heap said that they fail, and a 0 for each collection.
    pub events: RefCell<Vec<usize>>,
}

#[derive(Clone, Copy)]
pub struct TestHost<'a>(&'a World);

impl Host for TestHost<'_> {
    fn state(self) -> NonNull<u8> {
        NonNull::from(&self.0.state[..]).cast()
    }
    fn lock_depth(self) -> NonNull<u16> {
        NonNull::from(&self.0.lock_depth).cast()
    }
    fn init_mutex(self) {}
    fn enter(self) {}
    fn exit(self) {}
    fn collect(self) {
        let heap = self.0.heap();
        heap.collect_start();
        heap.collect_end();
    }
    fn mark_roots(self) {
        self.0.collections.set(self.0.collections.get() + 1);
        let roots = self.0.roots.borrow();
        // SAFETY: the roots outlive the call.
        unsafe { self.0.heap().collect_root(roots.as_ptr(), roots.len()) }
    }
    fn finalise(self, object: NonNull<u8>) {
        self.0.finalised.borrow_mut().push(object.addr().get());
        if let Some(run) = self.0.on_finalise.borrow_mut().as_mut() {
            run(self.0.heap(), object.as_ptr());
        }
    }
    fn weakref_dies(self, object: NonNull<u8>) {
        self.0.told.borrow_mut().push(object.addr().get());
    }
    fn weakref_sweep(self) {
        self.0.told.borrow_mut().push(0);
    }
    fn max_new_split(self) -> usize {
        self.0.max_new_split.get()
    }
    fn alloc_heap(self, bytes: usize) -> *mut u8 {
        self.0.lend_aligned(bytes)
    }
    fn free_heap(self, memory: NonNull<u8>) {
        self.0.given_back.borrow_mut().push(memory.addr().get());
    }
    fn is_addressable(self, word: *const usize) -> bool {
        let secret = self.0.unreadable.get();
        // SAFETY: the words of this host's roots can all be read; of some it only says that they cannot.
        secret == 0 || unsafe { *word } != secret
    }
    fn hook(self, _: usize) {}
    fn follows_interior(self) -> bool {
        self.0.inside.get()
    }
    #[cfg(gcheap_growth)]
    fn grow(self, blocks: usize, last: bool) -> bool {
        self.0.asked_to_grow.borrow_mut().push((blocks, last));
        let may = self.0.growths.get() > 0;
        if may {
            self.0.growths.set(self.0.growths.get() - 1);
            // SAFETY: the test has reserved room for as many growths as it allows.
            unsafe { self.0.heap().extend(gcheap::GROWTH_STEP) };
        }
        may
    }
    fn statistics(self) -> Option<NonNull<gcheap::inspect::numbers::Statistics>> {
        Some(NonNull::from(&self.0.numbers).cast())
    }
    fn microseconds(self) -> u32 {
        self.0.now.replace(self.0.now.get().wrapping_add(self.0.tick.get()))
    }
    fn collected(self) {
        self.0.events.borrow_mut().push(0);
    }
    fn out_of_memory(self, bytes: usize) {
        self.0.events.borrow_mut().push(bytes);
    }
    fn snapshot(self, report: &mut Report) {
        let roots = self.0.roots.borrow();
        let range = RootRange {
            kind: RootKind::Added,
            interior: false,
            address: roots.as_ptr().expose_provenance(),
            bytes: size_of_val(&roots[..]),
            thread: 7,
            module: report.module(0x1000, b"/a/test"),
            name: b"the world's roots",
        };
        // SAFETY: the roots outlive the call.
        unsafe { report.range(&range) };
        report.number("collections", self.0.collections.get() as u64);
    }
    fn names_objects(self) -> bool {
        !self.0.names.borrow().is_empty()
    }
    fn name(self, object: NonNull<u8>, _: usize, room: &mut [u8]) -> usize {
        let names = self.0.names.borrow();
        let name = names.get(&object.addr().get()).map_or(&b""[..], |name| name.as_bytes());
        room.iter_mut().zip(name).for_each(|(to, from)| *to = *from);
        name.len()
    }
    fn misuse(self, what: Misuse, ptr: *const u8) {
        self.0.misuses.borrow_mut().push((what, ptr.addr()));
    }
}

impl World {
    /// A heap of one area for each number of blocks (multiples of 4).
    pub fn new(areas: &[usize]) -> Box<World> {
        Self::new_at(areas, 0, 0)
    }

    /// The same, in memory that begins `slack` bytes early and ends `excess` bytes late: too little for another block.
    pub fn new_at(areas: &[usize], slack: usize, excess: usize) -> Box<World> {
        assert!(slack < 2 * BLOCK_BYTES && excess < BLOCK_BYTES);
        let world = Box::new(World {
            state: vec![Cell::new(0xa5a5_a5a5); STATE_BYTES.div_ceil(size_of::<usize>())],
            lock_depth: Cell::new(7),
            memory: RefCell::new(vec![]),
            lent: RefCell::new(vec![]),
            roots: RefCell::new(vec![]),
            finalised: RefCell::new(vec![]),
            on_finalise: RefCell::new(None),
            misuses: RefCell::new(vec![]),
            collections: Cell::new(0),
            told: RefCell::new(vec![]),
            max_new_split: Cell::new(0),
            given_back: RefCell::new(vec![]),
            inside: Cell::new(false),
            growths: Cell::new(0),
            asked_to_grow: RefCell::new(vec![]),
            unreadable: Cell::new(0),
            names: RefCell::new(HashMap::new()),
            numbers: Default::default(),
            now: Cell::new(0),
            tick: Cell::new(0),
            events: RefCell::new(vec![]),
        });
        for (i, &blocks) in areas.iter().enumerate() {
            assert!(blocks % 4 == 0 && blocks > 0, "an area has a multiple of 4 blocks");
            let word = size_of::<usize>();
            let record = if i > 0 { AREA_BYTES.next_multiple_of(word) } else { 0 };
            // Records are best aligned; the first area can start anywhere.
            let bytes = bytes_for(blocks) + record + slack;
            let (start, end) = world.lend(if i > 0 { bytes.next_multiple_of(word) } else { bytes }, excess);
            // SAFETY: the world keeps the memory until it is dropped.
            unsafe { if i == 0 { world.heap().init(start, end) } else { world.add(start, end) } }
        }
        world
    }

    /// # Safety
    /// As `Heap::add`.
    pub unsafe fn add(&self, start: *mut u8, end: *mut u8) {
        // SAFETY: the caller's promise.
        #[cfg(gcheap_split_heap)]
        unsafe {
            self.heap().add(start, end)
        }
        #[cfg(not(gcheap_split_heap))]
        panic!("built with one area: {start:?}..{end:?} cannot be a second");
    }

    /// Memory of `bytes + excess` bytes, filled with a pattern; `bytes` behind its start it is block aligned.
    pub fn lend(&self, bytes: usize, excess: usize) -> (*mut u8, *mut u8) {
        let mut memory = vec![0xa5u8; bytes + 4 * BLOCK_BYTES];
        let last = (memory.as_mut_ptr_range().end.addr() & !(BLOCK_BYTES - 1)) - BLOCK_BYTES;
        let start = memory.as_mut_ptr().with_addr(last - bytes);
        self.memory.borrow_mut().push(memory);
        let end = start.wrapping_add(bytes + excess);
        self.lent.borrow_mut().push((start.addr(), end.addr()));
        (start, end)
    }

    /// Memory as malloc would give it.
    pub fn lend_aligned(&self, bytes: usize) -> *mut u8 {
        let mut memory = vec![0xa5u8; bytes + 2 * 16];
        let start = memory.as_mut_ptr().wrapping_add(memory.as_ptr().align_offset(16));
        self.memory.borrow_mut().push(memory);
        self.lent.borrow_mut().push((start.addr(), start.addr() + bytes));
        start
    }

    /// Start and end of everything that the heap ever got.
    pub fn all_lent(&self) -> Vec<(usize, usize)> {
        self.lent.borrow().clone()
    }

    pub fn heap(&self) -> Heap<'_> {
        // SAFETY: the world is everything that I1 and I2 ask for, and lives longer than the heap.
        unsafe { Heap::new(TestHost(self)) }
    }

    /// Sets the host's view of the allocation threshold, in blocks, as MicroPython's gc.threshold() does.
    pub fn set_alloc_threshold(&self, blocks: usize) {
        self.state[STATE_ALLOC_THRESHOLD / size_of::<usize>()].set(blocks);
    }

    /// Lets an allocation that finds no room fail without a collection, as MicroPython's gc.disable() does.
    pub fn disable_collections(&self) {
        let mut bytes = self.state[STATE_AUTO_COLLECT / size_of::<usize>()].get().to_ne_bytes();
        bytes[STATE_AUTO_COLLECT % size_of::<usize>()..][..2].fill(0);
        self.state[STATE_AUTO_COLLECT / size_of::<usize>()].set(usize::from_ne_bytes(bytes));
    }

    /// A heap of one area that looks like the picture. Its objects' addresses, in order.
    pub fn drawn(picture: &str) -> (Box<World>, Vec<*mut u8>) {
        let world = World::new(&[picture.len()]);
        let (mut objects, mut holes) = (vec![], vec![]);
        let mut rest = picture;
        while let Some(kind) = rest.chars().next() {
            let more = if kind == '.' { '.' } else { '=' };
            let n = 1 + rest[1..].chars().take_while(|&c| c == more).count();
            let object = world.heap().alloc(n * BLOCK_BYTES, false);
            assert!(!object.is_null(), "no room for {rest:?} of {picture:?}");
            if kind == '.' { &mut holes } else { &mut objects }.push(object);
            rest = &rest[n..];
        }
        holes.iter().for_each(|&hole| world.heap().free(hole));
        assert_eq!(world.picture(), picture);
        (world, objects)
    }

    /// The heap as a line of letters per area.
    pub fn picture(&self) -> String {
        let mut text = Text(String::new());
        self.heap().dump_alloc_table(&mut text);
        let mut areas = vec![];
        for line in text.0.lines() {
            if line.starts_with("GC memory layout") {
                areas.push(String::new());
            } else if let Some((_, blocks)) = line.split_once(": ") {
                areas.last_mut().unwrap().push_str(blocks);
            } else {
                let lines: usize = line.trim().trim_start_matches('(').split(' ').next().unwrap().parse().unwrap();
                areas.last_mut().unwrap().push_str(&".".repeat(lines * 64));
            }
        }
        areas.join("|")
    }

    pub fn dump(&self) -> String {
        let mut text = Text(String::new());
        self.heap().dump_alloc_table(&mut text);
        text.0
    }

    pub fn dump_info(&self) -> String {
        let mut text = Text(String::new());
        self.heap().dump_info(&mut text);
        text.0
    }

    /// Panics, with a picture, if an invariant is broken or a byte outside the heap's memory has changed.
    pub fn check(&self) {
        for (memory, &(start, end)) in self.memory.borrow().iter().zip(&*self.lent.borrow()) {
            let at = memory.as_ptr().addr();
            let outside = memory[..start - at].iter().chain(&memory[end - at..]);
            assert!(outside.copied().all(|byte| byte == 0xa5), "a byte outside the area was written");
        }
        if let Err((what, block)) = self.heap().check() {
            panic!("{what}: {block}\n{}", self.picture());
        }
    }
}

/// How many bytes an area of so many blocks needs.
pub fn bytes_for(blocks: usize) -> usize {
    let bitmaps = FINALISER as usize + WEAKREF as usize + NO_SCAN as usize;
    let tables = blocks / 4 + blocks.div_ceil(8) * bitmaps;
    let bytes = tables + 1 + blocks * BLOCK_BYTES;
    // Four bytes for every 4096 blocks' worth of bytes, and six.
    if INTERIOR { bytes + ((bytes + 10) / BLOCK_BYTES).div_ceil(4096) * 4 + 6 } else { bytes }
}

struct Text(String);

impl Printer for Text {
    fn print(&mut self, format: &CStr, number: usize) {
        let format = format.to_str().unwrap();
        self.0 += &match format.split_once('%') {
            None => format.to_string(),
            Some((before, rest)) => {
                let forms = [
                    ("u", (number as u32).to_string()),
                    ("08x", format!("{:08x}", number as u32)),
                    ("p", format!("{number:x}")),
                    ("c", char::from(number as u8).to_string()),
                ];
                let (form, shown) = forms.iter().find(|(form, _)| rest.starts_with(form)).expect(format);
                format!("{before}{shown}{}", &rest[form.len()..])
            }
        };
    }
    fn letter(&mut self, _: NonNull<u8>) -> u8 {
        b'h'
    }
}

/// Compares a world's heap with a picture: one letter a block, areas divided by '|'.
#[macro_export]
macro_rules! assert_atb {
    ($world:expr, $picture:expr) => {
        let (is, expected) = ($world.picture(), $picture);
        assert!(is == expected, "the heap is\n  {is}\nand should be\n  {expected}");
        $world.check();
    };
}

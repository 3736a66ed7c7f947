// libgcheap: a garbage-collected heap for C interpreters.
//
// Generated from crates/standalone/src/c_abi/, src/c_abi/, src/host.rs, src/counting/info.rs and, for the text between the
// declarations, crates/xtask/src/gcheap.h.in. Do not edit it: change those files and run
//     cargo run -p xtask -- header
//
// For C11 or later and C++17 or later. It has three parts:
//   1. gcheap_*: the heap of a program on Linux. `make` builds the library for it: build/libgcheap.a, build/libgcheap.so.0.
//   2. gc_*: the functions of MicroPython's py/gc.h, for programs that bring memory, roots and finalisers themselves. In a
//      program that includes both headers, a difference between them is a compile error.
//   3. What such a program provides. `make host` builds the library for it: build/host/libgcheap.a.
#ifndef GCHEAP_H
#define GCHEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// ---------------------------------------------------------------------------------------------------------------------
// 1. Programs on Linux
//
// Link with -lgcheap and allocate: the first call makes the heap and finds the program's roots by itself. These are
// registers, the stacks of all registered threads, static data of the program and of all loaded libraries, and thread-local
// variables (of libraries that were there when the program started). From there, a pointer to any byte of an object keeps
// it alive, and so does one in another object (see gcheap_set_interior_pointers), unless that one is GCHEAP_NO_SCAN.
//
// A program with threads creates them with gcheap_pthread_create, or calls gcheap_allow_threads once and
// gcheap_register_thread in every thread that uses the heap. All functions are thread-safe then; in a thread that is not
// registered they do nothing, and return NULL, 0 or false. In a signal handler they may be called too, but do nothing if the
// handler came in the middle of another one.
//
// "Requires" says what the caller must ensure, because the library cannot check it.

#if defined(__linux__) && !defined(MICROPY_INCLUDED_PY_MPCONFIG_H)
#include <pthread.h>

/// A heap. Functions whose names end in _in take one; NULL is the default heap, which the others use.
typedef struct gcheap_t gcheap_t;

/// For gcheap_alloc: no collection looks for pointers in the object. For text, numbers, pixels.
#define GCHEAP_NO_SCAN 2

/// For gcheap_alloc, together with GCHEAP_NO_SCAN: the object may hold anything at first.
#define GCHEAP_NOT_CLEARED 4

/// For gcheap_alloc: only gcheap_free frees the object. What it leads to is alive as long as it is.
#define GCHEAP_UNCOLLECTABLE 8

/// Allocates an object of n_bytes bytes, all 0, aligned for any type (16 bytes on 64-bit machines). It is freed by a
/// collection when no pointer to it, or into it, can be reached any more.
///
/// n_bytes: any; 0 gives an object of its own, too. flags: 0, or GCHEAP_NO_SCAN and the like. Returns NULL if there is no
/// memory, even after a collection (see gcheap_set_out_of_memory); and in a signal handler that came in the middle of
/// another call. The first call makes the default heap and registers the calling thread.
/// May collect, and may then call finalisers. Thread-safe.
void *gcheap_alloc(size_t n_bytes, unsigned int flags);

/// gcheap_alloc in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void *gcheap_alloc_in(gcheap_t *heap, size_t n_bytes, unsigned int flags);

/// Makes an object n_bytes bytes large: in place if there is room, else as a copy elsewhere. Bytes that are new are 0.
///
/// object: NULL allocates. n_bytes: 0 frees, and returns NULL. Returns the object's address, or NULL if there is no memory:
/// then it is as it was. A moved object keeps its finaliser, what it was allocated as, and its weak links: those that hold
/// its old address get the new one. A pointer that is not an object's start is reported (see gcheap_set_misuse). May
/// collect. Thread-safe.
/// Requires: nothing uses the old address afterwards if another one is returned.
void *gcheap_realloc(void *object, size_t n_bytes);

/// gcheap_realloc in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and nothing uses the old address afterwards if another one is returned.
void *gcheap_realloc_in(gcheap_t *heap, void *object, size_t n_bytes);

/// Frees an object at once, without calling its finaliser. No program needs to, but a long one that is no longer of use
/// makes room sooner.
///
/// object: NULL does nothing. A pointer that is not an object's start is reported (see gcheap_set_misuse), and nothing is
/// freed. Weak links to the object become NULL. A small object (up to 1 KiB on 64-bit machines) makes room for the same
/// thread's next allocations first, for everything else when the next collection has been. Never collects. Thread-safe.
/// Requires: nothing uses the object afterwards.
void gcheap_free(void *object);

/// gcheap_free in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and nothing uses the object afterwards.
void gcheap_free_in(gcheap_t *heap, void *object);

/// How many bytes an object can hold: at least as many as were asked for. 0 for NULL, and for anything that is not an
/// object's start. Never collects. Thread-safe.
size_t gcheap_size(const void *object);

/// gcheap_size in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
size_t gcheap_size_in(gcheap_t *heap, const void *object);

/// The start of the object that an address lies in; NULL if it lies in none. Never collects. Thread-safe.
void *gcheap_base(const void *address);

/// gcheap_base in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void *gcheap_base_in(gcheap_t *heap, const void *address);

/// A copy of a string, in an object that is not scanned. NULL for NULL, and if there is no memory. May collect.
/// Thread-safe.
/// Requires: text is NULL or a string that ends with a 0 byte.
char *gcheap_strdup(const char *text);

/// gcheap_strdup in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and text is NULL or a string that ends with a 0 byte.
char *gcheap_strdup_in(gcheap_t *heap, const char *text);

/// A copy of at most n_bytes bytes of a string, and a 0 byte, in an object that is not scanned. NULL for NULL, and if there
/// is no memory. May collect. Thread-safe.
/// Requires: text is NULL, or a string that ends with a 0 byte or has n_bytes bytes.
char *gcheap_strndup(const char *text, size_t n_bytes);

/// gcheap_strndup in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and text is NULL, or a string that ends with a 0 byte or has n_bytes bytes.
char *gcheap_strndup_in(gcheap_t *heap, const char *text, size_t n_bytes);

/// A heap's numbers.
typedef struct gcheap_stats_t {
    /// Bytes of memory that the heap has.
    size_t heap_bytes;
    /// Bytes of it in use, by objects that are alive or not yet known to be dead, and what threads have set aside for the next
    /// small ones.
    size_t used_bytes;
    /// Bytes allocated since the last collection.
    size_t since_last_bytes;
    /// Bytes allocated in all.
    uint64_t allocated_bytes;
    /// Collections so far.
    size_t collections;
    /// Bytes in use when the last collection had ended.
    size_t live_bytes;
    /// Nanoseconds for which threads were stopped, by all collections.
    uint64_t stopped_ns;
    /// The same by the longest collection.
    uint64_t longest_stop_ns;
    /// Finalisers that are registered.
    size_t finalisers;
} gcheap_stats_t;

/// Collects now, and then calls the finalisers that are due (unless gcheap_finalise_on_demand). Returns false, and does
/// nothing, in a signal handler that came in the middle of another call. Thread-safe.
bool gcheap_collect(void);

/// gcheap_collect in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
bool gcheap_collect_in(gcheap_t *heap);

/// From now on no allocation collects: the heap grows instead. Nests. gcheap_collect still collects. Thread-safe.
void gcheap_disable(void);

/// gcheap_disable for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_disable_in(gcheap_t *heap);

/// Reverses one gcheap_disable. Thread-safe.
void gcheap_enable(void);

/// gcheap_enable for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_enable_in(gcheap_t *heap);

/// Sets after how much allocation the next collection is due: a share, in percent, of the bytes that the last one left in
/// use; the first MiB of these counts twice. 66 is usual: the heap has up to 1.66 times what is alive, or as much as was in use
/// lately. 0 collects for every 256 KiB. Counts from the next collection on. Thread-safe.
void gcheap_set_factor(unsigned int percent);

/// gcheap_set_factor for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_set_factor_in(gcheap_t *heap, unsigned int percent);

/// Sets how many bytes the heap may have at most; allocations that would need more collect, and then fail. Memory that the
/// heap has already stays. Thread-safe.
void gcheap_set_limit(size_t n_bytes);

/// gcheap_set_limit for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_set_limit_in(gcheap_t *heap, size_t n_bytes);

/// Sets whether a pointer into the middle of an object keeps it alive if it lies in another object of the heap; from
/// registers, stacks and static data such pointers always do. It is so unless the program says otherwise. Objects that are
/// allocated later have no byte more than they asked for, so that a pointer to just behind the end is one to the next
/// object. To be called before the first allocation. Thread-safe.
void gcheap_set_interior_pointers(bool count);

/// gcheap_set_interior_pointers for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_set_interior_pointers_in(gcheap_t *heap, bool count);

/// Sets what is called when there is no memory for an allocation of so many bytes: its result is the allocation's. It may
/// free something and allocate, or not return (longjmp, exit). NULL: such allocations return NULL. Thread-safe.
void gcheap_set_out_of_memory(void *(*function)(size_t));

/// gcheap_set_out_of_memory for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_set_out_of_memory_in(gcheap_t *heap, void *(*function)(size_t));

/// Sets what is called with a pointer that is no object's start, and why not (enum gcheap_misuse); if it returns, the call
/// with that pointer has done nothing. NULL: a sentence is written to standard error, and the program ends. The function
/// must return (no longjmp) and must not call the heap. Thread-safe.
void gcheap_set_misuse(void (*function)(uint32_t, const void*));

/// gcheap_set_misuse for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_set_misuse_in(gcheap_t *heap, void (*function)(uint32_t, const void*));

/// Sets what is called before and after every collection, or NULL. The functions must not call the heap. Thread-safe.
void gcheap_set_collection_hooks(void (*before)(void), void (*after)(void));

/// gcheap_set_collection_hooks for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_set_collection_hooks_in(gcheap_t *heap, void (*before)(void), void (*after)(void));

/// Fills in the heap's numbers. Never collects. Thread-safe.
/// Requires: stats points to a writable gcheap_stats_t.
void gcheap_stats(struct gcheap_stats_t *stats);

/// gcheap_stats for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and stats points to a writable gcheap_stats_t.
void gcheap_stats_in(gcheap_t *heap, struct gcheap_stats_t *stats);

/// Sets the function that is called with the object, and with data, when nothing reaches the object any more; NULL removes
/// it. An object has one at most. The object and all that it leads to are whole then, and the function may do anything:
/// allocate, collect, keep the object. If it does not, a later collection frees the object.
///
/// object: its start; anything else is refused. order: 0 (after the finalisers of objects that lead to this one; an object
/// that leads to itself is never finalised), 1 (the same, but the object may point at itself), 2 (no order), 3 (after all
/// others). What data points at is alive meanwhile; if it leads to the object, the object never dies.
/// Returns false if it is refused, or if there is no memory for the list. Never collects. Thread-safe. The four orders are
/// those of bdwgc's GC_register_finalizer, _ignore_self, _no_order and _unreachable.
/// Requires: the function can be called with the object and data, in any thread that allocates.
bool gcheap_set_finaliser(void *object, void (*function)(void *object, void *data), void *data, unsigned int order);

/// gcheap_set_finaliser in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and the function can be called with the object and data, in any thread that allocates there.
bool gcheap_set_finaliser_in(gcheap_t *heap, void *object, void (*function)(void *object, void *data), void *data, unsigned int order);

/// Calls the finalisers that are due, one after the other, in the calling thread. Returns how many. Thread-safe.
size_t gcheap_run_finalisers(void);

/// gcheap_run_finalisers for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
size_t gcheap_run_finalisers_in(gcheap_t *heap);

/// Sets whether finalisers are called only by gcheap_run_finalisers, and not by allocations and gcheap_collect. Thread-safe.
void gcheap_finalise_on_demand(bool only);

/// gcheap_finalise_on_demand for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_finalise_on_demand_in(gcheap_t *heap, bool only);

/// Makes *link weak: a collection that finds that nothing reaches the object sets it to NULL. The collector must not see the
/// pointer in it otherwise: it lies in a no-scan object, in memory that is no root, or is kept disguised.
///
/// long_lived: false clears the link before the object's finaliser is called; true only when that has not brought it back to
/// life. A link that lies in an object of the same heap is forgotten with that object; any other one must be unregistered
/// before its memory is used otherwise. Registering a link again replaces what it is about. Returns false if object is not an
/// object's start, or if there is no memory for the list. Never collects. Thread-safe.
/// Requires: the word can be written to until it is unregistered.
bool gcheap_weak_link(void **link, const void *object, bool long_lived);

/// gcheap_weak_link to an object in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and the word can be written to until it is unregistered.
bool gcheap_weak_link_in(gcheap_t *heap, void **link, const void *object, bool long_lived);

/// The link is weak no more. Returns false if it was not. Thread-safe.
bool gcheap_weak_unlink(void **link);

/// gcheap_weak_unlink in a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
bool gcheap_weak_unlink_in(gcheap_t *heap, void **link);

/// Makes the words of [start, end) roots: what they point at is alive. For memory that the collector does not look at by
/// itself: of malloc and mmap. (Registers, stacks, static data and thread-local variables need not be added.)
///
/// start, end: rounded to whole words inside the range. An empty range does nothing. Ranges may overlap; adding one twice
/// changes nothing. Returns false if end lies before start, or if there is no memory for the list. Thread-safe.
/// Requires: the words can be read until they are removed.
bool gcheap_add_roots(const void *start, const void *end);

/// gcheap_add_roots for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and the words can be read until they are removed.
bool gcheap_add_roots_in(gcheap_t *heap, const void *start, const void *end);

/// The words of [start, end) are no roots any more, whichever call made them so. Returns false if none of them was one, or
/// if there is no memory for the list (a range in the middle of another one makes two of it). Thread-safe.
bool gcheap_remove_roots(const void *start, const void *end);

/// gcheap_remove_roots for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
bool gcheap_remove_roots_in(gcheap_t *heap, const void *start, const void *end);

/// Removes all roots that were added by hand. Thread-safe.
void gcheap_clear_roots(void);

/// gcheap_clear_roots for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_clear_roots_in(gcheap_t *heap);

/// Makes the next thread that uses the heap possible: installs the signal handler, and turns the lock into a real one. To be
/// called by the first thread before others register themselves; gcheap_pthread_create does it. Starts the heap, as
/// gcheap_start does. Returns false if the system refuses. Thread-safe.
bool gcheap_allow_threads(void);

/// Registers the calling thread, which was not made by gcheap_pthread_create: collections stop it, and its stack and
/// thread-local variables are roots. Returns false if gcheap_allow_threads was not called, or if there is no memory. Doing it
/// twice changes nothing. When the thread ends it is unregistered. Thread-safe.
bool gcheap_register_thread(void);

/// Forgets the calling thread: it does not use the heap any more. Returns false if it was not registered. Thread-safe.
bool gcheap_unregister_thread(void);

/// pthread_create for a thread that uses the heap. It is registered from its beginning to its end, and the calling thread
/// from now on. EAGAIN also means that there is no memory for that.
/// Requires: as for pthread_create.
int gcheap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *argument), void *argument);

/// pthread_join. Until then the result of a thread made by gcheap_pthread_create is alive.
/// Requires: as for pthread_join.
int gcheap_pthread_join(pthread_t thread, void **result);

/// pthread_detach, for a thread made by gcheap_pthread_create.
/// Requires: as for pthread_detach.
int gcheap_pthread_detach(pthread_t thread);

/// Makes the default heap and registers the calling thread. Not necessary: the first allocation does it. Returns false if the
/// system has no memory for that. Doing it twice changes nothing.
bool gcheap_start(void);

/// Makes a heap of its own, of at most n_bytes bytes (0: as the default heap). Objects of one heap are not kept alive by
/// those of another one; add those as roots. NULL if the system has no memory, or no room for the addresses. Thread-safe.
gcheap_t *gcheap_new(size_t n_bytes);

/// Gives all memory of a heap back at once. No finaliser is called. NULL, and the default heap, do nothing. Not to be called by
/// a finaliser or a hook of that heap. Thread-safe.
/// Requires: the heap exists, and neither it nor its objects are used afterwards.
void gcheap_delete(gcheap_t *heap);

/// For gcheap_snapshot: as lines of text, each with a number and a checksum, for a serial line or a log.
#define GCHEAP_SNAPSHOT_TEXT 1

/// For gcheap_snapshot: without the contents of objects. What keeps an object alive cannot be told from it then.
#define GCHEAP_SNAPSHOT_NO_CONTENTS 2

/// Writes a snapshot of the heap (docs/SNAPSHOT.md): what each block is, what objects contain, the roots with their kind, and
/// the names of objects (see gcheap_set_namer). heapview reads it. Needs no memory, so that it may be called by the function of
/// gcheap_set_out_of_memory; not by hooks.
///
/// write: called with data and parts of the snapshot, in order; n_bytes is 1 or more. It returns false to stop. The other threads
/// are stopped meanwhile, so it must not wait for what one of them may hold: no malloc, no FILE. It must not call the heap, and
/// must return (no longjmp). flags: 0, or GCHEAP_SNAPSHOT_TEXT and the like. Returns whether all of it was written; false also in
/// a signal handler that came in the middle of another call. Thread-safe. Never collects.
/// Requires: write can be called with data.
bool gcheap_snapshot(bool (*write)(void *data, const void *bytes, size_t n_bytes), void *data, unsigned int flags);

/// gcheap_snapshot of a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and write can be called with data.
bool gcheap_snapshot_in(gcheap_t *heap, bool (*write)(void *data, const void *bytes, size_t n_bytes), void *data, unsigned int flags);

/// gcheap_snapshot to a file, which is made or replaced, and which only its owner may read.
///
/// path: not NULL. Returns whether all of it was written; if not, errno may say why. Thread-safe. Never collects.
/// Requires: path is a string.
bool gcheap_snapshot_file(const char *path);

/// gcheap_snapshot_file of a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists, and path is a string.
bool gcheap_snapshot_file_in(gcheap_t *heap, const char *path);

/// Sets what names objects in snapshots, or NULL. It writes a name for the object to name, which has room for room (100)
/// bytes with the zero at the end, and returns the name's length, as snprintf does; 0: it has no name. A name is "TYPE", or
/// "TYPE: DETAIL". object: an object's start; n_bytes: what it can hold. The object may be new, with only zeros in it, or (if it
/// was allocated with GCHEAP_NOT_CLEARED) anything; it may also be dead, and what it points at freed and used again: so pointers
/// in it should be followed only with care. The function must not allocate, not even by malloc, must not call the heap, and must
/// return. Thread-safe.
void gcheap_set_namer(size_t (*function)(const void *object, size_t n_bytes, char *name, size_t room));

/// gcheap_set_namer for a heap of its own. heap: NULL is the default heap.
/// Requires: the heap exists.
void gcheap_set_namer_in(gcheap_t *heap, size_t (*function)(const void *object, size_t n_bytes, char *name, size_t room));

/// Calls a function that waits for something outside (input, a lock, a child process): collections do not stop the calling
/// thread meanwhile, and so need not wait for it. The function must not use the heap, nor change pointers to its objects
/// anywhere but on its own part of the stack. What the caller has on the stack and in registers stays alive. Returns the
/// function's result. Thread-safe.
void *gcheap_blocking(void *(*function)(void *argument), void *argument);

/// In a function that gcheap_blocking calls: calls one that may use the heap. Thread-safe.
void *gcheap_unblocked(void *(*function)(void *argument), void *argument);

/// pthread_exit, for a thread made by gcheap_pthread_create: its result is alive until it is joined.
void gcheap_pthread_exit(void *result) __attribute__((noreturn));
#endif

// ---------------------------------------------------------------------------------------------------------------------
// 2. The functions of py/gc.h

// In a MicroPython build py/gc.h defines gc_info_t, which must not be defined twice. So this header includes py/gc.h
// first, and then leaves the definition out.
#if !defined(MICROPY_INCLUDED_PY_GC_H) && defined(MICROPY_INCLUDED_PY_MPCONFIG_H)
#include "py/gc.h"
#elif !defined(MICROPY_INCLUDED_PY_GC_H) && defined(__has_include)
#if __has_include("py/gc.h") && __has_include("mpconfigport.h")
#include "py/gc.h"
#endif
#endif

#ifndef MICROPY_INCLUDED_PY_MPPRINT_H
/// The host's printer. The library only passes it on to gcheap_host_print.
typedef struct _mp_print_t mp_print_t;
#endif

/// A snapshot that is being written.
typedef struct gcheap_report_t gcheap_report_t;

// Options of the library's configuration that change this header. In a MicroPython build they come from MicroPython's
// headers. Another host whose library was built with SPLIT_HEAP_AUTO=1 defines GCHEAP_SPLIT_HEAP_AUTO before it
// includes this header; with SNAPSHOT=1, GCHEAP_SNAPSHOT;
// with STATISTICS=1, GCHEAP_STATISTICS.
#if !defined(MICROPY_GC_SPLIT_HEAP) || MICROPY_GC_SPLIT_HEAP
#define GCHEAP_SPLIT_HEAP
#endif
#if !defined(MICROPY_PY_WEAKREF) || MICROPY_PY_WEAKREF
#define GCHEAP_WEAKREF
#endif

#ifndef MICROPY_INCLUDED_PY_GC_H
/// What gc_info reports.
typedef struct gc_info_t {
    /// Bytes in all pools.
    size_t total;
    /// Bytes in use.
    size_t used;
    /// Bytes free.
    size_t free;
    /// The longest run of free blocks, in blocks.
    size_t max_free;
    /// How many objects have one block.
    size_t num_1block;
    /// How many objects have two blocks.
    size_t num_2block;
    /// The largest object, in blocks.
    size_t max_block;
#if defined(GCHEAP_SPLIT_HEAP_AUTO)
    /// How many bytes another area could have (gcheap_host_max_new_split).
    size_t max_new_split;
#endif
} gc_info_t;

/// Flags for gc_alloc.
enum {
    /// Before a collection frees the object, its finaliser is run (gcheap_host_finalise).
    GC_ALLOC_FLAG_HAS_FINALISER = 1,
};
#endif

/// The library's name and version, "libgcheap 0.1.0". Never NULL, never freed. Thread-safe; never collects.
const char *gcheap_version(void);

/// Makes a heap of the memory [start, end); an earlier heap is forgotten, without running its finalisers (and without
/// gcheap_host_free_heap for areas that it got by itself; gc_sweep_all does both).
///
/// start, end: byte addresses of any alignment; end is rounded down to a whole block. The memory belongs to the heap
/// until the next gc_init. Sets this thread's lock depth to 0, automatic collection on, the allocation threshold off.
/// Errors: end before start, or less than one table byte and its four blocks between them, is reported to
/// gcheap_host_fatal; if that returns, the heap is empty and every gc_alloc returns NULL.
/// Not thread-safe: no other thread may use the heap yet. Never collects. From gc.c: gc_init.
/// Requires: [start, end) is writable memory that nobody else uses.
void gc_init(void *start, void *end);

#if defined(GCHEAP_SPLIT_HEAP)
/// Adds the area [start, end) to the heap, behind the areas it has.
///
/// start, end: byte addresses; end is rounded down to a whole block. The area's record is kept at start, which should
/// be aligned for a pointer: if it is not, the record moves up and the area may have four blocks less. gc_init comes
/// first. With MICROPY_GC_SPLIT_HEAP_AUTO a collection that leaves nothing in the area hands start to
/// gcheap_host_free_heap. Errors: as for gc_init; the area is then not added. Not thread-safe. Never collects. Only
/// with MICROPY_GC_SPLIT_HEAP. From gc.c: gc_add.
/// Requires: [start, end) is writable memory that nobody else uses.
void gc_add(void *start, void *end);
#endif

/// From now on gc_alloc and gc_realloc return NULL in this thread, and gc_free does nothing: the next collection finds
/// what it should have freed. Nests, up to 32767 deep.
///
/// Thread-safe, and safe in an interrupt handler that also unlocks. Never collects. From gc.c: gc_lock.
void gc_lock(void);

/// Reverses one gc_lock of this thread. Thread-safe. Never collects. From gc.c: gc_unlock.
void gc_unlock(void);

/// Whether this thread may not allocate now: it has the heap locked, or is between
/// gc_collect_start and the end of gc_collect_end (in a finaliser, for instance).
///
/// Thread-safe. Never collects. From gc.c: gc_is_locked.
bool gc_is_locked(void);

/// Begins a collection: takes the mutex, then marks what the host's own roots reach (gcheap_host_roots).
///
/// gc_collect_root and gc_collect_end must follow, in the same thread. Between start and end that thread may call
/// gc_collect_root; gc_alloc and gc_realloc return NULL, and gc_free does nothing: it leaves the object to the
/// collection. gc_nbytes, gc_info and the dumps do no harm there, but their answers mean nothing yet. Inside a
/// collection (from a finaliser) gc_collect_start does nothing, and neither do the root and end that belong to it; such
/// collections may nest. Thread-safe. From gc.c: gc_collect_start.
void gc_collect_start(void);

/// Marks every object that can be reached from the len words at ptrs. Any word that is the address of an object's
/// first byte counts as a pointer to it.
///
/// ptrs: word aligned; may be NULL if len is 0. len: in words. Only between gc_collect_start and gc_collect_end;
/// elsewhere it does nothing. Takes no lock and uses nothing of the thread's own: other threads may call it from a
/// signal handler, one at a time, while the collecting thread waits. From gc.c: gc_collect_root.
/// Requires: the words can be read.
void gc_collect_root(void **ptrs, size_t len);

/// Ends a collection: runs the finalisers of all unreached objects in address order, frees these objects, releases the
/// mutex. A finaliser may call gc_free, but cannot allocate.
///
/// Without a gc_collect_start of its own before it, it does nothing, in a finaliser too. From gc.c: gc_collect_end.
void gc_collect_end(void);

/// Collects as if nothing could be reached: runs all finalisers, frees everything. For the end of a program.
///
/// Thread-safe. From gc.c: gc_sweep_all.
void gc_sweep_all(void);

/// Allocates an object of n_bytes bytes, at the lowest address where it fits; NULL if it does not fit.
///
/// n_bytes: rounded up to whole blocks; 0 gives NULL. The blocks are cleared (in a build without
/// MICROPY_GC_CONSERVATIVE_CLEAR only what n_bytes leaves of them). alloc_flags: 1 (GC_ALLOC_FLAG_HAS_FINALISER) if
/// the object may have a finaliser, else 0. NULL also while the heap is locked.
/// May collect, through the host's gc_collect: when the allocation threshold is reached, or once when nothing fits,
/// if automatic collection is on. Thread-safe. From gc.c: gc_alloc.
void *gc_alloc(size_t n_bytes, unsigned int alloc_flags);

/// Frees an object at once, without running its finaliser. NULL is allowed and does nothing.
///
/// While this thread has the heap locked, and between gc_collect_start and gc_collect_end, it does nothing: the object
/// is left to a collection. Errors: a pointer that is not an object's first byte is reported to gcheap_host_fatal, and
/// nothing is freed. Thread-safe. Never collects. From gc.c: gc_free.
/// Requires: nothing uses the object afterwards.
void gc_free(void *ptr);

/// The size of an object in bytes, a multiple of the block size; 0 for NULL and for anything else that is not an
/// object's first byte. Thread-safe. Never collects. From gc.c: gc_nbytes.
size_t gc_nbytes(const void *ptr);

/// Makes an object n_bytes bytes large: in place if there is room, else, with allow_move, as a copy elsewhere.
///
/// Returns the object's address, or NULL if that cannot be; the object is then as it was. ptr NULL: as gc_alloc without
/// a finaliser. n_bytes 0: as gc_free, returns NULL. A moved object keeps its finaliser. New blocks are cleared as by
/// gc_alloc. NULL while the heap is locked. May collect, as gc_alloc, but only to move. So the object must be reachable
/// during the call, from a root or from the stack that the host marks: if a collection frees it, that is reported to
/// gcheap_host_fatal (GCHEAP_MISUSE_FREE_BLOCK) and the result is NULL. Other errors: as gc_free, and returns NULL.
/// Thread-safe. From gc.c: gc_realloc.
/// Requires: nothing uses the old address afterwards if another one is returned.
void *gc_realloc(void *ptr, size_t n_bytes, bool allow_move);

/// Fills in how full the heap is. info: not NULL. Takes time in proportion to the heap's size.
///
/// Thread-safe. Never collects. From gc.c: gc_info.
/// Requires: info points to a writable gc_info_t.
void gc_info(gc_info_t *info);

/// Fills in total, used and free, and 0 for the rest. info: not NULL. In the fast variant it takes the same short
/// time for any heap; in the compact one, time in proportion to the heap's size, as gc_info.
///
/// Thread-safe. Never collects. From gc.c: gc_info_fast, of MicroPython 1.29.
/// Requires: info points to a writable gc_info_t.
void gc_info_fast(gc_info_t *info);

#if defined(GCHEAP_WEAKREF)
/// Notes that an object has a weak reference: when a collection is about to free it, gc_weakref_about_to_be_freed is
/// called, once; it takes another gc_weakref_mark to be told again.
///
/// ptr: what gc_alloc returned. From now on the object cannot be freed with gc_free nor moved by gc_realloc: both
/// report it to gcheap_host_fatal and leave it. Errors: a pointer that is not an object's first byte is reported too.
/// Thread-safe. Never collects. Only with MICROPY_PY_WEAKREF. From gc.c: gc_weakref_mark, of MicroPython 1.29.
/// Requires: the heap was made with gc_init.
void gc_weakref_mark(void *ptr);
#endif

/// Prints the numbers of gc_info through the host (gcheap_host_print). Thread-safe. Never collects.
/// From gc.c: gc_dump_info.
/// Requires: print is what the host's gcheap_host_print expects.
void gc_dump_info(const mp_print_t *print);

/// Prints a letter for each block through the host: '.' free, '=' tail, 'm' marked, and for a head what
/// gcheap_host_letter says. Thread-safe. Never collects. From gc.c: gc_dump_alloc_table.
/// Requires: print is what the host's gcheap_host_print expects.
void gc_dump_alloc_table(const mp_print_t *print);

#if defined(GCHEAP_SNAPSHOT)
/// Writes a snapshot of the heap (docs/SNAPSHOT.md): areas, tables, what objects contain, and what gcheap_host_snapshot and
/// gcheap_host_name add. Needs no memory but some 700 bytes of stack, so that it works when the heap is full.
///
/// write: called with data and parts of the snapshot, in order, while the heap is locked for this thread and the mutex is held.
/// It returns false to stop, and must return (no longjmp). flags: 1: as lines of text for a serial line, each with a number and
/// a checksum; 2: without the contents of objects; add them up. host: a string that names the program, "MicroPython 1.26".
/// Returns whether all of it was written; false also between gc_collect_start and gc_collect_end, except in a finaliser.
/// Thread-safe. Never collects. Only with SNAPSHOT=1.
/// Requires: write can be called with data; host is a string.
bool gc_snapshot(bool (*write)(void *data, const void *bytes, size_t n_bytes), void *data, unsigned int flags, const char *host);
#endif

#if defined(GCHEAP_SNAPSHOT)
/// In gcheap_host_snapshot: adds a range of roots, the words of which are written that point into the heap.
///
/// report: what gcheap_host_snapshot got. kind: 0 other, 1 static data, 2 stack, 3 registers, 4 thread-local storage, 5 added by
/// hand, 6 the host's own. name: a string that tells it from others, or NULL. ptrs, len: as for gc_collect_root. Only with
/// SNAPSHOT=1.
/// Requires: the words can be read; name is a string or NULL; report is what gcheap_host_snapshot got, which has not returned.
void gc_snapshot_root(gcheap_report_t *report, unsigned int kind, const char *name, void **ptrs, size_t len);
#endif

/// What the heap has done: gc_statistics fills it in, and a host lends the memory for another one (gcheap_host_statistics).
///
/// All since the last gc_init. It has 184 bytes on 32 bits. Numbers of 32 bits start again at 0 behind 2^32 - 1; those of 16 bits stop at 65535.
typedef struct gc_statistics_t {
    /// Collections because an allocation found no room.
    uint32_t collections_no_room;
    /// Collections because the allocation threshold was reached (or because of gc_set_stress).
    uint32_t collections_threshold;
    /// Collections that the program asked for.
    uint32_t collections_asked;
    /// Collections in which the mark stack was full.
    uint32_t mark_stack_full;
    /// Microseconds that all collections took, from gc_collect_start to the end of gc_collect_end, finalisers included.
    uint64_t pauses_us;
    /// The same of the longest one.
    uint32_t longest_pause_us;
    /// Objects freed, by collections and by gc_free.
    uint32_t objects_freed;
    /// Pauses below 64 µs, below 128 µs and so on: each class has those that the one before has not. The last one has the rest.
    uint16_t pause_classes[16];
    /// Objects allocated of 1, 2, 3 to 4, 5 to 8, 9 to 16, 17 to 32, 33 to 64 and of more blocks.
    uint32_t objects[8];
    /// The blocks that these had. What gc_realloc adds to an object counts in the class of its new size.
    uint32_t blocks[8];
    /// Bytes in use now.
    size_t used_bytes;
    /// The most bytes that were ever in use.
    size_t most_used_bytes;
    /// The longest free run in bytes after the collection that left the shortest one; the largest size_t before the first.
    size_t smallest_hole_bytes;
    /// Allocations that failed although the heap was not locked.
    uint32_t failed;
    /// The bytes that the last of these asked for.
    size_t failed_bytes;
    /// The longest free run in bytes then.
    size_t failed_hole_bytes;
    /// Microseconds that the last collection took until everything was marked.
    uint32_t last_mark_us;
    /// Microseconds that it took in all.
    uint32_t last_pause_us;
    /// Bytes in use when it began.
    size_t last_before_bytes;
    /// Why it came: 1: an allocation found no room; 2: the threshold was reached, or gc_set_stress's number; 0: asked for.
    uint8_t last_cause;
    /// For the host, which may change it; gc_init sets it to 0.
    uint8_t host;
    /// The bytes that the allocation asked for that has caused the last collection, or is about to cause one.
    size_t cause_bytes;
    /// Collect at every so many allocations; 0: do not.
    uint32_t stress;
    /// The heap's own: allocations since the last collection.
    uint32_t since_last;
    /// The heap's own: when the collection under way has begun.
    uint32_t started_us;
    /// The heap's own: why the next collection comes.
    uint8_t cause;
    /// The heap's own: the mark stack was full in the collection under way.
    bool is_stack_full;
} gc_statistics_t;

/// The free runs of all areas.
typedef struct gc_free_runs_t {
    /// Bytes free.
    size_t free_bytes;
    /// The longest run in bytes.
    size_t longest_bytes;
    /// How many runs there are of 1, 2 to 3, 4 to 7 blocks and so on; the last one has the rest.
    size_t runs[16];
} gc_free_runs_t;

#ifdef GCHEAP_STATISTICS
/// Fills in what the heap has done since gc_init, in the same short time for any heap. Thread-safe. Never collects. Only with
/// STATISTICS=1.
/// Requires: numbers points to a writable gc_statistics_t.
void gc_statistics(gc_statistics_t *numbers);

/// From now on every every-th allocation collects, if automatic collection is on; 0 ends that. A program that fails then lacks a
/// root. gc_init sets it to 0. Thread-safe. Never collects by itself. Only with STATISTICS=1.
void gc_set_stress(uint32_t every);

/// Counts the free runs, in time in proportion to the heap's size; between gc_collect_start and gc_collect_end all is 0, except in
/// a finaliser. Thread-safe. Never collects. Only with STATISTICS=1.
/// Requires: runs points to a writable gc_free_runs_t.
void gc_free_runs(gc_free_runs_t *runs);

/// Fills all free blocks with a byte. A program that uses an object after it was freed shows it then. Between gc_collect_start and
/// gc_collect_end, it does nothing, except in a finaliser. Thread-safe. Never collects. Only with STATISTICS=1.
void gc_fill_free(uint8_t byte);

/// Checks the invariants of the whole heap (docs/DESIGN.md); true if they hold. If not, the heap's tables were overwritten. Then
/// *block is the block, or the number, that shows it, and what holds the first room - 1 bytes of what is wrong, and a zero.
///
/// room: 1 or more. Not thread-safe; not between gc_collect_start and gc_collect_end. Never collects. Only with STATISTICS=1.
/// Requires: what has room for so many bytes, and block points to a size_t.
bool gc_check(char *what, size_t room, size_t *block);
#endif

// ---------------------------------------------------------------------------------------------------------------------
// 3. What a host provides
//
// The library for hosts owns no memory and calls no operating system. A program that links it defines the functions below (those
// that begin with an option, such as MUTEX=1, only if the library was built with it) and the storage for the heap's
// state:
//   - a symbol (gcheap_state, unless the library's configuration has another STATE_SYMBOL) for STATE_BYTES bytes of
//     zeroed, word-aligned memory with the layout of MicroPython's mp_state_mem_t
//   - a uint16_t lock depth, LOCK_DEPTH_OFFSET bytes behind that symbol. With THREAD_STATE=1 each thread has its own,
//     LOCK_DEPTH_OFFSET bytes behind the address that the function THREAD_SYMBOL returns for the calling thread.
// These names are keys of the library's configuration. The archive has a symbol for each number in it, for instance
// gcheap_config_state_bytes_1144. A host that refers to this symbol does not link with a library that has another
// STATE_BYTES.
// memset, memcpy, memmove and memcmp come from the C library.
//
// examples/minimal_host.c is a small, complete host. c_tests/host.h has the layout of the storage as a C struct.
// micropython-port/gcheap/ is the host inside MicroPython.

/// A caller's mistake that the heap found. The heap is unharmed when it reports one.
enum gcheap_misuse
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    /// gc_init or gc_add: the memory has no room for one ATB byte and its four blocks. The pointer is start.
    GCHEAP_MISUSE_HEAP_TOO_SMALL = 1,
    /// gc_init or gc_add: end lies before start. The pointer is end.
    GCHEAP_MISUSE_END_BEFORE_START = 2,
    /// gc_free, gc_realloc or gc_weakref_mark: the pointer lies outside every area's pool.
    GCHEAP_MISUSE_FOREIGN_POINTER = 3,
    /// The same functions: the pointer is not the address of a block (it points into one).
    GCHEAP_MISUSE_INTERIOR_POINTER = 4,
    /// The same functions: the block is free (a double free, a realloc after a free, or an object that nothing
    /// reached and that a collection inside gc_realloc has freed).
    GCHEAP_MISUSE_FREE_BLOCK = 5,
    /// The same functions: the block is a tail: the pointer is not what gc_alloc returned.
    GCHEAP_MISUSE_TAIL_BLOCK = 6,
    /// gc_free, or gc_realloc that has to move: the object has a weak reference, which would go on naming memory that
    /// then belongs to another object. Drop the object and let a collection free it.
    GCHEAP_MISUSE_WEAK_REFERENCE = 7,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum gcheap_misuse gcheap_misuse;
#else
typedef uint32_t gcheap_misuse;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

/// Runs a whole collection: calls gc_collect_start, gc_collect_root for every root that the program has besides
/// gcheap_host_roots (stacks, registers), then gc_collect_end.
///
/// The library calls it when an allocation finds no room or passes the threshold; a program may call it at any time.
void gc_collect(void);

/// MUTEX=1: makes the mutex ready. Called by gc_init.
void gcheap_host_mutex_init(void);

/// MUTEX=1: takes the mutex, which is recursive.
void gcheap_host_enter(void);

/// MUTEX=1: releases the mutex.
void gcheap_host_exit(void);

/// Calls gc_collect_root for the roots that live in the host's own memory. Called by gc_collect_start.
void gcheap_host_roots(void);

/// FINALISER=1: runs the finaliser of an object that was allocated with GC_ALLOC_FLAG_HAS_FINALISER and is about to
/// be freed.
///
/// object: what gc_alloc returned. It and all it refers to are still whole. gc_alloc and gc_realloc return NULL
/// meanwhile; gc_free works. Must return (no longjmp).
void gcheap_host_finalise(void *object);

/// WEAKREF=1: an object that gc_weakref_mark was called for is about to be freed; its memory is still whole. Must
/// not call back into the heap.
///
/// object: what gc_alloc returned. From gc.c: gc_weakref_about_to_be_freed.
void gc_weakref_about_to_be_freed(void *object);

/// WEAKREF=1: called at the end of every collection, when the mutex is released: the objects that
/// gc_weakref_about_to_be_freed named are gone, and the heap can be used. From gc.c: gc_weakref_sweep.
void gc_weakref_sweep(void);

/// SPLIT_HEAP_AUTO=1: the most bytes that gcheap_host_alloc_heap could return; 0 if the heap may not grow.
size_t gcheap_host_max_new_split(void);

/// SPLIT_HEAP_AUTO=1: memory for another area of the heap, aligned for a pointer; NULL if there is none. Called with
/// the mutex held, by an allocation that finds no room even after a collection. Must not call back into the heap.
void *gcheap_host_alloc_heap(size_t bytes);

/// SPLIT_HEAP_AUTO=1: a collection has left nothing in this area, and the heap has forgotten it. Called with the
/// mutex held. Must not call back into the heap.
///
/// memory: what gcheap_host_alloc_heap returned; or the start that gc_add got.
void gcheap_host_free_heap(void *memory);

/// VALGRIND=1: whether a root word may be read. One that may not is taken for NULL.
bool gcheap_host_valgrind_addressable(const void *word);

/// HOOK_LOOP=1: called once per step of every long loop, so that a host can feed a watchdog.
void gcheap_host_hook(size_t step);

/// Reports a caller's mistake. The heap is unharmed. May abort, or return: then the call that was the mistake does
/// nothing, and returns NULL if it returns a pointer.
///
/// code: one of gcheap_misuse. ptr: the pointer that was wrong.
void gcheap_host_fatal(unsigned int code, const void *ptr);

/// Prints part of a dump.
///
/// print: what the caller of the dump passed. format: as for printf, with at most one of %u, %08x (both of the
/// number as an unsigned int), %p and %c in it, which prints the number.
void gcheap_host_print(const mp_print_t *print, const char *format, size_t number);

/// The letter that gc_dump_alloc_table shows for an object: 'h', or one that tells its type.
///
/// head: the object, at least one block of readable memory.
char gcheap_host_letter(const void *head);

/// STATISTICS=1: the memory for them: always the same, which only the library writes to.
gc_statistics_t *gcheap_host_statistics(void);

/// STATISTICS=1: the time in microseconds, from any moment on; after 2^32 - 1 comes 0. Must not call the heap.
uint32_t gcheap_host_microseconds(void);

/// STATISTICS=1: called after every collection, when the mutex is released and the heap can be used again.
void gcheap_host_collected(void);

/// STATISTICS=1: an allocation of so many bytes, tried after a collection if it may collect, fails and will return NULL.
/// The mutex is released. It may use the heap, but an allocation that fails in it comes here again.
void gcheap_host_out_of_memory(size_t n_bytes);

/// SNAPSHOT=1: a snapshot is being written: adds roots to it, by gc_snapshot_root, each as a collection would see it now.
/// Must not call the heap otherwise, and must return (no longjmp).
void gcheap_host_snapshot(gcheap_report_t *report);

/// SNAPSHOT=1: writes the name of an object ("TYPE", or "TYPE: DETAIL") to name, which has room for room bytes, and returns
/// its length without a zero at the end, at most room; 0 if it has none. Must not call the heap.
///
/// object: what gc_alloc returned, n_bytes bytes of readable memory.
size_t gcheap_host_name(const void *object, size_t n_bytes, char *name, size_t room);

#ifdef __cplusplus
}
#endif

#endif // GCHEAP_H

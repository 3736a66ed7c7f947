// Kinds of objects in which the program says where the pointers are, and functions that mark: the part of bdwgc's
// gc_mark.h that libgcheap offers. docs/BOEHM.md has the differences.
//
// Generated from crates/bdw/src/ and crates/xtask/src/gc_mark.h.in. Do not edit it: change those files and run
//     cargo run -p xtask -- header
#ifndef GC_MARK_H
#define GC_MARK_H

#include "gc.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What functions that mark pass on: here there is no mark stack.
struct GC_ms_entry {
    void *opaque;
};
/// A function that marks what an object leads to, by GC_MARK_AND_PUSH. The argument is GC_MAKE_PROC's.
typedef struct GC_ms_entry *(*GC_mark_proc)(GC_word *object, struct GC_ms_entry *top, struct GC_ms_entry *limit,
    GC_word argument);
typedef void (*GC_start_callback_proc)(void);
typedef void (*GC_push_other_roots_proc)(void);

/// A descriptor's lowest bits say what the others are: a number of bytes, a bitmap (the highest bit is the first word),
/// a function with its argument, or where in the object the descriptor is.
#define GC_DS_TAG_BITS 2
#define GC_DS_TAGS ((1 << GC_DS_TAG_BITS) - 1)
#define GC_DS_LENGTH 0
#define GC_DS_BITMAP 1
#define GC_DS_PROC 2
#define GC_DS_PER_OBJECT 3
#define GC_INDIR_PER_OBJ_BIAS 0x10
#define GC_LOG_MAX_MARK_PROCS 6
#define GC_MAX_MARK_PROCS (1 << GC_LOG_MAX_MARK_PROCS)
#define GC_MAKE_PROC(number, argument) \
    (((((argument) << GC_LOG_MAX_MARK_PROCS) | (number)) << GC_DS_TAG_BITS) | GC_DS_PROC)

/// A table of free lists, as GC_new_kind takes one. This collector keeps no such lists: it is always empty.
void **GC_new_free_list(void);

/// The same where the caller holds the lock.
void **GC_new_free_list_inner(void);

/// Makes a kind of objects that have this descriptor, plus their size if with_size is 1. They are always cleared when
/// they are allocated. If there are too many, the program ends with a sentence.
unsigned int GC_new_kind(void **_free_list, GC_word descriptor, int with_size, int _clear);

/// The same where the caller holds the lock.
unsigned int GC_new_kind_inner(void **free_list, GC_word descriptor, int with_size, int clear);

/// The number of a function that marks, for GC_MAKE_PROC. If there are too many, the program ends with a sentence.
unsigned int GC_new_proc(GC_mark_proc function);

/// The same where the caller holds the lock.
unsigned int GC_new_proc_inner(GC_mark_proc function);

/// Allocates an object of a kind: 0 is GC_malloc_atomic's, 1 is GC_malloc's, and there are those of GC_new_kind.
void *GC_generic_malloc(size_t bytes, int kind);

/// The same.
void *GC_malloc_kind(size_t bytes, int kind);

/// The same.
void *GC_malloc_kind_global(size_t bytes, int kind);

/// The same.
void *GC_generic_or_special_malloc(size_t bytes, int kind);

/// The same for large objects. Here any address in them counts.
void *GC_generic_malloc_ignore_off_page(size_t bytes, int kind);

/// The same for an object that only GC_free frees.
void *GC_generic_malloc_uncollectable(size_t bytes, int kind);

/// Allocates several objects of a kind, linked by their first words. *result is NULL if there is no memory for one.
/// Requires: result can be written to.
void GC_generic_malloc_many(size_t bytes, int kind, void **result);

/// In a function that marks: the word leads to its object, if it is a pointer to one. Returns its second argument;
/// there is no mark stack.
struct GC_ms_entry *GC_mark_and_push(void *word, struct GC_ms_entry *top, struct GC_ms_entry *_limit, void **_place);

/// The addresses between which all objects lie, now and later. Set by GC_init; before, no address lies between them.
extern void *GC_least_plausible_heap_addr;

/// The other of these two.
extern void *GC_greatest_plausible_heap_addr;

/// What every collection calls when it marks roots. Programs that set it should call the one that was there before: at
/// first that is a function that does nothing.
extern GC_push_other_roots_proc GC_push_other_roots;

/// In a function for roots, or one that marks: the words of [bottom, top) are roots of this collection.
/// Requires: they can be read.
void GC_push_all(void *bottom, void *top);

/// The same.
/// Requires: they can be read.
void GC_push_all_eager(void *bottom, void *top);

/// The same. Which pages were written to is not known here, so all of them count.
/// Requires: they can be read.
void GC_push_conditional(void *bottom, void *top, int _all);

/// In a function that a collection calls: whether the object that an address lies in is marked so far. Otherwise 0:
/// objects have no marks between collections.
int GC_is_marked(const void *address);

/// In a function that a collection calls: marks the object, which is no garbage then. Here all that it leads to is
/// marked, too. At other times nothing happens: objects have no marks between collections.
void GC_set_mark_bit(const void *object);

/// Sets what every collection calls when it marks roots: GC_push_all tells it further ones. The world is stopped, and
/// the function must call nothing else of the collector. It should call the one that was set before.
void GC_set_push_other_roots(GC_push_other_roots_proc function);

/// What was set by that; at first it is a function that does nothing.
GC_push_other_roots_proc GC_get_push_other_roots(void);

/// Sets what every collection calls at its start. The lock is held, so the function must not call the collector.
void GC_set_start_callback(GC_start_callback_proc function);

/// What was set by that.
GC_start_callback_proc GC_get_start_callback(void);

/// GC_mark_and_push for what is perhaps no pointer.
#define GC_MARK_AND_PUSH(word, top, limit, place) \
    ((GC_word)(word) >= (GC_word)GC_least_plausible_heap_addr \
        && (GC_word)(word) <= (GC_word)GC_greatest_plausible_heap_addr \
        ? GC_mark_and_push(word, top, limit, place) : (top))
#define GC_USR_PTR_FROM_BASE(object) ((void *)((char *)(object) + GC_get_debug_header_size()))
#define GC_GENERIC_OR_SPECIAL_MALLOC(n_bytes, kind) GC_generic_or_special_malloc(n_bytes, kind)

#ifdef __cplusplus
}
#endif

#endif // GC_MARK_H

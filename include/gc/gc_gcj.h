// Objects whose first word leads to a table with their descriptor: bdwgc's gc_gcj.h as libgcheap offers it.
//
// Generated from crates/bdw/src/ and crates/xtask/src/gc_gcj.h.in. Do not edit it: change those files and run
//     cargo run -p xtask -- header
#ifndef GC_GCJ_H
#define GC_GCJ_H

#include "gc.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The kind of GC_gcj_malloc's objects; 0 before GC_init_gcj_malloc.
extern int GC_gcj_kind;

/// The kind of GC_debug_gcj_malloc's objects, for which a function marks.
extern int GC_gcj_debug_kind;

/// Prepares GC_gcj_malloc; what comes after the first call changes nothing. The function that marks gets a number below
/// that of GC_new_proc's first, so that a compiler can know it: tables may name it in their descriptors, with any argument but
/// 1, and it marks the objects of GC_debug_gcj_malloc, where the argument is 1. It may be NULL if no descriptor needs it.
void GC_init_gcj_malloc(int number, void *function);

/// Allocates an object, all 0 but for its first word, which leads to a table; the table's second word is a descriptor
/// (gc_mark.h), which says where in the object pointers are. The table itself is kept only if the descriptor covers the first
/// word, or something else leads to it. NULL (or what GC_set_oom_fn's function says) if there is no memory.
/// Requires: the program has called GC_init_gcj_malloc; the table is there as long as the object.
void *GC_gcj_malloc(size_t bytes, void *table);

/// The same for large objects. Here any address in them counts.
/// Requires: as for GC_gcj_malloc.
void *GC_gcj_malloc_ignore_off_page(size_t bytes, void *table);

/// The same for an object that GC_init_gcj_malloc's function marks, with 1 for its argument. As all objects of the debugging
/// functions it has no header here.
/// Requires: as for GC_gcj_malloc.
void *GC_debug_gcj_malloc(size_t bytes, void *table, GC_word _caller, const char *_file, int _line);

#define GC_GCJ_MALLOC(bytes, table) GC_gcj_malloc(bytes, table)
#define GC_GCJ_MALLOC_IGNORE_OFF_PAGE(bytes, table) GC_gcj_malloc_ignore_off_page(bytes, table)

#ifdef __cplusplus
}
#endif

#endif // GC_GCJ_H

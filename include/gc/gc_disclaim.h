// Kinds whose objects are shown to the program before they are freed: bdwgc's gc_disclaim.h as libgcheap offers it.
//
// Generated from crates/bdw/src/ and crates/xtask/src/gc_disclaim.h.in. Do not edit it: change those files and run
//     cargo run -p xtask -- header
#ifndef GC_DISCLAIM_H
#define GC_DISCLAIM_H

#include "gc.h"

#ifdef __cplusplus
extern "C" {
#endif

/// What is called with an object that is going to be freed. It is kept for another time if the answer is not 0.
typedef int (*GC_disclaim_proc)(void *object);

/// What GC_finalized_malloc's objects are given to when nothing leads to them any more.
struct GC_finalizer_closure {
    /// The function; the lock is held.
    GC_finalization_proc proc;
    /// Its second argument.
    void *cd;
};

/// Sets what is asked before an object is freed that was allocated with a kind of GC_new_kind after this: the function's
/// answer is 0, or the object is kept for the time being. It is called by a collection that has found nothing that leads to
/// the object, with the lock held; it may call GC_base, GC_size and GC_is_marked. If keeps_contents is not 0, all objects of
/// this kind whose first word has one of the two lowest bits set keep what they lead to until they are freed. GC_free asks
/// nothing. If the program has not made the kind, it ends with a sentence.
void GC_register_disclaim_proc(int kind, GC_disclaim_proc function, int keeps_contents);

/// Prepares GC_finalized_malloc. Doing it twice changes nothing. Pointers into objects count everywhere from then on.
void GC_init_finalized_malloc(void);

/// Allocates an object, all 0, that is given to a closure by the collection that frees it. The closure's function cannot bring
/// it back to life, but can use what it leads to; the lock is held meanwhile. Whatever the object leads to is not freed before
/// the next collection. GC_base of it is the address of a word before it. NULL if there is no memory.
/// Requires: the program has called GC_init_finalized_malloc; the closure is at an even address, and stays there or is an object.
void *GC_finalized_malloc(size_t bytes, const struct GC_finalizer_closure *closure);

#ifdef __cplusplus
}
#endif

#endif // GC_DISCLAIM_H

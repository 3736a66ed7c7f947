// Objects with descriptors: the part of bdwgc's gc_typed.h that libgcheap offers.
//
// Generated from crates/bdw/src/ and crates/xtask/src/gc_typed.h.in. Do not edit it: change those files and run
//     cargo run -p xtask -- header
#ifndef GC_TYPED_H
#define GC_TYPED_H

#include "gc.h"

#ifdef __cplusplus
extern "C" {
#endif

/// A bit for each word of an object: whether it may be a pointer.
typedef GC_word *GC_bitmap;
/// What an object of some type looks like.
typedef GC_word GC_descr;

#define GC_WORDSZ (8 * sizeof(GC_word))
#define GC_get_bit(bitmap, bit) (((bitmap)[(bit) / GC_WORDSZ] >> ((bit) % GC_WORDSZ)) & 1)
#define GC_set_bit(bitmap, bit) ((bitmap)[(bit) / GC_WORDSZ] |= (GC_word)1 << ((bit) % GC_WORDSZ))
#define GC_WORD_OFFSET(type, field) (offsetof(type, field) / sizeof(GC_word))
#define GC_WORD_LEN(type) (sizeof(type) / sizeof(GC_word))
#define GC_BITMAP_SIZE(type) ((GC_WORD_LEN(type) + GC_WORDSZ - 1) / GC_WORDSZ)

/// Makes a descriptor of objects in which a word may be a pointer if its bit is set: bit 0 of the first word of the
/// bitmap is the object's first word. If a pointer is further in than 62 words (30 on machines of 32 bits), all words
/// may be pointers.
/// Requires: the bitmap has so many bits.
GC_descr GC_make_descriptor(const GC_word *bitmap, size_t bits);

/// Allocates an object with a descriptor, all 0.
void *GC_malloc_explicitly_typed(size_t bytes, GC_descr descriptor);

/// The same for large objects. Here any address in them counts.
void *GC_malloc_explicitly_typed_ignore_off_page(size_t bytes, GC_descr descriptor);

/// Allocates an array of such objects, all 0. If there is a pointer in them at all, all words may be pointers. NULL if
/// their size is no number.
void *GC_calloc_explicitly_typed(size_t count, size_t bytes, GC_descr descriptor);

#define GC_MALLOC_EXPLICITLY_TYPED(n_bytes, descriptor) GC_malloc_explicitly_typed(n_bytes, descriptor)
#define GC_CALLOC_EXPLICITLY_TYPED(count, n_bytes, descriptor) GC_calloc_explicitly_typed(count, n_bytes, descriptor)

#ifdef __cplusplus
}
#endif

#endif // GC_TYPED_H

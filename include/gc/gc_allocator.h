// Allocators for the containers of C++ (11 or newer), as in bdwgc 8.2's gc_allocator.h, over libgcheap.
//
//     std::vector<node *, gc_allocator<node *>> nodes;         // its memory is collected, like the nodes
//     std::list<node *, traceable_allocator<node *>> others;   // freed by the container only; pointers in it are found
#ifndef GC_ALLOCATOR_H
#define GC_ALLOCATOR_H

#include <stddef.h>

#include <new>

#include "gc.h"

#if defined(GC_NEW_ABORTS_ON_OOM) || (defined(__GNUC__) && !defined(__EXCEPTIONS))
#define GC_ALLOCATOR_THROW_OR_ABORT() GC_abort_on_oom()
#else
#define GC_ALLOCATOR_THROW_OR_ABORT() throw std::bad_alloc()
#endif

struct GC_true_type {};
struct GC_false_type {};

/// Whether a type has no pointers: then nobody looks for some. GC_DECLARE_PTRFREE says so of further types.
template<class T> struct GC_type_traits {
    GC_false_type GC_is_ptr_free;
};
#define GC_DECLARE_PTRFREE(T) \
    template<> struct GC_type_traits<T> { \
        GC_true_type GC_is_ptr_free; \
    }
GC_DECLARE_PTRFREE(char);
GC_DECLARE_PTRFREE(signed char);
GC_DECLARE_PTRFREE(unsigned char);
GC_DECLARE_PTRFREE(short);
GC_DECLARE_PTRFREE(unsigned short);
GC_DECLARE_PTRFREE(int);
GC_DECLARE_PTRFREE(unsigned int);
GC_DECLARE_PTRFREE(long);
GC_DECLARE_PTRFREE(unsigned long);
GC_DECLARE_PTRFREE(float);
GC_DECLARE_PTRFREE(double);
GC_DECLARE_PTRFREE(long double);

inline void *GC_selective_alloc(size_t bytes, GC_false_type) {
    return GC_MALLOC(bytes);
}

inline void *GC_selective_alloc(size_t bytes, GC_true_type) {
    return GC_MALLOC_ATOMIC(bytes);
}

/// What the three allocators have in common. None has a state, so all of one kind are equal.
#define GC_ALLOCATOR(name, allocation) \
    template<class T> class name { \
    public: \
        typedef T value_type; \
        typedef size_t size_type; \
        typedef ptrdiff_t difference_type; \
        template<class Other> struct rebind { \
            typedef name<Other> other; \
        }; \
        name() noexcept {} \
        name(const name &) noexcept {} \
        template<class Other> explicit name(const name<Other> &) noexcept {} \
        name &operator=(const name &) noexcept { return *this; } \
        T *allocate(size_t count) { \
            void *object = count > max_size() ? NULL : allocation(count * sizeof(T)); \
            if (object == NULL) { \
                GC_ALLOCATOR_THROW_OR_ABORT(); \
            } \
            return static_cast<T *>(object); \
        } \
        void deallocate(T *object, size_t) noexcept { GC_FREE(object); } \
        size_t max_size() const noexcept { return size_t(-1) / 2 / sizeof(T); } \
    }; \
    template<class T, class Other> inline bool operator==(const name<T> &, const name<Other> &) noexcept { return true; } \
    template<class T, class Other> inline bool operator!=(const name<T> &, const name<Other> &) noexcept { return false; }

#define GC_ALLOCATE_SELECTIVELY(bytes) GC_selective_alloc(bytes, GC_type_traits<T>().GC_is_ptr_free)

/// Memory that is collected.
GC_ALLOCATOR(gc_allocator, GC_ALLOCATE_SELECTIVELY)
/// The same for large objects. Here any address in them counts.
GC_ALLOCATOR(gc_allocator_ignore_off_page, GC_ALLOCATE_SELECTIVELY)
/// Memory that only the container frees.
GC_ALLOCATOR(traceable_allocator, GC_MALLOC_UNCOLLECTABLE)

#undef GC_ALLOCATE_SELECTIVELY
#undef GC_ALLOCATOR

#endif // GC_ALLOCATOR_H

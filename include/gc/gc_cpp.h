// The interface of Boehm's collector for C++ (bdwgc 8.2's gc_cpp.h) over libgcheap: the same classes and operators.
//
//     class tree: public gc { ... };                   // its objects are collected
//     class file: public gc_cleanup { ... };           // and their destructor is called before
//     int *numbers = new (PointerFreeGC) int[100];     // collected, and nobody looks for pointers there
//     node *kept = new (NoGC) node;                    // only delete frees it
//
// `delete` frees any of them at once. The program links build/boehm/libgc.a or libgc.so. The memory of the plain
// `operator new` is the C++ library's, and nobody looks for pointers there; in a program that links libgccpp, too, it
// allocates objects that only `delete` frees, and in which pointers are found.
#ifndef GC_CPP_H
#define GC_CPP_H

#include <stddef.h>

#include "gc.h"

#if __cplusplus >= 201103L
#define GC_NOEXCEPT noexcept
#else
#define GC_NOEXCEPT throw()
#endif

// What happens when there is no memory. Defined as in bdwgc: GC_NEW_ABORTS_ON_OOM for programs without exceptions.
#if defined(GC_NEW_ABORTS_ON_OOM) || (defined(__GNUC__) && !defined(__EXCEPTIONS))
#define GC_OP_NEW_OOM_CHECK(object) do { if (!(object)) GC_abort_on_oom(); } while (0)
#else
#include <new>
#define GC_OP_NEW_OOM_CHECK(object) do { if (!(object)) throw std::bad_alloc(); } while (0)
#endif

// With GC_NAMESPACE the names below are in the namespace boehmgc; with GC_NAME_CONFLICT there is no GC, only UseGC.
#ifdef GC_NAMESPACE
#define GC_NS_QUALIFY(name) boehmgc::name
namespace boehmgc {
#else
#define GC_NS_QUALIFY(name) name
#endif

/// Where an object is to live.
enum GCPlacement {
    /// It is collected.
    UseGC,
#ifndef GC_NAME_CONFLICT
    GC = UseGC,
#endif
    /// Only `delete` frees it.
    NoGC,
    /// It is collected, and has no pointers.
    PointerFreeGC,
#ifdef GC_ATOMIC_UNCOLLECTABLE
    /// Only `delete` frees it, and it has no pointers.
    PointerFreeNoGC,
#endif
};

extern "C" {
/// What is called with an object that nothing reaches any more, and with what was passed to `new`.
typedef void (*GCCleanUpFunc)(void *object, void *data);
}

/// Allocates for all that follows.
inline void *gc_cpp_allocate(size_t bytes, GCPlacement placement) {
    void *object;
    switch (placement) {
        case UseGC:
            object = GC_MALLOC(bytes);
            break;
        case PointerFreeGC:
            object = GC_MALLOC_ATOMIC(bytes);
            break;
#ifdef GC_ATOMIC_UNCOLLECTABLE
        case PointerFreeNoGC:
            object = GC_MALLOC_ATOMIC_UNCOLLECTABLE(bytes);
            break;
#endif
        default:
            object = GC_MALLOC_UNCOLLECTABLE(bytes);
    }
    GC_OP_NEW_OOM_CHECK(object);
    return object;
}

/// Objects of classes derived from this are collected, unless `new` says otherwise. No destructor is called then.
class gc {
public:
    void *operator new(size_t bytes) { return gc_cpp_allocate(bytes, UseGC); }
    void *operator new(size_t bytes, GCPlacement placement) { return gc_cpp_allocate(bytes, placement); }
    void *operator new(size_t, void *place) GC_NOEXCEPT { return place; }
    void operator delete(void *object) GC_NOEXCEPT { GC_FREE(object); }
    // If a constructor throws.
    void operator delete(void *object, GCPlacement) GC_NOEXCEPT { GC_FREE(object); }
    void operator delete(void *, void *) GC_NOEXCEPT {}

    void *operator new[](size_t bytes) { return gc_cpp_allocate(bytes, UseGC); }
    void *operator new[](size_t bytes, GCPlacement placement) { return gc_cpp_allocate(bytes, placement); }
    void *operator new[](size_t, void *place) GC_NOEXCEPT { return place; }
    void operator delete[](void *object) GC_NOEXCEPT { GC_FREE(object); }
    void operator delete[](void *object, GCPlacement) GC_NOEXCEPT { GC_FREE(object); }
    void operator delete[](void *, void *) GC_NOEXCEPT {}
};

/// The same, and before an object is freed, its destructor is called: that of an object derived from this, or of a member
/// that is. As a finaliser it is called after those of objects that lead to this one; objects in a circle with one
/// another are never freed. Of an array it is called for the first element only.
class gc_cleanup: virtual public gc {
public:
    gc_cleanup() {
        void *base = GC_base(this);
        if (base == NULL) {
            return; // It is no object of the heap.
        }
        GC_finalization_proc before = NULL;
        void *data = NULL;
        GC_register_finalizer_ignore_self(base, cleanup, (void *)((char *)this - (char *)base), &before, &data);
        if (before != NULL) {
            // The object that this one is a member of, or a function that `new` was given, comes first.
            GC_register_finalizer_ignore_self(base, before, data, NULL, NULL);
        }
    }

    virtual ~gc_cleanup() {
        void *base = GC_base(this);
        if (base != NULL) {
            GC_register_finalizer_ignore_self(base, NULL, NULL, NULL, NULL);
        }
    }

private:
    static void cleanup(void *object, void *offset) {
        ((gc_cleanup *)((char *)object + (ptrdiff_t)offset))->~gc_cleanup();
    }
};

#ifdef GC_NAMESPACE
}
#endif

/// For types that are not derived from `gc`: `new (GC) T`, `new (GC, function, data) T`. The function is called when nothing
/// reaches the object any more, and no destructor is. Only with UseGC.
inline void *operator new(size_t bytes, GC_NS_QUALIFY(GCPlacement) placement,
    GC_NS_QUALIFY(GCCleanUpFunc) function = NULL, void *data = NULL) {
    void *object = GC_NS_QUALIFY(gc_cpp_allocate)(bytes, placement);
    if (function != NULL && placement == GC_NS_QUALIFY(UseGC)) {
        GC_REGISTER_FINALIZER_IGNORE_SELF(object, function, data, NULL, NULL);
    }
    return object;
}

inline void *operator new[](size_t bytes, GC_NS_QUALIFY(GCPlacement) placement,
    GC_NS_QUALIFY(GCCleanUpFunc) function = NULL, void *data = NULL) {
    return ::operator new(bytes, placement, function, data);
}

// If a constructor throws.
inline void operator delete(void *object, GC_NS_QUALIFY(GCPlacement), GC_NS_QUALIFY(GCCleanUpFunc), void *) GC_NOEXCEPT {
    GC_FREE(object);
}

inline void operator delete[](void *object, GC_NS_QUALIFY(GCPlacement), GC_NS_QUALIFY(GCCleanUpFunc), void *) GC_NOEXCEPT {
    GC_FREE(object);
}

#endif // GC_CPP_H

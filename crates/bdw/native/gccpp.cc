// libgccpp: the plain operators new and delete of a program that links it allocate objects which only delete frees, and
// in which pointers to collected objects are found.
#include <new>
#include <stddef.h>

extern "C" {
void *GC_malloc_uncollectable(size_t bytes);
void GC_free(void *object);
}

// What bdwgc's gc_cpp.h calls where the program has not included <new>.
void GC_throw_bad_alloc();
void GC_throw_bad_alloc() {
    throw std::bad_alloc();
}

void *operator new(size_t bytes) {
    void *object = GC_malloc_uncollectable(bytes);
    if (object == nullptr) {
        throw std::bad_alloc();
    }
    return object;
}

void *operator new[](size_t bytes) {
    return operator new(bytes);
}

void operator delete(void *object) noexcept {
    GC_free(object);
}

void operator delete[](void *object) noexcept {
    GC_free(object);
}

void operator delete(void *object, size_t) noexcept {
    GC_free(object);
}

void operator delete[](void *object, size_t) noexcept {
    GC_free(object);
}

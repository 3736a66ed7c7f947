// The functions of gc.h through whose frames pthread_exit and pthread_cancel may unwind: they must not be Rust's.
#include <stddef.h>

void GC_init(void);
void *gcheap_native_do_blocking(void *(*function)(void *), void *argument);
void *gcheap_native_with_gc_active(void *(*function)(void *), void *argument);
void gcheap_native_thread_exit(void *result) __attribute__((noreturn));

void *GC_do_blocking(void *(*function)(void *), void *argument);
void *GC_do_blocking(void *(*function)(void *), void *argument) {
    GC_init();
    return gcheap_native_do_blocking(function, argument);
}

void *GC_call_with_gc_active(void *(*function)(void *), void *argument);
void *GC_call_with_gc_active(void *(*function)(void *), void *argument) {
    return gcheap_native_with_gc_active(function, argument);
}

void GC_pthread_exit(void *result) __attribute__((noreturn));
void GC_pthread_exit(void *result) {
    gcheap_native_thread_exit(result);
}

// Whether the calling thread took the collector's lock by that; it may have it already.
int bdw_take_lock(void);
void bdw_release_lock(void);

void *GC_call_with_alloc_lock(void *(*function)(void *), void *argument);
void *GC_call_with_alloc_lock(void *(*function)(void *), void *argument) {
    int taken = bdw_take_lock();
    void *result = function(argument);
    if (taken) {
        bdw_release_lock();
    }
    return result;
}

struct GC_stack_base {
    void *mem_base;
};

void *GC_call_with_stack_base(void *(*function)(struct GC_stack_base *, void *), void *argument);
void *GC_call_with_stack_base(void *(*function)(struct GC_stack_base *, void *), void *argument) {
    struct GC_stack_base base = { __builtin_frame_address(0) };
    void *result = function(&base, argument);
    __asm__ volatile ("" : : : "memory"); // so that the call above is no jump
    return result;
}

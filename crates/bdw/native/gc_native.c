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

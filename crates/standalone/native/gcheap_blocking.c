// The functions of gcheap.h through whose frames pthread_exit and pthread_cancel may unwind: they must not be Rust's.
#include "gcheap.h"

void *gcheap_native_do_blocking(void *(*function)(void *), void *argument);
void *gcheap_native_with_gc_active(void *(*function)(void *), void *argument);
void gcheap_native_thread_exit(void *result) __attribute__((noreturn));

void *gcheap_blocking(void *(*function)(void *argument), void *argument) {
    return gcheap_native_do_blocking(function, argument);
}

void *gcheap_unblocked(void *(*function)(void *argument), void *argument) {
    return gcheap_native_with_gc_active(function, argument);
}

void gcheap_pthread_exit(void *result) {
    gcheap_native_thread_exit(result);
}

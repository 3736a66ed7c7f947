// What Rust cannot express: saving the registers on the stack, thread-local variables that need no allocation, and the
// frames between the program's functions and the C library, through which pthread_exit and pthread_cancel unwind.
#define _GNU_SOURCE
#include <pthread.h>
#include <stdint.h>

// ---- Registers -----------------------------------------------------------------------------------------------------

typedef void (*visit_function)(uintptr_t lowest, void *argument);

// A frame of its own: its address lies below everything that the caller has saved.
static __attribute__((noinline)) void call_with_frame(visit_function visit, void *argument) {
    visit((uintptr_t)__builtin_frame_address(0), argument);
    __asm__ volatile ("" : : : "memory"); // so that the call above is no jump
}

// Calls visit with an address below which nothing on this thread's stack matters. All registers that a function has to
// preserve are saved above it. (Not setjmp: glibc encrypts some of the registers that it saves.)
void gcheap_native_with_registers(visit_function visit, void *argument);
void gcheap_native_with_registers(visit_function visit, void *argument) {
    __builtin_unwind_init(); // makes this function save all of them in its frame
    call_with_frame(visit, argument);
    __asm__ volatile ("" : : : "memory");
}

// ---- The initial thread's stack, and thread pointers -----------------------------------------------------------------

// glibc's dynamic loader and its static start-up code set it. musl does not have it.
extern void *__libc_stack_end __attribute__((weak));

uintptr_t gcheap_native_main_stack_end(void);
uintptr_t gcheap_native_main_stack_end(void) {
    return &__libc_stack_end ? (uintptr_t)__libc_stack_end : 0;
}

uintptr_t gcheap_native_thread_pointer(void);
uintptr_t gcheap_native_thread_pointer(void) {
#if defined(__x86_64__)
    uintptr_t pointer;
    __asm__ ("mov %%fs:0, %0" : "=r" (pointer));
    return pointer;
#elif defined(__i386__)
    uintptr_t pointer;
    __asm__ ("mov %%gs:0, %0" : "=r" (pointer));
    return pointer;
#else
    return (uintptr_t)__builtin_thread_pointer();
#endif
}

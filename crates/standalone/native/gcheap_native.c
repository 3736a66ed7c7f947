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

// Where Rust does not read it by itself (thread.rs).
#if !defined(__x86_64__) && !defined(__i386__) && !defined(__aarch64__)
uintptr_t gcheap_native_thread_pointer(void);
uintptr_t gcheap_native_thread_pointer(void) {
    return (uintptr_t)__builtin_thread_pointer();
}
#endif

// ---- Threads -------------------------------------------------------------------------------------------------------

// The calling thread's record, or NULL. Initial-exec: the signal handler reads it, so no access may allocate. current.rs
// reads it, too.
__thread void *gcheap_native_current __attribute__((tls_model("initial-exec"), visibility("hidden")));

void *gcheap_native_current_thread(void);
void *gcheap_native_current_thread(void) {
    return gcheap_native_current;
}

void gcheap_native_set_current_thread(void *record);
void gcheap_native_set_current_thread(void *record) {
    gcheap_native_current = record;
}

// Functions of the Rust part, called from frames that pthread_exit and pthread_cancel may unwind: such frames must not be
// Rust's. The integers are truth values.
struct start;
void gcheap_standalone_thread_begin(struct start *start);
void gcheap_standalone_thread_result(void *result);
int gcheap_standalone_enter_blocking(void);
void gcheap_standalone_leave_blocking(void);
int gcheap_standalone_enter_active(void);
void gcheap_standalone_leave_active(void);

// The beginning of what `create` passes to a new thread (struct Start in create.rs).
struct start {
    void *(*routine)(void *);
    void *argument;
};

// The first function of a thread.
void *gcheap_native_thread_main(void *start);
void *gcheap_native_thread_main(void *start) {
    struct start copy = *(struct start *)start;
    gcheap_standalone_thread_begin(start); // Afterwards the creator goes on, and its structure is gone.
    void *result = copy.routine(copy.argument);
    gcheap_standalone_thread_result(result);
    return result;
}

// pthread_exit, with the result kept alive until another thread asks for it.
void gcheap_native_thread_exit(void *result) __attribute__((noreturn));
void gcheap_native_thread_exit(void *result) {
    gcheap_standalone_thread_result(result);
    pthread_exit(result);
}

static __attribute__((noinline)) void *call_blocking(void *(*function)(void *), void *argument) {
    int entered = gcheap_standalone_enter_blocking();
    void *result = function(argument);
    if (entered) {
        gcheap_standalone_leave_blocking();
    }
    return result;
}

// Calls function in a blocking region. All registers that a function has to preserve are on the stack meanwhile.
void *gcheap_native_do_blocking(void *(*function)(void *), void *argument);
void *gcheap_native_do_blocking(void *(*function)(void *), void *argument) {
    __builtin_unwind_init();
    void *result = call_blocking(function, argument);
    __asm__ volatile ("" : : : "memory"); // so that the call above is no jump
    return result;
}

// Calls function outside the blocking region in which the calling thread is.
void *gcheap_native_with_gc_active(void *(*function)(void *), void *argument);
void *gcheap_native_with_gc_active(void *(*function)(void *), void *argument) {
    int entered = gcheap_standalone_enter_active();
    void *result = function(argument);
    if (entered) {
        gcheap_standalone_leave_active();
    }
    return result;
}

// ---- valgrind ------------------------------------------------------------------------------------------------------

// Memcheck's request that memory counts as written, and whether anybody has answered. The instructions do nothing, except
// under valgrind, which knows them (valgrind.h).
int gcheap_native_valgrind_defined(const void *start, uintptr_t n_bytes);
int gcheap_native_valgrind_defined(const void *start, uintptr_t n_bytes) {
    uintptr_t answer = 1; // what memcheck returns is 0 or (uintptr_t)-1
#if defined(__x86_64__) || defined(__i386__)
    volatile uintptr_t request[6] = { ('M' << 24 | 'C' << 16) + 2, (uintptr_t)start, n_bytes, 0, 0, 0 };
    __asm__ volatile (
#if defined(__x86_64__)
        "rolq $3, %%rdi; rolq $13, %%rdi; rolq $61, %%rdi; rolq $51, %%rdi; xchgq %%rbx, %%rbx"
#else
        "roll $3, %%edi; roll $13, %%edi; roll $29, %%edi; roll $19, %%edi; xchgl %%ebx, %%ebx"
#endif
        : "=d" (answer) : "a" (&request[0]), "0" (answer) : "cc", "memory");
#else
    (void)start;
    (void)n_bytes;
#endif
    return answer != 1;
}

#if defined(GCHEAP_ARCHIVE)
// Rust's core library was compiled for programs that unwind, and names the function that would do it. Here nothing of Rust
// unwinds (panic = "abort").
void rust_eh_personality(void);
void rust_eh_personality(void) {
    __builtin_trap();
}
#endif

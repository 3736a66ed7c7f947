// Threads as ports/rp2 has them (BENCH_THREADS): a thread's state is found by the number of its core, and a mutex is
// taken and released by functions (../baremetal/threads.c). Both are inline functions around that, as in rp2.
#ifndef MPTHREADPORT_H
#define MPTHREADPORT_H

#include <stdint.h>

typedef struct {
    volatile uint32_t *lock; // a register of the hardware in rp2
    int8_t owner;
    uint8_t entered;
} mp_thread_mutex_t, mp_thread_recursive_mutex_t;

extern void *core_state[2];
extern volatile uint32_t core_number; // a register of the hardware in rp2

void mutex_init(mp_thread_recursive_mutex_t *mutex);
void mutex_enter_blocking(mp_thread_recursive_mutex_t *mutex);
void mutex_exit(mp_thread_recursive_mutex_t *mutex);

struct _mp_state_thread_t;

static inline void mp_thread_set_state(struct _mp_state_thread_t *state) {
    core_state[core_number] = state;
}

static inline struct _mp_state_thread_t *mp_thread_get_state(void) {
    return (struct _mp_state_thread_t *)core_state[core_number];
}

static inline void mp_thread_recursive_mutex_init(mp_thread_recursive_mutex_t *mutex) {
    mutex_init(mutex);
}

static inline int mp_thread_recursive_mutex_lock(mp_thread_recursive_mutex_t *mutex, int wait) {
    (void)wait;
    mutex_enter_blocking(mutex);
    return 1;
}

static inline void mp_thread_recursive_mutex_unlock(mp_thread_recursive_mutex_t *mutex) {
    mutex_exit(mutex);
}

#endif

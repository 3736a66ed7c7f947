// The two cores and the recursive mutex of ports/rp2, as far as gc.c and libgcheap see them. The mutex takes about as
// many instructions as pico-sdk's: interrupts off, a spin lock, the owner compared, the count raised, all undone.

#include "../heaps/mpthreadport.h"

void *core_state[2];
volatile uint32_t core_number;
static volatile uint32_t spin_lock = 1; // reads 1 if it is free

void mutex_init(mp_thread_recursive_mutex_t *mutex) {
    mutex->lock = &spin_lock;
    mutex->owner = -1;
    mutex->entered = 0;
}

static inline uint32_t lock(volatile uint32_t *spin) {
    uint32_t interrupts;
    __asm__ volatile ("mrs %0, primask\n cpsid i" : "=r" (interrupts) : : "memory");
    while (*spin == 0) {
    }
    __asm__ volatile ("dmb" : : : "memory");
    return interrupts;
}

static inline void unlock(volatile uint32_t *spin, uint32_t interrupts) {
    __asm__ volatile ("dmb" : : : "memory");
    *spin = 1;
    __asm__ volatile ("msr primask, %0" : : "r" (interrupts) : "memory");
}

static int try_enter(mp_thread_recursive_mutex_t *mutex) {
    int8_t caller = core_number;
    uint32_t interrupts = lock(mutex->lock);
    int mine = mutex->owner == caller || mutex->owner < 0;
    if (mine) {
        mutex->owner = caller;
        mutex->entered++;
    }
    unlock(mutex->lock, interrupts);
    return mine;
}

void mutex_enter_blocking(mp_thread_recursive_mutex_t *mutex) {
    while (!try_enter(mutex)) {
    }
}

void mutex_exit(mp_thread_recursive_mutex_t *mutex) {
    uint32_t interrupts = lock(mutex->lock);
    if (--mutex->entered == 0) {
        mutex->owner = -1;
    }
    unlock(mutex->lock, interrupts);
}

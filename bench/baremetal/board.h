// The parts of a machine without an operating system that the benchmark needs: QEMU's semihosting, and a SysTick timer.
#ifndef BOARD_H
#define BOARD_H

#include <stddef.h>
#include <stdint.h>

// QEMU's command line for this program, words separated by spaces.
const char *board_command(void);

void board_print(const char *text);
void board_print_number(const char *before, uint32_t number, const char *after);
void board_print_hex(const char *before, uint64_t number, const char *after);

// A measured time: whole ticks of SysTick, and the iterations of TIMER_SPIN instructions that remained of the last
// tick. Under -icount shift=0 an instruction takes one nanosecond, so
//
//     instructions = ticks * nanoseconds per tick - spins * TIMER_SPIN - the same for an empty measurement
//
// up to two spins. overflow: the time is too long for the counter's 24 bits.
enum { TIMER_SPIN = 4 };

typedef struct {
    uint32_t ticks, spins;
    int overflow;
} timing_t;

void timer_start(void);
timing_t timer_stop(void);

// Prints "WHAT TICKS SPINS"; a timing that wrapped ends the program.
void board_print_timing(const char *what, timing_t timing);

#endif

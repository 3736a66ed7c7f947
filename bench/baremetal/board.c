#include "board.h"

#include <stdlib.h>
#include <string.h>

extern uint32_t _stack_top[], _data_load[], _data_start[], _data_end[], _bss_start[], _bss_end[];

int main(void);

__attribute__((noreturn)) static void reset(void) {
    memcpy(_data_start, _data_load, (char *)_data_end - (char *)_data_start);
    memset(_bss_start, 0, (char *)_bss_end - (char *)_bss_start);
    exit(main());
}

__attribute__((noreturn)) static void fault(void) {
    board_print("fault\n");
    exit(1);
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))_stack_top, reset, fault, fault, fault, fault, fault,
};

// Semihosting: a breakpoint that QEMU answers. Register 0 has the request, register 1 its argument.
enum { SYS_WRITE0 = 0x04, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static uint32_t semihosting(uint32_t request, const void *argument) {
    register uint32_t r0 __asm__("r0") = request;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return r0;
}

void exit(int code) {
    uint32_t block[2] = {APPLICATION_EXIT, code};
    semihosting(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

void abort(void) {
    board_print("aborted\n");
    exit(1);
}

const char *board_command(void) {
    static char text[1024];
    struct {
        char *text;
        uint32_t bytes;
    } block = {text, sizeof(text)};
    return semihosting(SYS_GET_CMDLINE, &block) == 0 ? text : "";
}

void board_print(const char *text) {
    semihosting(SYS_WRITE0, text);
}

static void print(const char *before, uint64_t number, unsigned base, const char *after) {
    char digits[24], *p = digits + sizeof(digits);
    *--p = '\0';
    do {
        *--p = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    board_print(before);
    board_print(p);
    board_print(after);
}

void board_print_number(const char *before, uint32_t number, const char *after) {
    print(before, number, 10, after);
}

void board_print_hex(const char *before, uint64_t number, const char *after) {
    print(before, number, 16, after);
}

// Memory of the workloads. Only the last allocation can be freed.
static char *top = (char *)_bss_end;
static void *last;

void *malloc(size_t bytes) {
    const size_t stack = 8 << 10;
    bytes = (bytes + 7) & -8;
    if (bytes > (size_t)((char *)_stack_top - stack - top)) {
        board_print("out of memory\n");
        return NULL;
    }
    last = top;
    top += bytes;
    return last;
}

void free(void *ptr) {
    if (ptr != NULL && ptr == last) {
        top = last;
        last = NULL;
    }
}

// SysTick counts down from 2^24 - 1, one per tick.
static volatile uint32_t *const systick = (volatile uint32_t *)0xe000e010;
enum { CONTROL, RELOAD, COUNT };
enum { ENABLE = 1, PROCESSOR_CLOCK = 4, WRAPPED = 1 << 16, MOST = (1 << 24) - 1 };
static uint32_t start;

// Waits for the next tick. Returns the number of iterations, each of TIMER_SPIN instructions, and the counter's new
// value.
static uint32_t next_tick(uint32_t *count) {
    uint32_t now = systick[COUNT], spins = 0;
    __asm__ volatile (
        ".syntax unified\n"
        "0: adds %0, #1\n"
        "   ldr %1, [%3]\n"
        "   cmp %1, %2\n"
        "   beq 0b\n"
        : "+l" (spins), "=&l" (*count) : "l" (now), "l" (&systick[COUNT]) : "cc", "memory");
    return spins;
}

void timer_start(void) {
    systick[RELOAD] = MOST;
    systick[CONTROL] = ENABLE | PROCESSOR_CLOCK;
    systick[COUNT] = 0; // starts over, and forgets that it wrapped
    while (systick[COUNT] == 0) {
    }
    (void)systick[CONTROL];
    next_tick(&start);
}

timing_t timer_stop(void) {
    uint32_t end;
    timing_t timing;
    timing.spins = next_tick(&end);
    timing.ticks = start - end;
    timing.overflow = (systick[CONTROL] & WRAPPED) != 0;
    return timing;
}

void board_print_timing(const char *what, timing_t timing) {
    if (timing.overflow) {
        board_print("the timer wrapped: fewer operations are needed\n");
        exit(1);
    }
    board_print(what);
    board_print_number(" ", timing.ticks, " ");
    board_print_number("", timing.spins, "\n");
}

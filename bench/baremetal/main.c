// Runs one workload on a machine without an operating system; the workload's name is the program's argument.
//
// Prints "empty TICKS SPINS" for an empty measurement, "run TICKS SPINS" for each repetition (see board.h),
// "operations", and like bench.c "used" and "checksum". Other arguments: "list" prints the workloads, "check" times
// loops with a known number of instructions, "mark" times the mark phase over words that are no pointers. Exit code 3:
// this heap cannot run the workload.

#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "../harness/bench.h"

size_t bench_ops(size_t n) {
    return n;
}

static int list(void) {
    for (const group_t *g = bench_groups; g->name != NULL; g++) {
        for (const workload_t *w = g->workloads; w->name != NULL; w++) {
            board_print(g->name);
            board_print("\t");
            board_print(w->name);
            board_print("\t");
            board_print(w->unit);
            board_print("\n");
        }
    }
    return 0;
}

// Each iteration is two instructions.
static int check(void) {
    static const uint32_t loops[] = {1, 1000, 1001, 1000000};
    for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
        uint32_t n = loops[i];
        timer_start();
        __asm__ volatile (".syntax unified\n0: subs %0, #1\n bne 0b" : "+l" (n) : : "cc");
        timing_t timing = timer_stop();
        board_print_number("loop ", 2 * loops[i], "");
        board_print_timing("", timing);
    }
    return 0;
}

static int measure(const workload_t *w) {
    if (!heap_open(w->heap)) {
        return BENCH_CANNOT;
    }
    bench_reseed();
    if (w->setup != NULL) {
        w->setup(w);
    }
    size_t operations = 0;
    unsigned repeat = w->repeat != 0 ? w->repeat : 3;
    for (unsigned i = 0; i < repeat; i++) {
        if (w->before != NULL) {
            w->before(w);
        }
        timer_start();
        operations = w->run();
        board_print_timing("run", timer_stop());
    }
    board_print_number("operations ", operations, "\n");
    gc_info_t info;
    gc_info(&info);
    board_print_number("used ", info.used, "\n");
    board_print_hex("checksum ", bench_checksum(&info), "\n");
    return 0;
}

int mark(void); // mark.c

int main(void) {
    const char *command = board_command();
    timer_start();
    board_print_timing("empty", timer_stop());
    if (strcmp(command, "list") == 0) {
        return list();
    }
    if (strcmp(command, "check") == 0) {
        return check();
    }
    if (strcmp(command, "mark") == 0) {
        return mark();
    }
    const workload_t *w = bench_find(command);
    if (w == NULL) {
        board_print("no such workload: ");
        board_print(command);
        board_print("\n");
        return 2;
    }
    return measure(w);
}

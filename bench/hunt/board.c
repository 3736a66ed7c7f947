// The same as main.c on a machine without an operating system; the parameters are the program's argument.
//
// Prints "empty TICKS SPINS" for an empty measurement, and "run TICKS SPINS" for the timed part (see board.h). Without
// ops=N it only prints the number of "operations" that this workload should have.

#include <stdlib.h>

#include "../baremetal/board.h"
#include "hunt.h"

static void print_timing(const char *what, timing_t timing) {
    if (timing.overflow) {
        board_print("the timer wrapped: fewer ops are needed\n");
        exit(1);
    }
    board_print(what);
    board_print_number(" ", timing.ticks, " ");
    board_print_number("", timing.spins, "\n");
}

int main(void) {
    const char *wrong = hunt_parse(board_command());
    if (wrong != NULL) {
        board_print("not a parameter, or not a value for it: ");
        board_print(wrong);
        board_print("\n");
        return 2;
    }
    timer_start();
    print_timing("empty", timer_stop());
    if (!calls_prepare()) {
        return BENCH_CANNOT;
    }
    if (hunt.ops == 0) {
        board_print_number("operations ", calls_estimate(), "\n");
        return 0;
    }
    if (hunt.warm) {
        calls_run(hunt.ops < PLAN ? hunt.ops : PLAN);
    }
    size_t collections = heap_collections();
    timer_start();
    calls_run(hunt.ops);
    print_timing("run", timer_stop());
    board_print_number("operations ", hunt.ops, "\n");
    board_print_number("failed ", calls_failed(), "\n");
    board_print_number("collections ", heap_collections() - collections, "\n");
    gc_info_t info;
    gc_info(&info);
    board_print_number("used ", info.used, "\n");
    board_print_hex("checksum ", calls_checksum(), "\n");
    return 0;
}

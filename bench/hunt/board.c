// The same as main.c on a machine without an operating system; the parameters are the program's argument.
//
// Prints "empty TICKS SPINS" for an empty measurement, and "run TICKS SPINS" for the timed part (see board.h). Without
// ops=N it only prints the number of "operations" that this workload should have.

#include <stdlib.h>

#include "../baremetal/board.h"
#include "hunt.h"

int main(void) {
    const char *wrong = hunt_parse(board_command());
    if (wrong != NULL) {
        board_print("not a parameter, or not a value for it: ");
        board_print(wrong);
        board_print("\n");
        return 2;
    }
    timer_start();
    board_print_timing("empty", timer_stop());
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
    board_print_timing("run", timer_stop());
    board_print_number("operations ", hunt.ops, "\n");
    board_print_number("failed ", calls_failed(), "\n");
    board_print_number("collections ", heap_collections() - collections, "\n");
    gc_info_t info;
    gc_info(&info);
    board_print_number("used ", info.used, "\n");
    board_print_hex("checksum ", calls_checksum(), "\n");
    return 0;
}

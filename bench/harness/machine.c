// The lower bound for a collection of byte arrays: how fast this machine reads the same amount of memory from one end
// to the other. The heap takes no part in it.

#include <string.h>

#include "bench.h"

static const size_t bytes = 50 << 20;
static uint64_t *memory;

static void setup(const workload_t *w) {
    (void)w;
    memory = bench_memory(bytes);
    memset(memory, 1, bytes);
}

static size_t run(void) {
    static volatile uint64_t sink;
    uint64_t sum[8] = {0};
    for (size_t i = 0; i < bytes / sizeof(*memory); i += 8) {
        for (size_t j = 0; j < 8; j++) {
            sum[j] += memory[i + j];
        }
    }
    sink = sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
    (void)sink;
    return 1;
}

const workload_t machine_workloads[] = {
    {"read-50M", "pass", 1 << 20, setup, NULL, run, 0, false, 0},
    {0},
};
